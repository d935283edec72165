# SPDX-License-Identifier: MIT
# Tickets as arguments: a line each, values separated by tabs.
make_model
triage predict -m m.triage "my laptop screen is black" "I forgot my password" | mask
triage predict -m m.triage -- "-1 is the answer" | mask | cut -f 2-3
echo "a file's name is a text, which is said:"
cp "$data/new.txt" .
triage predict -m m.triage new.txt 2>&1 >/dev/null
