# SPDX-License-Identifier: MIT
# docs/ops/options.md is what the program prints.
triage manual --options >options.md
diff "$data/../../../docs/ops/options.md" options.md && echo "docs/ops/options.md is up to date"
