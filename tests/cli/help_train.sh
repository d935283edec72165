# SPDX-License-Identifier: MIT
# The help of train, and that --help wins over whatever else is asked.
triage train --help
triage train --help --no-such-option | cmp - <(triage train -h) && echo "-h is the same"
