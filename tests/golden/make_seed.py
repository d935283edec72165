#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Golden values for the `seed` preset, made by scikit-learn (Debian's python3-sklearn 1.2.1).

    tests/golden/make_seed.py          scikit-learn's results for the committed tickets
    tests/golden/make_seed.py --draw   first draws the tickets anew from data/tickets.csv
    tests/golden/make_seed.py --check  exit code 1 if the committed results are not what comes out

Written beside this script:

    seed_train.csv       text,label     what both sides train on
    seed_test.csv        text           what both sides predict
    seed_vocabulary.csv  term,count,idf the 500 terms in byte order (to find a difference quickly)
    seed_expected.csv    one column a label (byte order), one row a row of seed_test.csv

The recipe, each step stated so that another program can repeat it:

1. Tokens: NFKC, case folding, NFKC again; each character that is not a letter, mark or number
   (general category L*, M*, N*) separates; every token counts, single characters too.
2. Terms: the 500 with the highest total count in the training texts; of equal counts, the one that
   is first in the byte order of its UTF-8.
3. TF-IDF: raw count times ln((1 + n) / (1 + df)) + 1, then L2 norm. No sublinear scaling. n counts
   every training ticket, empty ones too.
4. Multinomial logistic regression: minimises sum of log losses + |W|^2 / 2 (C = 1), intercepts not
   penalised. Not calibrated.
"""

import argparse
import collections
import csv
import hashlib
import pathlib
import sys
import unicodedata

import numpy
import scipy.sparse
import sklearn
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

HERE = pathlib.Path(__file__).resolve().parent
TICKETS = HERE.parent.parent / "data" / "tickets.csv"
N_TERMS = 500
N_TRAIN, N_TEST = 388, 84  # drawn; the rows below are added

# Rows that a draw would rarely give: (text, label).
EXTRA_TRAIN = [
    ("", "Miscellaneous"),
    ("?!... --- *** :-)", "Miscellaneous"),
    ("a b c x y z", "Miscellaneous"),
    ("user_name and drive_letter _private_ __init__", "Access"),
    ("1 2 3 42 007 3.14 10.0.0.1 2025-01-06", "Storage"),
    # One word in four spellings: precomposed, decomposed, capitals, capitals decomposed.
    ("f\u00fcr fu\u0308r F\u00dcR FU\u0308R", "HR Support"),
    ("Stra\u00dfe STRASSE stra\u1e9ee strasse", "HR Support"),
    ("probl\u00e8me probleme PROBL\u00c8ME proble\u0300me", "Hardware"),
    ("o\ufb03ce o\uff46\uff46\uff49\uff43\uff45 OFFICE", "Purchase"),
    ("don't can\u2019t user\u00a0name zero\u200bwidth", "Access"),
    ("\u041f\u0440\u0438\u0432\u0435\u0442 \u65e5\u672c\u8a9e \u0939\u093f\u0928\u094d\u0926\u0940",
     "Miscellaneous"),
    ("m\u00b2 \u00bd \u2167 \u2460 \u2122", "Storage"),
]
EXTRA_TEST = [
    "",
    " \t\r\n ",
    "!!! ... ??? -- __ $$$",
    "zyxwvut qqqqqqq",
    "a",
    "a a a a b b c",
    "PLEASE HELP",
    "please_help",
    "please,help;please:help/please\\help",
    "please \u00a0\u2003\u3000 help\u2028please",
    "Guten Tag, ich ben\u00f6tige Zugriff f\u00fcr das neue B\u00fcro. Gr\u00fc\u00dfe",
    "Guten Tag, ich beno\u0308tige Zugriff fu\u0308r das neue Bu\u0308ro. Gru\u0308\u00dfe",
    "GUTEN TAG, ICH BEN\u00d6TIGE ZUGRIFF F\u00dcR DAS NEUE B\u00dcRO. GR\u00dcSSE",
    "Bonjour, j'ai un probl\u00e8me avec l'imprimante, \u00e7a ne marche plus. D\u00e9sol\u00e9",
    "\uff30\uff4c\uff45\uff41\uff53\uff45 \uff48\uff45\uff4c\uff50 o\ufb03ce \u2460 \u00b2",
    "\u0130stanbul \u0131\u015f\u0131k \u017fervice",
]


def tokens(text):
    """Step 1 of the recipe."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c if unicodedata.category(c)[0] in "LMN" else " " for c in folded).split(" ")


def normalise(text):
    """Tokens joined by one space: what the vectoriser is given."""
    return " ".join(token for token in tokens(text) if token)


