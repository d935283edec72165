# SPDX-License-Identifier: MIT
# JSONL keeps its objects to the byte and gains members.
make_model
triage predict -m m.triage --file "$data/new.jsonl" >out
mask <out
json_get category_decision priority_decision <out
triage predict -m m.triage --input jsonl --top 2 <"$data/new.jsonl" | mask
