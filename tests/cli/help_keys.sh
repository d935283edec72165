# SPDX-License-Identifier: MIT
# The help of keys: verbs, a configuration file, a secret.
triage keys --help
triage keys list --help | cmp - <(triage keys -h) && echo "-h is the same"
