# SPDX-License-Identifier: MIT
# --report writes a page of HTML, or SVG, beside the figures.
make_model
triage evaluate -m m.triage "$data/tickets.csv" --report report.html -q >out
grep -c '^category' out
head -c 15 report.html; echo
triage evaluate -m m.triage "$data/tickets.csv" --report report.svg -q >/dev/null
grep -c '</svg>' report.svg | sed 's/^[1-9].*/some/'
try triage evaluate -m m.triage "$data/tickets.csv" --report missing/report.html -q
ls
