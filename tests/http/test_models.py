#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The versions of the model: listed, downloaded, put live, taken back."""
import hashlib
import unittest

import server

PATH = "/api/v1/models"


class Models(server.ServerTest):
    options = ("--retrain-after", "0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.run("models", "add", server.MODEL)  # v000002

    def promote(self, version, **options):
        mark = self.server.mark()
        answer = self.server.post(f"{PATH}/{version}/promote", **options)
        self.assertEqual(answer.status, 200, answer.body)
        if answer.json["previous"] != answer.json["champion"]:
            self.server.wait_for_live(version, mark)
        return answer.json

    def setUp(self):
        self.promote("v000001")

    def test_list(self):
        listed = self.server.get_json(PATH)
        self.assertEqual(listed["champion"], "v000001")
        self.assertEqual([model["version"] for model in listed["models"]], ["v000002", "v000001"])
        self.assertEqual([model["is_champion"] for model in listed["models"]], [False, True])
        self.assertEqual(listed["history"][0]["action"], "promoted")
        self.assertNotIn("live_at", listed)

    def test_one(self):
        one = self.server.get_json(PATH + "/v000001")
        self.assertTrue(one["is_champion"])
        self.assertEqual(one["trigger"], "import")
        self.assertIn("fields", one["metadata"])
        self.assertTrue(all(entry["version"] == "v000001" for entry in one["history"]))
        self.assertEqual(self.server.get_json(PATH + "/champion"), one)
        for name in ("v000009", "v1", "1", "x", "retrain", "%2e%2e", "v000001%20"):
            answer = self.server.get(f"{PATH}/{name}")
            self.assert_problem(answer, 400 if name == "%2e%2e" else 404)

    def test_file(self):
        answer = self.server.get(PATH + "/v000002/file")
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.headers["Content-Type"], "application/octet-stream")
        self.assertEqual(answer.headers["X-Model-Version"], "v000002")
        self.assertEqual(answer.headers["X-Model-SHA256"], hashlib.sha256(answer.body).hexdigest())
        with open(server.MODEL, "rb") as model:
            self.assertEqual(answer.body, model.read())
        self.assert_problem(self.server.get(PATH + "/v000009/file"), 404)

    def test_promote_and_roll_back(self):
        self.assertEqual(self.promote("v000002", body={"reason": "better"}),
                         {"champion": "v000002", "previous": "v000001"})
        self.assertEqual(self.server.predict("a")["model_version"], "v000002")
        entry = self.server.get_json(PATH)["history"][-1]
        self.assertEqual((entry["version"], entry["previous"], entry["who"], entry["reason"]),
                         ("v000002", "v000001", "local", "better"))
        mark = self.server.mark()
        answer = self.server.post(PATH + "/rollback", {"reason": "worse"})
        self.assertEqual(answer.json, {"champion": "v000001", "previous": "v000002"})
        self.server.wait_for_live("v000001", mark)
        self.assertEqual(self.server.predict("a")["model_version"], "v000001")
        self.assertEqual(self.server.get_json(PATH)["history"][-1]["action"], "rolled_back")
        actions = [(row["action"], row["old"], row["new"])
                   for row in self.server.get_json("/api/v1/audit?limit=2")["audit"]]
        self.assertEqual(actions, [("model-rollback", "v000002", "v000001"),
                                   ("model-promote", "v000001", "v000002")])

    def test_what_was_live_at_a_time(self):
        history = self.server.get_json(PATH)["history"]
        for time in ("2020-01-01", "0", "1066-10-14"):
            self.assertIsNone(self.server.get_json(PATH + "?live_at=" + time)["live_at"])
        for entry in history:
            self.assertEqual(self.server.get_json(f"{PATH}?live_at={entry['at']}")["live_at"],
                             entry["version"])
        self.assertEqual(self.server.get_json(PATH + "?live_at=2100-01-01T00:00:00%2B02:00"
                                              )["live_at"], "v000001")
        for time in ("", "x", "2020-13-01", "-5"):
            self.assert_problem(self.server.get(PATH + "?live_at=" + time), 400)

    def test_wrong_requests(self):
        for body, status, pointer in (({"reason": 1}, 422, "/reason"), ({"why": "x"}, 422, "/why"),
                                      ({"reason": "x" * 1001}, 422, "/reason"), ([], 422, ""),
                                      ("{", 400, None)):
            for path in ("/v000002/promote", "/rollback", "/retrain"):
                with self.subTest(path=path, body=body):
                    self.assert_problem(self.server.post(PATH + path, body), status, pointer)
        self.assert_problem(self.server.post(PATH + "/v000009/promote"), 404)
        self.assertEqual(self.server.get_json(PATH)["champion"], "v000001")
        self.assertEqual(self.server.get_json("/api/v1/retrains")["retrains"], [])


class OneVersion(server.ServerTest):
    def test_nothing_to_go_back_to(self):
        self.assert_problem(self.server.post(PATH + "/rollback"), 409)
        self.assertEqual(self.server.get_json(PATH)["champion"], "v000001")


class CommandLine(server.ServerTest):
    def test_from_the_command_line(self):
        """A version that another process puts live is served without a restart."""
        self.server.run("models", "add", server.MODEL)
        mark = self.server.mark()
        self.server.run("models", "promote", "2")
        self.server.wait_for_live("v000002", mark)
        self.assertEqual(self.server.predict("a")["model_version"], "v000002")
        self.server.run("models", "promote", "1")
        self.server.wait_for_live("v000001", mark)


if __name__ == "__main__":
    unittest.main(verbosity=2)
