#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""SIGTERM under load: what was asked is answered, then the socket is closed and the process ends
with 0; the next start finds all that was acknowledged."""
import itertools
import json
import signal
import uuid

from load import Connection, Load, post
from service import PATIENCE, ServiceTest, full, main, measured, tickets, write_tickets

N_STOPS = full(20, 3)
N_CONNECTIONS = 8


class Stop(ServiceTest):
    def stop_under(self, service, loads, bad):
        for load in loads:
            load.wait_for_answers(20)
        service.process.send_signal(signal.SIGTERM)
        for load in loads:
            load.join()
        self.assertEqual(service.process.wait(PATIENCE), 0)
        self.assertEqual(service.errors(), "")
        service.close_log()
        self.assertEqual(bad, [])

    def test_requests_in_flight_are_answered(self):
        rows = tickets(600)
        write_tickets(self.folder + "/base.csv", rows)
        texts = itertools.cycle([text for text, _ in rows[:200]])
        labels = itertools.cycle(sorted({label for _, label in rows}))
        acknowledged, bad = set(), []
        n_answers = n_idle = 0

        def look(outcome):
            """A connection that the server closes while it is idle may be made again."""
            if outcome.status == 201:
                acknowledged.add(json.loads(outcome.body)["feedback_id"])
            elif outcome.status != 200 and not outcome.is_idle_close:
                bad.append(outcome)

        for number in range(N_STOPS):
            service = self.serve("--base-data", self.folder + "/base.csv", "--retrain-after", "30",
                                 "--access-log", "off")
            service.wait_for_live()
            loads = [
                Load(service.port, N_CONNECTIONS,
                     lambda: post("/predict", {"text": next(texts)}), look),
                Load(service.port, 2, lambda: post("/predict", {"text": next(texts)}), look,
                     is_fresh=True),
                Load(service.port, 2, lambda: post("/feedback", {
                    "text": next(texts) + uuid.uuid4().hex, "label": next(labels)}), look)]
            self.stop_under(service, loads, bad)
            n_answers += sum(load.n_answers for load in loads)
            n_idle += sum(load.counts["idle closes"] for load in loads)
        service = self.serve("--retrain-after", "0")
        self.assertEqual(acknowledged - service.feedback_ids(), set())
        service.stop()
        measured("graceful stop", f"{N_STOPS} stops, {n_answers} answers, 0 failed requests "
                 f"({n_idle} idle connections closed), exit code 0, "
                 f"{len(acknowledged)} corrections acknowledged, 0 lost")

    def test_long_requests_are_finished(self):
        """A body that is still coming when the signal does."""
        self.add(self.train("one", tickets(500)), promotes="1")
        service = self.serve("--retrain-after", "0")
        service.wait_for_live()
        slow = Connection(service.port)
        whole = post("/predict", {"text": "the printer is out of toner"})
        slow.send(whole[:-10])
        other = service.post("/predict", {"text": "no toner"})  # the first part has been read
        self.assertEqual(other.status, 200)
        service.process.send_signal(signal.SIGTERM)
        service.wait_for(lambda line: line["event.action"] == "stop")
        slow.send(whole[-10:])
        status, headers, body = slow.receive()
        self.assertEqual(status, 200)
        self.assertEqual(headers["connection"], "close")
        self.assertEqual(json.loads(body)["model_version"], "v000001")
        slow.close()
        self.assertEqual(service.process.wait(PATIENCE), 0)
        service.close_log()


if __name__ == "__main__":
    main()
