# SPDX-License-Identifier: MIT
# Keys: shown once, listed without themselves, revoked.
umask 022
export TRIAGE_DATA_DIR=kept
mask_key() {
    sed -E 's/20[0-9-]{8}T[0-9:.]+Z/TIME                    /g; s/\b[0-9A-Z]{26}\b/ID                        /; s/tri_[A-Za-z0-9_-]{43}$/KEY/; s/ +$//'
}
try triage keys list
try triage keys create admin --name 'Ada Lovelace' | mask_key
triage keys create predict >key 2>/dev/null
grep -cE '^tri_[A-Za-z0-9_-]{43}$' key
triage keys list | mask_key
grep -c "$(cat key)" kept/* || true
id=$(triage keys list | awk '$2 == "predict" { print $1 }')
try triage keys revoke "$id" | mask_key
triage keys list | mask_key
try triage keys revoke "$id" | mask_key
stat -c %a kept
echo "errors"
try triage keys
try triage keys create
try triage keys create king
try triage keys list --name x
try triage keys create admin --name "$(printf 'a\nb')"
