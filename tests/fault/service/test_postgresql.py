#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""PostgreSQL is stopped and started in the middle of a load: predictions go on, corrections are
refused with 503 meanwhile, nothing acknowledged is lost, and all works again by itself.

Started by tests/store/with_postgres, which gives it a server of its own.
"""
import itertools
import json
import os
import subprocess
import time
import uuid

from load import Load, post
from service import PATIENCE, ServiceTest, full, main, measured, tickets, write_tickets

ADDRESS = os.environ["TRIAGE_TEST_POSTGRES"]
CONTROL = os.environ["TRIAGE_TEST_POSTGRES_CTL"]
N_RESTARTS = full(10, 2)
DROPPED = 'triage_prediction_log_total{outcome="dropped"}'
WRITTEN = 'triage_prediction_log_total{outcome="written"}'


class Postgresql(ServiceTest):
    def control(self, word):
        subprocess.run([CONTROL, word], check=True, timeout=PATIENCE * 2)

    def wait_until(self, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until)

    def test_restart_under_load(self):
        rows = tickets(800)
        write_tickets(self.folder + "/base.csv", rows)
        service = self.serve("--base-data", self.folder + "/base.csv", "--retrain-after", "0",
                             "--access-log", "errors", environment={"TRIAGE_STORE": ADDRESS})
        service.wait_for_live()
        texts = itertools.cycle([text for text, _ in rows[:200]])
        bad, acknowledged, refused = [], set(), []

        def look_at_prediction(outcome):
            if outcome.status != 200:
                bad.append(outcome)

        def look_at_feedback(outcome):
            if outcome.status == 201:
                acknowledged.add(json.loads(outcome.body)["feedback_id"])
            elif outcome.status == 503 and "retry-after" in outcome.headers:
                refused.append(outcome)
            else:
                bad.append(outcome)

        predictions = Load(service.port, 2, lambda: post("/predict", {"text": next(texts)}),
                           look_at_prediction)
        corrections = Load(service.port, 2, lambda: post("/feedback", {
            "text": f"{next(texts)} {uuid.uuid4().hex}", "label": "Hardware"},
            {"Idempotency-Key": str(uuid.uuid4())}), look_at_feedback)
        for _ in range(N_RESTARTS):
            n_before = len(acknowledged)
            self.wait_until(lambda: len(acknowledged) >= n_before + 20)
            self.control("stop")
            n_refused = len(refused)
            self.wait_until(lambda: len(refused) >= n_refused + 5)
            predictions.wait_for_answers(100)
            self.assertEqual(service.get("/readyz").status, 200)
            n_before = len(acknowledged)
            self.control("start")
            self.wait_until(lambda: len(acknowledged) >= n_before + 5)
        predictions.stop()
        corrections.stop()
        self.assertEqual(bad, [])
        # All were kept until they could be written, as far as there is room for them.
        self.wait_until(lambda: service.metric(WRITTEN) + service.metric(DROPPED) ==
                        predictions.n_answers)
        n_dropped = int(service.metric(DROPPED))
        self.assertEqual(acknowledged - service.feedback_ids(), set())
        # What waits for the database was woken, too.
        after = service.mark()
        service.post_json("/api/v1/models/retrain", {}, status=202)
        service.wait_for(lambda line: line.get("triage.retrain.result"), after)
        # libpq prints what comes together with the end of a connection's start.
        service.stop(allowed="FATAL:  (terminating connection|the database system)")
        measured("postgresql restarted", f"{N_RESTARTS} restarts, {predictions.n_answers} "
                 f"predictions answered, 0 failed, {n_dropped} not kept for lack of room; "
                 f"{len(acknowledged)} corrections acknowledged, 0 lost; {len(refused)} refused "
                 "with 503; no restart of the service")

    def test_odd_tickets_do_not_stop_the_log(self):
        """What SQLite takes, PostgreSQL must take, too: one ticket that it refused would be tried
        for ever, and all behind it wait."""
        rows = tickets(500)
        self.add(self.train("one", rows), promotes="1")
        service = self.serve("--retrain-after", "0", environment={"TRIAGE_STORE": ADDRESS})
        service.wait_for_live()
        odd = ["a\0b", "\uffff", "\U0010ffff", "\x7f\x1b[31m", "\\x41", "", "x" * 300000]
        n = 0
        for text in odd:
            for ticket in ({"text": text}, {"text": "no toner", "id": text[:200]},
                           {"text": "no toner", "source": text[:200]}):
                answer = service.post("/predict", ticket)
                self.assertLess(answer.status, 500, answer.body)
                n += answer.status == 200
            answer = service.post("/feedback", {"text": text, "label": "Hardware",
                                                "comment": text[:200], "source": text[:200]})
            self.assertLess(answer.status, 500, answer.body)
        self.wait_until(lambda: service.metric(WRITTEN) == n)
        service.stop()


if __name__ == "__main__":
    main()
