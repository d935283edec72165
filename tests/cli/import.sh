# SPDX-License-Identifier: MIT
# Labelled tickets into the store: added, updated by their id, left alone the second time.
export TRIAGE_DATA_DIR=kept
cat >tickets.csv <<'END'
number,subject,body,queue,priority
1,VPN,cannot connect,Network,high
2,Mouse,broken,Hardware,
3,,printer jams,Hardware,low
,No number,here,Access,low
END
try triage import tickets.csv --text subject,body --field category=queue --field priority --id number
sed -i 's/Network/Access/' tickets.csv
try triage import tickets.csv --text subject,body --field category=queue --field priority --id number --json
try triage import tickets.csv --text subject,body --field category=queue --field priority --id number --strict
echo "without ids the text says which ticket it is; the same text twice is two tickets"
printf '{"text":"one","label":"A"}\n{"text":"two","label":"B"}\n{"text":"one","label":"A"}\n' >more.jsonl
try triage import more.jsonl --source file
try triage import more.jsonl --source file
try triage import more.jsonl --source file2 --id missing
echo "many files, compressed, and bytes that are no text"
printf 'text,label\na\xff\x00b,A\nc,B\n' >odd.csv
zstd -q odd.csv
try triage import odd.csv.zst "$data/tickets.csv" --field label=label --field label=category --source many
try triage import odd.csv.zst more.jsonl --source many
echo "more than one batch"
seq 5000 | sed 's/.*/{"text":"ticket \0","label":"A"}/' >long.jsonl
seq 5000 | sed 's/.*/{"text":"ticket \0","label":"A"}/' >>long.jsonl
triage import long.jsonl --source long 2>&1
triage import long.jsonl --source long 2>&1
triage import --feedback long.jsonl 2>&1
echo "errors"
try triage import
try triage import none.csv
try triage import tickets.csv --id nummer
try triage import --feedback more.jsonl --id x
TRIAGE_DATA_DIR=no/where try triage import more.jsonl
TRIAGE_STORE=tickets.csv try triage import more.jsonl
