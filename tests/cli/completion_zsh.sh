# SPDX-License-Identifier: MIT
# The zsh script is one that zsh reads.
command -v zsh >/dev/null || { echo "skipped: no zsh"; exit; }
triage completion zsh >_triage
zsh -n _triage && head -n 1 _triage
