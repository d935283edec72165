#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""GET /events: what happens, and going on where one was cut off."""
import unittest

import server


class Events(server.ServerTest):
    options = ("--retrain-after", "0")

    def setUp(self):
        self.stream = self.server.watch()
        self.addCleanup(self.stream.close)

    def correct(self, text):
        answer = self.server.post("/api/v1/feedback", {"text": text, "label": "Access"})
        self.assertEqual(answer.status, 201)
        return answer.json

    def test_stream(self):
        headers = self.stream.response.headers
        self.assertEqual(self.stream.status, 200)
        self.assertEqual(headers["Content-Type"], "text/event-stream")
        self.assertEqual(headers["Cache-Control"], "no-store")

    def test_feedback(self):
        added = self.correct("an event")
        self.assertEqual(self.stream.until("feedback")[1], added)

    def test_prediction_without_its_text(self):
        made = self.server.predict("a secret text")
        # At most four a second are shown: this one, or one of those behind it.
        name = None
        while name != "prediction":
            self.server.predict("a secret text")
            added = self.correct("a mark in the stream")
            _, name, data = self.stream.next()
            while name != "prediction" and data.get("feedback_id") != added["feedback_id"]:
                _, name, data = self.stream.next()
        self.assertEqual(data["model_version"], "v000001")
        self.assertEqual(data["fields"]["category"]["label"], made["category"])
        self.assertNotIn("secret", str(data))

    def test_model_reload(self):
        self.server.run("models", "add", server.MODEL)
        versions = [model["version"] for model in self.server.get_json("/api/v1/models")["models"]]
        self.server.post(f"/api/v1/models/{versions[0]}/promote")
        _, data = self.stream.until("model-reload")
        self.assertEqual((data["version"], data["result"]), (versions[0], "loaded"))
        mark = self.server.mark()
        self.server.post("/api/v1/models/v000001/promote")
        self.server.wait_for_live("v000001", mark)

    def test_resume(self):
        """A watcher that was cut off gets what it missed, in order and once."""
        first = self.correct("resume, the first")
        number, _ = self.stream.until("feedback", lambda data: data == first)
        self.stream.close()
        missed = [self.correct(f"resume, missed {word}") for word in ("one", "two", "three")]
        again = self.server.watch(number)
        self.addCleanup(again.close)
        got = [again.until("feedback") for _ in missed]
        self.assertEqual([data for _, data in got], missed)
        numbers = [int(number)] + [int(other) for other, _ in got]
        self.assertEqual(numbers, sorted(set(numbers)))

    def test_odd_numbers_begin_now(self):
        for last_seen in ("x", "-1", "9000000000000000000", "18446744073709551615"):
            stream = self.server.watch(last_seen)
            added = self.correct("odd " + last_seen)
            self.assertEqual(stream.until("feedback")[1], added)
            stream.close()

    def test_a_number_of_an_earlier_process(self):
        """Nobody knows how many events it missed; those of this process it gets."""
        added = self.correct("after the new start")
        stream = self.server.watch("5")
        self.addCleanup(stream.close)
        self.assertEqual(stream.until("missed")[1], {"count": None})
        stream.until("feedback", lambda data: data == added)

    def test_many_watchers(self):
        streams = [self.server.watch() for _ in range(20)]
        added = self.correct("seen by many")
        for stream in streams:
            self.assertEqual(stream.until("feedback")[1], added)
            stream.close()


if __name__ == "__main__":
    unittest.main(verbosity=2)
