#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Hundreds of wrong corrections from one key: the live model stays, or is as good as it was on
tickets kept apart.

The full form takes real tickets where TRIAGE_DATA names a folder that has them, else, as the short
form, the starter tickets.
"""
import csv
import gzip
import json
import os
import random
import unittest

from service import IS_FULL, ServiceTest, full, main, measured, run, tickets, write_tickets

N_WRONG = full(500, 120)
N_APART = full(4000, 1500)
N_BASE = full(20000, 1800)
MOST_LOST = 0.003
REAL = os.path.join(os.environ.get("TRIAGE_DATA", ""), "it-tickets-train.csv.gz")
ADMIN = {"Authorization": "Bearer an-admin-key-for-tests"}


def real_tickets():
    with gzip.open(REAL, "rt", encoding="utf-8", newline="") as source:
        return [(row["Document"], row["Topic_group"]) for row in csv.DictReader(source)]


class Poison(ServiceTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(7)
        is_real = IS_FULL and os.path.exists(REAL)
        rows = real_tickets() if is_real else tickets(9000)
        self.name = "real tickets" if is_real else "starter tickets"
        self.random.shuffle(rows)
        self.victims, rows = rows[:N_WRONG], rows[N_WRONG:]
        n_apart = min(N_APART, len(rows) // 2)
        self.apart = self.folder + "/apart.csv"
        write_tickets(self.apart, rows[:n_apart])
        self.base = rows[n_apart:n_apart + N_BASE]
        self.labels = sorted({label for _, label in self.base})

    def accuracy(self, version):
        done = run("evaluate", "-m", f"{self.data}/models/{version}/model.triage", self.apart,
                   "--json", "-q")
        return json.loads(done)["fields"]["category"]["accuracy"]

    def champion(self, service):
        return service.get_json("/api/v1/models", headers=ADMIN)["champion"]

    def start_service(self):
        write_tickets(self.folder + "/base.csv", self.base)
        key_file = self.folder + "/admin-key"
        with open(key_file, "w", encoding="ascii") as out:
            out.write("an-admin-key-for-tests\n")
        service = self.serve("--base-data", self.folder + "/base.csv", "--admin-key-file", key_file,
                             "--access-log", "off")
        service.wait_for_live("v000001")
        key = service.post_json("/api/v1/keys", {"name": "mallory", "role": "agent"}, status=201,
                                headers=ADMIN)["key"]
        return service, {"Authorization": "Bearer " + key}

    def settle(self, service):
        """A retrain that is asked for runs behind all others."""
        number = service.post_json("/api/v1/models/retrain", {}, status=202,
                                   headers=ADMIN)["retrain_id"]
        service.wait_for(lambda line: line.get("triage.retrain.result")
                         and self.is_done(service, number))

    def is_done(self, service, number):
        rows = service.get_json("/api/v1/retrains", headers=ADMIN)["retrains"]
        return any(row["retrain_id"] == number and row["state"] in ("done", "failed")
                   for row in rows)

    def report(self, service, what, counts):
        self.settle(service)
        before, champion = self.accuracy("v000001"), self.champion(service)
        after = self.accuracy(champion)
        results = [line["triage.retrain.result"] for line in
                   service.find(lambda line: line.get("triage.retrain.result"))][1:]
        service.stop()
        self.assertLess(before - after, MOST_LOST)
        measured("poisoned feedback", f"{what}, {self.name}: {counts}; "
                 f"{len(results)} retrains, {results.count('promoted')} promoted; accuracy "
                 f"{100 * before:.2f} % -> {100 * after:.2f} %")

    def test_random_labels_from_one_key(self):
        service, mallory = self.start_service()
        counts = {}
        for text, label in self.victims:
            wrong = self.random.choice([other for other in self.labels if other != label])
            answer = service.post_json("/feedback", {"text": text, "label": wrong}, status=201,
                                       headers=mallory)
            counts[answer["status"]] = counts.get(answer["status"], 0) + 1
        self.assertGreater(counts["held"], N_WRONG * 0.7, counts)
        self.report(service, f"{N_WRONG} wrong", counts)

    def test_all_of_them_accepted(self):
        """The gate alone: an admin gives them, whom nothing holds."""
        service, _ = self.start_service()
        for text, label in self.victims:
            wrong = self.random.choice([other for other in self.labels if other != label])
            service.post_json("/feedback", {"text": text, "label": wrong}, status=201,
                              headers=ADMIN)
        self.report(service, f"{N_WRONG} wrong by an admin", "all taken")

    @unittest.skipUnless(IS_FULL, "the full form alone: the gate sees as much as its hold-out is large")
    def test_one_label_for_all(self):
        """Pushed into one direction, each step as small as may be."""
        service, mallory = self.start_service()
        counts = {}
        for text, label in self.victims:
            wrong = self.labels[0] if label != self.labels[0] else self.labels[1]
            answer = service.post_json("/feedback", {"text": text, "label": wrong}, status=201,
                                       headers=mallory)
            counts[answer["status"]] = counts.get(answer["status"], 0) + 1
        self.report(service, f"{N_WRONG} with one label", counts)


if __name__ == "__main__":
    main()
