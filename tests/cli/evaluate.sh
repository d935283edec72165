# SPDX-License-Identifier: MIT
# The figures of an evaluation for a person, and what is said beside them.
make_model
cp "$data/tickets.csv" .
triage evaluate -m m.triage tickets.csv 2>stderr | mask | grep -E 'tickets|Hardware|average|log loss|auto'
mask <stderr
triage evaluate -m m.triage tickets.csv --field category --quiet 2>stderr | grep -c tickets,
wc -c <stderr
triage evaluate -m m.triage tickets.csv --field category 2>&1 >/dev/null | grep 'not in the data'
