# SPDX-License-Identifier: MIT
"""Callers that predict without a pause, and count what came of it."""
import http.client
import json
import threading
import time

TEXTS = [
    "my laptop screen stays black since this morning", "please order a second monitor, no hurry",
    "Ich habe mein Passwort vergessen", "no sound in Teams", "the VPN drops every ten minutes",
    "the printer on floor 2 has a paper jam again",
]


class Load:
    """`with Load(port, key) as load:` predicts until the end of the block. A request has failed if it
    was not answered with 200, or at all: nothing is tried twice here."""

    def __init__(self, port, key, n_callers=8, host="127.0.0.1"):
        self.host, self.port, self.key = host, port, key
        self.n_done, self.failures = 0, []
        self.lock, self.stopping = threading.Lock(), threading.Event()
        self.threads = [threading.Thread(target=self.call, args=(i,)) for i in range(n_callers)]

    def __enter__(self):
        self.began = time.monotonic()
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        for thread in self.threads:
            thread.join()

    def call(self, i):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=30)
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"}
        while not self.stopping.is_set():
            i += 1
            try:
                connection.request("POST", "/predict", json.dumps({"text": TEXTS[i % len(TEXTS)]}),
                                   headers)
                answer = connection.getresponse()
                body = answer.read()
                failure = None if answer.status == 200 else f"{answer.status} {body[:200]!r}"
            except (OSError, http.client.HTTPException) as fault:
                failure = repr(fault)
                connection.close()
            with self.lock:
                self.n_done += 1
                if failure:
                    self.failures.append(failure)
        connection.close()

    def after(self, count):
        """Returns when so many further requests have been answered."""
        wanted = self.n_done + count
        end = time.monotonic() + 120
        while self.n_done < wanted and time.monotonic() < end:
            time.sleep(0.01)

    def rate(self, count):
        """Requests a second over the next so many."""
        before, began = self.n_done, time.monotonic()
        self.after(count)
        return (self.n_done - before) / (time.monotonic() - began)
