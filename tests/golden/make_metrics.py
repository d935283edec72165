#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Golden values for the metrics, made by scikit-learn (Debian's python3-sklearn 1.2.1).

    tests/golden/make_metrics.py           writes metrics.json beside this script
    tests/golden/make_metrics.py --check   exit code 1 if the committed file is not what comes out

Each case is a list of random but seeded predictions and the figures that they must give:

* precision, recall, F1, support: precision_recall_fscore_support(zero_division=0) for every label;
  macro and weighted averages: the same function with its default labels, which are those that occur;
* log loss: log_loss(eps=1e-15); labels that the model does not know have the probability 0;
* confusion: confusion_matrix; accuracy: accuracy_score;
* calibration error, its bins, and coverage at a precision have no counterpart in scikit-learn: they
  are written out in numpy, from their definitions.

Probabilities are whole multiples of a power of two: exact as single precision, and their sum is
exactly 1, so that neither side rounds its input.
"""

import json
import pathlib
import sys
import warnings

import numpy
from sklearn.exceptions import UndefinedMetricWarning
from sklearn.metrics import (accuracy_score, confusion_matrix, log_loss,
                             precision_recall_fscore_support)

TARGET = pathlib.Path(__file__).resolve().parent / "metrics.json"
N_BINS = 15


def draw(rng, n_rows, n_model, n_unknown, *, steps=20, skill=2.0, absent=(), shy=()):
    """
    Truth and probabilities. `steps`: log2 of the probabilities' denominator; small ones give many
    ties. `absent` labels are never the truth, `shy` ones never predicted.
    """
    n = n_model + n_unknown
    truth = rng.choice([i for i in range(n) if i not in absent], n_rows)
    score = rng.normal(size=(n_rows, n_model))
    known = truth < n_model
    score[numpy.arange(n_rows)[known], truth[known]] += skill * rng.random(known.sum()) * 2
    score[:, list(shy)] = -50
    share = numpy.exp(score - score.max(axis=1, keepdims=True))
    share /= share.sum(axis=1, keepdims=True)
    whole = numpy.floor(share * 2 ** steps)
    whole[numpy.arange(n_rows), whole.argmax(axis=1)] += 2 ** steps - whole.sum(axis=1)
    return truth, numpy.hstack([whole / 2 ** steps, numpy.zeros((n_rows, n_unknown))])


def coverage_at(precision, right, confidence):
    """The largest share of tickets {confidence >= c}, over all c, that is as precise as that."""
    best = 0.0
    for c in numpy.unique(confidence):
        taken = confidence >= c
        if right[taken].sum() / taken.sum() >= precision:
            best = max(best, taken.sum() / len(right))
    return best


def calibration(right, confidence):
    which = numpy.clip(numpy.ceil(confidence * N_BINS) - 1, 0, N_BINS - 1)
    bins = []
    for i in range(N_BINS):
        inside = which == i
        count = int(inside.sum())
        bins.append([count, float(confidence[inside].mean()) if count else 0.0,
                     float(right[inside].mean()) if count else 0.0])
    error = sum(count * abs(mean - accuracy) for count, mean, accuracy in bins) / len(right)
    return error, bins


def averages(truth, predicted, average):
    values = precision_recall_fscore_support(truth, predicted, average=average, zero_division=0)
    return [float(v) for v in values[:3]]


def case(name, n_model, n_unknown, truth, probability, thresholds):
    n = n_model + n_unknown
    predicted = probability[:, :n_model].argmax(axis=1)
    rows = numpy.arange(len(truth))
    confidence = probability[rows, predicted]
    right = truth == predicted
    auto = confidence >= numpy.array(thresholds)[predicted]
    per_label = precision_recall_fscore_support(truth, predicted, labels=range(n), zero_division=0)
    error, bins = calibration(right, confidence)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # of log_loss: probabilities that do not sum to 1
        loss = float(log_loss(truth, probability, labels=range(n), eps=1e-15)) if n > 1 else 0.0
    return {
        "name": name,
        "n_model_labels": n_model,
        "thresholds": thresholds,
        "truth": truth.tolist(),
        "predicted": predicted.tolist(),
        "confidence": confidence.tolist(),
        "truth_probability": probability[rows, truth].tolist(),
        "auto": auto.astype(int).tolist(),
        "expected": {
            "accuracy": float(accuracy_score(truth, predicted)),
            "macro": averages(truth, predicted, "macro"),
            "weighted": averages(truth, predicted, "weighted"),
            "labels": [[float(v) for v in row] for row in zip(*per_label)],
            "auto_labels": [[int(auto[predicted == i].sum()),
                             float(right[auto & (predicted == i)].mean())
                             if auto[predicted == i].any() else 0.0] for i in range(n)],
            "auto": [float(auto.mean()), float(right[auto].mean()) if auto.any() else 0.0],
            "log_loss": loss,
            "ece": error,
            "bins": bins,
            "coverage_at": [coverage_at(0.90, right, confidence),
                            coverage_at(0.95, right, confidence)],
            "confusion": confusion_matrix(truth, predicted, labels=range(n)).tolist(),
        },
    }


def cases():
    rng = numpy.random.default_rng(20250106)
    yield case("eight labels", 8, 0, *draw(rng, 400, 8, 0), [0.75] * 7 + [2.0])
    yield case("forty labels", 40, 0, *draw(rng, 300, 40, 0, skill=4.0), [0.5] * 40)
    yield case("absent, shy and unknown labels", 6, 2,
               *draw(rng, 300, 6, 2, absent=(1, 4), shy=(2, 4)), [0.6, 0.7, 0.5, 0.8, 0.9, 0.4])
    yield case("ties", 4, 0, *draw(rng, 300, 4, 0, steps=3, skill=3.0), [0.625] * 4)
    yield case("hopeless", 3, 3, *draw(rng, 60, 3, 3, absent=(0, 1, 2)), [0.5] * 3)
    yield case("one label", 1, 0, numpy.zeros(7, int), numpy.ones((7, 1)), [0.5])
    yield case("one ticket", 3, 0, numpy.array([2]), numpy.array([[0.25, 0.25, 0.5]]), [0.5] * 3)


def main():
    warnings.simplefilter("ignore", UndefinedMetricWarning)
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases())
    text = "[\n" + lines + "\n]\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text() == text else f"{TARGET.name} is not what comes out")
    TARGET.write_text(text)


if __name__ == "__main__":
    main()
