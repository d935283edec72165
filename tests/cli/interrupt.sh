# SPDX-License-Identifier: MIT
# Ctrl-C while training: the end comes at the next step, and no file is left behind.
for i in $(seq 200); do
    tail -n +2 "$data/tickets.csv" | sed "s/^/$i/; s/ the / the word$i /"
done | cat <(head -n 1 "$data/tickets.csv") - >big.csv
mkfifo messages
# A background job of a script ignores SIGINT, so SIGTERM stands for it: both go one way. It is sent
# when the features are chosen and the fit, most of the work, is still to come.
triage train big.csv --text subject,body --field category -o m.triage 2>messages >/dev/null &
while read -r line; do
    case $line in
    'auto picked'*) kill -TERM $! ;;
    'triage train:'*) echo "$line" ;;
    esac
done <messages
wait $!
echo "exit $?"
ls
