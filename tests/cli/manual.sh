# SPDX-License-Identifier: MIT
# The manual page has no fault, and each option of each command.
triage manual >triage.1
command -v groff >/dev/null || { echo "skipped: no groff"; exit; }
groff -ww -man -Tutf8 -z triage.1 2>&1
groff -man -Tascii -P-cbou triage.1 >page
grep -E '^[A-Z]' page | sed 's/ .*//' | sort -u
triage --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' >commands
grep -c . commands
while read -r command; do
    triage "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'
done <commands | sort -u | while read -r option; do
    [[ $option == --help ]] || grep -qE -- "^ +(-., )?$option( |\$)" page || echo "no $option"
done
