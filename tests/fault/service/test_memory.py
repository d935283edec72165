#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The memory of a service that answers and swaps models for long stays what it was."""
import itertools
import unittest

from load import Connection, post
from service import IS_FULL, SANITIZER, ServiceTest, full, main, measured, tickets

N_REQUESTS = full(1000000, 50000)
N_SWAPS = full(500, 50)
N_WARM = full(100, 5)  # rounds, of as many requests and one swap each, before memory is looked at
PIPELINE = 50  # requests sent together
MOST_GROWTH = 4 << 20  # bytes: pools of the allocator that fill now and then


@unittest.skipUnless(SANITIZER == "none", "a sanitizer keeps freed memory to itself")
class Memory(ServiceTest):
    def resident(self, service):
        with open(f"/proc/{service.process.pid}/statm", encoding="ascii") as source:
            return int(source.read().split()[1]) * 4096

    def mapped_models(self, service):
        with open(f"/proc/{service.process.pid}/maps", encoding="utf-8") as source:
            return len({line.split()[-1] for line in source if "model.triage" in line})

    def ask(self, connection, n):
        for _ in range(n // PIPELINE):
            connection.send(b"".join(next(self.requests) for _ in range(PIPELINE)))
            for _ in range(PIPELINE):
                status, _, body = connection.receive()
                self.assertEqual(status, 200, body)

    @unittest.skipUnless(IS_FULL, "the full form alone: it takes 200,000 predictions until the "
                                  "database has as many pages in memory as it may")
    def test_with_predictions_kept(self):
        self.check_memory("predictions kept")

    def test_without_predictions_kept(self):
        self.check_memory("predictions not kept", "--prediction-log", "off")

    def check_memory(self, name, *options):
        rows = tickets(1500)
        self.add(self.train("one", rows[:700]), self.train("two", rows), promotes="1")
        service = self.serve("--retrain-after", "0", "--access-log", "off",
                             "--prediction-queue", "4096", *options)
        service.wait_for_live()
        self.requests = itertools.cycle(
            [post("/predict", {"text": text, "top": 5, "explain": number % 10 == 0})
             for number, (text, _) in enumerate(rows[:500])])
        connection = Connection(service.port)
        each = N_REQUESTS // N_SWAPS
        before = None
        for swap in range(N_WARM + N_SWAPS):
            if swap == N_WARM:
                before = self.resident(service)
            self.ask(connection, each)
            service.promote(f"v{(swap + 1) % 2 + 1:06}")
        after = self.resident(service)
        self.ask(connection, PIPELINE)  # the threads that predict let go of the last version
        self.assertLessEqual(self.mapped_models(service), 2)
        connection.close()
        self.assertLess(after - before, MOST_GROWTH, f"from {before} to {after} bytes")
        service.stop()
        measured("memory", f"{name}: {N_REQUESTS} requests, {N_SWAPS} swaps: RSS {before / 1e6:.1f} MB, "
                           f"then {after / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
