# SPDX-License-Identifier: MIT
"""The other classifiers. Each is trained on a corpus, predicts its test part and is measured."""

import json
import os

import child
import corpora
import metrics

HERE = os.path.dirname(os.path.abspath(__file__))

# recipe of sklearn_peer.py -> (name in the report, takes long)
SKLEARN = {
    "seed": ("scikit-learn: TF-IDF 500 terms, logistic regression", False),
    "words-svc": ("scikit-learn: words 1-2, LinearSVC", False),
    "words-lr": ("scikit-learn: words 1-2, logistic regression C=10", True),
    "characters-svc": ("scikit-learn: words 1-2 + characters 2-5, LinearSVC", True),
}
FASTTEXT_OPTIONS = ["-wordNgrams", "2", "-dim", "50", "-epoch", "10", "-thread", "2"]
FASTTEXT = "fastText: 2-grams, dim 50, 10 epochs, 2 threads"
# With its defaults fastText hardly learns 150 labels from 18,000 short texts.
FASTTEXT_LONGER_OPTIONS = ["-wordNgrams", "2", "-dim", "50", "-epoch", "50", "-lr", "0.5",
                           "-thread", "2"]
FASTTEXT_LONGER = "fastText: 2-grams, dim 50, 50 epochs, rate 0.5"
LIBLINEAR = "liblinear: words 1-2, logistic regression -s 0 -c 10"


def sklearn_python():
    return ["/usr/bin/python3", os.path.join(HERE, "sklearn_peer.py")]


def run_sklearn(recipe, files):
    """Figures of `recipe`, with `seconds` of the fit, vectorising included."""
    result = sklearn_predictions(recipe, files)
    figures = metrics.measure(files.truth, result["predicted"], result["confidence"])
    return {**figures, "seconds": result["seconds"]}


def sklearn_predictions(recipe, files):
    out = files.path("sklearn.json")
    child.run([*sklearn_python(), recipe, files.train_csv, files.test_csv, out])
    with open(out, encoding="utf-8") as file:
        return json.load(file)


def fasttext_train(source, model, options):
    """Whole process; the model is `model`.bin. Returns a Run."""
    return child.run(["fasttext", "supervised", "-input", source, "-output", model, *options])


def run_fasttext(files, options):
    source, test, model = (files.path(name) for name in ("ft.train", "ft.test", "ft-model"))
    corpora.write_fasttext(source, files.corpus.train)
    corpora.write_fasttext(test, files.corpus.test)
    seconds = fasttext_train(source, model, options).wall
    text, _ = child.output(["fasttext", "predict-prob", model + ".bin", test])
    names = {"__label__" + label.replace(" ", "_"): label for _, label in files.corpus.train}
    lines = [line.split() for line in text.splitlines()]
    os.remove(model + ".bin")
    # A text without any known word gets an empty line.
    figures = metrics.measure(files.truth, [names[line[0]] if line else "" for line in lines],
                              [min(float(line[1]), 1.0) if line else 0.0 for line in lines])
    return {**figures, "seconds": seconds}


def run_liblinear(files):
    """On the features of the scikit-learn recipe; `seconds` is liblinear-train alone."""
    prefix, model, out = (files.path(name) for name in ("liblinear", "liblinear.model",
                                                        "liblinear.out"))
    child.run([*sklearn_python(), "export", files.train_csv, files.test_csv, prefix])
    seconds = child.run(["liblinear-train", "-q", "-s", "0", "-c", "10", "-B", "1",
                         prefix + ".train", model]).wall
    child.run(["liblinear-predict", "-b", "1", prefix + ".test", model, out])
    labels = sorted({label for _, label in files.corpus.train}, key=str.encode)
    with open(out, encoding="utf-8") as file:
        lines = [line.split() for line in file][1:]
    figures = metrics.measure(files.truth, [labels[int(float(line[0]))] for line in lines],
                              [max(map(float, line[1:])) for line in lines])
    return {**figures, "seconds": seconds}


def run_all(files, is_quick, is_short_texts):
    """(name, figures) of each peer as it is done."""
    for recipe, (name, is_slow) in SKLEARN.items():
        if not (is_quick and is_slow):
            yield name, run_sklearn(recipe, files)
    if not is_quick:
        yield LIBLINEAR, run_liblinear(files)
    yield FASTTEXT, run_fasttext(files, FASTTEXT_OPTIONS)
    if is_short_texts and not is_quick:
        yield FASTTEXT_LONGER, run_fasttext(files, FASTTEXT_LONGER_OPTIONS)
