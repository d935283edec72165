# SPDX-License-Identifier: MIT
# Fields are found by name, by --field, or, if there is but one, by the guess, which is printed.
triage train "$data/tickets.csv" --text subject,body --field category --preset words -q \
    -o m.triage >/dev/null
sed '1s/category/queue/' "$data/tickets.csv" >queue.csv
sed '1s/category/colour/; 1s/priority/shade/' "$data/tickets.csv" >colour.csv
tail -n +2 "$data/tickets.csv" | sed -E 's/^[0-9]+,([^,]*),.*,([A-Z][a-z]+),(low|high)$/__label__\2 \1/' >t.ft
triage evaluate -m m.triage queue.csv 2>&1 >/dev/null | mask
triage evaluate -m m.triage colour.csv --field category=colour 2>&1 >/dev/null | mask
triage evaluate -m m.triage t.ft 2>&1 >/dev/null | mask
try triage evaluate -m m.triage colour.csv
try triage evaluate -m m.triage colour.csv --field colour | tail -n 2
