# SPDX-License-Identifier: MIT
"""The `triage` command: command lines, and what its JSON says."""

import collections
import json
import os

import child
import metrics

COLUMNS = ["--text", "text", "--field", "label"]
# Predictions are written with six decimals, which can move a few tickets over the edge of a bin.
TOLERANCE = 2e-3


class Triage:
    def __init__(self, program):
        self.program = program

    def train_command(self, train_csv, model, preset, n_threads=2):
        return [self.program, "train", train_csv, "-o", model, *COLUMNS, "--preset", preset,
                "--threads", str(n_threads)]

    def predict_command(self, model, texts):
        """The tickets of `texts`, one a line, on one thread."""
        return [self.program, "predict", "-m", model, "--file", texts, "--input", "text",
                "--threads", "1"]

    def train(self, train_csv, model, preset):
        return child.run(self.train_command(train_csv, model, preset))

    def evaluate(self, model, test_csv):
        """The figures of the only field, in the names of metrics.measure(), and its labels."""
        text, _ = child.output([self.program, "evaluate", "-m", model, test_csv, *COLUMNS,
                                "--json"])
        field = next(iter(json.loads(text)["fields"].values()))
        figures = {"n": sum(map(sum, field["confusion"])),
                   "accuracy": field["accuracy"], "macro_f1": field["macro_f1"],
                   "ece": field["ece"], "coverage_at_90": field["coverage_at"]["0.90"],
                   "coverage_at_95": field["coverage_at"]["0.95"]}
        return figures, auto_counts(field)

    def measure(self, files, preset):
        """Trains and evaluates on a corpus: figures with `seconds`, and auto_counts()."""
        model = files.path(f"{preset}.triage")
        seconds = self.train(files.train_csv, model, preset).wall
        figures, autos = self.evaluate(model, files.test_csv)
        self.confirm(figures, autos, model, files)
        return {**figures, "seconds": seconds, "bytes": os.path.getsize(model)}, autos

    def confirm(self, figures, autos, model, files):
        """Its own evaluation must be what its predictions give when others measure them."""
        outcomes = self.predictions(model, files)
        mine = metrics.measure(files.truth, [outcome["label"] for outcome in outcomes],
                               [outcome["confidence"] for outcome in outcomes])
        for key, value in mine.items():
            if abs(value - figures[key]) > TOLERANCE:
                raise child.Failed(f"triage evaluate says {key} {figures[key]}, its predictions "
                                   f"{value}: {files.corpus.name}, {os.path.basename(model)}")
        decided = collections.Counter(outcome["label"] for outcome in outcomes
                                      if outcome["decision"] == "auto")
        if decided != collections.Counter({label: n for label, (n, _) in autos.items() if n}):
            raise child.Failed(f"triage evaluate counts other auto decisions than predict makes: "
                               f"{files.corpus.name}, {os.path.basename(model)}")

    def predictions(self, model, files, n_top=1):
        """For each ticket of the test part the only field's answer."""
        text, _ = child.output([self.program, "predict", "-m", model, "--file", files.test_csv,
                                "--text", "text", "--top", str(n_top), "--json"])
        return [next(iter(json.loads(line)["fields"].values())) for line in text.splitlines()]

    def probabilities(self, model, files, labels):
        """All probabilities for the test part, one list a ticket in the order of `labels`."""
        rows = []
        for outcome in self.predictions(model, files, len(labels)):
            by_label = {entry["label"]: entry["confidence"] for entry in outcome["alternatives"]}
            by_label[outcome["label"]] = outcome["confidence"]
            rows.append([by_label[label] for label in labels])
        return rows


def auto_counts(field):
    """label -> (tickets decided `auto`, those of them that are right)."""
    counts = {}
    for i, label in enumerate(field["labels"]):
        n_predicted = sum(row[i] for row in field["confusion"])
        n_auto = round(label["auto_coverage"] * n_predicted)
        counts[label["label"]] = (n_auto, round(label["auto_precision"] * n_auto))
    return counts
