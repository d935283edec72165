# SPDX-License-Identifier: MIT
# Bounds of document frequency: what is too rare is not known, what is too frequent weighs nothing.
make_model --min-df 3 --max-df 0.25
triage inspect m.triage | grep -oE '(min|max)_df [0-9.]+'
make_model
triage inspect m.triage | grep -oE '(min|max)_df [0-9.]+'
