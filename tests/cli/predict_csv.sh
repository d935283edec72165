# SPDX-License-Identifier: MIT
# CSV keeps its rows and gains columns; names that are taken get a prefix.
make_model
triage predict -m m.triage --file "$data/new.csv" | mask
triage predict -m m.triage --file "$data/labelled.csv" | mask
echo "from standard input, as an argument, compressed, twice:"
triage predict -m m.triage --input csv <"$data/new.csv" >out
triage predict -m m.triage --input csv "$data/new.csv" | cmp - out
gzip -c "$data/new.csv" >new.csv.gz
triage predict -m m.triage --file new.csv.gz | cmp - out
triage predict -m m.triage --file new.csv.gz --file "$data/new.csv" | wc -l
try triage predict -m m.triage --file "$data/new.csv" --file "$data/labelled.csv" | tail -n 2 |
    sed "s|$data|DATA|g"
printf 'text;category\nmy laptop;"a;b"\n' | triage predict -m m.triage --input csv | mask
