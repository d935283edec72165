# SPDX-License-Identifier: MIT
# The manual page has no fault, and each option of each command.
triage manual >triage.1
command -v groff >/dev/null || { echo "skipped: no groff"; exit; }
groff -ww -man -Tutf8 -z triage.1 2>&1
groff -man -Tascii -P-cbou triage.1 >page
grep -E '^[A-Z]' page | sed 's/ .*//' | sort -u
for command in train evaluate predict inspect; do
    triage $command --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'
done | sort -u | while read -r option; do
    [[ $option == --help ]] || grep -qE -- "^ +(-., )?$option( |\$)" page || echo "no $option"
done
