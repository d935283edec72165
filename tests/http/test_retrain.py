#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The loop: a first model, corrections, a retrain, and what was learnt."""
import unittest

import server

PETS = ["my parrot {} in the office again", "the cat {} on the keyboard", "our hamster {} at night",
        "a goldfish {} in the lobby", "feeding the tortoise {} please", "the office dog {} loudly"]
VERBS = ["sings", "sleeps"]


class Retrain(server.ServerTest):
    options = ("--retrain-after", "12")
    has_model = False

    def finished(self, mark):
        return self.server.wait_for(lambda line: line["event.action"] == "retrain"
                                    and "triage.retrain.result" in line, mark)

    def test_the_loop(self):
        # The first model comes from the starter tickets.
        first = self.server.get_json("/api/v1/models")["models"][0]
        self.assertEqual((first["version"], first["trigger"]), ("v000001", "start"))
        run = self.server.get_json("/api/v1/retrains")["retrains"][0]
        self.assertEqual((run["state"], run["result"], run["candidate"]),
                         ("done", "promoted", "v000001"))

        # Asked for, without anything new to learn.
        mark = self.server.mark()
        answer = self.server.post("/api/v1/models/retrain", {"reason": "a test"})
        self.assertEqual(answer.status, 202)
        self.finished(mark)
        run = self.server.get_json("/api/v1/retrains?limit=1")["retrains"][0]
        self.assertEqual((run["retrain_id"], run["trigger"], run["who"], run["state"]),
                         (answer.json["retrain_id"], "request", "local", "done"))
        entry = self.server.get_json("/api/v1/audit?limit=1")["audit"][0]
        self.assertEqual((entry["action"], entry["new"]), ("retrain", "a test"))

        # A new label from an admin; the twelfth correction starts a retrain by itself.
        stream = self.server.watch()
        mark = self.server.mark()
        texts = [pet.format(verb) for pet in PETS for verb in VERBS]
        for text in texts:
            answer = self.server.post("/api/v1/feedback", {"text": text, "label": "Pets"})
            self.assertEqual(answer.json["status"], "accepted")
        result = self.finished(mark)
        self.assertEqual(result["triage.retrain.result"], "promoted", result)
        self.server.wait_for_live(result["triage.retrain.candidate"], mark)
        self.assertEqual(stream.until("retrain")[1]["state"], "running")
        seen = {}  # the last two in any order
        while seen.get("retrain", {}).get("state") != "done" or "model-reload" not in seen:
            _, name, data = stream.next()
            seen[name] = data
        stream.close()
        done = seen["retrain"]
        self.assertEqual((done["trigger"], done["result"]), ("feedback", "promoted"))
        self.assertEqual(seen["model-reload"]["version"], done["candidate"])
        self.assertIn("retrain-progress", seen)

        # It works from its first few examples.
        self.assertEqual(self.server.predict("the parrot sings, and the cat sleeps")["category"],
                         "Pets")
        self.assertEqual(self.server.predict("my laptop screen stays black")["category"],
                         "Hardware")
        live = self.server.get_json("/api/v1/models/champion")
        self.assertEqual(live["version"], done["candidate"])
        self.assertGreaterEqual(live["corrections"], 12)
        self.assertEqual(live["parent"] is not None, live["comparison"] is not None)
        self.assertEqual(self.server.get_json("/api/v1/stats")["feedback"]["pending"], 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
