# SPDX-License-Identifier: MIT
# A reader that has seen enough, as `head` does, ends the work without a word.
make_model
yes "my laptop screen is black" | { triage predict -m m.triage; echo "exit $?" >&2; } | head -n 1 | mask
