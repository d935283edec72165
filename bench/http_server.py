# SPDX-License-Identifier: MIT
"""Servers under measurement: started on loopback, pinned to a core, ended when done."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def pinned(core, command):
    return command if core is None else ["taskset", "-c", str(core), *command]


def wait_until(is_there, process, what, seconds=180):
    deadline = time.monotonic() + seconds
    while not is_there():
        if process.poll() is not None:
            raise SystemExit(f"bench: {what} ended with exit code {process.returncode}")
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: {what} is not up after {seconds} s")
        time.sleep(0.02)


class Server:
    """A process that listens on `port`."""

    def __init__(self, process, port):
        self.process, self.port = process, port
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def call(self, method, path, body=None, headers=None):
        """(status, parsed JSON or bytes)"""
        data = json.dumps(body).encode() if body is not None else None
        self.connection.request(method, path, data,
                                {"Content-Type": "application/json", **(headers or {})})
        answer = self.connection.getresponse()
        raw = answer.read()
        is_json = "json" in (answer.getheader("Content-Type") or "")
        return answer.status, json.loads(raw) if is_json and raw else raw

    def is_ready(self, path="/readyz"):
        try:
            return self.call("GET", path)[0] == 200
        except OSError:
            self.connection.close()
            return False

    def resident_bytes(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) * 1024


@contextlib.contextmanager
def running(command, port, log, core=None, env=None, ready="/readyz"):
    with open(log, "wb") as sink:
        process = subprocess.Popen(pinned(core, command), stdout=sink, stderr=subprocess.STDOUT,
                                   env={**os.environ, **(env or {})})
    server = Server(process, port)
    try:
        if ready:
            wait_until(lambda: server.is_ready(ready), process, command[0])
        yield server
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
