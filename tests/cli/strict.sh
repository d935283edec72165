# SPDX-License-Identifier: MIT
# --strict makes the first bad row an error, and nothing is written.
# exit: 3
cp "$data/bad.csv" .
triage train bad.csv --strict --preset words -o m.triage
code=$?
ls
exit $code
