# SPDX-License-Identifier: MIT
# Several files, compressed ones and standard input make one data set.
head -n 24 "$data/tickets.csv" | gzip >a.csv.gz
{ head -n 1 "$data/tickets.csv"; tail -n +25 "$data/tickets.csv"; } >b.csv
triage train a.csv.gz - --format csv --text subject,body --field category --preset words \
    -o m.triage 2>&1 >/dev/null <b.csv | grep tickets
