# SPDX-License-Identifier: MIT
# --top K gives the K most probable labels, as far as a field has them, best first.
make_model
triage predict -m m.triage --top 3 "my laptop screen is black" | mask
triage predict -m m.triage --top 2 --file "$data/labelled.csv" | mask
triage predict -m m.triage --top 3 "my laptop screen is black" | head -n 1 |
    awk -F '\t' '{ print ($2 >= $5 && $5 >= $7), NF; sum = $2 + $5 + $7 }
                 END { print (sum > 0.9998 && sum < 1.0002) }'
