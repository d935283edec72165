#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the golden files of the current format anew: tests/compat/make.sh [BUILD]
# Only before the first release with that format: see README.md. The seeds of fuzz_model, which are
# of no use in an old format, are made with them.
set -euo pipefail

cd "$(dirname "$0")/../.."
build=${1:-build}
ninja -C "$build" tests/compat/make_golden triage
"$build/tests/compat/make_golden" tests/compat
for preset in auto words seed; do
    for fields in category category,priority; do
        # shellcheck disable=SC2086 # one option a field
        "$build/triage" train --quiet tests/compat/tiny.csv --text text \
            --field ${fields/,/ --field } --preset $preset \
            -o "tests/fuzz/seeds/model/${preset}_${fields/,/_}"
    done
done
