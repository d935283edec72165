# SPDX-License-Identifier: MIT
# What a pipeline may do that builds and deploys, by the role `triage-deploy`: push images, reach the
# cluster, send its mail, and hand the services their secrets where the agent injector is not used.
# It changes nothing in Vault. MOUNT and PREFIX stand for where the secrets are; setup fills them in.

path "MOUNT/data/PREFIX/registry" {
  capabilities = ["read"]
}

path "MOUNT/data/PREFIX/kubeconfig" {
  capabilities = ["read"]
}

path "MOUNT/data/PREFIX/smtp" {
  capabilities = ["read"]
}

path "MOUNT/data/PREFIX/database" {
  capabilities = ["read"]
}

path "MOUNT/data/PREFIX/keys" {
  capabilities = ["read"]
}

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
