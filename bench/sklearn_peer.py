#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""One scikit-learn recipe in a process of its own.

    sklearn_peer.py RECIPE TRAIN.csv TEST.csv OUT.json   predictions, confidences, seconds of fit
    sklearn_peer.py export TRAIN.csv TEST.csv PREFIX     TF-IDF features: PREFIX.train, PREFIX.test

The files have the columns text and label. `seed-exact` also gives all probabilities,
and which tickets have a known term.
"""

import json
import os
import sys
import time

import corpora

from sklearn.datasets import dump_svmlight_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline, make_union
from sklearn.svm import LinearSVC


def words():
    return TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)


def characters():
    return TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)


def seed_exact(texts):
    """The recipe as the golden values of the `seed` preset have it, tokens and ties included."""
    sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "tests", "golden"))
    import make_seed
    terms = make_seed.choose_terms([make_seed.normalise(text) for text in texts])
    return make_pipeline(
        TfidfVectorizer(preprocessor=make_seed.normalise, token_pattern=r"\S+",
                        vocabulary=[term for term, _ in terms]),
        LogisticRegression(C=1, solver="newton-cg", tol=1e-6, max_iter=1000))


RECIPES = {
    "seed": lambda texts: make_pipeline(TfidfVectorizer(max_features=500),
                                        LogisticRegression(C=1, max_iter=1000)),
    "seed-exact": seed_exact,
    "words-lr": lambda texts: make_pipeline(words(), LogisticRegression(C=10, max_iter=1000)),
    "words-svc": lambda texts: make_pipeline(words(), LinearSVC()),
    "characters-svc": lambda texts: make_pipeline(make_union(words(), characters()), LinearSVC()),
}


def export(train, test, prefix):
    """liblinear's format; labels become the numbers of their place in byte order."""
    labels = sorted({label for _, label in train}, key=str.encode)
    number = {label: i for i, label in enumerate(labels)}
    vectoriser = words().fit([text for text, _ in train])
    for rows, ending in ((train, ".train"), (test, ".test")):
        dump_svmlight_file(vectoriser.transform([text for text, _ in rows]),
                           [number.get(label, -1) for _, label in rows], prefix + ending,
                           zero_based=False)


def main():
    recipe, train_path, test_path, out = sys.argv[1:]
    train = corpora.read_csv(train_path, "text", "label")
    test = corpora.read_csv(test_path, "text", "label")
    if recipe == "export":
        export(train, test, out)
        return
    texts, labels = [text for text, _ in train], [label for _, label in train]
    start = time.monotonic()
    model = RECIPES[recipe](texts).fit(texts, labels)
    result = {"seconds": time.monotonic() - start}
    test_texts = [text for text, _ in test]
    if hasattr(model, "predict_proba"):
        probabilities = model.predict_proba(test_texts)
        result["predicted"] = list(model.classes_[probabilities.argmax(axis=1)])
        result["confidence"] = probabilities.max(axis=1).tolist()
        if recipe == "seed-exact":
            result["labels"] = list(model.classes_)
            result["is_known"] = (model[0].transform(test_texts).getnnz(axis=1) > 0).tolist()
            result["probabilities"] = probabilities.tolist()
    else:
        result["predicted"] = list(model.predict(test_texts))
        result["confidence"] = None
    with open(out, "w", encoding="utf-8") as file:
        json.dump(result, file)


if __name__ == "__main__":
    main()
