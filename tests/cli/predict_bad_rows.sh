# SPDX-License-Identifier: MIT
# Rows that cannot be read are reported and left out, or fatal with --strict.
make_model
printf '{"text":"my laptop"}\nnot json\n{"text":"a password"}\n' >in.jsonl
triage predict -m m.triage --file in.jsonl 2>stderr | wc -l
sed -E 's/: .*/: REASON/' stderr
triage predict -m m.triage --file in.jsonl --strict 2>stderr | wc -l
sed -E 's/: .*/: REASON/' stderr
triage predict -m m.triage --file in.jsonl --strict >/dev/null 2>&1
echo "exit $?"
