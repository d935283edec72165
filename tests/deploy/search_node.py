# SPDX-License-Identifier: MIT
"""A real Elasticsearch node of its own for a test (deploy/elk/test/build_node makes what it needs)."""
import http.client
import json
import os
import shutil
import subprocess
import tempfile

NODE = os.path.abspath(os.environ["ELK_TEST_NODE"])
PATIENCE = float(os.environ.get("DEPLOY_TEST_PATIENCE", "120"))
HEAP = "512m"


class SearchNode:
    def __init__(self):
        self.home = tempfile.mkdtemp(prefix="triage-search-")
        for name in ("config", "plugins", "lib", "logs", "data"):
            os.mkdir(os.path.join(self.home, name))
        os.symlink(os.path.join(NODE, "modules"), os.path.join(self.home, "modules"))
        self.connection = None
        self.errors = open(os.path.join(self.home, "stderr"), "w+b")
        # It ends when its standard input does, and so with this process, whatever ends that.
        self.process = subprocess.Popen(
            ["java", f"-Xms{HEAP}", f"-Xmx{HEAP}", "-cp", f"{NODE}/lib/*:{NODE}/classes", "SearchNode",
             self.home], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors)
        for line in self.process.stdout:
            if line.startswith(b"listening on "):
                self.url = line.split()[-1].decode()
                break
        else:
            self.errors.seek(0)
            text = self.errors.read().decode(errors="replace")
            self.close()
            raise AssertionError("Elasticsearch did not start: " + text)
        self.connection = http.client.HTTPConnection(self.url.split("//")[1], timeout=PATIENCE)

    def ask(self, method, path, body=None, kind="application/json"):
        """The answer as JSON; anything but success is an error."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        self.connection.request(method, path, body, {"Content-Type": kind} if body else {})
        answer = self.connection.getresponse()
        text = answer.read()
        if answer.status not in (200, 201):
            raise AssertionError(f"{method} {path}: {answer.status} {text.decode()}")
        return json.loads(text)

    def index(self, stream, events):
        """All of them, and they can be searched for afterwards."""
        for start in range(0, len(events), 1000):
            rows = "".join('{"create":{}}\n' + json.dumps(event) + "\n"
                           for event in events[start:start + 1000])
            done = self.ask("POST", f"/{stream}/_bulk?refresh=true", rows.encode(),
                            "application/x-ndjson")
            if done["errors"]:
                bad = next(item for item in done["items"] if item["create"]["status"] != 201)
                raise AssertionError(f"a line was refused: {bad}")

    def close(self):
        if self.connection:
            self.connection.close()
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        shutil.rmtree(self.home, ignore_errors=True)