def draw():
    """Writes seed_train.csv and seed_test.csv: the tickets whose texts have the lowest hashes."""
    with open(TICKETS, encoding="utf-8", newline="") as file:
        rows = [(row["subject"] + "\n" + row["body"], row["category"])
                for row in csv.DictReader(file)]
    rows.sort(key=lambda row: hashlib.sha256(row[0].encode()).digest())
    # A third with characters beyond ASCII, so that accented words get into the vocabulary.
    n = N_TRAIN + N_TEST
    beyond = [row for row in rows if not row[0].isascii()][:n // 3]
    plain = [row for row in rows if row[0].isascii()][:n - len(beyond)]
    drawn = sorted(beyond + plain,
                   key=lambda row: hashlib.sha256(b"seed" + row[0].encode()).digest())
    train = drawn[:N_TRAIN] + EXTRA_TRAIN
    test = [text for text, _ in drawn[N_TRAIN:]] + EXTRA_TEST
    write_csv("seed_train.csv", ["text", "label"], train)
    write_csv("seed_test.csv", ["text"], [[text] for text in test])


def write_csv(name, header, rows):
    with open(HERE / name, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def read_csv(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.reader(file))[1:]


def choose_terms(texts):
    """Step 2 of the recipe: (term, total count), in byte order of the terms."""
    counts = collections.Counter(token for text in texts for token in text.split())
    best = sorted(counts.items(), key=lambda item: (-item[1], item[0].encode()))[:N_TERMS]
    return sorted(best, key=lambda item: item[0].encode())


def largest_gradient(model, features, labels):
    """The largest entry of the objective's gradient at the solution: 0 at the exact optimum."""
    truth = labels[:, None] == model.classes_[None, :]
    residual = model.predict_proba(features) - truth
    by_weight = scipy.sparse.csr_matrix(features).T.dot(residual).T + model.coef_
    return max(abs(by_weight).max(), abs(residual.sum(axis=0)).max())


def compute():
    """Returns the rows of seed_vocabulary.csv, and header and rows of seed_expected.csv."""
    train = read_csv("seed_train.csv")
    texts = [normalise(row[0]) for row in train]
    labels = numpy.array([row[1] for row in train])
    terms = choose_terms(texts)
    vectoriser = TfidfVectorizer(token_pattern=r"\S+", lowercase=False,
                                 vocabulary=[term for term, _ in terms])
    features = vectoriser.fit_transform(texts)
    # newton-cg rather than lbfgs: same objective, but sklearn's lbfgs stops at a relative change of
    # 2e-9 of the loss whatever `tol` says, which leaves probabilities off by more than we compare.
    model = LogisticRegression(C=1.0, multi_class="multinomial", solver="newton-cg", tol=1e-8,
                               max_iter=1000).fit(features, labels)
    gradient = largest_gradient(model, features, labels)
    if gradient > 1e-7:
        sys.exit(f"make_seed.py: not converged: largest gradient {gradient:g}")

    test = vectoriser.transform([normalise(row[0]) for row in read_csv("seed_test.csv")])
    probabilities = model.predict_proba(test)
    lbfgs = LogisticRegression(C=1.0, multi_class="multinomial", solver="lbfgs", tol=1e-10,
                               max_iter=100000).fit(features, labels)
    off = abs(lbfgs.predict_proba(test) - probabilities).max()
    print(f"scikit-learn {sklearn.__version__}: {len(train)} train, {test.shape[0]} test, "
          f"{len(model.classes_)} labels, {len(terms)} terms, "
          f"last count {min(n for _, n in terms)}, largest gradient {gradient:.1e}, "
          f"lbfgs differs by at most {off:.1e}")
    vocabulary = [[term, count, f"{idf:.12f}"]
                  for (term, count), idf in zip(terms, vectoriser.idf_)]
    return vocabulary, list(model.classes_), [[f"{p:.10f}" for p in row] for row in probabilities]


def check(vocabulary, header, expected):
    """Compares with the committed files: the same terms, and numbers within 1e-8."""
    same = [row[:2] for row in read_csv("seed_vocabulary.csv")] == [
        [term, str(count)] for term, count, _ in vocabulary]
    committed = numpy.array(read_csv("seed_expected.csv"), dtype=float)
    now = numpy.array(expected, dtype=float)
    if not same or committed.shape != now.shape or abs(committed - now).max() > 1e-8:
        sys.exit("make_seed.py: the committed golden values are not what scikit-learn gives")


def main():
    parser = argparse.ArgumentParser(description="golden values of the seed preset")
    parser.add_argument("--draw", action="store_true", help="draw the tickets anew first")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    options = parser.parse_args()
    if options.draw:
        draw()
    vocabulary, header, expected = compute()
    if options.check:
        check(vocabulary, header, expected)
        return
    write_csv("seed_vocabulary.csv", ["term", "count", "idf"], vocabulary)
    write_csv("seed_expected.csv", header, expected)


if __name__ == "__main__":
    main()
