#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs one test of the command line: a script, what it must print, and its exit code.
#
#   run.sh TRIAGE HELPERS CASE.sh            compare
#   run.sh --update TRIAGE HELPERS CASE.sh   write what was printed as what is expected
#
# HELPERS is the folder of json_get and progress_probe.
#
# CASE.expected is its standard output; CASE.stderr, if there is one, its standard error. The line
# `# exit: N` in the script says how it ends (0 without it). Each script runs in an empty folder of
# its own, with the program first on the path and `data` naming the folder of the test data.
set -uo pipefail

update=no
if [[ ${1-} == --update ]]; then
    update=yes
    shift
fi
[[ $# -eq 3 ]] || {
    echo "usage: run.sh [--update] TRIAGE HELPERS CASE.sh" >&2
    exit 2
}
program=$(readlink -f "$1")
helpers=$(readlink -f "$2")
script=$(readlink -f "$3")
expected=${script%.sh}
here=$(dirname "$(readlink -f "$0")")

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin" "$folder/work"
ln -s "$program" "$folder/bin/triage"

# Nothing of the caller's environment may change the outcome.
while read -r name; do unset "$name"; done < <(compgen -e | grep '^TRIAGE_')
export LC_ALL=C PATH="$folder/bin:$helpers:$PATH" TERM=dumb TMPDIR="$folder" data="$here/data"

(cd "$folder/work" && timeout 60 bash -u -c 'source "$1"; source "$2"' case "$here/lib.bash" "$script") \
    </dev/null >"$folder/stdout" 2>"$folder/stderr"
code=$?

# A skip is a result of its own for Meson: it is shown and counted.
if grep '^skipped:' "$folder/stdout"; then
    exit 77
fi

if [[ $update == yes ]]; then
    cp "$folder/stdout" "$expected.expected"
    [[ ! -e $expected.stderr ]] || cp "$folder/stderr" "$expected.stderr"
fi

failed=0
complain() {
    echo "$(basename "$script"): $1"
    failed=1
}
wanted=$(sed -n 's/^# exit: //p' "$script")
[[ $code -eq ${wanted:-0} ]] || complain "exit code $code, expected ${wanted:-0}"
diff -u "$expected.expected" "$folder/stdout" || complain "standard output differs"
if [[ -e $expected.stderr ]]; then
    diff -u "$expected.stderr" "$folder/stderr" || complain "standard error differs"
fi
if grep -E 'Sanitizer|runtime error:' "$folder/stderr" "$folder/stdout"; then
    complain "a sanitizer has found something"
fi
if [[ $failed -ne 0 ]]; then
    echo "--- standard error"
    cat "$folder/stderr"
fi
exit $failed
