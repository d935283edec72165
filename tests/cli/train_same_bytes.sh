# SPDX-License-Identifier: MIT
# Same data, options and seed give the same file, whatever the number of threads.
make_model --threads 1 && mv m.triage 1.triage
make_model --threads 3 && mv m.triage 3.triage
cmp 1.triage 3.triage && echo same
make_model --seed 2 && cmp -s 1.triage m.triage || echo "another seed, another model"
