#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What may change without a new model: the target precision and retired labels; and the curve."""
import unittest

import server

TEXT = "my laptop screen stays black since this morning"
TEXTS = [TEXT, "password forgotten", "please order a new keyboard", "my shared drive is full",
         "vacation days are wrong", "install software for me", "the wifi is slow", "hello"]


class Policy(server.ServerTest):
    options = ("--retrain-after", "0")

    def set_target(self, target):
        answer = self.server.request("PUT", "/api/v1/settings", {"target_precision": target})
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json["target_precision"]

    def change_label(self, verb, label, status=204, pointer=None, field="category"):
        answer = self.server.post("/api/v1/labels/" + verb, {"field": field, "label": label})
        self.assertEqual(answer.status, status, answer.body)
        if pointer is not None:
            self.assertEqual(answer.pointer, pointer)

    def labels(self):
        first = self.server.get_json("/api/v1/fields")["fields"][0]
        self.assertEqual(first["name"], "category")
        return {row["label"]: row for row in first["labels"]}

    def tearDown(self):
        self.set_target(None)
        for label, row in self.labels().items():
            if row["retired"]:
                self.change_label("restore", label)

    def test_fields(self):
        answer = self.server.get_json("/api/v1/fields")
        self.assertEqual([field["name"] for field in answer["fields"]], ["category", "priority"])
        self.assertEqual(answer["target_precision"], 0.95)
        for field in answer["fields"]:
            self.assertAlmostEqual(sum(row["prior"] for row in field["labels"]), 1, places=4)
        self.assertEqual(len(self.labels()), 8)

    def test_target_takes_effect_at_once(self):
        own = self.server.get_json("/api/v1/settings")
        self.assertEqual((own["target_precision"], own["retrain_after"], own["prediction_log"]),
                         (0.95, 0, True))
        n_auto = []
        for target in (0.6, 0.95, 0.999):
            self.assertEqual(self.set_target(target), target)
            self.assertEqual(self.server.get_json("/api/v1/fields")["target_precision"], target)
            answers = [self.server.predict(text) for text in TEXTS]
            self.assertEqual({answer["model_version"] for answer in answers}, {"v000001"})
            n_auto.append(sum(answer["decision"] == "auto" for answer in answers))
        self.assertEqual(n_auto, sorted(n_auto, reverse=True))
        self.assertGreater(n_auto[0], n_auto[-1])
        self.assertEqual(self.set_target(None), 0.95)
        self.assertEqual(self.server.get_json("/api/v1/retrains")["retrains"], [])
        entry = self.server.get_json("/api/v1/audit?limit=1")["audit"][0]
        self.assertEqual((entry["target"], entry["old"], entry["new"]),
                         ("target_precision", "0.999", None))

    def test_target_survives_a_restart(self):
        self.set_target(0.9)
        self.server.end()
        self.server.start()
        self.assertEqual(self.server.get_json("/api/v1/fields")["target_precision"], 0.9)

    def test_wrong_targets(self):
        for body, pointer in (({}, "/target_precision"), ([], ""), ({"x": 1}, "/x"),
                              ({"target_precision": "0.9"}, "/target_precision"),
                              ({"target_precision": True}, "/target_precision"),
                              ({"target_precision": 0}, "/target_precision"),
                              ({"target_precision": 1}, "/target_precision"),
                              ({"target_precision": -0.5}, "/target_precision"),
                              ({"target_precision": 95}, "/target_precision"),
                              ('{"target_precision":1e999}', "/target_precision")):
            with self.subTest(body=body):
                answer = self.server.request("PUT", "/api/v1/settings", body)
                self.assert_problem(answer, 422, pointer)
        self.assertEqual(self.server.get_json("/api/v1/settings")["target_precision"], 0.95)

    def test_curve(self):
        curve = self.server.get_json("/api/v1/curve?tickets_a_day=1000")
        self.assertEqual(curve["field"], "category")
        self.assertGreater(curve["evidence"], 1000)
        self.assertEqual(len(curve["labels"]), 8)
        targets = [point["target"] for point in curve["points"]]
        self.assertEqual(targets, sorted(targets))
        self.assertEqual(len(targets), 20)
        coverages = [point["coverage"] for point in curve["points"]]
        self.assertEqual(coverages, sorted(coverages, reverse=True))
        for point in curve["points"]:
            self.assertAlmostEqual(point["routed_a_day"], 1000 * point["coverage"], places=2)
            self.assertAlmostEqual(point["errors_a_day"],
                                   point["routed_a_day"] * (1 - point["precision"]), places=2)
            if point["coverage"] > 0:
                self.assertGreaterEqual(point["precision"], point["target"])

    def test_one_point(self):
        for target in ("0.5", "0.931", "0.9999"):
            curve = self.server.get_json("/api/v1/curve?field=priority&target=" + target)
            self.assertEqual(curve["field"], "priority")
            self.assertEqual([point["target"] for point in curve["points"]], [float(target)])
            self.assertTrue(all(len(label["points"]) == 1 for label in curve["labels"]))

    def test_curve_is_what_the_target_gives(self):
        """The thresholds that the curve shows are those in force once the target is set."""
        curve = self.server.get_json("/api/v1/curve?target=0.9")
        shown = {label["label"]: label["points"][0].get("threshold") for label in curve["labels"]}
        self.set_target(0.9)
        for label, row in self.labels().items():
            if row["threshold"] is None:
                self.assertIsNone(shown[label])
            else:
                self.assertAlmostEqual(row["threshold"], shown[label], places=5)

    def test_wrong_curves(self):
        for query, status in (("target=0", 400), ("target=1", 400), ("target=x", 400),
                              ("target=nan", 400), ("target=", 400), ("tickets_a_day=-1", 400),
                              ("tickets_a_day=1e13", 400), ("tickets_a_day=inf", 400),
                              ("field=colour", 404), ("field=", 404)):
            self.assert_problem(self.server.get("/api/v1/curve?" + query), status)

    def test_retired_label_is_masked_at_once(self):
        before = self.server.predict(TEXT, top=1000)["fields"]["category"]
        self.assertEqual(before["label"], "Hardware")
        self.change_label("retire", "hardware")  # as the model spells it
        self.assertTrue(self.labels()["Hardware"]["retired"])
        self.assertIsNone(self.labels()["Hardware"]["threshold"])
        after = self.server.predict(TEXT, top=1000)["fields"]["category"]
        self.assertEqual(after["label"], before["alternatives"][0]["label"])
        self.assertNotIn("Hardware", [other["label"] for other in after["alternatives"]])
        total = after["confidence"] + sum(other["confidence"] for other in after["alternatives"])
        self.assertAlmostEqual(total, 1, places=4)
        self.assertEqual(after["decision"], "review")  # what it gains is no evidence
        answer = self.server.post("/api/v1/feedback", {"text": "a", "label": "Hardware"})
        self.assert_problem(answer, 422, "/label")
        self.change_label("restore", "Hardware")
        self.assertEqual(self.server.predict(TEXT, top=1000)["fields"]["category"], before)

    def test_what_changes_nothing(self):
        self.change_label("retire", "Storage")
        n = len(self.server.get_json("/api/v1/audit?limit=1000")["audit"])
        self.change_label("retire", "Storage")
        self.change_label("restore", "Access")
        self.assertEqual(len(self.server.get_json("/api/v1/audit?limit=1000")["audit"]), n)
        self.change_label("restore", "Storage")
        self.assertFalse(any(row["retired"] for row in self.labels().values()))

    def test_all_retired(self):
        for label in self.labels():
            self.change_label("retire", label)
        self.assertEqual(self.server.predict(TEXT)["decision"], "review")

    def test_wrong_labels(self):
        for verb in ("retire", "restore"):
            self.change_label(verb, "Pets", 422, "/label")
            self.change_label(verb, "Hardware", 422, "/field", field="colour")
            self.change_label(verb, "", 422, "/label")
            for body, pointer in (({"field": "category"}, "/label"), ({"label": "a"}, "/field"),
                                  ({}, "/field"), ([], ""),
                                  ({"field": "category", "label": 3}, "/label"),
                                  ({"field": "category", "label": "Access", "x": 1}, "/x")):
                self.assert_problem(self.server.post("/api/v1/labels/" + verb, body), 422, pointer)


if __name__ == "__main__":
    unittest.main(verbosity=2)
