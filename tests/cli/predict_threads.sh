# SPDX-License-Identifier: MIT
# Order and bytes of the output do not depend on the number of threads.
make_model
for i in $(seq 400); do tail -n +2 "$data/tickets.csv"; done | cat <(head -n 1 "$data/tickets.csv") - |
    sed 's/$/ /' >big.csv
triage predict -m m.triage --text subject,body --file big.csv >1.csv 2>/dev/null
triage predict -m m.triage --text subject,body --file big.csv --threads 3 >3.csv 2>/dev/null
cmp 1.csv 3.csv && wc -l <1.csv
triage predict -m m.triage "one ticket, many threads" --threads 8 | wc -l
