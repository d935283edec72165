# SPDX-License-Identifier: MIT
"""The labelled texts: read, split by a hash of the text, written in each program's format."""

import collections
import csv
import gzip
import hashlib
import os
import re
import sys

# A name for people, a short name for files, and rows of (text, label).
Corpus = collections.namedtuple("Corpus", "name key train test")

N_FOLDS = 5
csv.field_size_limit(sys.maxsize)


def read_csv(path, text_column, label_column):
    """Rows of (text, label) of `path` or `path`.gz; None if there is neither."""
    for candidate, opener in ((path, open), (path + ".gz", gzip.open)):
        if os.path.exists(candidate):
            with opener(candidate, "rt", encoding="utf-8", newline="") as file:
                return [(row[text_column], row[label_column]) for row in csv.DictReader(file)]
    return None


def fold_of(text):
    """The fold that holds `text` out: the same in every run, and for all copies of a text."""
    return hashlib.sha256(text.encode("utf-8")).digest()[0] % N_FOLDS


def split(name, key, rows, fold):
    """A fifth of `rows`, those of `fold`, is the test part."""
    return Corpus(name, f"{key}-{fold}",
                  [row for row in rows if fold_of(row[0]) != fold],
                  [row for row in rows if fold_of(row[0]) == fold])


def write_csv(path, rows):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        writer.writerows(rows)


def one_line(text):
    return " ".join(text.split())


def write_texts(path, rows):
    """One text a line, without labels."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(one_line(text) + "\n" for text, _ in rows)


def fasttext_text(text):
    """As fastText's own tutorial prepares texts: lower case, punctuation set apart."""
    return one_line(re.sub(r"([.!?,'/()])", r" \1 ", text.lower()))


def write_fasttext(path, rows):
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(f"__label__{label.replace(' ', '_')} {fasttext_text(text)}\n"
                        for text, label in rows)
