#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Models are swapped under full load: no request fails, and every answer is one version's alone."""
import itertools
import json

from load import Load, post
from service import ServiceTest, full, main, measured, run, tickets

N_SWAPS = full(100, 20)
N_ANSWERS = 50  # at least, between two swaps
N_CONNECTIONS = 8


class Reload(ServiceTest):
    def make_versions(self):
        """Three models that agree in nothing: the second has the labels shifted, the third has one
        less."""
        rows = tickets(1500)
        labels = sorted({label for _, label in rows})
        shifted = dict(zip(labels, labels[1:] + labels[:1]))
        models = [self.train("plain", rows),
                  self.train("shifted", [(text, shifted[label]) for text, label in rows]),
                  self.train("fewer", [(text, shifted[shifted[label]]) for text, label in rows
                                       if label != labels[0]])]
        self.add(*models, promotes="1")
        return models

    def expected(self, models, texts):
        """(label, confidence) by version and text, from the command alone."""
        found = {}
        for number, model in enumerate(models, 1):
            path = self.folder + "/texts.jsonl"
            with open(path, "w", encoding="utf-8") as out:
                out.writelines(json.dumps({"text": text}) + "\n" for text in texts)
            lines = run("predict", "-m", model, "--json", "-i", path, "-q").decode().splitlines()
            for text, line in zip(texts, lines):
                outcome = json.loads(line)["fields"]["category"]
                found[f"v{number:06}", text] = (outcome["label"], outcome["confidence"])
        return found

    def test_no_answer_fails_or_mixes(self):
        models = self.make_versions()
        texts = [text for text, _ in tickets(3000)[2000:2300]]
        expected = self.expected(models, texts)
        self.assertGreater(sum(expected["v000001", text][0] != expected["v000002", text][0]
                               for text in texts), len(texts) * 0.9)
        service = self.serve("--retrain-after", "0", "--access-log", "errors")
        service.wait_for_live()
        failed, mixed, seen = [], [], set()

        class Request:
            def __init__(self, text):
                self.text = text
                self.bytes = post("/predict", {"text": text})

        requests = itertools.cycle([Request(text) for text in texts])

        def look(outcome):
            if outcome.status != 200:
                failed.append(outcome)
                return
            answer = json.loads(outcome.body)
            version = answer["model_version"]
            label, confidence = expected[version, outcome.request.text]
            field = answer["fields"]["category"]
            seen.add(version)
            if (answer["category"] != label or field["label"] != label
                    or abs(field["confidence"] - confidence) > 2e-6
                    or len(field["alternatives"]) != 2):
                mixed.append((outcome, label, confidence))

        load = Load(service.port, N_CONNECTIONS, lambda: next(requests), look)
        for swap in range(N_SWAPS):
            load.wait_for_answers(N_ANSWERS)
            service.promote(f"v{(swap + 1) % 3 + 1:06}")
        load.wait_for_answers(N_ANSWERS)
        load.stop()
        self.assertEqual(failed, [])
        self.assertEqual(mixed, [])
        self.assertEqual(len(seen), 3)
        service.stop()
        measured("reload under load", f"{N_SWAPS} swaps, {load.n_answers} answers, "
                                      f"{len(failed)} failed, {len(mixed)} mixed")


if __name__ == "__main__":
    main()
