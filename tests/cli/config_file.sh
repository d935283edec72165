# SPDX-License-Identifier: MIT
# Options from a configuration file, that of a service: in effect, wrong, secret.
cat >triage.conf <<'END'
# One file for all services.
listen = 127.0.0.1:0
data-dir = "a folder"   # with a blank
max-body = 64K
base-data = a.csv, b.csv
admin-key-file = key
inference-url = http://one:8081,http://two:8081
END
echo 'a key that is long enough' >key
TRIAGE_MAX_BODY=128K triage serve --config triage.conf --rate-read 5 --print-config |
    grep -E '^(listen|data-dir|max-body|base-data|admin-key|rate-read|drain-timeout) '
TRIAGE_CONFIG=triage.conf triage backend --print-config | grep inference-url
echo "what is printed can be read"
triage serve --config triage.conf --print-config >printed.conf
triage serve --config printed.conf --print-config | sed 's/  #.*//' >again.conf
sed 's/  #.*//' printed.conf | diff - again.conf && echo same
echo "a secret on the command line"
try triage serve --admin-key 'a key that is long enough' --print-config | grep -E 'admin-key'
try triage backend --store postgresql://user:hush@nowhere/x --print-config | grep store
try triage backend --store here.db --print-config | grep store
echo "errors"
for line in 'lsiten = 1' 'max-body = much' 'listen' 'poll-interval = 5' 'admin-key-file = none' \
    'config = x' 'log-level = loud'; do
    echo "$line" >bad.conf
    try triage serve --config bad.conf --print-config | head -1
done
try triage serve --config none.conf
try triage keys list --config triage.conf
