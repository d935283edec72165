#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The Open Inference Protocol."""
import unittest

import server

PATH = "/v2/models/triage/infer"
TEXTS = ["my laptop screen stays black since this morning", "password forgotten", ""]


def request(texts, **members):
    return {"inputs": [{"name": "text", "shape": [len(texts)], "datatype": "BYTES", "data": texts}],
            **members}


class Inference(server.ServerTest):
    def infer(self, body, path=PATH):
        answer = self.server.post(path, body)
        self.assertEqual(answer.status, 200, answer.body)
        return answer.json, {output["name"]: output for output in answer.json["outputs"]}

    def refuse(self, body, status=400, path=PATH):
        answer = self.server.post(path, body)
        self.assertEqual(answer.status, status, answer.body)
        self.assertTrue(answer.json["error"])

    def test_metadata(self):
        self.assertEqual(self.server.get_json("/v2")["name"], "triage")
        model = self.server.get_json("/v2/models/triage")
        self.assertEqual(model["versions"], ["v000001"])
        self.assertEqual(self.server.get_json("/v2/models/triage/versions/v000001"), model)
        names = [output["name"] for output in model["outputs"]]
        self.assertIn("label", names)
        self.assertIn("priority.label", names)

    def test_health(self):
        self.assertEqual(self.server.get_json("/v2/health/live"), {"live": True, "ready": True})
        self.assertTrue(self.server.get_json("/v2/health/ready")["ready"])
        for path in ("/v2/models/triage/ready", "/v2/models/triage/versions/v000001/ready"):
            self.assertEqual(self.server.get_json(path), {"name": "triage", "ready": True})
        for path in ("/v2/models/other", "/v2/models/other/ready", "/v2/models/triage/versions/2",
                     "/v2/models/triage/versions/v000002/ready"):
            answer = self.server.get(path)
            self.assertEqual(answer.status, 404)
            self.assertTrue(answer.json["error"])

    def test_infer(self):
        whole, outputs = self.infer(request(TEXTS, id="42"))
        self.assertEqual((whole["model_name"], whole["model_version"], whole["id"]),
                         ("triage", "v000001", "42"))
        labels = outputs["labels"]["data"]
        self.assertEqual(outputs["scores"]["shape"], [len(TEXTS), len(labels)])
        for i, text in enumerate(TEXTS):
            told = self.server.predict(text)
            self.assertEqual(outputs["label"]["data"][i], told["category"])
            self.assertEqual(outputs["decision"]["data"][i], told["decision"])
            self.assertEqual(outputs["priority.label"]["data"][i], told["fields"]["priority"]["label"])
            scores = outputs["scores"]["data"][i * len(labels):(i + 1) * len(labels)]
            self.assertAlmostEqual(sum(scores), 1, places=4)
            self.assertEqual(labels[scores.index(max(scores))], told["category"])
            self.assertAlmostEqual(outputs["score"]["data"][i], told["confidence"], places=5)
        for output in outputs.values():
            n = 1
            for length in output["shape"]:
                n *= length
            self.assertEqual(len(output["data"]), n, output["name"])

    def test_outputs_that_are_wanted(self):
        _, outputs = self.infer(request(TEXTS[:1], outputs=[{"name": "label"},
                                                            {"name": "priority.score"}]))
        self.assertEqual(set(outputs), {"label", "priority.score"})
        _, outputs = self.infer(request(TEXTS[:1], parameters={"explain": True}))
        self.assertEqual(len(outputs["explanation"]["data"]), 1)

    def test_version(self):
        self.infer(request(TEXTS), "/v2/models/triage/versions/v000001/infer")
        self.refuse(request(TEXTS), 404, "/v2/models/triage/versions/v000002/infer")
        self.refuse(request(TEXTS), 404, "/v2/models/other/infer")

    def test_wrong_requests(self):
        good = request(["a"])["inputs"][0]
        for body in ("", "{", "[]", "3", {}, {"inputs": []}, {"inputs": [good, good]},
                     {"inputs": [{**good, "name": "texts"}]}, {"inputs": [{**good, "datatype": "FP32"}]},
                     {"inputs": [{**good, "shape": [2]}]}, {"inputs": [{**good, "shape": []}]},
                     {"inputs": [{**good, "shape": [1, 2]}]}, {"inputs": [{**good, "shape": [-1]}]},
                     {"inputs": [{**good, "shape": [5000]}]}, {"inputs": [{**good, "shape": "1"}]},
                     {"inputs": [{**good, "data": [3]}]}, {"inputs": [{**good, "data": "a"}]},
                     {"inputs": [{**good, "data": [["a"]]}]}, {"inputs": "text"},
                     {"inputs": [good], "id": 3}, {"inputs": [good], "outputs": 3},
                     {"inputs": [good], "outputs": [{}]}, {"inputs": [good], "outputs": ["label"]},
                     {"inputs": [good], "outputs": [{"name": 3}]}):
            with self.subTest(body=body):
                self.refuse(body)


if __name__ == "__main__":
    unittest.main(verbosity=2)
