# SPDX-License-Identifier: MIT
# --explain gives signed reasons that add up: in lines, in columns and as JSON.
make_model
triage predict -m m.triage --explain "my laptop screen is black" >out
head -n 1 out | mask
grep -c ' rather than ' out
grep -E '^ +[-+][0-9.]+  laptop$' out | head -n 1 | mask
grep -c '(intercept)' out
awk '/category: /      { in_field = 1; wanted = $(NF - 1); sum = 0; next }
     /priority: /      { in_field = 0 }
     in_field          { sum += $1 }
     END { difference = sum - wanted; print (difference < 0.01 && difference > -0.01) }' out
triage predict -m m.triage --explain --file "$data/labelled.csv" | head -n 1
triage predict -m m.triage --explain --file "$data/labelled.csv" | sed -n 2p | grep -c 'laptop'
triage predict -m m.triage --explain --json "my laptop screen is black" |
    json_get fields.category.runner_up fields.category.logit fields.category.intercept \
        fields.category.explanation.0.term fields.category.explanation.0.weight |
    sed -E 's/(term|up) .*/\1 TEXT/'
triage predict -m m.triage --explain --file "$data/new.jsonl" |
    json_get category_explanation.0.weight
