# SPDX-License-Identifier: MIT
# Bad rows are reported by file and line, counted and left out; spellings of labels are merged.
cp "$data/bad.csv" .
triage train bad.csv --preset words -o m.triage 2>&1 >/dev/null | grep -v seconds | mask
{ echo text,category; for i in $(seq 30); do echo "x,y,z"; echo "ticket $i,a"; done; } >many.csv
triage train many.csv --preset words -o m.triage 2>&1 >/dev/null | grep -v seconds | mask | tail -n 7
