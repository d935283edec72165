# SPDX-License-Identifier: MIT
# On a terminal, predictions stand in aligned columns.
command -v script >/dev/null || { echo "skipped: no script"; exit; }
make_model
on_terminal() {
    script -qec "$1" typescript </dev/null | tr -d '\r' | mask
}
on_terminal 'triage predict -m m.triage "my laptop screen is black" "I forgot my password"'
on_terminal 'triage predict -m m.triage --top 2 "my laptop screen is black"'
triage train "$data/tickets.csv" --text subject,body --field category --preset words --quiet \
    -o one.triage >/dev/null
on_terminal 'triage predict -m one.triage "my laptop screen is black" "I forgot my password"'
