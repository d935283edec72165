# SPDX-License-Identifier: MIT
# The default preset says what it picked and why.
triage train "$data/tickets.csv" --field category -o m.triage 2>stderr >/dev/null
grep -c '^auto picked' stderr
