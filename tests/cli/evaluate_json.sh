# SPDX-License-Identifier: MIT
# evaluate --json is one object with the members that scripts rely on.
make_model
triage evaluate -m m.triage "$data/tickets.csv" --json -q >out
wc -l <out
json_get tickets seconds.read seconds.train seconds.total model.version model.bytes model.sha256 \
    fields fields.category.accuracy fields.category.auto.coverage \
    fields.category.coverage_at.0..95 fields.category.labels.2.label \
    fields.category.confusion <out | sed "s/$(sha256sum <m.triage | cut -c1-64)/SHA-256/"
