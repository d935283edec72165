#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""compose.yaml, brought up for real: classified, corrected, killed, updated, scaled, restarted, and
taken down, with the figures printed. Needs the images (deploy/docker/build) and, where the official
image of PostgreSQL cannot be had, its stand-in (deploy/docker/test)."""
import http.client
import json
import subprocess
import time
import unittest

import yaml

import engine
from engine import await_that
from load import Load, TEXTS


class ComposeFile(unittest.TestCase):
    """What compose makes of the file, without a container."""

    def test_what_is_kept_in_the_profile_elk_outlives_its_containers(self):
        done = subprocess.run([*engine.compose_command(), "--profile", "elk", "config"],
                              cwd=engine.ROOT, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        made = yaml.safe_load(done.stdout)
        for service in ("elasticsearch", "logstash"):
            kept = dict(map(self.volume, made["services"][service]["volumes"]))
            self.assertIn(kept[f"/usr/share/{service}/data"], made["volumes"])

    def volume(self, row):
        """Where a volume is to be seen, and what it is called; older versions write SOURCE:TARGET:MODE."""
        if isinstance(row, dict):
            return row["target"], row["source"]
        source, target = row.split(":")[:2]
        return target, source


class Compose(unittest.TestCase):
    """One project for all, in the order of a day: each test leaves it as it found it."""

    @classmethod
    def setUpClass(cls):
        cls.project = engine.Project()
        cls.addClassCleanup(cls.project.close)
        began = time.monotonic()
        cls.project.compose("up", "-d", "--no-build")
        cls.project.await_healthy("inference", 2)
        cls.project.await_healthy("frontend", 1)
        print(f"\nup and ready in {time.monotonic() - began:.0f} s", flush=True)

    def request(self, method, path, body=None, key=True):
        connection = http.client.HTTPConnection("127.0.0.1", self.project.port, timeout=30)
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Authorization"] = f"Bearer {self.project.key}"
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer, content

    def json(self, method, path, body=None, status=200):
        answer, content = self.request(method, path, body)
        self.assertEqual(answer.status, status, content)
        return json.loads(content)

    def metrics_of(self, name, port):
        connection = http.client.HTTPConnection(self.project.address(name), port, timeout=10)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        return text

    def assert_no_failure(self, load, what):
        print(f"{what}: {load.n_done} requests, {len(load.failures)} failed", flush=True)
        self.assertGreater(load.n_done, 100)
        self.assertEqual(load.failures, [])

    def test_1_it_answers(self):
        answer = self.json("POST", "/predict", {"text": "no sound in Teams"})
        self.assertEqual(answer["model_version"], "v000001")
        self.assertEqual(self.request("POST", "/predict", {"text": "x"}, key=False)[0].status, 401)
        page, content = self.request("GET", "/review", key=False)
        self.assertEqual((page.status, page.getheader("Content-Type")),
                         (200, "text/html; charset=utf-8"))
        self.assertIn(b"<div id=\"root\">", content)
        self.assertEqual(self.json("GET", "/openapi.json")["openapi"][:3], "3.1")

    def test_2_ten_corrections_reach_both_replicas(self):
        for i in range(10):
            text = f"the battery of laptop {i} is swollen, {TEXTS[i % len(TEXTS)]}"
            self.json("POST", "/feedback", {"text": text, "label": "Hardware"}, status=201)
        retrain = await_that(
            lambda: next((row for row in self.json("GET", "/api/v1/retrains")["retrains"]
                          if row["trigger"] == "feedback" and row["state"] == "done"), None), "the retrain")
        self.assertEqual(retrain["result"], "promoted", retrain)
        names = self.project.containers("inference")
        self.assertEqual(len(names), 2)
        for name in names:
            await_that(lambda name=name: 'version="v000002"' in self.metrics_of(name, 8082),
                       f"v000002 on {name}")
        self.assertEqual(self.json("POST", "/predict", {"text": "x y z"})["model_version"],
                         "v000002")

    def test_3_each_replica_gets_its_share(self):
        with Load(self.project.port, self.project.key) as load:
            load.after(1000)
        self.assert_no_failure(load, "two replicas")
        shares = []
        for name in self.project.containers("inference"):
            rows = [line for line in self.metrics_of(name, 8082).splitlines()
                    if line.startswith("triage_http_requests_total") and "infer" in line]
            shares.append(sum(float(row.rsplit(" ", 1)[1]) for row in rows))
        print(f"calls of each: {shares}", flush=True)
        self.assertGreater(min(shares), 0.3 * sum(shares))

    def test_4_a_replica_is_killed(self):
        with Load(self.project.port, self.project.key) as load:
            load.after(300)
            engine.engine("kill", self.project.containers("inference")[0])
            load.after(2000)
        self.assert_no_failure(load, "a replica was killed")
        self.project.compose("up", "-d", "--no-build", "--no-deps", "--no-recreate", "inference")
        self.project.await_healthy("inference", 2)

    def test_5_a_rolling_update(self):
        """The old image and the new one side by side, then the new one alone."""
        new = f"{engine.TAG}-next"
        engine.engine("build", "-q", *engine.BUILD_OPTIONS, "-t", f"triage/inference:{new}", "-",
                      input=f"FROM triage/inference:{engine.TAG}\nLABEL triage.test=next\n")
        self.addCleanup(engine.engine, "rmi", "-f", f"triage/inference:{new}", check=False)
        with Load(self.project.port, self.project.key) as load:
            load.after(300)
            self.project.update("inference", new)
            load.after(500)
        self.assert_no_failure(load, "a rolling update")
        names = self.project.containers("inference", everything=True)
        self.assertEqual(len(names), 2)
        for name in names:
            self.assertEqual(engine.inspect(name)["Config"]["Labels"]["triage.test"], "next")

    def test_6_one_replica_five_and_one(self):
        rates = []
        self.project.scale("inference", 1)
        with Load(self.project.port, self.project.key) as load:
            for count in (1, 5, 1):
                self.project.scale("inference", count)
                self.project.await_healthy("inference", count)
                load.after(200)
                rates.append(load.rate(2000))
        print("requests a second with 1, 5 and 1 replicas: " +
              ", ".join(f"{rate:.0f}" for rate in rates), flush=True)
        self.assert_no_failure(load, "scaled 1, 5, 1")
        self.project.scale("inference", 2)
        self.project.await_healthy("inference", 2)

    def test_7_postgresql_restarts(self):
        """Predictions go on without the store; corrections wait for it, and none is lost."""
        before = self.json("GET", "/api/v1/feedback")["feedback"]
        with Load(self.project.port, self.project.key) as load:
            load.after(200)
            self.project.compose("restart", "postgres")
            load.after(500)
        self.assert_no_failure(load, "PostgreSQL was restarted")
        body = {"text": "the lid of my laptop is cracked", "label": "Hardware"}
        await_that(lambda: self.request("POST", "/feedback", body)[0].status == 201,
                   "a correction after the restart")
        after = self.json("GET", "/api/v1/feedback")["feedback"]
        ids = {row["feedback_id"] for row in after}
        self.assertTrue({row["feedback_id"] for row in before} <= ids)

    def test_8_it_ends_in_order_and_leaves_nothing(self):
        self.project.compose("stop", "--timeout", "30")
        for service in ("frontend", "backend", "inference", "retrainer"):
            for name in self.project.containers(service, everything=True):
                self.assertEqual(engine.inspect(name)["State"]["ExitCode"], 0, name)
        self.project.down()
        label = f"label=com.docker.compose.project={self.project.name}"
        self.assertEqual(self.project.containers(everything=True), [])
        for kind in ("volume", "network"):
            self.assertEqual(engine.engine(kind, "ls", "-q", "--filter", label), "")


if __name__ == "__main__":
    if engine.TOOL is None:
        print("skipped: neither podman nor a Docker engine is here")
        raise SystemExit(77)
    unittest.main(verbosity=2)
