#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A disk that is full, read-only or broken: what must be written is refused with a clear 503,
predictions go on, nothing acknowledged is lost, and all works again without a restart."""
import errno
import itertools
import json
import os
import struct
import subprocess
import time
import unittest

from load import Load, post
from service import (BROKEN_DISK, IS_FULL, PATIENCE, ServiceTest, main, measured, run, tickets,
                     write_tickets)

WRITTEN = 'triage_prediction_log_total{outcome="written"}'
N_PREDICTIONS = 200  # while the disk is broken


class SmallDisk:
    """A file system of 24 MB that can really be full. Only root may mount one."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {}
        os.mkdir(folder)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder], check=True,
                       stderr=subprocess.DEVNULL)

    def fail(self):
        with open(self.folder + "/ballast", "wb", buffering=0) as out:
            piece = 65536
            while piece:
                try:
                    out.write(b"\0" * piece)
                except OSError:
                    piece //= 2

    def recover(self):
        os.unlink(self.folder + "/ballast")

    def remove(self):
        subprocess.run(["umount", "-l", self.folder], check=True)


class BrokenDisk:
    """The same folder as ever, whose writes fail with `number`."""

    def __init__(self, folder, number):
        self.folder = folder
        self.switch = folder + ".switch"
        self.number = number
        os.mkdir(folder)
        self.recover()
        self.environment = {"LD_PRELOAD": BROKEN_DISK, "BROKEN_DISK_FOLDER": folder,
                            "BROKEN_DISK_SWITCH": self.switch}

    def write(self, number):
        fd = os.open(self.switch, os.O_WRONLY | os.O_CREAT, 0o600)
        os.pwrite(fd, struct.pack("i", number), 0)
        os.close(fd)

    def fail(self):
        self.write(self.number)

    def recover(self):
        self.write(0)

    def remove(self):
        pass


