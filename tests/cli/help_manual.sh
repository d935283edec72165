# SPDX-License-Identifier: MIT
# The help of manual, and that --help wins over whatever else is asked.
triage manual --help
triage manual --help --no-such-option | cmp - <(triage manual -h) && echo "-h is the same"
