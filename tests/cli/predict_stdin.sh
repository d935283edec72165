# SPDX-License-Identifier: MIT
# Standard input: a ticket a line, an answer a line, empty lines too.
make_model
triage predict -m m.triage <"$data/new.txt" | mask
echo "dash is the same:"
triage predict -m m.triage - <"$data/new.txt" | cmp - <(triage predict -m m.triage <"$data/new.txt")
triage predict -m m.triage --file "$data/new.txt" |
    cmp - <(triage predict -m m.triage <"$data/new.txt")
echo "nothing in, nothing out:"
triage predict -m m.triage </dev/null
