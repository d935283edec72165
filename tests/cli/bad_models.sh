# SPDX-License-Identifier: MIT
# Files that are no models, cut, damaged or of the future: exit code 4 and a clear sentence.
make_model
size=$(stat -c %s m.triage)
: >empty.triage
echo "hello, I am not a model" >text.triage
for length in 1 16 64 $((size / 2)) $((size - 1)); do
    head -c "$length" m.triage >cut.triage
    triage inspect cut.triage >/dev/null 2>&1
    echo "cut: exit $?"
done
{ cat m.triage; echo more; } >long.triage
try triage inspect empty.triage
try triage inspect text.triage
triage inspect long.triage >/dev/null 2>&1
echo "longer: exit $?"
# One byte in the middle differs: only the checksum can know.
cp m.triage damaged.triage
printf '\xa5' | dd of=damaged.triage bs=1 seek=$((size * 3 / 4)) conv=notrunc status=none
cmp -s m.triage damaged.triage && printf '\x5a' |
    dd of=damaged.triage bs=1 seek=$((size * 3 / 4)) conv=notrunc status=none
triage predict -m damaged.triage x >/dev/null 2>&1
echo "damaged, predict: exit $?"
triage evaluate -m damaged.triage "$data/tickets.csv" >/dev/null 2>&1
echo "damaged, evaluate: exit $?"
triage inspect damaged.triage >/dev/null 2>stderr
echo "damaged, inspect: exit $?"
grep -c damaged.triage stderr
