# SPDX-License-Identifier: MIT
# Thresholds, the worst confusions with their tickets, and labels that the model does not know.
triage train "$data/../../../data/tickets.csv" --field category --preset words -q -o m.triage >/dev/null
cat >wrong.csv <<'EOF'
subject,body,category
Monitor black,My monitor stays black since this morning. I tried another cable.,Storage
Laptop does not start,The laptop of our trainee does not start any more.,Storage
Keyboard broken,The keyboard of my laptop is broken. The keys stick.,Hardware
Out of this world,A ticket of a label that nobody knows.,Spaceship
EOF
triage evaluate -m m.triage wrong.csv -q | mask
