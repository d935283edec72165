# SPDX-License-Identifier: MIT
# Corrections of other systems in, and all of them out again.
export TRIAGE_DATA_DIR=kept
cat >feedback.jsonl <<'END'
{"text": "vpn down", "predicted": "Access", "correct": "Network", "timestamp": 1769860800.5}
{"text": "mouse broken", "label": "Hardware"}

{"text": "new laptop", "field": "queue", "corrected_label": "Purchase", "created_at": "2026-01-31T12:00:00Z", "confidence": 0.5, "model_version": "v000001", "source": "zammad"}
{"text": "", "label": "Hardware"}
{"text": "no label"}
not json
["text"]
END
try triage import --feedback feedback.jsonl
echo "again"
try triage import --feedback feedback.jsonl --json
try triage import --feedback feedback.jsonl --strict
echo "out"
triage feedback export | sed -E '2s/"created_at":"20[^"]*Z"/"created_at":"NOW"/'
triage feedback export --status all | json_get label status | tail -2
triage feedback export --status held
echo "out and in gives the same"
triage feedback export >exported.jsonl
try triage import --feedback exported.jsonl --data-dir other
triage feedback export --data-dir other | cmp - exported.jsonl && echo same
echo "the field of lines that name none"
printf '{"text":"a","label":"B"}\n' | try triage import --feedback - --field queue --data-dir third
triage feedback export --data-dir third | json_get field
echo "errors"
try triage feedback
try triage feedback exprot
try triage feedback export --status lost
try triage feedback export --data-dir nowhere
try triage import --feedback feedback.jsonl --field a --field b
