# SPDX-License-Identifier: MIT
"""One measure for all: accuracy, macro-F1, calibration error, coverage at a precision."""

import collections
import math

N_BINS = 15


def measure(truth, predicted, confidence=None):
    """
    A dictionary of ratios. `confidence` (probability of the predicted label) may be None: then
    there is neither `ece` nor `coverage_at_...`.
    """
    n = len(truth)
    figures = {"n": n,
               "accuracy": sum(t == p for t, p in zip(truth, predicted)) / n,
               "macro_f1": macro_f1(truth, predicted)}
    if confidence is not None:
        right = [t == p for t, p in zip(truth, predicted)]
        figures["ece"] = calibration_error(right, confidence)
        figures["coverage_at_90"] = coverage(right, confidence, 0.90)
        figures["coverage_at_95"] = coverage(right, confidence, 0.95)
    return figures


def macro_f1(truth, predicted):
    hits = collections.Counter(t for t, p in zip(truth, predicted) if t == p)
    true_counts, predicted_counts = collections.Counter(truth), collections.Counter(predicted)
    labels = set(true_counts) | set(predicted_counts)
    # 2 TP / (2 TP + FP + FN), and the denominator is the sum of both counts.
    return sum(2 * hits[label] / (true_counts[label] + predicted_counts[label])
               for label in labels) / len(labels)


def calibration_error(right, confidence):
    """Expected calibration error over 15 bins of equal width."""
    bins = [[0, 0.0, 0] for _ in range(N_BINS)]
    for is_right, p in zip(right, confidence):
        # (i/15, (i+1)/15]
        entry = bins[min(max(math.ceil(p * N_BINS) - 1, 0), N_BINS - 1)]
        entry[0] += 1
        entry[1] += p
        entry[2] += is_right
    return sum(abs(total - hits) for _, total, hits in bins) / len(right)


def coverage(right, confidence, precision):
    """The largest share, most confident first, of which at least `precision` are right."""
    best = hits = 0
    for i, (_, is_right) in enumerate(sorted(zip(confidence, right), key=lambda row: -row[0]), 1):
        hits += is_right
        if hits >= precision * i:
            best = i
    return best / len(right)


def mean(all_figures):
    """The mean of each figure over several splits; `n` is summed."""
    keys = all_figures[0].keys()
    return {key: sum(figures[key] for figures in all_figures) /
            (1 if key == "n" else len(all_figures)) for key in keys}


def standard_error(accuracy, n):
    return (accuracy * (1 - accuracy) / n) ** 0.5
