# SPDX-License-Identifier: MIT
# The bash script: what it offers at each place.
triage completion bash >script
bash -n script && source ./script
offer() {
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _triage 2>/dev/null # compopt complains outside a completion
    # compgen gives files in the order of the directory
    mapfile -t COMPREPLY < <(printf '%s\n' "${COMPREPLY[@]}" | sort)
    echo "${*: 1:$#-1} [${*: -1}]: ${COMPREPLY[*]}"
}
touch m.triage n.csv
offer triage ''
offer triage ev
offer triage train --pre
offer triage train --preset ''
offer triage train --preset = w
offer triage predict -m m
offer triage predict --t
offer triage inspect ''
offer triage completion z
offer triage models ''
offer triage models pro
offer triage models promote ''
offer triage keys create ''
offer triage keys list --store
offer triage serve --admin-key-file m
complete -p triage