class Disk(ServiceTest):
    def small_disk(self):
        try:
            disk = SmallDisk(self.folder + "/disk")
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("a small file system can only be mounted by root")
        self.addCleanup(disk.remove)
        return disk

    def broken_disk(self, number):
        if not BROKEN_DISK:
            self.skipTest("this build cannot be run with a library loaded before it")
        return BrokenDisk(self.folder + "/disk", number)

    def serve_on(self, disk, *options):
        rows = tickets(800)
        base = self.folder + "/base.csv"
        write_tickets(base, rows)
        service = self.start("serve", "--data-dir", disk.folder, "--preset", "words",
                             "--base-data", base, "--retrain-after", "0", "--access-log", "errors",
                             *options, environment=disk.environment)
        service.wait_for_live()
        return service

    def feedback(self, service, number):
        return service.post("/feedback", {"text": f"the printer is out of toner, ticket {number}",
                                          "label": "Hardware"},
                            headers={"Idempotency-Key": f"key-{number}"})

    def wait_until(self, condition):
        until = time.monotonic() + PATIENCE
        while not condition():
            self.assertLess(time.monotonic(), until)

    def check_refusal(self, answer):
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        self.assertGreater(int(answer.headers["Retry-After"]), 0)
        self.assertIn("database", answer.json["detail"])

    def check_store(self, disk, name):
        service = self.serve_on(disk)
        acknowledged = []
        bad = []
        texts = itertools.cycle([text for text, _ in tickets(100)])
        last = {}

        def look(outcome):
            if outcome.status == 200:
                last["id"] = json.loads(outcome.body)["prediction_id"]
            else:
                bad.append(outcome)

        for number in range(5):
            answer = self.feedback(service, number)
            self.assertEqual(answer.status, 201, answer.body)
            acknowledged.append(answer.json["feedback_id"])
        load = Load(service.port, 2, lambda: post("/predict", {"text": next(texts)}), look)
        load.wait_for_answers(50)
        disk.fail()
        # Some room may be left inside of the files; then it is used up soon.
        number, n_refused = 5, 0
        while n_refused < 3:
            answer = self.feedback(service, number)
            if answer.status == 201:
                acknowledged.append(answer.json["feedback_id"])
                self.assertLess(number, 5000)
            else:
                self.check_refusal(answer)
                n_refused += 1
            number += 1
        self.wait_until(lambda: "[!]prediction-log failed" in
                        service.get("/readyz?verbose").body.decode())
        load.wait_for_answers(N_PREDICTIONS)
        # Of a prediction that waits in memory it is not said that there is none.
        answer = service.post("/feedback", {"prediction_id": last["id"], "label": "Hardware"})
        self.assertEqual(answer.status, 503, answer.body)
        self.assertEqual(service.get("/readyz").status, 200)
        self.assertEqual(service.post("/api/v1/models/retrain", {}).status, 503)
        disk.recover()
        self.wait_until(lambda: self.feedback(service, number).status == 201)
        acknowledged.append(self.feedback(service, number).json["feedback_id"])
        load.wait_for_answers(50)
        load.stop()
        self.assertEqual(bad, [])
        # All predictions were kept until they could be written.
        self.wait_until(lambda: service.metric(WRITTEN) == load.n_answers)
        self.assertIn("[+]prediction-log ok", service.get("/readyz?verbose").body.decode())
        self.assertEqual(set(acknowledged) - service.feedback_ids(), set())
        service.stop()
        service.start()
        self.assertEqual(set(acknowledged) - service.feedback_ids(), set())
        service.stop()
        measured(f"disk: {name}", f"{n_refused + 1} writes refused with 503, {load.n_answers} "
                 "predictions answered, 0 failed and all written later, "
                 f"{len(acknowledged)} corrections acknowledged, 0 lost, no restart")

    def test_full(self):
        self.check_store(self.small_disk(), "full")

    def test_full_for_all_users(self):
        self.check_store(self.broken_disk(errno.ENOSPC), "no space (simulated)")

    def test_read_only(self):
        self.check_store(self.broken_disk(errno.EROFS), "read-only (simulated)")

    @unittest.skipUnless(IS_FULL, "the full form alone: the same as the others for the service")
    def test_broken(self):
        self.check_store(self.broken_disk(errno.EIO), "input/output errors (simulated)")

    def test_full_registry(self):
        """The store has room, the model versions have none."""
        disk = self.broken_disk(errno.ENOSPC)
        service = self.serve_on(disk, "--store", self.folder + "/triage.db")
        disk.fail()
        after = service.mark()
        service.post_json("/api/v1/models/retrain", {}, status=202)
        self.feedback(service, 1)
        line = service.wait_for(lambda line: line.get("triage.retrain.result"), after)
        if line["triage.retrain.result"] != "failed":  # what was asked for before the correction
            service.post_json("/api/v1/models/retrain", {}, status=202)
            line = service.wait_for(lambda line: line.get("triage.retrain.result") == "failed",
                                    after)
        self.assertIn("No space", line["message"])
        self.assertEqual(service.post_json("/predict", {"text": "no toner"})["model_version"],
                         "v000001")
        disk.recover()
        after = service.mark()
        service.post_json("/api/v1/models/retrain", {}, status=202)
        line = service.wait_for(lambda line: line.get("triage.retrain.result"), after)
        self.assertEqual(line["triage.retrain.candidate"], "v000002", line)
        self.assertEqual([name for name in os.listdir(disk.folder + "/models")
                          if name.startswith("tmp")], [])
        service.stop()
        measured("disk: registry full", "the retrain fails and says why, the champion serves on, "
                 "the next retrain makes v000002")

    def test_start_on_a_read_only_disk(self):
        """Predicting needs no writing; keeping corrections does, and says so at once."""
        disk = self.broken_disk(errno.EROFS)
        self.data = disk.folder
        self.add(self.train("one", tickets(500)), promotes="1")
        disk.fail()
        inference = self.start("inference", "--data-dir", disk.folder,
                               environment=disk.environment)
        answer = inference.post_json("/v2/models/triage/infer", {"inputs": [
            {"name": "text", "datatype": "BYTES", "shape": [1], "data": ["no toner"]}]})
        self.assertEqual(answer["model_version"], "v000001")
        inference.stop()
        with self.assertRaisesRegex(AssertionError, "did not start: .*(read-only|Read-only)"):
            self.start("serve", "--data-dir", disk.folder, environment=disk.environment)
        disk.recover()
        self.start("serve", "--data-dir", disk.folder, environment=disk.environment).stop()


if __name__ == "__main__":
    main()
