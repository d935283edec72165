# SPDX-License-Identifier: MIT
# Closed standard streams do not end up inside a model or as the input.
make_model
triage train "$data/tickets.csv" --text subject,body --field category --field priority \
    --preset words -o n.triage >&- 2>&- <&-
echo "exit $?"
cmp m.triage n.triage && echo same
triage predict -m m.triage <&- >/dev/null 2>&1
echo "exit $?"
