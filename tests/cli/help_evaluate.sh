# SPDX-License-Identifier: MIT
# The help of evaluate, and that --help wins over whatever else is asked.
triage evaluate --help
triage evaluate --help --no-such-option | cmp - <(triage evaluate -h) && echo "-h is the same"
