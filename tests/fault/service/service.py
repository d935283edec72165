# SPDX-License-Identifier: MIT
"""The services as processes on free ports of this machine, in a folder that is gone afterwards.

Nothing sleeps: what takes time is waited for by the line that the service logs about it, by an
answer, or by the end of a process. The environment says what is tested: FAULT_PROGRAM (the built
triage), FAULT_TICKETS (labelled tickets as CSV), FAULT_BROKEN_DISK (see broken_disk.c; empty where
it cannot be loaded). FAULT_PATIENCE is how many seconds anything may take; with FAULT_FULL=1 the
full numbers are measured.
"""
import csv
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import unittest

PROGRAM = os.environ["FAULT_PROGRAM"]
TICKETS = os.environ["FAULT_TICKETS"]
BROKEN_DISK = os.environ.get("FAULT_BROKEN_DISK", "")
PATIENCE = float(os.environ.get("FAULT_PATIENCE", "60"))
IS_FULL = os.environ.get("FAULT_FULL") == "1"
SANITIZER = os.environ.get("FAULT_SANITIZER", "none")

# Nothing of the caller's environment may change what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}


def full(full_number, short_number):
    """The number of the full form or that of the short one."""
    return full_number if IS_FULL else short_number


def measured(row, text):
    """A line of the table that run_full prints."""
    print(f"measured: {row}: {text}", flush=True)


def run(*arguments, data_dir=None):
    """The command to its end; its output."""
    if data_dir:
        arguments = [*arguments, "--data-dir", data_dir]
    done = subprocess.run([PROGRAM, *arguments], env=ENVIRONMENT, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=PATIENCE * 5)
    if done.returncode != 0:
        raise AssertionError(f"triage {arguments}: {done.returncode}: {done.stderr.decode()}")
    return done.stdout


