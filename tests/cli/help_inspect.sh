# SPDX-License-Identifier: MIT
# The help of inspect, and that --help wins over whatever else is asked.
triage inspect --help
triage inspect --help --no-such-option | cmp - <(triage inspect -h) && echo "-h is the same"
