# SPDX-License-Identifier: MIT
# Labels and fields with quotes, separators and other letters come out as each format wants them.
cat >odd.csv <<'CSV'
text,"the ""field"", odd"
my laptop screen is black,"a, ""quoted"" one"
the laptop screen is broken,"a, ""quoted"" one"
I forgot my password,Zugänge	tab
my password is wrong,Zugänge	tab
CSV
triage train odd.csv --text text --field 'the "field", odd' --preset words -q -o m.triage >/dev/null
triage predict -m m.triage "my laptop screen" "my password" | mask
printf 'text\nmy laptop screen\nmy password\n' >in.csv
triage predict -m m.triage --file in.csv | mask
printf '{"text":"my laptop screen","the \\"field\\", odd":1}\n{"text":"my password"}\n' >in.jsonl
triage predict -m m.triage --file in.jsonl >out
mask <out
json_get text <out
triage predict -m m.triage --json "my laptop screen" | json_get category
triage inspect m.triage | grep -A 4 ^field | mask
