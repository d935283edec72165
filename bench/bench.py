#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures triage beside its peers in one run; see bench/README.md."""

import argparse
import collections
import os
import platform
import subprocess
import sys

import child
import corpora
import metrics
import ours
import peers
import report as reports

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
WORK = os.path.join(ROOT, "build", "bench")

IT, CLINC, QUESTIONS = "IT tickets", "CLINC150", "77 labels"
PARTS = ["it", "clinc", "questions", "seed", "speed", "growth"]
N_GROWN = 1_000_000
MEGABYTE = 1_000_000
# A load average above this when the run starts: somebody else is at work.
BUSY = 0.5


class Files:
    """A corpus and the files made from it."""

    def __init__(self, corpus):
        self.corpus = corpus
        self.truth = [label for _, label in corpus.test]
        self.train_csv, self.test_csv = self.path("train.csv"), self.path("test.csv")
        corpora.write_csv(self.train_csv, corpus.train)
        corpora.write_csv(self.test_csv, corpus.test)

    def path(self, name):
        return os.path.join(WORK, f"{self.corpus.key}-{name}")


class Bench:
    def __init__(self, options, data):
        self.options = options
        self.data = data
        self.triage = ours.Triage(options.triage)
        self.report = reports.Report()
        self.train_runs = None  # of part_speed: name -> Run
        self.tickets = corpora.read_csv(os.path.join(data, "it-tickets-train.csv"),
                                        "Document", "Topic_group")
        if self.tickets is None:
            raise SystemExit(f"bench: no it-tickets-train.csv[.gz] in {data}")

    # --- accuracy -------------------------------------------------------------------------------

    def compare(self, name, all_files, is_short_texts, presets):
        """
        Everyone on the same splits; prints nothing, fills `report.peers`. Returns for each preset
        the mean figures and the summed auto counts.
        """
        collected = collections.OrderedDict()
        autos = {preset: collections.Counter() for preset in presets}
        for files in all_files:
            say(f"{name}: {len(files.corpus.train)} to train, {len(files.corpus.test)} to test")
            for preset in presets:
                figures, counts = self.triage.measure(files, preset)
                self.add(collected, title_of(preset), figures)
                for label, (n_auto, n_right) in counts.items():
                    autos[preset][label, "auto"] += n_auto
                    autos[preset][label, "right"] += n_right
            for peer, figures in peers.run_all(files, self.options.quick, is_short_texts):
                self.add(collected, peer, figures)
        means = {peer: metrics.mean(figures) for peer, figures in collected.items()}
        self.report.peers[title_of_data(name, all_files)] = list(means.items())
        return {preset: (means[title_of(preset)], autos[preset]) for preset in presets}

    def add(self, collected, peer, figures):
        collected.setdefault(peer, []).append(figures)
        say(f"    {peer}: {100 * figures['accuracy']:.2f} % in {figures['seconds']:.1f} s")

    def check_figure(self, what, figures, key, bound, data):
        """A row for one figure, beside that of the peer that is best in it."""
        is_error = key == "ece"
        form = "{:.4f}" if is_error else "{:.2%}"
        peer, peer_value = self.report.best_peer(data, key, is_most=is_error)
        beside = note = ""
        if peer_value is not None:
            difference = figures[key] - peer_value
            beside = f"{difference:+.4f}" if is_error else f"{100 * difference:+.2f} points"
            peer = f"{form.format(peer_value)} {short(peer)}"
        if key == "accuracy":
            note = f"± {100 * metrics.standard_error(figures['accuracy'], figures['n']):.2f}"
        self.report.check(what, figures[key], bound, form, is_error, peer, beside, note)

    def check_autos(self, name, autos):
        labels = {label for label, _ in autos}
        n_auto = sum(autos[label, "auto"] for label in labels)
        n_right = sum(autos[label, "right"] for label in labels)
        self.report.check(f"{name}, auto decisions: precision",
                          n_right / n_auto if n_auto else 0.0, 0.945, peer="none has it",
                          note=f"{n_auto} tickets")
        large = [(autos[label, "right"] / autos[label, "auto"], label) for label in labels
                 if autos[label, "auto"] >= 50]
        if large:
            value, label = min(large)
            self.report.check(f"{name}, auto decisions: worst label with 50 or more", value, 0.92,
                              peer="none has it", note=label)
        else:
            self.report.not_measured(f"{name}, auto decisions: worst label with 50 or more",
                                     "no label with 50 auto tickets")

    def part_it(self):
        folds = range(corpora.N_FOLDS) if self.options.folds == "all" else [0]
        all_files = [Files(corpora.split(IT, "it", self.tickets, fold)) for fold in folds]
        results = self.compare(IT, all_files, False, ["auto", "words", "seed"])
        figures, autos = results["auto"]
        data = title_of_data(IT, all_files)
        for key, bound in (("accuracy", 0.865), ("macro_f1", 0.867), ("coverage_at_95", 0.765)):
            self.check_figure(f"{IT}, default: {key_name(key)}", figures, key, bound, data)
        self.check_figure(f"{IT}, default: ECE", figures, "ece", 0.012, data)
        self.check_autos(IT, autos)
        fasttext = dict(self.report.peers[data])[peers.FASTTEXT]
        self.check_figure(f"{IT}, words: accuracy, fastText's or better", results["words"][0],
                          "accuracy", fasttext["accuracy"], data)

    def part_clinc(self):
        train, test = (corpora.read_csv(os.path.join(self.data, f"clinc150-{part}.csv"), "text",
                                        "intent") for part in ("train", "test"))
        if train is None or test is None:
            raise SystemExit(f"bench: no clinc150-train.csv[.gz] and -test in {self.data}")
        files = Files(corpora.Corpus(CLINC, "clinc", train, test))
        figures, autos = self.compare(CLINC, [files], True, ["auto", "words"])["auto"]
        data = title_of_data(CLINC, [files])
        self.check_figure(f"{CLINC}, default: accuracy", figures, "accuracy", 0.933, data)
        self.check_figure(f"{CLINC}, default: ECE", figures, "ece", 0.02, data)
        self.check_autos(CLINC, autos)

    def part_questions(self):
        train, test = find_questions(self.data)
        if train is None or test is None:
            self.report.not_measured(f"{QUESTIONS}, default: accuracy",
                                     "no data; see bench/README.md")
            return
        files = Files(corpora.Corpus(QUESTIONS, "questions", train, test))
        figures, _ = self.compare(QUESTIONS, [files], True, ["auto", "words"])["auto"]
        self.check_figure(f"{QUESTIONS}, default: accuracy", figures, "accuracy", 0.913,
                          title_of_data(QUESTIONS, [files]))

    def part_seed(self):
        """The seed preset against scikit-learn, ticket by ticket."""
        files = Files(corpora.split(IT, "it", self.tickets, 0))
        say("seed preset: probabilities against scikit-learn's")
        theirs = peers.sklearn_predictions("seed-exact", files)
        model = files.path("seed.triage")
        if "it" not in self.options.only:  # else part_it has just trained it, on the same split
            self.triage.train(files.train_csv, model, "seed")
        probabilities = self.triage.probabilities(model, files, theirs["labels"])
        # Without a known term Triage gives the prior, by design.
        largest = max(abs(p - q) for row, other, is_known in zip(
            probabilities, theirs["probabilities"], theirs["is_known"], strict=True) if is_known
                      for p, q in zip(row, other, strict=True))
        self.report.check("seed preset: largest difference of a probability", largest, 1e-4,
                          "{:.1e}", is_most=True, peer="scikit-learn, the same recipe")

    # --- speed ----------------------------------------------------------------------------------

    def part_speed(self):
        files = Files(corpora.Corpus(IT, "all", self.tickets, self.tickets[:1]))
        source, model = files.path("ft.train"), files.path("ft-model")
        corpora.write_fasttext(source, self.tickets)
        rounds = self.options.rounds
        say(f"training on {len(self.tickets)} tickets, {rounds} rounds of each in turn")
        models = {preset: files.path(f"{preset}.triage") for preset in ("words", "auto")}
        runs = child.interleave({
            "fastText": lambda: peers.fasttext_train(source, model, peers.FASTTEXT_OPTIONS),
            **{preset: lambda preset=preset: self.triage.train(files.train_csv, models[preset],
                                                               preset) for preset in models}},
            rounds)
        self.train_runs = runs
        self.report.raw["train runs"] = {name: run._asdict() for name, run in runs.items()}
        self.check_speed("train, words", runs["words"], runs["fastText"], 5)
        self.check_speed("train, default", runs["auto"], runs["fastText"], 0.5)
        self.check_predict(files, models, model + ".bin")
        for preset, most in (("words", 8), ("auto", 24)):
            self.report.check(f"model file, {preset_name(preset)}",
                              os.path.getsize(models[preset]) / MEGABYTE, most, "{:.1f} MB",
                              is_most=True,
                              peer=f"{os.path.getsize(model + '.bin') / MEGABYTE:.0f} MB fastText")
        os.remove(model + ".bin")

    def check_predict(self, files, models, fasttext_model):
        texts = files.path("texts.txt")
        corpora.write_texts(texts, self.tickets)
        rounds = self.options.rounds
        say(f"predicting {len(self.tickets)} tickets on one thread, {rounds} rounds of each")
        runs = child.interleave({
            "fastText": lambda: child.run(["fasttext", "predict", fasttext_model, texts],
                                          stdout=files.path("ft.out")),
            **{preset: lambda preset=preset: child.run(
                self.triage.predict_command(models[preset], texts),
                stdout=files.path(f"{preset}.out")) for preset in models}}, rounds)
        self.report.raw["predict runs"] = {name: run._asdict() for name, run in runs.items()}
        self.check_speed("predict, words", runs["words"], runs["fastText"], 10, len(self.tickets))
        self.check_speed("predict, default", runs["auto"], runs["fastText"], 5, len(self.tickets))

    def check_speed(self, what, run, theirs, bound, n_tickets=None):
        """Wall time, whole process; the processors' time is shown beside it."""
        ratio = theirs.wall / run.wall
        rate = "" if n_tickets is None else f", {n_tickets / run.wall:,.0f} tickets/s"
        self.report.check(what + ": times as fast as fastText", ratio, bound, "{:.2f}",
                          peer=f"{theirs.wall:.3f} s (CPU {theirs.cpu:.3f})",
                          beside=f"{run.wall:.3f} s (CPU {run.cpu:.3f}){rate}")

    # --- growth ---------------------------------------------------------------------------------

    def part_growth(self):
        if self.options.quick:
            self.report.not_measured("growth: 1,000,000 tickets", "left out by --quick")
            return
        files = Files(corpora.Corpus(IT, "all", self.tickets, self.tickets[:1]))
        grown = os.path.join(WORK, "grown.csv")
        say(f"growing {len(self.tickets)} tickets to {N_GROWN}")
        child.run(["/usr/bin/python3", os.path.join(HERE, "grow.py"), files.train_csv, grown,
                   str(N_GROWN)])
        for preset in ("words", "auto"):
            model = os.path.join(WORK, f"grown-{preset}.triage")
            base = self.train_runs[preset] if self.train_runs else child.interleave(
                {"": lambda: self.triage.train(files.train_csv, model, preset)}, 3)[""]
            say(f"training on {N_GROWN} tickets, {preset_name(preset)}")
            run = self.triage.train(grown, model, preset)
            name = f"growth, {preset_name(preset)}: 1,000,000 tickets"
            self.report.check(f"{name}, times the time of {len(self.tickets)}",
                              run.wall / base.wall, 30, "{:.1f}", is_most=True,
                              beside=f"{run.wall:.1f} s (CPU {run.cpu / base.cpu:.1f} times)")
            self.report.check(f"{name}, peak memory", run.rss / 1e9, 6, "{:.2f} GB", is_most=True)
        os.remove(grown)


