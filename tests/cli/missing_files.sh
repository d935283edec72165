# SPDX-License-Identifier: MIT
# Files and folders that are not there, or are something else: exit code 1.
cp "$data/tickets.csv" .
mkdir folder
try triage train missing.csv -o m.triage
try triage train folder -o m.triage
try triage train tickets.csv -o missing/m.triage
try triage train tickets.csv -o folder
# A pipe of this folder stands for all that is no regular file: a device must not be put at risk.
mkfifo pipe
try triage train tickets.csv -o pipe
try triage predict -m missing.triage x
try triage predict -m folder x
try triage inspect missing.triage
make_model
try triage predict -m m.triage --file missing.csv
try triage evaluate -m m.triage tickets.csv --report pipe
try triage evaluate -m m.triage tickets.csv --report folder
test -p pipe && echo "still a pipe"
ls
# Without a model, a service cannot start from tickets that are not there.
try triage serve --data-dir served --listen 127.0.0.1:0 --base-data missing.csv --log-file log
