#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""A real Prometheus with the rules and jobs of deploy/prometheus, against the real services: backend,
inference and retrainer as processes of their own. Run by deploy/prometheus/check.

Of the configuration only how targets are found is changed: by address instead of by the names of
containers, and each second.
"""
import http.client
import json
import os
import re
import shutil
import socket
import subprocess
import tempfile
import threading
import time
import unittest

import yaml

from busy_service import PATIENCE, Service, expect

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
FOLDER = os.path.join(ROOT, "deploy", "prometheus")
RUNBOOK = "docs/ops/runbook.md"

METRIC = re.compile(r"\b(triage_[a-z_]+|up)\b")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
OF_SCRAPE = {"job", "instance"}
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as source:
        return source.read()


def load_rules():
    groups = yaml.safe_load(read("deploy", "prometheus", "alerts.yml"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def documented():
    """By metric: the labels it has, and what stands in code in its row."""
    rows = re.findall(r"^\| `(triage_\w+)` \| \w+ \|([^|]*)\|([^|]*)\|$",
                      read("docs", "ops", "telemetry.md"), re.M)
    return {name: (set(re.findall(r"`(\w+)`", labels)), text) for name, labels, text in rows}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


class Prometheus:
    def __init__(self, targets):
        self.folder = tempfile.mkdtemp(prefix="triage-prometheus-")
        self.port = free_port()
        shutil.copy(os.path.join(FOLDER, "alerts.yml"), self.folder)
        configuration = yaml.safe_load(read("deploy", "prometheus", "prometheus.yml"))
        configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s",
                                   "scrape_timeout": "1s"}
        for job in configuration["scrape_configs"]:
            del job["dns_sd_configs"]
            job["static_configs"] = [{"targets": [targets.pop(job["job_name"])]}]
        if targets:
            raise AssertionError(f"no job for {targets}")
        with open(self.folder + "/prometheus.yml", "w", encoding="utf-8") as out:
            yaml.safe_dump(configuration, out)
        self.log = open(self.folder + "/log", "w+b")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request("GET", "/api/v1/" + path)
            answer = json.loads(connection.getresponse().read())
        finally:
            connection.close()
        if answer["status"] != "success":
            raise AssertionError(f"{path}: {answer}")
        return answer["data"]

    def until(self, path, wanted):
        """What is there under the path as soon as it is as wanted. Prometheus tells nobody of its news,
        so it is asked again and again."""
        end, found = time.monotonic() + PATIENCE, None
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                found = self.get(path)
            except (OSError, ValueError, http.client.HTTPException):
                found = None  # not up yet
            if found is not None and wanted(found):
                return found
            threading.Event().wait(0.1)
        self.log.seek(0)
        raise AssertionError(f"{path}: {found}\n{self.log.read().decode()}")

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class RulesTest(unittest.TestCase):
    """What can be said without a service."""

    @classmethod
    def setUpClass(cls):
        cls.rules = load_rules()

    def test_metrics_and_labels_are_documented(self):
        known = documented()
        self.assertGreater(len(known), 15)
        for alert, rule in self.rules.items():
            with self.subTest(alert):
                names = METRIC.findall(rule["expr"])
                self.assertTrue(names)
                for name in names:
                    self.assertTrue(name == "up" or SUFFIX.sub("", name) in known, name)
                for name, matchers in re.findall(r"\b(triage_\w+)\{([^}]*)\}", rule["expr"]):
                    labels, text = known[SUFFIX.sub("", name)]
                    for label, _, value in MATCHER.findall(matchers):
                        self.assertIn(label, labels | OF_SCRAPE)
                        if label in ("outcome", "result", "kind") and "calls" not in name:
                            self.assertIn(f"`{value}`", text)

    def test_each_alert_has_a_section_in_the_runbook(self):
        sections = re.findall(r"^## (\w+)$", read(*RUNBOOK.split("/")), re.M)
        self.assertEqual(sorted(sections), sorted(self.rules))
        for alert, rule in self.rules.items():
            self.assertEqual(rule["annotations"]["runbook_url"], f"{RUNBOOK}#{alert.lower()}")
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))

    def test_each_alert_is_tested_to_fire_and_not_to(self):
        tests = yaml.safe_load(read("deploy", "prometheus", "alerts_test.yml"))["tests"]
        fires, is_silent = set(), set()
        for one in (rule for test in tests for rule in test["alert_rule_test"]):
            (fires if one["exp_alerts"] else is_silent).add(one["alertname"])
        self.assertEqual(fires, set(self.rules))
        self.assertEqual(is_silent, set(self.rules))


class LiveTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rules = load_rules()
        shared = tempfile.mkdtemp(prefix="triage-shared-")
        cls.addClassCleanup(shutil.rmtree, shared, ignore_errors=True)
        registry = ["--registry", shared + "/models"]
        store = ["--store", shared + "/triage.db", *registry]
        cls.retrainer = cls.start("retrainer", *store, "--preset", "words")
        cls.retrainer.wait_for_retrains(1)
        cls.inference = cls.start("inference", *registry)
        cls.inference.wait_for(lambda line: line["event.action"] == "model-reload")
        cls.backend = cls.start("backend", *store, "--inference-url",
                                f"http://127.0.0.1:{cls.inference.port}")
        cls.backend.wait_for(lambda line: line["event.action"] == "model-reload")
        for text in ("my mouse is broken", "vpn", "order a monitor"):
            expect(200, cls.backend.ask("POST", "/predict", {"text": text}))
        expect(201, cls.backend.ask("POST", "/feedback", {"text": "vpn", "label": "Access"}))
        cls.services = {"triage-backend": cls.backend, "triage-inference": cls.inference,
                        "triage-retrainer": cls.retrainer}
        cls.prometheus = Prometheus({job: f"127.0.0.1:{service.port}"
                                     for job, service in cls.services.items()})
        cls.addClassCleanup(cls.prometheus.close)

    @classmethod
    def start(cls, *arguments):
        service = Service(*arguments)
        cls.addClassCleanup(service.close)
        return service

    def test_targets_are_up_and_alerts_tell_when_one_goes(self):
        found = self.prometheus.until("targets", lambda data: [
            target["health"] for target in data["activeTargets"]] == ["up"] * len(self.services))
        self.assertEqual({target["labels"]["job"] for target in found["activeTargets"]},
                         set(self.services))
        # Every rule has been evaluated, without a complaint, and nothing is wrong.
        found = self.prometheus.until("rules", lambda data: data["groups"] and all(
            rule["health"] != "unknown" for group in data["groups"] for rule in group["rules"]))
        rules = [rule for group in found["groups"] for rule in group["rules"]]
        self.assertEqual({rule["name"] for rule in rules}, set(self.rules))
        self.assertEqual([rule["lastError"] for rule in rules if rule["health"] != "ok"], [])
        self.prometheus.until("alerts", lambda data: not data["alerts"])

        self.inference.end()
        found = self.prometheus.until("alerts", lambda data: data["alerts"])["alerts"]
        self.assertEqual([(alert["labels"]["alertname"], alert["labels"]["job"]) for alert in found],
                         [("TriageDown", "triage-inference")])

    def test_metrics_of_rules_exist(self):
        """Among all services each metric of a rule is declared, and where it stands in a sample its
        labels are those that the rules ask for."""
        declared, samples = set(), []
        for job in ("triage-backend", "triage-retrainer"):
            status, body = self.services[job].ask("GET", "/metrics")
            self.assertEqual(status, 200)
            declared |= set(re.findall(r"^# TYPE (\w+) ", body.decode(), re.M))
            samples += [line for line in body.decode().splitlines() if not line.startswith("#")]
        self.assertEqual(declared, set(documented()))
        for alert, rule in self.rules.items():
            with self.subTest(alert):
                for name, matchers in re.findall(r"\b(triage_\w+)\{([^}]*)\}", rule["expr"]):
                    self.assertIn(SUFFIX.sub("", name), declared)
                    for label, _, _ in MATCHER.findall(matchers):
                        rows = [row for row in samples if row.startswith(name + "{")]
                        if label not in OF_SCRAPE and rows:
                            self.assertTrue(all(f'{label}="' in row for row in rows), (name, label))


if __name__ == "__main__":
    unittest.main()
