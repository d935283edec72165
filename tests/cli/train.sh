# SPDX-License-Identifier: MIT
# Training says what it read, and how good the model is.
triage train "$data/tickets.csv" --field category --field urgent=priority --preset words \
    -o m.triage 2>stderr | mask | sed -E 's/[0-9]+ kB, [0-9]+/N kB, N/'
mask <stderr | sed "s|$data|DATA|"
ls
