# SPDX-License-Identifier: MIT
# --json gives one object a ticket, the same for every kind of input.
make_model
triage predict -m m.triage --json "my laptop screen is black" >out
wc -l <out
json_get category confidence decision fields fields.category.label fields.category.confidence \
    fields.category.decision fields.category.threshold fields.category.alternatives \
    fields.priority.label <out
triage predict -m m.triage --json --top 9 "my laptop screen is black" |
    json_get fields.category.alternatives fields.category.alternatives.0.confidence \
        fields.priority.alternatives
for name in new.csv new.jsonl new.ft; do
    triage predict -m m.triage --json --file "$data/$name" | json_get category
done
printf 'a \x01 " \\ \xff z\n' | triage predict -m m.triage --json | json_get decision
