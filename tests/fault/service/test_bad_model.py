#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A champion whose file is broken: the old model serves on and everyone is told; once it is
repaired, it goes live by itself."""
import os
import shutil
import time

from service import IS_FULL, PATIENCE, ServiceTest, main, measured, tickets

REFUSED = 'triage_model_reloads_total{result="refused"}'


class BadModel(ServiceTest):
    def replace(self, path, content):
        """As a copy over a network would: whole, under another name, then renamed."""
        with open(path + ".new", "wb") as out:
            out.write(content)
        os.rename(path + ".new", path)

    def check_refused(self, service, n_before):
        text = service.get("/readyz?verbose").body.decode()
        self.assertIn("[!]model-reload failed: ", text)
        self.assertIn("readyz check passed", text)  # it serves
        self.assertEqual(service.metric(REFUSED), n_before + 1)
        answer = service.post_json("/predict", {"text": "the printer is out of toner"})
        self.assertEqual(answer["model_version"], "v000001")

    def wait_until_well(self, service):
        """No event tells that a fault is over without a new model."""
        until = time.monotonic() + PATIENCE
        while "[+]model-reload ok" not in service.get("/readyz?verbose").body.decode():
            self.assertLess(time.monotonic(), until)

    def test_old_model_serves_until_it_is_repaired(self):
        rows = tickets(1500)
        self.add(self.train("one", rows[:700]), self.train("two", rows[700:]), promotes="1")
        service = self.serve("--retrain-after", "0", "--poll-interval", "100ms")
        service.wait_for_live("v000001")
        path = f"{self.data}/models/v000002/model.triage"
        with open(path, "rb") as source:
            good = source.read()
        n_refused = 0
        broken = {"cut": good[:len(good) // 2], "empty": b"", "no model": b"\0" * len(good),
                  "a flipped bit": good[:-100] + bytes([good[-100] ^ 1]) + good[-99:]}
        for name, content in list(broken.items())[0 if IS_FULL else -1:]:
            with self.subTest(name):
                after = service.mark()
                self.replace(path, content)
                answer = service.post("/api/v1/models/v000002/promote", {})
                self.assertEqual(answer.status, 409, answer.body)
                self.replace(f"{self.data}/models/champion", b"v000002\n")
                line = service.wait_for(lambda line: line["event.action"] == "model-reload", after)
                self.assertEqual((line["event.outcome"], line["log.level"]), ("failure", "error"))
                self.assertEqual(line["triage.model.version"], "v000002")
                self.check_refused(service, n_refused)
                self.assertLess(service.get("/api/v1/models").status, 500)
                self.assertIn(service.get("/api/v1/models/v000002").status, (200, 503))
                n_refused += 1
                after = service.mark()
                self.replace(path, good)
                service.wait_for_live("v000002", after)
                answer = service.post_json("/predict", {"text": "the printer is out of toner"})
                self.assertEqual(answer["model_version"], "v000002")
                self.assertIn("[+]model-reload ok", service.get("/readyz?verbose").body.decode())
                service.promote("v000001")
        service.stop()
        measured("bad model file", f"{n_refused} kinds of damage: old model served on, log, "
                                   "metric and /readyz said so; live by itself once repaired")

    def test_missing_version(self):
        self.add(self.train("one", tickets(500)), promotes="1")
        service = self.serve("--retrain-after", "0", "--poll-interval", "100ms")
        service.wait_for_live("v000001")
        for champion in b"v000007\n", b"../../etc/passwd\n", b"", b"\xff" * 5000:
            with self.subTest(champion[:20]):
                after = service.mark()
                self.replace(f"{self.data}/models/champion", champion)
                service.wait_for(lambda line: line["event.action"] == "model-reload"
                                 and line["event.outcome"] == "failure", after)
                answer = service.post_json("/predict", {"text": "no network"})
                self.assertEqual(answer["model_version"], "v000001")
                self.replace(f"{self.data}/models/champion", b"v000001\n")
                self.wait_until_well(service)
        shutil.rmtree(f"{self.data}/models/v000001")  # it is mapped
        self.assertEqual(service.post_json("/predict", {"text": "no network"})["model_version"],
                         "v000001")
        service.stop()


if __name__ == "__main__":
    main()
