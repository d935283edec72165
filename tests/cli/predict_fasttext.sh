# SPDX-License-Identifier: MIT
# fastText lines: the labels are no part of the text.
make_model
triage predict -m m.triage --file "$data/new.ft" >out
mask <out
sed 's/^__label__[^ ]* //' "$data/new.ft" | triage predict -m m.triage | cmp - out
triage predict -m m.triage --input fasttext <"$data/new.ft" | cmp - out
