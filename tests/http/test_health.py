#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Health, metrics, statistics, and the document."""
import json
import os
import re
import unittest

import server

SAMPLE = re.compile(r'([a-z_:][a-z0-9_:]*)(\{(?:\w+="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)( # .*)?')


def samples(text):
    """Family and labels -> value; every line must be one that is understood."""
    values, types = {}, {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            types[name] = kind
        elif not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            if not match:
                raise AssertionError(f"not a sample: {line}")
            values[match[1] + (match[2] or "")] = float(match[3])
    return values, types


class Health(server.ServerTest):
    def test_live_and_ready(self):
        for path in ("/livez", "/healthz", "/readyz", "/readyz/model"):
            answer = self.server.get(path)
            self.assertEqual((answer.status, answer.body), (200, b"ok"), path)
            self.assertEqual(self.server.request("HEAD", path).status, 200)

    def test_verbose(self):
        for query in ("?verbose", "?verbose=1", "?verbose="):
            text = self.server.get("/readyz" + query).body.decode()
            self.assertIn("[+]model ok\n", text)
            self.assertTrue(text.endswith("readyz check passed\n"))
        self.assertIn("[+]ping ok\n", self.server.get("/livez?verbose").body.decode())
        text = self.server.get("/readyz?verbose&exclude=model").body.decode()
        self.assertNotIn("[+]model ok", text)
        self.assert_problem(self.server.get("/readyz/nothing"), 404)

    def test_metrics(self):
        for text in ("my laptop screen stays black", "password forgotten"):
            self.server.predict(text)
        self.server.get("/api/v1/predictions/nothing")
        for accept, media in ((None, "text/plain"),
                              ("application/openmetrics-text", "application/openmetrics-text")):
            answer = self.server.get("/metrics", headers={"Accept": accept} if accept else {})
            self.assertTrue(answer.headers["Content-Type"].startswith(media + "; version="))
            text = answer.body.decode()
            self.assertEqual(text.endswith("# EOF\n"), accept is not None)
            values, types = samples(text)
            self.assertGreater(len(types), 10)
            requests = [name for name in values if name.startswith("triage_http_requests_total{")
                        and '"/api/v1/predict"' in name and '"200"' in name]
            self.assertEqual(len(requests), 1)
            self.assertGreaterEqual(values[requests[0]], 2)
            self.assertTrue(any('"/api/v1/predictions/{id}"' in name and '"404"' in name
                                for name in values))
            # Not the path that was asked for: it may be anything.
            self.assertNotIn("predictions/nothing", text)
            self.assertTrue(any(name.startswith("triage_model_info{") and "v000001" in name
                                for name in values))
        n_auto = sum(value for name, value in values.items()
                     if name.startswith("triage_predictions_total{") and '"category"' in name)
        self.assertGreaterEqual(n_auto, 2)

    def test_unknown_addresses_are_one_series(self):
        for i in range(5):
            answer = self.server.get(f"/nothing/{i}", is_documented=False)
            self.assert_problem(answer, 404)
        values, _ = samples(self.server.get("/metrics").body.decode())
        self.assertEqual(len([name for name in values
                              if name.startswith("triage_http_requests_total{")
                              and "(none)" in name]), 1)

    def test_stats(self):
        made = [self.server.predict("a ticket for the statistics") for _ in range(3)]
        while self.server.get("/api/v1/predictions/" + made[-1]["prediction_id"]).status != 200:
            pass  # written behind
        stats = self.server.get_json("/api/v1/stats")
        total = stats["predictions"]["total"]
        self.assertGreaterEqual(total, 3)
        self.assertEqual(sum(row["count"] for row in stats["predictions"]["by_hour"]), total)
        self.assertLessEqual(stats["predictions"]["auto"], total)
        self.assertEqual(stats["model_version"], "v000001")
        self.assertEqual([row["field"] for row in stats["drift"]], ["category", "priority"])
        self.assertGreaterEqual(stats["latency_seconds"]["count"], 3)
        self.assertGreater(stats["latency_seconds"]["p99"], 0)
        self.assertEqual(stats["prediction_log"]["dropped"], 0)
        old = self.server.get_json("/api/v1/stats?since=2000-01-01&until=2000-01-02")
        self.assertEqual(old["predictions"], {"by_hour": [], "total": 0, "auto": 0})
        self.assertEqual(old["since"], "2000-01-01T00:00:00.000Z")
        early = self.server.get_json("/api/v1/stats?since=1066-10-14&until=0")
        self.assertEqual(early["predictions"]["total"], 0)
        for query in ("since=x", "until=9999999999999999999", "since=2020-02-30"):
            self.assert_problem(self.server.get("/api/v1/stats?" + query), 400)

    def test_document(self):
        answer = self.server.get("/openapi.json")
        self.assertEqual(answer.status, 200)
        self.assertEqual(json.loads(answer.body), server.contract.document)
        tag = answer.headers["ETag"]
        again = self.server.get("/openapi.json", headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(again.headers["ETag"], tag)
        other = self.server.get("/openapi.json", headers={"If-None-Match": '"other"'})
        self.assertEqual(other.status, 200)


class Modelless(server.Server):
    """Is up once its first training has failed."""

    def wait_for_live(self, version=None, after=0):
        return self.wait_for(lambda line: line["event.action"] == "retrain"
                             and line.get("event.outcome") == "failure", after)


class NoModel(server.ServerTest):
    """A server whose first model cannot be trained answers all it can."""

    kind = Modelless
    has_model = False
    options = ("--base-data", os.devnull)

    def test_not_ready_but_alive(self):
        self.assertEqual(self.server.get("/livez").status, 200)
        answer = self.server.get("/readyz")
        self.assertEqual(answer.status, 503)
        self.assertIn(b"[-]model failed: no model is live yet", answer.body)
        self.assertEqual(self.server.get("/readyz?exclude=model").status, 200)
        self.assertEqual(self.server.get("/readyz/model").status, 503)

    def test_predictions_are_refused(self):
        for path, body in (("/api/v1/predict", {"text": "a"}),
                           ("/api/v1/predict/batch", [{"text": "a"}]),
                           ("/api/v1/labels/retire", {"field": "a", "label": "b"})):
            answer = self.server.post(path, body)
            self.assert_problem(answer, 503)
            self.assertEqual(answer.headers["Retry-After"], "1")
        for path in ("/api/v1/fields", "/api/v1/curve"):
            self.assert_problem(self.server.get(path), 503)
        self.assertEqual(self.server.get("/v2/health/ready").status, 503)

    def test_the_rest_answers(self):
        self.assertEqual(self.server.get_json("/api/v1/models"),
                         {"champion": None, "models": [], "history": []})
        self.assertIsNone(self.server.get_json("/api/v1/settings")["target_precision"])
        self.assertIsNone(self.server.get_json("/api/v1/stats")["model_version"])
        self.assertEqual(self.server.get_json("/api/v1/review")["tickets"], [])
        self.assert_problem(self.server.get("/api/v1/models/champion"), 404)
        self.assert_problem(self.server.post("/api/v1/models/rollback"), 409)

    def test_corrections_are_kept(self):
        answer = self.server.post("/api/v1/feedback", {"text": "early", "label": "Access"})
        self.assertEqual(answer.status, 201)


if __name__ == "__main__":
    unittest.main(verbosity=2)
