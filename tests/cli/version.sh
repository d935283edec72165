# SPDX-License-Identifier: MIT
# The version, and nothing else.
triage --version
