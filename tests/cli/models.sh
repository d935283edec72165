# SPDX-License-Identifier: MIT
# Versions in a registry: added, put live, taken back, shown.
mask_version() {
    sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z/TIME/; s/[0-9a-f]{64}/SHA/; s/(bytes *"?:? *)[0-9]+/\1N/'
}
export TRIAGE_DATA_DIR=kept
try triage models list
make_model
try triage models add no-such-file
try triage models add m.triage
try triage models add m.triage
triage models list | mask_version
try triage models promote 1
try triage models promote v000002 --reason 'better, I think'
triage models list | mask_version
try triage models rollback
try triage models rollback
triage models show 2 | mask_version
triage models show v000001 --json | mask_version
triage models list --json | json_get 0.version 0.is_live 1.version 1.is_live
try triage models promote 3
try triage models show ../models
cat kept/models/champion
echo "another folder"
try triage models list --registry elsewhere
try triage models lsit
try triage models
try triage models promote
try triage models list v000001
