# SPDX-License-Identifier: MIT
# Results that cannot be written are an error: a full disk, a closed stream.
make_model
triage --version >/dev/full; echo "exit $?"
triage --version >&-; echo "exit $?"
triage predict -m m.triage "a text" >/dev/full; echo "exit $?"
triage predict -m m.triage "a text" >&-; echo "exit $?"
triage inspect m.triage >/dev/full; echo "exit $?"
triage train "$data/tickets.csv" --preset words -q -o n.triage >/dev/full; echo "exit $?"
triage evaluate -m m.triage "$data/tickets.csv" -q >/dev/full; echo "exit $?"
