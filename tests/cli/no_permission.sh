# SPDX-License-Identifier: MIT
# What may not be read or written: exit code 5. Root may do everything, so another user tries.
make_model
chmod 600 m.triage
mkdir -m 755 closed
cp "$data/tickets.csv" .
chmod 644 tickets.csv
as_other() {
    if [[ $(id -u) -eq 0 ]]; then
        setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
    else
        "$@"
    fi
}
if [[ $(id -u) -eq 0 ]]; then
    command -v setpriv >/dev/null || { echo "skipped: no setpriv"; exit; }
    # The program and the folders on the way to it must be open to that user.
    cp "$(readlink -f "$(command -v triage)")" program
    chmod 755 . .. ../bin program "$TMPDIR"
    as_other test -x "$PWD/program" || { echo "skipped: the folder is closed"; exit; }
    # A build that measures coverage cannot write its counts as that user, and says so.
    [[ -z $(as_other ./program --version 2>&1 >/dev/null) ]] ||
        { echo "skipped: cannot run as another user"; exit; }
else
    ln -s "$(command -v triage)" program
    chmod 000 m.triage
    chmod 555 closed
fi
try as_other ./program inspect m.triage
try as_other ./program train tickets.csv --preset words -q -o closed/m.triage
ls closed
