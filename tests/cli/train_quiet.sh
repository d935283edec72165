# SPDX-License-Identifier: MIT
# --quiet leaves standard error empty.
triage train "$data/tickets.csv" --preset words -q -o m.triage >/dev/null 2>stderr
wc -c <stderr
