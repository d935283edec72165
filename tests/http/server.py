# SPDX-License-Identifier: MIT
"""A real `triage serve` on a free port of this machine, in a folder of its own, and requests to it.

Every answer is checked against the OpenAPI document. Nothing sleeps: what takes time is waited for
by the line that the server logs about it.

The environment says what is tested: HTTP_TEST_PROGRAM (the built triage), HTTP_TEST_MODEL (a model
that is live from the start), HTTP_TEST_OPENAPI (the document as JSON), HTTP_TEST_ROUTES (prints the
rows of the routes). Sanitizers, which slow all down, are allowed for by HTTP_TEST_PATIENCE seconds.
"""
import http.client
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest

from contract import Contract

PROGRAM = os.environ["HTTP_TEST_PROGRAM"]
MODEL = os.environ["HTTP_TEST_MODEL"]
PATIENCE = float(os.environ.get("HTTP_TEST_PATIENCE", "60"))
contract = Contract(os.environ["HTTP_TEST_OPENAPI"])

# Nothing of the caller's environment may change what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}

JSON = "application/json"
NDJSON = "application/x-ndjson"


class Answer:
    def __init__(self, response):
        self.status = response.status
        self.headers = response.headers
        self.body = response.read()

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def lines(self):
        return [json.loads(line) for line in self.body.decode().splitlines()]

    @property
    def pointer(self):
        """Where the problem is."""
        return self.json["errors"][0]["pointer"]


class Stream:
    """Server-sent events, one by one."""

    def __init__(self, connection, response):
        self.connection = connection
        self.response = response
        self.status = response.status

    def next(self):
        """The next event as (id, name, data); comments are passed over."""
        event = {}
        end = time.monotonic() + PATIENCE  # comments come even if no event does
        while True:
            line = self.response.readline().decode()
            if not line or time.monotonic() > end:
                raise AssertionError("no event came")
            if line == "\n" and "data" in event:
                data = json.loads(event["data"])
                contract.check_event(event["event"], data)
                return event.get("id"), event["event"], data
            name, separator, value = line.rstrip("\n").partition(": ")
            if name and separator:
                event[name] = value

    def until(self, name, wanted=lambda data: True):
        """Passes over events until one of that name."""
        while True:
            number, other, data = self.next()
            if other == name and wanted(data):
                return number, data

    def close(self):
        self.response.close()
        self.connection.close()