def say(text):
    print(text, file=sys.stderr, flush=True)


def preset_name(preset):
    return "default" if preset == "auto" else preset


def title_of(preset):
    return f"triage, {preset_name(preset)} preset"


def title_of_data(name, all_files):
    if len(all_files) > 1:
        return f"{name}: mean of {len(all_files)} splits"
    corpus = all_files[0].corpus
    return f"{name}: {len(corpus.train)} to train, {len(corpus.test)} to test"


def key_name(key):
    return {"accuracy": "accuracy", "macro_f1": "macro-F1",
            "coverage_at_95": "coverage at 95 % precision"}[key]


def short(peer):
    return peer.split(": ")[1] if peer.startswith("scikit-learn") else peer.split(":")[0]


def find_questions(data):
    """Train and test rows of a set of one-line questions with 77 labels, None where missing."""
    folder = os.environ.get("TRIAGE_BANKING77")
    names = ("train.csv", "test.csv")
    if folder is None:
        folder, names = data, ("banking77-train.csv", "banking77-test.csv")
    return [corpora.read_csv(os.path.join(folder, name), "text", "category") for name in names]


def describe_machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = next((line.split(":")[1].strip() for line in file if "model name" in line), "?")
    return {"cpu": model, "n_cpus": os.cpu_count(), "system": platform.platform(),
            "load": os.getloadavg()[0]}


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--quick", action="store_true",
                        help="leave out the slow peers and the growth, 3 rounds")
    parser.add_argument("--folds", choices=["one", "all"], default="one",
                        help="IT tickets: one split, or the mean of five")
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,...",
                        help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, metavar="N", help="timed runs of each (7)")
    parser.add_argument("--triage", metavar="PROGRAM",
                        help="measure this program instead of building build/triage")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a row is missed")
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = set(options.only) - set(PARTS)
    if unknown:
        parser.error(f"--only: no part {', '.join(sorted(unknown))}")
    options.rounds = options.rounds or (3 if options.quick else 7)
    return options


def main():
    options = parse_options()
    data = os.environ.get("TRIAGE_DATA", os.path.join(ROOT, "..", "shared", "data"))
    if not os.path.isdir(data):
        raise SystemExit(f"bench: no folder {data}: TRIAGE_DATA must name the folder of the data")
    if options.triage is None:
        subprocess.run(["make", "-s", "-C", ROOT, "build"], check=True, stdout=sys.stderr)
        options.triage = os.path.join(ROOT, "build", "triage")
    os.makedirs(WORK, exist_ok=True)
    machine = describe_machine()
    bench = Bench(options, data)
    try:
        for part in PARTS:
            if part in options.only:
                getattr(bench, f"part_{part}")()
    except child.Failed as failure:
        raise SystemExit(f"bench: {failure}") from None
    machine["load_at_end"] = os.getloadavg()[0]
    print(f"{machine['cpu']}, {machine['n_cpus']} processors; load {machine['load']:.1f} before, "
          f"{machine['load_at_end']:.1f} after")
    if machine["load"] > BUSY:
        print("Other work was running: times are longer, and ratios less sure, than on an idle "
              "machine.")
    bench.report.print()
    bench.report.write(os.path.join(WORK, "results.json"), machine)
    if options.check and bench.report.n_missed() > 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
