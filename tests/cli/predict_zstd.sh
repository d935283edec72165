# SPDX-License-Identifier: MIT
# Zstandard is read as it is, by name and by content.
command -v zstd >/dev/null || { echo "skipped: no zstd"; exit; }
make_model
zstd -q -c "$data/new.jsonl" >new.jsonl.zst
triage predict -m m.triage --file new.jsonl.zst |
    cmp - <(triage predict -m m.triage --file "$data/new.jsonl") && echo same
triage predict -m m.triage --input jsonl <new.jsonl.zst |
    cmp - <(triage predict -m m.triage --file "$data/new.jsonl") && echo same
