# SPDX-License-Identifier: MIT
# What comes from files cannot steer the terminal: control characters are replaced or escaped.
esc=$'\033'
printf 'text,category\nmy laptop screen,"a%s[31mred"\nmy laptop mouse,"A%s[31mred"\nmy password,b\n' \
    "$esc" "$esc" >odd.csv
printf 'a,b,c%s[31m\n' "$esc" >>odd.csv
triage train odd.csv --preset words -o m.triage >out 2>&1
triage predict -m m.triage "my laptop screen" --explain >>out
triage inspect m.triage >>out
triage evaluate -m m.triage odd.csv >>out 2>&1
triage predict -m "missing$esc[31m" x >>out 2>&1
triage "$esc[31m" >>out 2>&1
grep -c "$esc" out
grep -o 'unknown command.*;' out
grep -o "'a.*red' (1)" out
