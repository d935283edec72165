# SPDX-License-Identifier: MIT
# Wrong usage: one line that names option, value and what is allowed, and exit code 2.
try triage
try triage trian
try triage serve now
try triage --hlep
try triage train
try triage train x.csv
try triage train x.csv -o
try triage train x.csv --output
try triage train x.csv -o m --preset wrods
try triage train x.csv -o m --preset=
try triage train x.csv -o m --threads 257
try triage train x.csv -o m --threads=-1
try triage train x.csv -o m --threads 99999999999999999999
try triage train x.csv -o m --threads 1x
try triage train x.csv -o m --target-precision 1
try triage train x.csv -o m --target-precision nan
try triage train x.csv -o m --target-precision 0x1p-1
try triage train x.csv -o m --min-df 0
try triage train x.csv -o m --max-df 1
try triage train x.csv -o m --max-df half
try triage train x.csv -o m --jsno
try triage train x.csv -o m --json=yes
try triage train x.csv -o m -qz
try triage train x.csv -o ''
try triage train x.csv -o m --field =
try triage train x.csv -o m --field category=
try triage predict
try triage predict -m m --top 0 x
try triage predict -m m --input xml
try triage predict -m m --file x.csv "a text"
try triage inspect
try triage inspect a b
try triage completion
try triage completion fish
try triage manual now
