#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""kill -9 at random moments of feedback, retrain and swap: what was acknowledged is there, the
registry is whole, and the next start serves."""
import itertools
import json
import random
import threading
import uuid

from load import Load, post
from service import PATIENCE, ServiceTest, full, main, measured, run, tickets, write_tickets

N_KILLS = full(50, 4)
SEED = 20260401  # of the moments; which requests they hit differs all the same
N_CLIENTS = 4


class Kill(ServiceTest):
    def setUp(self):
        super().setUp()
        self.acknowledged = {}  # feedback id: label
        self.random = random.Random(SEED)
        rows = tickets(2000)
        self.rows = itertools.cycle(rows)
        self.train_path = self.folder + "/base.csv"
        write_tickets(self.train_path, rows)

    def correction(self):
        """One that the model need not agree with; its key makes it unlike all others."""
        text, label = next(self.rows)
        return post("/feedback", {"text": f"{text} {uuid.uuid4().hex[:8]}", "label": label},
                    {"Idempotency-Key": str(uuid.uuid4())})

    def note(self, outcome):
        if outcome.status == 201:
            self.acknowledged[json.loads(outcome.body)["feedback_id"]] = True
        elif outcome.status:
            self.failures.append(outcome)
        return outcome.status != 0

    def change_models(self, service, ends):
        """Retrains and promotions, one behind the other, until the service is gone."""
        try:
            while not ends.is_set():
                service.post("/api/v1/models/retrain", {})
                versions = service.get_json("/api/v1/models")["models"]
                version = versions[len(self.acknowledged) % len(versions)]["version"]
                service.post(f"/api/v1/models/{version}/promote", {})
        except Exception:  # killed under way: anything may be cut off
            pass

    def check(self, service):
        """All that was promised is there."""
        stored = service.feedback_ids()
        missing = set(self.acknowledged) - stored
        self.assertEqual(missing, set(), f"{len(missing)} acknowledged corrections are lost")
        champion = service.get_json("/api/v1/models")["champion"]
        answer = service.post_json("/predict", {"text": "the printer is out of toner"})
        self.assertEqual(answer["model_version"], champion)

    def check_registry(self):
        """Every version opens, with each byte verified."""
        listed = json.loads(run("models", "list", "--json", data_dir=self.data))
        for model in listed:
            run("inspect", f"{self.data}/models/{model['version']}/model.triage")
        return len(listed)

    def test_nothing_acknowledged_is_lost(self):
        self.failures = []
        n_cut_retrains = 0
        for _ in range(N_KILLS):
            service = self.serve("--retrain-after", "20", "--base-data", self.train_path,
                                 "--access-log", "off")
            service.wait_for_live()
            self.check(service)
            ends = threading.Event()
            changer = threading.Thread(target=self.change_models, args=[service, ends])
            load = Load(service.port, N_CLIENTS, self.correction, self.note)
            changer.start()
            load.wait_for_answers(5)
            # The moment is the fault that is put in: any within a retrain or two.
            ends.wait(self.random.uniform(0, 1.5))
            service.kill()
            ends.set()
            load.join()
            changer.join(PATIENCE)
            begun = service.find(lambda line: "has begun" in line["message"])
            done = service.find(lambda line: line.get("triage.retrain.result"))
            n_cut_retrains += len(begun) > len(done)
        service = self.serve("--retrain-after", "0", "--base-data", self.train_path)
        service.wait_for_live()
        self.check(service)
        service.stop()
        n_versions = self.check_registry()
        self.assertEqual(self.failures, [])
        self.assertGreater(len(self.acknowledged), 0)
        measured("kill -9", f"{N_KILLS} kills ({n_cut_retrains} of them in a retrain), "
                 f"{len(self.acknowledged)} corrections acknowledged, 0 lost; "
                 f"{n_versions} versions, all whole; every start served")


if __name__ == "__main__":
    main()
