# SPDX-License-Identifier: MIT
# Data that cannot be used: exit code 3, and nothing is written.
cp "$data/tickets.csv" .
try triage train tickets.csv --field colour -o m.triage
try triage train tickets.csv --text subject,colour -o m.triage
echo "text,category" >empty.csv
try triage train empty.csv -o m.triage
: >nothing.csv
try triage train nothing.csv -o m.triage
head -c 100 /dev/zero >zero.csv
try triage train zero.csv -o m.triage
printf '\x1f\x8bnot gzip' >broken.csv.gz
try triage train broken.csv.gz -o m.triage
ls *.triage 2>/dev/null | wc -l
