# SPDX-License-Identifier: MIT
# What the services may do, by the role `triage`: read the two secrets that are theirs. MOUNT and
# PREFIX stand for where these are; setup fills them in.

path "MOUNT/data/PREFIX/database" {
  capabilities = ["read"]
}

path "MOUNT/data/PREFIX/keys" {
  capabilities = ["read"]
}

# Versions and their times, never values.
path "MOUNT/metadata/PREFIX/*" {
  capabilities = ["list"]
}

path "auth/token/lookup-self" {
  capabilities = ["read"]
}

path "auth/token/renew-self" {
  capabilities = ["update"]
}

path "auth/token/revoke-self" {
  capabilities = ["update"]
}