class Server:
    """`options` go to `triage serve`; with `has_model` the prepared model is live at once, without
    it the server trains its first one.

    Subclasses run other services: a `command`, with `arguments` that it always has."""

    command = "serve"
    arguments = ("--preset", "words")
    is_live_at_once = True

    def __init__(self, *options, has_model=True):
        self.folder = tempfile.mkdtemp(prefix="triage-http-")
        self.key = None
        self.options = options
        self.port = 0
        self.stored = None
        self.lines = []
        self.news = threading.Condition()
        self.local = threading.local()
        try:
            if has_model:
                self.run("models", "add", MODEL)
                self.run("models", "promote", "1")
            self.start()
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def run(self, *arguments):
        """Another subcommand on the same folder; what it printed."""
        done = subprocess.run([PROGRAM, *arguments, "--data-dir", self.folder + "/data"], check=False,
                              env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE)
        if done.returncode != 0:
            raise AssertionError(f"triage {arguments}: {done.stderr.decode()}")
        return done.stdout

    # --- its life

    def start(self):
        self.lines = []
        self.errors = open(self.folder + "/stderr", "wb")
        self.process = subprocess.Popen(
            [PROGRAM, self.command, "--data-dir", self.folder + "/data", "--listen",
             f"127.0.0.1:{self.port}", "--log-format", "json", *self.arguments, *self.options],
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.errors)
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        try:
            line = self.wait_for(lambda line: line["event.action"] == "start")
            self.port = int(line["message"].rsplit(":", 1)[1])
            if self.is_live_at_once:
                self.wait_for_live()
        except BaseException:
            self.process.kill()
            self.process.wait()
            self.reader.join()
            with open(self.folder + "/stderr", encoding="utf-8", errors="replace") as errors:
                print(errors.read())
            raise

    def read_log(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(json.loads(line))
                self.news.notify_all()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def wait_for(self, wanted, after=0):
        """The first line of the log, from number `after` on, that is `wanted`."""
        def find():
            return next((line for line in self.lines[after:] if line is None or wanted(line)), 0)

        with self.news:
            if not self.news.wait_for(lambda: find() != 0, PATIENCE):
                raise AssertionError("the server did not log what was waited for")
            line = find()
        if line is None:
            raise AssertionError("the server has ended")
        return line

    def wait_for_live(self, version=None, after=0):
        """Until a model (of that version) is live."""
        return self.wait_for(lambda line: line["event.action"] == "model-reload"
                             and line["event.outcome"] == "success"
                             and version in (None, line["triage.model.version"]), after)

    def mark(self):
        """For `after`: what is logged from now on."""
        with self.news:
            return len(self.lines)

    def end(self, number=signal.SIGTERM):
        """A signal, after which it must be gone; after SIGTERM by itself and without a complaint."""
        if getattr(self.local, "connection", None):
            self.local.connection.close()
            self.local.connection = None
        self.process.send_signal(number)
        code = self.process.wait(PATIENCE)
        self.reader.join()
        self.process.stdout.close()
        self.errors.close()
        if number == signal.SIGKILL:
            return
        with open(self.folder + "/stderr", encoding="utf-8", errors="replace") as errors:
            text = errors.read()
        if code != 0 or text:
            raise AssertionError(f"the server ended with {code}: {text}")

    def close(self):
        try:
            self.end()
        finally:
            if self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.folder, ignore_errors=True)

    # --- requests

    def connection(self):
        """One for each thread, kept open."""
        if getattr(self.local, "connection", None) is None:
            self.local.connection = self.connect()
        return self.local.connection

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def headers(self, headers, key):
        headers = dict(headers or {})
        key = self.key if key is None else key
        if key:
            headers["Authorization"] = "Bearer " + key
        return headers

    def request(self, method, path, body=None, headers=None, key=None, is_documented=True):
        """`body`: bytes as they are, anything else as JSON. `key`: "" for none."""
        headers = self.headers(headers, key)
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
        if body is not None:
            headers.setdefault("Content-Type", JSON)
        if isinstance(body, str):
            body = body.encode()
        connection = self.connection()
        try:
            connection.request(method, path, body, headers)
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all was sent: the answer is there
        answer = Answer(connection.getresponse())
        if is_documented:
            contract.check(method, path.split("?")[0], answer)
        return answer

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def post(self, path, body=None, **options):
        return self.request("POST", path, body, **options)

    def get_json(self, path, **options):
        """A 200's JSON."""
        answer = self.get(path, **options)
        if answer.status != 200:
            raise AssertionError(f"GET {path} -> {answer.status}: {answer.body!r}")
        return answer.json

    def predict(self, text, key=None, **members):
        answer = self.post("/api/v1/predict", {"text": text, **members}, key=key)
        if answer.status != 200:
            raise AssertionError(f"predict -> {answer.status}: {answer.body!r}")
        return answer.json

    def watch(self, last_seen=None, key=None):
        """The events from now on (or behind `last_seen`)."""
        headers = self.headers({"Last-Event-ID": last_seen} if last_seen else {}, key)
        connection = self.connect()
        connection.request("GET", "/api/v1/events", headers=headers)
        return Stream(connection, connection.getresponse())


class ServerTest(unittest.TestCase):
    """Tests that share a server, `self.server`; it must end without a complaint after them."""

    kind = Server
    options = ()
    has_model = True

    @classmethod
    def setUpClass(cls):
        cls.server = cls.kind(*cls.options, has_model=cls.has_model)
        cls.addClassCleanup(cls.server.close)

    def assert_problem(self, answer, status, pointer=None):
        self.assertEqual(answer.status, status, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertEqual(answer.json["status"], status)
        if pointer is not None:
            self.assertEqual(answer.pointer, pointer, answer.body)


def main():
    unittest.main(verbosity=2)
