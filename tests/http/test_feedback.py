#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""POST /feedback and what becomes of corrections."""
import json
import signal
import unittest

import server

PATH = "/api/v1/feedback"
TEXT = "my laptop screen stays black since this morning"


class Feedback(server.ServerTest):
    options = ("--retrain-after", "0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.root = cls.server.post("/api/v1/keys", {"role": "admin"}).json["key"]

    def setUp(self):
        self.server.key = self.root
        self.server.key = self.make_key("admin")

    def make_key(self, role):
        """A key of its own, so that tests do not spoil each other's reputation."""
        made = self.server.post("/api/v1/keys", {"role": role, "name": self.id()[-50:]})
        self.assertEqual(made.status, 201)
        return made.json["key"]

    def agent(self):
        return self.make_key("agent")

    def add(self, body, status, **options):
        answer = self.server.post(options.pop("path", PATH), body, **options)
        self.assertEqual(answer.status, 201, answer.body)
        self.assertEqual(answer.json["status"], status, answer.body)
        self.assertEqual("reason" in answer.json, status == "held")
        return answer.json

    def find(self, feedback_id):
        rows = self.server.get_json(PATH + "?limit=1000")["feedback"]
        return next(row for row in rows if row["feedback_id"] == feedback_id)

    def test_by_prediction(self):
        agent = self.agent()
        for i, path in enumerate(("/feedback", PATH)):
            text = f"{TEXT} {'abc'[i]}"
            made = self.server.predict(text, key=agent)
            added = self.add({"prediction_id": made["prediction_id"], "label": "Access",
                              "comment": "a comment", "source": "tests"},
                             "accepted", path=path, key=agent)
            row = self.find(added["feedback_id"])
            self.assertEqual((row["text"], row["field"], row["label"], row["predicted"]),
                             (text, "category", "Access", "Hardware"))
            self.assertEqual((row["comment"], row["source"], row["prediction_id"]),
                             ("a comment", "tests", made["prediction_id"]))
            self.assertAlmostEqual(row["confidence"], made["confidence"], places=5)
            self.assertEqual(row["model_version"], "v000001")
            kept = self.server.get_json("/api/v1/predictions/" + made["prediction_id"])
            self.assertTrue(kept["answered"])

    def test_by_text(self):
        agent = self.agent()
        added = self.add({"text": "the chair of room 3 squeaks", "label": "  hardware\n"}, "accepted",
                         key=agent)
        row = self.find(added["feedback_id"])
        self.assertEqual(row["label"], "Hardware")  # as the model spells it
        self.assertIsNone(row["prediction_id"])
        self.assertIsNotNone(row["predicted"])
        other = self.add({"text": "the chair of room 3 squeaks", "field": "priority",
                          "label": "Low"}, "accepted", key=agent)
        self.assertEqual(self.find(other["feedback_id"])["field"], "priority")
        self.assertEqual(self.find(added["feedback_id"])["status"], "accepted")

    def test_pending_counts_up(self):
        agent = self.agent()
        before = self.add({"text": "pending one", "label": "Access"}, "accepted", key=agent)["pending"]
        after = self.add({"text": "pending two", "label": "Access"}, "accepted", key=agent)
        self.assertEqual(after["pending"], before + 1)
        self.assertEqual(after["retrain_at"], 0)
        self.assertEqual(self.server.get_json("/api/v1/stats")["feedback"]["pending"], before + 1)

    def test_replay(self):
        body = json.dumps({"text": "sent twice", "label": "Access"})
        headers = {"Idempotency-Key": "once"}
        first = self.server.post(PATH, body, headers=headers)
        second = self.server.post(PATH, body, headers=headers)
        self.assertEqual((first.status, second.status), (201, 201))
        self.assertNotIn("Idempotency-Replayed", first.headers)
        self.assertEqual(second.headers["Idempotency-Replayed"], "true")
        self.assertEqual(first.json["feedback_id"], second.json["feedback_id"])
        rows = [row for row in self.server.get_json(PATH + "?limit=1000")["feedback"]
                if row["text"] == "sent twice"]
        self.assertEqual(len(rows), 1)

    def test_key_for_another_request(self):
        headers = {"Idempotency-Key": "conflict"}
        self.add({"text": "the first", "label": "Access"}, "accepted", headers=headers)
        answer = self.server.post(PATH, {"text": "the second", "label": "Access"}, headers=headers)
        self.assert_problem(answer, 422)
        # Another caller's key of the same name is another key.
        self.add({"text": "the second", "label": "Access"}, "accepted", headers=headers,
                 key=self.agent())
        for odd in ("", "x" * 256):
            answer = self.server.post(PATH, {"text": "a", "label": "Access"},
                                      headers={"Idempotency-Key": odd})
            self.assert_problem(answer, 400)

    def test_contradiction_is_held(self):
        agent, text = self.agent(), "a ticket that two people see differently"
        first = self.add({"text": text, "label": "Access"}, "accepted", key=agent)
        self.add({"text": text, "label": "Access"}, "accepted", key=self.agent())
        held = self.add({"text": "  A ticket that two people SEE differently!", "label": "Storage"},
                        "held", key=self.agent())
        self.assertIn("Access", held["reason"])
        self.assertEqual(self.find(held["feedback_id"])["reason"], held["reason"])
        # Held ones do not supersede.
        self.assertNotEqual(self.find(first["feedback_id"])["status"], "held")

    def test_admin_accepts(self):
        text = "a ticket that an admin decides on"
        first = self.add({"text": text, "label": "Access"}, "accepted")
        held = self.add({"text": text, "label": "Storage"}, "held")
        pending = held["pending"]
        path = f"{PATH}/{held['feedback_id']}/accept"
        self.assert_problem(self.server.post(path, key=self.agent()), 403)
        answer = self.server.post(path, {"reason": "right"})
        self.assertEqual((answer.status, answer.json["status"]), (200, "accepted"))
        self.assertEqual(self.find(held["feedback_id"])["status"], "accepted")
        self.assertEqual(self.find(first["feedback_id"])["status"], "superseded")
        now = self.server.get_json("/api/v1/stats")["feedback"]["pending"]
        self.assertEqual(now, pending)  # one more, one less
        self.assert_problem(self.server.post(path), 404)
        audit = self.server.get_json("/api/v1/audit")["audit"][0]
        self.assertEqual((audit["action"], audit["target"], audit["old"], audit["new"]),
                         ("feedback-decision", held["feedback_id"], "held", "accepted"))

    def test_admin_rejects(self):
        text = "a ticket whose correction is rejected"
        first = self.add({"text": text, "label": "Access"}, "accepted")
        held = self.add({"text": text, "label": "Storage"}, "held")
        path = f"{PATH}/{held['feedback_id']}/reject"
        for body, status, pointer in (({"reason": 3}, 422, "/reason"), ({"x": 1}, 422, "/x"),
                                      ({"reason": "a\0b"}, 422, "/reason"), ("{", 400, None)):
            self.assert_problem(self.server.post(path, body), status, pointer)
        answer = self.server.post(path, {"reason": "a joke"})
        self.assertEqual((answer.status, answer.json["status"]), (200, "rejected"))
        row = self.find(held["feedback_id"])
        self.assertEqual((row["status"], row["reason"]), ("rejected", "a joke"))
        self.assertEqual(self.find(first["feedback_id"])["status"], "accepted")
        for missing in (held["feedback_id"], first["feedback_id"], "nonsense"):
            self.assert_problem(self.server.post(f"{PATH}/{missing}/accept"), 404)

    def test_unknown_label(self):
        body = {"text": "the parrot is dead", "label": "Pets"}
        held = self.add(body, "held", key=self.agent())
        self.assertEqual(self.find(held["feedback_id"])["label"], "Pets")
        self.add({**body, "text": "the parrot is no more"}, "accepted")  # an admin may

    def test_outliers_are_held(self):
        """A key that corrects like nobody does."""
        agent, statuses = self.agent(), []
        for i in range(10):
            text = f"laptop screen black, number {'abcdefghij'[i]}"
            label = self.server.predict(text, top=1000)["fields"]["category"]["alternatives"][-1]
            answer = self.server.post(PATH, {"text": text, "label": label["label"]}, key=agent)
            statuses.append(answer.json["status"])
        self.assertEqual(statuses[0], "accepted")
        self.assertEqual(statuses[-1], "held")
        self.add({"text": "what others say still counts", "label": "Access"}, "accepted",
                 key=self.agent())

    def test_wrong_members(self):
        for body, status, pointer in (
                ({}, 422, "/prediction_id"),
                ({"text": "a"}, 422, "/label"),
                ({"label": "Access"}, 422, "/prediction_id"),
                ({"text": "a", "prediction_id": "b", "label": "Access"}, 422, "/prediction_id"),
                ({"text": "a", "label": ""}, 422, "/label"),
                ({"text": "a", "label": " \n"}, 422, "/label"),
                ({"text": "a", "label": "a\0b"}, 422, "/label"),
                ({"text": "a", "label": 3}, 422, "/label"),
                ({"text": "a", "label": "x" * 1025}, 422, "/label"),
                ({"text": 1, "label": "Access"}, 422, "/text"),
                ({"text": "a", "label": "Access", "field": "colour"}, 422, "/field"),
                ({"text": "a", "label": "Access", "comment": "x" * 4097}, 422, "/comment"),
                ({"text": "a", "label": "Access", "source": "x" * 257}, 422, "/source"),
                ({"text": "a", "label": "Access", "lable": "b"}, 422, "/lable"),
                ({"prediction_id": "x" * 27, "label": "Access"}, 422, "/prediction_id"),
                ({"prediction_id": "nonsense", "label": "Access"}, 404, "/prediction_id"),
                ({"prediction_id": "0" * 26, "label": "Access"}, 404, "/prediction_id"),
                ([], 422, ""),
                ("{", 400, None)):
            with self.subTest(body=body):
                self.assert_problem(self.server.post(PATH, body), status, pointer)

    def test_list(self):
        key = self.agent()
        session = self.server.get_json("/api/v1/session", key=key)
        ids = [self.add({"text": f"list {word}", "label": "Access", "source": "list"}, "accepted",
                        key=key)["feedback_id"] for word in ("one", "two", "three", "four", "five")]
        path = f"{PATH}?source=list&key_id={session['key_id']}&label=Access&status=accepted&limit=2"
        got, cursor = [], ""
        while cursor is not None:
            page = self.server.get_json(path + cursor)
            got += [row["feedback_id"] for row in page["feedback"]]
            cursor = page["next"] and "&before=" + page["next"]
        self.assertEqual(got, ids[::-1])
        for query in ("label=Storage", "status=held", "field=priority", "since=2100-01-01",
                      "until=2000-01-01T00:00:00Z"):
            self.assertEqual(
                self.server.get_json(f"{PATH}?source=list&{query}")["feedback"], [], query)
        for query in ("limit=0", "limit=1001", "limit=x", "status=odd", "since=yesterday",
                      "until=-1", "since=999999999999999", "before=", "before=x",
                      "before=" + "U" * 26):
            self.assert_problem(self.server.get(f"{PATH}?{query}"), 400)

    def test_export(self):
        self.add({"text": "an export", "label": "Access", "source": "export"}, "accepted")
        self.add({"text": "another\nexport", "label": "Access", "source": "export"}, "accepted")
        answer = self.server.get(PATH + "?source=export&limit=1",
                                 headers={"Accept": server.NDJSON})
        self.assertEqual(answer.headers["Content-Type"], server.NDJSON)
        self.assertEqual([line["text"] for line in answer.lines], ["another\nexport", "an export"])


class Durable(server.ServerTest):
    options = ("--retrain-after", "0")

    def test_corrections_are_there_after_a_kill(self):
        """What was answered with 201 has been kept, even if the process is killed at once."""
        added = self.server.post(PATH, {"text": "kept", "label": "Access"},
                                 headers={"Idempotency-Key": "k"}).json
        self.server.end(signal.SIGKILL)
        self.server.start()
        rows = self.server.get_json(PATH)["feedback"]
        self.assertEqual([row["feedback_id"] for row in rows], [added["feedback_id"]])
        again = self.server.post(PATH, {"text": "kept", "label": "Access"},
                                 headers={"Idempotency-Key": "k"})
        self.assertEqual(again.json["feedback_id"], added["feedback_id"])


if __name__ == "__main__":
    unittest.main(verbosity=2)
