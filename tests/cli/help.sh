# SPDX-License-Identifier: MIT
# The list of commands.
triage --help
triage -h | cmp - <(triage --help) && echo "-h is the same"
