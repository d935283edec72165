# SPDX-License-Identifier: MIT
# Columns that are not named are guessed, and the guess is printed.
triage train "$data/tickets.csv" --preset words -o m.triage 2>&1 >/dev/null |
    sed "s|$data|DATA|" | grep -v seconds | mask
triage train "$data/labelled.csv" --preset words -o m.triage 2>&1 >/dev/null |
    sed "s|$data|DATA|" | grep -v seconds | mask
