# SPDX-License-Identifier: MIT
# train --json is one object with the members that scripts rely on.
triage train "$data/tickets.csv" --field category --preset words --json -q -o m.triage >out
wc -l <out
json_get tickets seconds seconds.read seconds.train seconds.total model.version model.bytes \
    model.sha256 fields fields.category.accuracy fields.category.macro_f1 \
    fields.category.weighted_f1 fields.category.log_loss fields.category.ece \
    fields.category.auto.target_precision fields.category.auto.coverage \
    fields.category.auto.precision fields.category.coverage_at.0..90 \
    fields.category.coverage_at.0..95 fields.category.labels fields.category.labels.0.label \
    fields.category.labels.0.precision fields.category.labels.0.recall \
    fields.category.labels.0.f1 fields.category.labels.0.support \
    fields.category.labels.0.threshold fields.category.labels.0.auto_coverage \
    fields.category.labels.0.auto_precision fields.category.confusion \
    fields.category.confusion.2.2 <out | sed "s/$(sha256sum <m.triage | cut -c1-64)/SHA-256/"
