#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The log of a real service, through the pipeline, in a real Elasticsearch, asked by the panels.

Run by deploy/elk/check, which says in the environment what is needed. Real are the service, the node
(but for the carrying out of lifecycle policies, which it only checks) and the setup script. Logstash
and Kibana are not published as libraries: log_pipeline.py carries out the pipeline's filters, a
server of this file takes the place of Kibana's import, and the requests of the panels are made as
kibana_panels.py says; their charts are drawn by Vega, as Kibana does.

With ELK_TEST_PICTURES=FOLDER the charts are kept there.
"""
import collections
import datetime
import email
import http.server
import json
import math
import os
import re
import subprocess
import threading
import unittest

import busy_service
import kibana_panels
from log_pipeline import LogPipeline
from search_node import SearchNode

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
ELK = os.path.join(ROOT, "deploy", "elk")
DAY = datetime.datetime(2026, 1, 15, tzinfo=datetime.timezone.utc)
SECONDS = 24 * 3600
BUCKET = 1800  # what Kibana takes for a day
TIME = "@timestamp"


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as source:
        return source.read()


def time_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def over_a_day(lines):
    """The lines with their times stretched from some seconds to a whole day."""
    times = [time_of(json.loads(line)[TIME]) for line in lines]
    first, length = min(times), (max(times) - min(times)).total_seconds()
    for line, at in zip(lines, times):
        moved = DAY + datetime.timedelta(
            seconds=(at - first).total_seconds() / length * (SECONDS - 1))
        stamp = moved.isoformat(timespec="microseconds").replace("+00:00", "Z")
        yield re.sub(r'^\{"@timestamp":"[^"]*"', '{"@timestamp":"' + stamp + '"', line)


def bucket(line):
    """The beginning of its half hour, in milliseconds."""
    return int(time_of(line[TIME]).timestamp()) // BUCKET * BUCKET * 1000


def mapped(properties, prefix=""):
    for name, one in properties.items():
        if "properties" in one:
            yield from mapped(one["properties"], prefix + name + ".")
        else:
            yield prefix + name


class Kibana(http.server.BaseHTTPRequestHandler):
    """Ready at the second time it is asked, and strict about what it imports."""
    n_asked = 0
    imported = []

    def do_GET(self):
        Kibana.n_asked += 1
        self.answer(200 if self.path == "/api/status" and Kibana.n_asked > 1 else 503, {})

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        head = f"Content-Type: {self.headers['Content-Type']}\n\n".encode()
        part, = email.message_from_bytes(head + body).get_payload()
        is_right = (self.path == "/api/saved_objects/_import?overwrite=true"
                    and self.headers["kbn-xsrf"] == "true"
                    and part.get_param("name", header="content-disposition") == "file"
                    and part.get_filename().endswith(".ndjson"))
        if not is_right:
            return self.answer(400, {"message": "not an import"})
        Kibana.imported.append(part.get_payload(decode=True).decode())
        count = len(Kibana.imported[-1].splitlines())
        return self.answer(200, {"successCount": count, "success": True})

    def answer(self, status, body):
        body = json.dumps(body, separators=(",", ":")).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ElkTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.pipeline = LogPipeline(os.path.join(ELK, "logstash", "pipeline", "triage.conf"))
        cls.template = json.loads(read("deploy", "elk", "elasticsearch", "index-template.json"))
        cls.fields = set(mapped(cls.template["template"]["mappings"]["properties"]))
        cls.objects, cls.panels = kibana_panels.load(os.path.join(ELK, "kibana", "dashboards.ndjson"))
        cls.node = SearchNode()
        cls.addClassCleanup(cls.node.close)
        server = http.server.HTTPServer(("127.0.0.1", 0), Kibana)
        cls.addClassCleanup(server.server_close)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        cls.addClassCleanup(server.shutdown)
        cls.environment = {**os.environ, "ELASTICSEARCH_URL": cls.node.url, "SETUP_PATIENCE": "60",
                           "KIBANA_URL": f"http://127.0.0.1:{server.server_port}"}
        cls.set_up_printed = [cls.set_up() for _ in range(2)]
        cls.text = list(over_a_day(busy_service.live_a_day()))
        cls.lines = [json.loads(line) for line in cls.text]
        cls.node.index(cls.pipeline.stream, [cls.pipeline.event(line) for line in cls.text])

    @classmethod
    def set_up(cls):
        done = subprocess.run([os.path.join(ELK, "setup")], env=cls.environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode != 0:
            raise AssertionError(done.stdout.decode())
        return done.stdout.decode()

    def answer_to(self, panel):
        end = DAY + datetime.timedelta(seconds=SECONDS)
        body = panel.request(DAY.isoformat(), end.isoformat(), f"{BUCKET}s")
        found = self.node.ask("POST", f"/{panel.index}/_search", body)
        self.assertEqual(found["_shards"]["failed"], 0)
        return found

    def search(self, name):
        """The buckets that a panel draws."""
        panel, = [panel for panel in self.panels if panel.name == "triage-" + name]
        found = self.answer_to(panel)
        for part in panel.spec["data"]["format"]["property"].split("."):
            found = found[part]
        return found

    def counts(self, name, *keys):
        """doc_count by the parts of a composite key."""
        return {tuple(row["key"][key] for key in keys): row["doc_count"] for row in self.search(name)}

    # --- setup

    def test_setup_may_run_twice(self):
        self.assertEqual(*self.set_up_printed)
        self.assertEqual(len(Kibana.imported), 2)
        self.assertEqual(Kibana.imported[0], read("deploy", "elk", "kibana", "dashboards.ndjson"))
        policy = self.node.ask("GET", "/_ilm/policy/triage-logs")["triage-logs"]
        self.assertEqual(set(policy["phases"]), {"hot", "warm", "delete"})

    def test_setup_says_what_is_refused(self):
        environment = {**self.environment, "SETUP_PATIENCE": "1",
                       "KIBANA_URL": self.environment["KIBANA_URL"] + "/elsewhere"}
        done = subprocess.run([os.path.join(ELK, "setup")], env=environment, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"Kibana was not ready", done.stdout)

    def test_node_refuses_a_wrong_policy(self):
        policy = {"policy": {"phases": {"delete": {"actions": {"rollover": {"max_age": "1d"}}}}}}
        with self.assertRaisesRegex(AssertionError, "invalid action"):
            self.node.ask("PUT", "/_ilm/policy/wrong", policy)

    def test_stream_is_made_by_the_template(self):
        (name, index), = self.node.ask("GET", f"/{self.pipeline.stream}/_settings").items()
        self.assertTrue(name.startswith(".ds-logs-triage-default-"), name)
        self.assertEqual(index["settings"]["index"]["lifecycle"]["name"], "triage-logs")

    # --- fields

    def test_all_members_of_lines_are_mapped(self):
        written = {name for line in self.lines for name in line}
        self.assertGreater(len(written), 30)
        self.assertEqual(written - self.fields, set())
        self.assertEqual([name for name in written if not self.pipeline.keeps(name)], [])

    def test_mapping_is_what_is_documented(self):
        table = read("docs", "ops", "telemetry.md").split("## Metrics")[0]
        documented = set(re.findall(r"`([a-z@]+(?:\.[a-z_]+)+|@timestamp|message)`", table))
        documented -= {"telemetry.md"}
        self.assertEqual(documented - self.fields, set())
        self.assertEqual(self.fields - documented - {"tags"}, set())

    def test_members_in_the_code_are_mapped(self):
        told = set()
        for folder, _, names in os.walk(os.path.join(ROOT, "src")):
            for name in names:
                if name.endswith(".c"):
                    told |= set(re.findall(r'log_(?:text|text_n|int|real|bool)\(\s*\w+,\s*"([^"]+)"',
                                           read(folder, name)))
        self.assertGreater(len(told), 20)
        self.assertEqual(told - self.fields, set())

    def test_panels_use_mapped_members_that_were_written(self):
        written = {name for line in self.lines for name in line}
        for panel in self.panels:
            with self.subTest(panel.name):
                self.assertTrue(panel.fields())
                self.assertEqual(panel.fields() - self.fields, set())
                self.assertEqual(panel.fields() - written, set())

    def test_values_are_found_as_they_were_written(self):
        """No value was dropped as malformed, and each member is searched by its mapping."""
        for name in sorted({name for line in self.lines for name in line}):
            with self.subTest(name):
                n_written = sum(name in line for line in self.lines)
                if self.kind(name) == "text":
                    continue
                found = self.node.ask("POST", f"/{self.pipeline.stream}/_count",
                                      {"query": {"exists": {"field": name}}})
                self.assertEqual(found["count"], n_written)

    def kind(self, name):
        node = {"properties": self.template["template"]["mappings"]["properties"]}
        for part in name.split("."):
            node = node["properties"][part]
        return node["type"]

    # --- lines that are not Triage's

    def test_foreign_lines_are_kept_and_marked(self):
        stream = "logs-triage-foreign"
        lines = ["no json", '"text"', '{"event.dataset":"nginx.access","agent":{"name":"x"}}',
                 '{"event.dataset":"triage.log","event.duration":"soon","client.ip":"x","message":"m"}']
        day_before = (DAY - datetime.timedelta(days=1)).isoformat()
        events = [{TIME: day_before, **self.pipeline.event(line)} for line in lines]
        self.assertNotIn("agent", events[2])
        self.node.index(stream, events)
        found = self.node.ask("POST", f"/{stream}/_search",
                              {"query": {"term": {"tags": "not_triage"}}})["hits"]["hits"]
        self.assertEqual([hit["_source"]["message"] for hit in found], lines[:3])
        # Its numbers are no numbers: the line is there all the same.
        found = self.node.ask("POST", f"/{stream}/_count", {"query": {"exists": {"field": "_ignored"}}})
        self.assertEqual(found["count"], 1)

    # --- panels

    def test_panels_are_drawn(self):
        """By Vega, with what Elasticsearch answered, as Kibana does it."""
        drawing = {panel.name: {"spec": panel.spec, "data": self.answer_to(panel)}
                   for panel in self.panels}
        done = subprocess.run(["node", os.environ["ELK_TEST_DRAW"]], check=True,
                              input=json.dumps(drawing).encode(), stdout=subprocess.PIPE)
        drawn = json.loads(done.stdout)
        folder = os.environ.get("ELK_TEST_PICTURES")
        for panel in self.panels:
            with self.subTest(panel.name):
                picture = drawn[panel.name]
                self.assertEqual(picture["warnings"], [])
                self.assertGreaterEqual(picture["marks"], 3)
                self.assertNotIn("NaN", picture["svg"])
                self.assertNotIn("undefined", picture["svg"])
                if folder:
                    with open(f"{folder}/{panel.name}.svg", "w", encoding="utf-8") as svg:
                        svg.write(picture["svg"])

    def test_there_are_the_panels(self):
        self.assertEqual({panel.name for panel in self.panels},
                         {"triage-" + name for name in
                          ("latency", "errors", "labels", "corrections", "mistakes", "retrains")})
        self.assertIn(("index-pattern", "logs-triage"), self.objects)

    def test_latency(self):
        expected = collections.defaultdict(list)
        for line in self.lines:
            if line["event.action"] == "predict" and line["event.outcome"] == "success":
                expected[bucket(line)].append(line["event.duration"])
        found = self.search("latency")
        self.assertEqual({row["key"]: row["doc_count"] for row in found},
                         {key: len(values) for key, values in expected.items()})
        for row in found:
            values = sorted(expected[row["key"]])
            for percent, value in row["latency"]["values"].items():
                self.check_percentile(values, float(percent) / 100, value)

    def check_percentile(self, values, share, value):
        """Elasticsearch estimates: the value must have its rank to within 1.5 of 100, or one place."""
        slack = max(1.0, 0.015 * len(values))
        rank = share * (len(values) - 1)
        low = values[max(0, math.floor(rank - slack))]
        high = values[min(len(values) - 1, math.ceil(rank + slack))]
        self.assertGreaterEqual(value, low * 0.999)
        self.assertLessEqual(value, high * 1.001)

    def test_errors(self):
        expected = collections.Counter(
            (bucket(line), line["event.action"]) for line in self.lines
            if line.get("event.outcome") == "failure")
        self.assertGreater(sum(expected.values()), 100)
        rows = self.search("errors")
        # All half hours of the day, and the end, up to which the chart draws the last one.
        first = int(DAY.timestamp()) * 1000
        self.assertEqual([row["key"] for row in rows],
                         list(range(first, first + SECONDS * 1000 + 1, BUCKET * 1000)))
        self.assertEqual({(row["key"], action["key"]): action["doc_count"]
                          for row in rows for action in row["actions"]["buckets"]}, expected)
        self.assertEqual({row["actions"]["sum_other_doc_count"] for row in rows}, {0})

    def test_labels(self):
        expected = collections.Counter(
            (line["triage.prediction.category"], line["triage.prediction.decision"])
            for line in self.lines if "triage.prediction.category" in line)
        self.assertEqual(sum(expected.values()), 2400)
        self.assertEqual(self.counts("labels", "label", "decision"), expected)

    def corrections(self):
        return [line for line in self.lines if "triage.feedback.id" in line]

    def test_corrections(self):
        expected = collections.Counter(
            (bucket(line), line["triage.feedback.field"], line["triage.feedback.outcome"])
            for line in self.corrections())
        self.assertEqual(sum(expected.values()), 21)
        self.assertEqual({outcome for _, _, outcome in expected}, {"accepted", "held"})
        self.assertEqual(self.counts("corrections", "time", "field", "outcome"), expected)

    def test_mistakes(self):
        expected = collections.Counter(
            (line["triage.feedback.field"], line.get("triage.feedback.predicted"),
             line["triage.feedback.corrected"]) for line in self.corrections())
        self.assertGreater(len(expected), 3)
        self.assertEqual(self.counts("mistakes", "field", "predicted", "corrected"), expected)

    def test_retrains(self):
        ended = [line for line in self.lines if "triage.retrain.result" in line]
        expected = collections.Counter(
            (bucket(line), line["triage.retrain.trigger"], line["triage.retrain.result"])
            for line in ended)
        self.assertEqual(sum(expected.values()), 4)
        self.assertEqual(self.counts("retrains", "time", "trigger", "result"), expected)
        longest = max(row["longest"]["value"] for row in self.search("retrains"))
        self.assertEqual(longest, max(line["event.duration"] for line in ended))


if __name__ == "__main__":
    unittest.main()
