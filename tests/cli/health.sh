# SPDX-License-Identifier: MIT
# Whether a service is ready, by exit code: before its first model, with one, and when it has gone.
command -v curl >/dev/null || { echo "skipped: no curl"; exit; }
mkfifo log
triage retrainer --listen 127.0.0.1:0 --data-dir kept --log-format json --retrain-after 0 \
    --base-data "$data/tickets.csv" >log &
process=$!
exec 3<log
while read -r line <&3 && [[ $line != *'listens on'* ]]; do :; done
address=$(sed 's|.*listens on http://\([0-9.:]*\)".*|\1|' <<<"$line")
cat <&3 >/dev/null &
reader=$!
try triage health --listen "$address"
try triage health --alive --listen "0.0.0.0:${address##*:}"
TRIAGE_LISTEN=$address triage health
kill -TERM $process
wait $process
wait $reader
try triage health --listen "$address" 2>&1 | sed "s|$address|ADDRESS|; s|port ${address##*:} .*|port PORT|"
# Inference without a model is alive, but not ready.
triage inference --listen 127.0.0.1:0 --data-dir empty --log-format json >log &
process=$!
exec 3<log
while read -r line <&3 && [[ $line != *'listens on'* ]]; do :; done
address=$(sed 's|.*listens on http://\([0-9.:]*\)".*|\1|' <<<"$line")
cat <&3 >/dev/null &
reader=$!
try triage health --listen "$address" 2>&1 | sed "s|$address|ADDRESS|"
try triage health --listen "$address" --alive
kill -TERM $process
wait $process
wait $reader
echo "errors"
try triage health --listen nowhere
try triage health --listen 127.0.0.1:0
try triage health --timeout 1ms
