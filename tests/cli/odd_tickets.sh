# SPDX-License-Identifier: MIT
# What is said of tickets that are unlike others: no text, bytes that are no text, lines of JSON with
# the fields' own names, a model with one label.
cat >odd.csv <<'EOF'
subject,body,category
Monitor black,My monitor stays black,Hardware
Monitor dark,My monitor is dark,hardware
Badge,,Access
,,Access
EOF
printf 'Broken \xff bytes,Door \xfe,Access\n' >>odd.csv
triage train odd.csv --preset words -o odd.triage 2>&1 >/dev/null | mask | head -n 4
make_model
echo '{"id": 7, "subject": "Monitor black", "body": "It stays black", "category": "Hardware", "priority": "high"}' >t.jsonl
triage evaluate -m m.triage t.jsonl 2>&1 >out | mask
grep -c '1 ticket' out
printf 'text,category\nno sound,Hardware\nno picture,Hardware\n' >one.csv
triage train one.csv --preset words -q -o one.triage >/dev/null
triage predict -m one.triage --explain "no sound" | mask
