# SPDX-License-Identifier: MIT
# Options from the environment: below the command line, above the default, checked as strictly.
export TRIAGE_OUTPUT=from-environment.triage TRIAGE_QUIET=1 TRIAGE_PRESET=words
TRIAGE_TEXT=subject,body TRIAGE_FIELD=category,priority triage train "$data/tickets.csv" >/dev/null
ls
triage inspect from-environment.triage | grep -o 'preset words'
triage inspect from-environment.triage | grep '^field'
triage train "$data/tickets.csv" -o from-arguments.triage >/dev/null
ls
TRIAGE_THREADS=many try triage train "$data/tickets.csv"
TRIAGE_JSON=perhaps try triage train "$data/tickets.csv"
TRIAGE_PRESET=fast try triage train "$data/tickets.csv"
echo "an empty variable is not given"
TRIAGE_THREADS= TRIAGE_JSON= triage train "$data/tickets.csv" | mask
