# SPDX-License-Identifier: MIT
"""A real `triage serve` on a free port, in a folder that is gone afterwards, and a day of its life:
predictions, refused requests, corrections and retrains, in a few seconds.

DEPLOY_TEST_PROGRAM is the built triage, DEPLOY_TEST_TICKETS labelled tickets as CSV.
"""
import contextlib
import csv
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading

PROGRAM = os.environ["DEPLOY_TEST_PROGRAM"]
TICKETS = os.environ["DEPLOY_TEST_TICKETS"]
PATIENCE = float(os.environ.get("DEPLOY_TEST_PATIENCE", "120"))

# Nothing of the caller's environment may change what is tested.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith("TRIAGE_")}


class Service:
    """`triage COMMAND OPTION...`; it is waited for until it listens."""

    def __init__(self, command, *options):
        self.folder = tempfile.mkdtemp(prefix="triage-deploy-")
        self.lines = []  # of its log, as text
        self.news = threading.Condition()
        self.process = subprocess.Popen(
            [PROGRAM, command, "--listen", "127.0.0.1:0", "--data-dir", self.folder,
             "--log-format", "json", *options],
            env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self.reader = threading.Thread(target=self.read_log, daemon=True)
        self.reader.start()
        try:
            started = self.wait_for(lambda line: line["event.action"] == "start")
            self.port = int(started["message"].rsplit(":", 1)[1])
        except BaseException:
            self.close()
            raise

    def read_log(self):
        for line in self.process.stdout:
            with self.news:
                self.lines.append(line.decode())
                self.news.notify_all()
        with self.news:
            self.lines.append(None)  # the end
            self.news.notify_all()

    def wait_for(self, wanted, n=1):
        """The n-th line of the log that is wanted, as soon as it is there."""
        def found():
            if None in self.lines:
                raise AssertionError("the service has ended")
            hits = [line for line in map(json.loads, self.lines) if wanted(line)]
            return hits[n - 1] if len(hits) >= n else None

        with self.news:
            if not self.news.wait_for(found, PATIENCE):
                raise AssertionError("the service did not log what was waited for")
            return found()

    def wait_for_retrains(self, n):
        return self.wait_for(lambda line: "triage.retrain.result" in line, n)

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)

    def ask(self, method, path, body=None, connection=None):
        """(status, body), over a connection of its own if none is given."""
        if connection is None:
            with contextlib.closing(self.connect()) as once:
                return self.ask(method, path, body, once)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method, path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def end(self):
        """All lines that it has written, to the last."""
        self.process.terminate()
        if self.process.wait(PATIENCE) != 0:
            raise AssertionError("the service did not end well")
        self.reader.join()
        return [line for line in self.lines if line is not None]

    def close(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.reader.join()
        self.process.stdout.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def tickets(n):
    """(text, category), the same each time."""
    found = []
    with open(TICKETS, encoding="utf-8", newline="") as source:
        for row in csv.DictReader(source):
            if row["category"] and row["body"]:
                found.append((row["subject"] + "\n" + row["body"], row["category"]))
            if len(found) == n:
                return found
    raise AssertionError(f"{TICKETS} has not {n} tickets")


def expect(status, answer):
    if answer[0] != status:
        raise AssertionError(f"{answer[0]} instead of {status}: {answer[1]!r}")


def predict(service, texts, faults):
    """From a thread of its own, over one connection; one request in 20 is a wrong one."""
    connection = service.connect()
    try:
        for number, text in enumerate(texts):
            expect(200, service.ask("POST", "/predict", {"text": text}, connection))
            if number % 20 == 0:
                expect(400, service.ask("POST", "/predict", b"{", connection))
            if number % 50 == 0:
                expect(404, service.ask("GET", "/api/v1/nothing", None, connection))
    except (AssertionError, OSError) as fault:
        faults.append(fault)
    finally:
        connection.close()


def live_a_day(n_predictions=2400, n_threads=4):
    """The lines of a service that had a day: two automatic retrains, one on request, corrections that
    are confirmed, accepted and held."""
    rows = tickets(n_predictions)
    service = Service("serve", "--preset", "words")
    try:
        service.wait_for_retrains(1)
        faults = []
        threads = [threading.Thread(target=predict,
                                    args=[service, [text for text, _ in rows[i::n_threads]], faults])
                   for i in range(n_threads)]
        for thread in threads:
            thread.start()
        for turn in range(2):
            if turn:
                # These contradict each other, so the second waits for an admin.
                for label in ("Access", "Storage"):
                    expect(201, service.ask("POST", "/feedback", {"text": "the door", "label": label}))
            for number in range(turn, 10):
                text, label = rows[20 * turn + number]
                wrong = {"Hardware": "Access"}.get(label, "Hardware")
                expect(201, service.ask("POST", "/feedback",
                                        {"text": text, "label": label if number % 3 else wrong}))
            service.wait_for_retrains(2 + turn)
        expect(422, service.ask("POST", "/feedback", {"text": "a", "lable": "Storage"}))
        expect(202, service.ask("POST", "/api/v1/models/retrain", {}))
        service.wait_for_retrains(4)
        for thread in threads:
            thread.join()
        if faults:
            raise faults[0]
        return service.end()
    finally:
        service.close()
