# SPDX-License-Identifier: MIT
# Ctrl-C while training: the end comes soon, and no file is left behind.
for i in $(seq 200); do
    tail -n +2 "$data/tickets.csv" | sed "s/^/$i/; s/ the / the word$i /"
done | cat <(head -n 1 "$data/tickets.csv") - >big.csv
# A background job of a script ignores SIGINT, so SIGTERM stands for it: both go one way.
timeout --preserve-status --signal TERM 0.7 triage train big.csv --text subject,body \
    --field category -q -o m.triage >/dev/null
echo "exit $?"
ls
