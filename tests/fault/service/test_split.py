#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Backend and two inference servers: one may die without anybody noticing; without any the
predictions are refused with 503 while corrections are still taken; all comes back by itself."""
import itertools
import json
import time

from load import Load, post
from service import PATIENCE, ServiceTest, full, main, measured, tickets

N_KILLS = full(20, 2)


class Split(ServiceTest):
    def start_all(self):
        rows = tickets(1000)
        self.texts = itertools.cycle([text for text, _ in rows[:300]])
        self.add(self.train("one", rows), promotes="1")
        self.inference = [self.start("inference", "--data-dir", self.data) for _ in range(2)]
        urls = ",".join(f"http://127.0.0.1:{one.port}" for one in self.inference)
        backend = self.start("backend", "--data-dir", self.data, "--inference-url", urls,
                             "--access-log", "errors")
        backend.wait_for_live()
        return backend

    def predict(self, backend):
        return backend.post("/predict", {"text": next(self.texts)})

    def wait_until_answered(self, backend):
        until = time.monotonic() + PATIENCE
        while self.predict(backend).status != 200:
            self.assertLess(time.monotonic(), until)

    def test_one_may_die(self):
        backend = self.start_all()
        bad = []
        load = Load(backend.port, 8, lambda: post("/predict", {"text": next(self.texts)}),
                    lambda outcome: bad.append(outcome) if outcome.status != 200 else None)
        for number in range(N_KILLS):
            load.wait_for_answers(200)
            victim = self.inference[number % 2]
            victim.kill()
            load.wait_for_answers(200)
            victim.start()  # on its port
            # Both are asked again before the other one dies.
            victim.wait_for(lambda line: line.get("url.path", "").endswith("/infer"))
        load.stop()
        self.assertEqual(bad, [])
        backend.stop()
        for one in self.inference:
            one.stop()
        measured("split: a replica killed", f"{N_KILLS} kills, {load.n_answers} answers, 0 failed")

    def test_all_may_be_gone(self):
        backend = self.start_all()
        self.wait_until_answered(backend)
        for one in self.inference:
            one.kill()
        n_refused = 0
        slowest = 0.0
        for _ in range(20):
            began = time.monotonic()
            answer = self.predict(backend)
            slowest = max(slowest, time.monotonic() - began)
            self.assertEqual(answer.status, 503, answer.body)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
            self.assertGreater(int(answer.headers["Retry-After"]), 0)
            n_refused += 1
        self.assertIn("[!]inference failed: ", backend.get("/readyz?verbose").body.decode())
        answer = backend.post("/feedback", {"text": "the printer is out of toner",
                                            "label": "Hardware"})
        self.assertEqual(answer.status, 201, answer.body)
        self.assertIn(answer.json["feedback_id"], backend.feedback_ids())
        self.inference[1].start()
        began = time.monotonic()
        self.wait_until_answered(backend)
        back = time.monotonic() - began
        self.assertIn("[+]inference ok", backend.get("/readyz?verbose").body.decode())
        backend.stop()
        self.inference[1].stop()
        measured("split: all gone", f"{n_refused} predictions refused with 503 and Retry-After "
                 f"(the slowest after {slowest * 1e3:.0f} ms), feedback taken, predictions again "
                 f"{back:.1f} s after one was back")

    def test_inference_without_a_model(self):
        """A server that is up and has nothing to predict with is as good as none."""
        backend = self.start_all()
        empty = self.start("inference", "--data-dir", self.folder + "/empty")
        other = self.start("backend", "--data-dir", self.data, "--inference-url",
                           f"http://127.0.0.1:{empty.port},"
                           f"http://127.0.0.1:{self.inference[0].port}")
        for _ in range(20):
            self.assertEqual(self.predict(other).status, 200)
        other.stop()
        backend.stop()

    def test_a_long_ticket_does_no_harm_to_others(self):
        """Tickets travel together; one that is refused is refused alone."""
        backend = self.start_all()
        bad = []
        long_text = " ".join(f"word{number}" for number in range(100000))[:1000000]
        bodies = itertools.cycle([{"text": long_text}] + [{"text": next(self.texts)}] * 3)
        load = Load(backend.port, 24, lambda: post("/predict", next(bodies)),
                    lambda outcome: bad.append(outcome) if outcome.status != 200 else None)
        load.wait_for_answers(400)
        load.stop()
        self.assertEqual([json.loads(one.body or b"null") for one in bad], [])
        backend.stop()


if __name__ == "__main__":
    main()
