# SPDX-License-Identifier: MIT
# The help of completion, and that --help wins over whatever else is asked.
triage completion --help
triage completion --help --no-such-option | cmp - <(triage completion -h) && echo "-h is the same"
