# SPDX-License-Identifier: MIT
# SIGHUP: the admin key of the file is taken, what needs a new start is named, errors change nothing.
command -v curl >/dev/null || { echo "skipped: no curl"; exit; }
cat >triage.conf <<'END'
listen = 127.0.0.1:0
data-dir = kept
admin-key-file = key
preset = words
log-format = json
END
echo "base-data = $data/tickets.csv" >>triage.conf
echo 'the first key of them' >key
mkfifo log
triage serve --config triage.conf >log &
process=$!
exec 3<log
# Reads the log up to a line with these words, and shows its message.
await() {
    while read -r line <&3; do
        [[ $line == *"$1"* ]] && break
    done
    message=$(sed 's/.*"message":"\([^"]*\)".*/\1/' <<<"$line")
}
ask() {
    curl -s -o answer -w "$1: %{http_code}\n" -H "Authorization: Bearer $1" "$url/api/v1/keys"
}
await 'listens on'
url=${message##* }
ask 'the first key of them'
ask 'the second key of them'
echo 'the second key of them' >key
echo 'max-body = 2M' >>triage.conf
kill -HUP $process
await 'needs a new start'
echo "$message"
until ask 'the second key of them' | grep -q 200; do :; done
ask 'the first key of them'
echo 'max-bod = 2M' >>triage.conf
kill -HUP $process
await 'all stays'
echo "$message"
ask 'the second key of them'
kill -TERM $process
cat <&3 >/dev/null
wait $process
echo "[exit $?]"
