# SPDX-License-Identifier: MIT
# For tools/backup and tools/restore: addresses of stores. shellcheck shell=bash

is_postgresql() {
    [[ $1 == postgres://* || $1 == postgresql://* ]]
}

# Command lines can be read by everyone on a machine: the password of $store goes into the environment.
take_out_password() {
    if [[ $store =~ ^([a-z]+://[^:@/]*):([^@]*)@(.*)$ ]]; then
        local password=${BASH_REMATCH[2]//\\/\\\\}
        store=${BASH_REMATCH[1]}@${BASH_REMATCH[3]}
        PGPASSWORD=$(printf '%b' "${password//%/\\x}")
        export PGPASSWORD
    fi
}
