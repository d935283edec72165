# SPDX-License-Identifier: MIT
# What the scripts of this folder share.

# A model of the test tickets in m.triage; arguments are added to the command.
make_model() {
    triage train "$data/tickets.csv" --text subject,body --field category --field priority \
        --preset words --quiet -o m.triage "$@" >/dev/null
}

# Runs a command with both streams together and prints its exit code.
try() {
    "$@" 2>&1
    echo "[exit $?]"
}

# Numbers with a decimal point depend on the training: they stand for any number.
mask() {
    sed -E 's/[-+]?[0-9]+\.[0-9]+(e-?[0-9]+)?/#/g'
}