def tickets(n, field="category"):
    """(text, label) of the first tickets that have both."""
    found = []
    with open(TICKETS, encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row[field] and (row["subject"] or row["body"]):
                found.append((row["subject"] + "\n" + row["body"], row[field]))
            if len(found) == n:
                break
    return found


def write_tickets(path, rows):
    """Rows of (text, label) as CSV."""
    with open(path, "w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["text", "category"])
        writer.writerows(rows)


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


class Service:
    """`triage COMMAND OPTION...`; with `starts` it is waited for until it listens."""

    def __init__(self, command, *options, port=0, starts=True, environment=None):
        self.command = command
        self.options = options
        self.port = port
        self.environment = {**ENVIRONMENT, **(environment or {})}
        self.process = None
        self.lines = []
        self.news = threading.Condition()
        self.local = threading.local()
        if starts:
            self.start()

    # --- its life

    def start(self):
        self.lines = []
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [PROGRAM, self.command, "--listen", f"127.0.0.1:{self.port}", "--log-format", "json",
             *self.options],
            env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=self.stderr)
        self.reader = threading.Thread(target=self.read_log, args=[self.process.stdout],
                                       daemon=True)
        self.reader.start()
        try:
            line = self.wait_for(lambda line: line["event.action"] == "start")
            self.port = int(line["message"].rsplit(":", 1)[1])
        except BaseException as fault:
            text = self.errors()
            self.kill()
            raise AssertionError(f"triage {self.command} did not start: {text}") from fault

    def read_log(self, stdout):
        for line in stdout:
            try:
                line = json.loads(line)
            except ValueError:
                line = {"event.action": "torn", "message": repr(line)}  # cut off by a kill
            with self.news:
                self.lines.append(line)
                self.news.notify_all()
        stdout.close()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def errors(self):
        self.stderr.seek(0)
        return self.stderr.read().decode(errors="replace")

    def mark(self):
        """For `after`: what is logged from now on."""
        with self.news:
            return len(self.lines)

    def wait_for(self, wanted, after=0, patience=PATIENCE):
        """The first line of the log, from number `after` on, that is `wanted`."""
        at = after
        with self.news:
            while True:
                while at < len(self.lines):
                    line = self.lines[at]
                    if line is None:
                        raise AssertionError("the service has ended")
                    if wanted(line):
                        return line
                    at += 1
                if not self.news.wait(patience):
                    raise AssertionError("the service did not log what was waited for; its last "
                                         f"lines: {self.lines[-8:]}")

    def wait_for_live(self, version=None, after=0):
        """Until a model (of that version) is live."""
        return self.wait_for(lambda line: line["event.action"] == "model-reload"
                             and line["event.outcome"] == "success"
                             and version in (None, line["triage.model.version"]), after)

    def find(self, wanted):
        with self.news:
            return [line for line in self.lines if line is not None and wanted(line)]

    def stop(self, allowed=None):
        """SIGTERM, after which it must end by itself, with 0 and without a complaint, but for
        lines that match `allowed`."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(PATIENCE)
        text = "".join(line for line in self.errors().splitlines(keepends=True)
                       if line.strip() and not (allowed and re.match(allowed, line)))
        self.close_log()
        if code != 0 or text:
            raise AssertionError(f"triage {self.command} ended with {code}: {text}")

    def kill(self):
        """kill -9, with nothing to be said about it."""
        self.process.kill()
        self.process.wait()
        self.close_log()

    def close_log(self):
        """After the process has ended."""
        self.reader.join()
        self.stderr.close()
        self.process = None

    def close(self):
        if self.process:
            self.kill()

    # --- requests

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def request(self, method, path, body=None, headers=None):
        """Over a connection of its own. `body`: bytes as they are, anything else as JSON."""
        headers = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            headers.setdefault("Content-Type", "application/json")
        connection = self.connect()
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def get_json(self, path, **options):
        answer = self.get(path, **options)
        if answer.status != 200:
            raise AssertionError(f"GET {path} -> {answer.status}: {answer.body!r}")
        return answer.json

    def post_json(self, path, body=None, status=200, **options):
        answer = self.post(path, body, **options)
        if answer.status != status:
            raise AssertionError(f"POST {path} -> {answer.status}: {answer.body!r}")
        return answer.json

    def promote(self, version):
        """Puts the version live and waits until it is."""
        after = self.mark()
        if self.post_json(f"/api/v1/models/{version}/promote", {})["previous"] != version:
            self.wait_for_live(version, after)

    def feedback_ids(self, headers=None):
        """Of all corrections that are stored."""
        found, path = set(), "/api/v1/feedback?limit=1000"
        while path:
            page = self.get_json(path, headers=headers)
            found |= {row["feedback_id"] for row in page["feedback"]}
            path = page["next"] and f"/api/v1/feedback?limit=1000&before={page['next']}"
        return found

    def metric(self, name):
        """The value of a line of /metrics, given up to its value; 0 if it is not there."""
        for line in self.get("/metrics").body.decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        return 0.0


class ServiceTest(unittest.TestCase):
    """A folder for each test, and services that end with it."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="triage-fault-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.data = self.folder + "/data"

    def start(self, command, *options, **more):
        service = Service(command, *options, **more)
        self.addCleanup(service.close)
        return service

    def serve(self, *options, **more):
        return self.start("serve", "--data-dir", self.data, "--preset", "words", *options, **more)

    def train(self, name, rows, *options):
        """A model of these tickets; its path."""
        path = f"{self.folder}/{name}"
        write_tickets(path + ".csv", rows)
        run("train", path + ".csv", "--preset", "words", "-q", "-o", path + ".triage", *options)
        return path + ".triage"

    def add(self, *models, promotes=None):
        """Adds models to the registry, as v000001 and so on."""
        for model in models:
            run("models", "add", model, data_dir=self.data)
        if promotes:
            run("models", "promote", promotes, data_dir=self.data)


def main():
    unittest.main(verbosity=2)
