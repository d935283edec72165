# SPDX-License-Identifier: MIT
# What is inside a model, for a person and for a script.
make_model
triage inspect m.triage | mask | sed -E "s/$(sha256sum <m.triage | cut -c1-64)/SHA-256/
    s/[0-9]+, checksum/N, checksum/; s/hash [0-9a-f]+/hash HASH/; s/[0-9]+ features/N features/
    /^(features|options) /s/ .*/ .../"
triage inspect m.triage --json >out
wc -l <out
json_get model.version model.bytes n_features fields fields.category.labels \
    fields.category.labels.0.label fields.category.labels.0.prior \
    fields.category.labels.0.threshold metadata.options.preset metadata.data.tickets \
    metadata.fields.priority.accuracy <out
# The cuts are for programs that set thresholds, and long.
grep -q '"cuts":{"category":\[\[' m.triage && echo "the model has cuts"
grep -q '"cuts"' out || echo "inspect leaves them out"
