# SPDX-License-Identifier: MIT
# The help of predict, and that --help wins over whatever else is asked.
triage predict --help
triage predict --help --no-such-option | cmp - <(triage predict -h) && echo "-h is the same"
