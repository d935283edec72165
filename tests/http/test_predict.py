#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""POST /predict: all forms of a request, and everything that is none."""
import json
import threading
import unittest

import server

TEXT = "my laptop screen stays black since this morning"


class Predict(server.ServerTest):
    def refuse(self, body, status, pointer=None, **options):
        for path in ("/predict", "/api/v1/predict"):
            answer = self.server.post(path, body, **options)
            self.assert_problem(answer, status, pointer)
            if pointer is None:
                self.assertNotIn("errors", answer.json)
        return answer.json["detail"]

    def test_text(self):
        answer = self.server.post("/predict", {"text": TEXT})
        self.assertEqual(answer.status, 200)
        first = answer.json["fields"]["category"]
        self.assertEqual(set(answer.json["fields"]), {"category", "priority"})
        self.assertEqual(answer.json["category"], "Hardware")
        self.assertEqual(first["label"], "Hardware")
        self.assertEqual(answer.json["confidence"], first["confidence"])
        self.assertEqual(answer.json["decision"], first["decision"])
        self.assertEqual(answer.json["model_version"], "v000001")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

    def test_decision_follows_from_the_threshold(self):
        for text in (TEXT, "password forgotten", "hello there", "storage and a chair, please"):
            for field in self.server.predict(text)["fields"].values():
                threshold = field["threshold"]
                is_auto = threshold is not None and field["confidence"] >= threshold
                self.assertEqual(field["decision"], "auto" if is_auto else "review", field)

    def test_subject_and_body_are_joined(self):
        together = self.server.predict("laptop broken\nthe screen stays black")
        apart = self.server.post("/predict", {"subject": "laptop broken",
                                              "body": "the screen stays black"}).json
        self.assertEqual(together["fields"], apart["fields"])
        for members in ({"subject": TEXT}, {"body": TEXT}, {"text": None, "subject": TEXT}):
            self.assertEqual(self.server.post("/predict", members).json["category"], "Hardware")

    def test_both_paths_answer_the_same(self):
        plain = self.server.post("/predict", {"text": TEXT}).json
        long = self.server.post("/api/v1/predict", {"text": TEXT}).json
        self.assertNotEqual(plain.pop("prediction_id"), long.pop("prediction_id"))
        self.assertEqual(plain, long)

    def test_top(self):
        n_labels = len(self.server.get_json("/api/v1/fields")["fields"][0]["labels"])
        for top, expected in ((1, 0), (2, 1), (3, 2), (1000, n_labels - 1)):
            field = self.server.predict(TEXT, top=top)["fields"]["category"]
            confidences = [field["confidence"]] + [other["confidence"]
                                                   for other in field["alternatives"]]
            self.assertEqual(len(confidences), expected + 1)
            self.assertEqual(confidences, sorted(confidences, reverse=True))
        self.assertAlmostEqual(sum(confidences), 1, places=4)
        self.assertEqual(len(self.server.predict(TEXT)["fields"]["category"]["alternatives"]), 2)

    def test_explanation_adds_up(self):
        for text in (TEXT, "password forgotten, cannot log in", "xyzzy plugh", ""):
            for field in self.server.predict(text, explain=True)["fields"].values():
                total = field["intercept"] + sum(term["weight"] for term in field["explanation"])
                self.assertAlmostEqual(total, field["logit"], places=6)
                self.assertNotEqual(field["label"], field["runner_up"])
        self.assertNotIn("explanation", self.server.predict(TEXT)["fields"]["category"])

    def test_without_known_words(self):
        for text in ("", "   ", "\x00", "xyzzyx plughq", "\U0001f600"):
            for field in self.server.predict(text)["fields"].values():
                self.assertEqual(field["decision"], "review", text)

    def test_kept_under_its_id(self):
        made = self.server.predict(TEXT, id="INC-4711", source="tests")
        while True:  # written behind, within milliseconds
            answer = self.server.get("/api/v1/predictions/" + made["prediction_id"])
            if answer.status == 200:
                break
            self.assertEqual(answer.status, 404)
        kept = answer.json
        self.assertEqual((kept["id"], kept["source"], kept["text"]), ("INC-4711", "tests", TEXT))
        self.assertEqual(kept["category"], made["category"])
        self.assertAlmostEqual(kept["confidence"], made["confidence"], places=5)
        self.assertEqual(set(kept["fields"]), set(made["fields"]))

    def test_wrong_members(self):
        for body, pointer in (
                ({}, "/text"),
                ({"id": "1"}, "/text"),
                ({"text": None}, "/text"),
                ({"text": 3}, "/text"),
                ({"text": ["a"]}, "/text"),
                ({"subject": {}}, "/subject"),
                ({"subject": "a", "body": False}, "/body"),
                ({"text": "a", "body": "b"}, "/text"),
                ({"text": "a", "id": 5}, "/id"),
                ({"text": "a", "id": "x" * 257}, "/id"),
                ({"text": "a", "source": []}, "/source"),
                ({"text": "a", "top": 0}, "/top"),
                ({"text": "a", "top": 1001}, "/top"),
                ({"text": "a", "top": 1.5}, "/top"),
                ({"text": "a", "top": "3"}, "/top"),
                ({"text": "a", "explain": 1}, "/explain"),
                ({"text": "a", "explain": "true"}, "/explain"),
                ({"text": "a", "Text": "b"}, "/Text"),
                ({"text": "a", "a/b~c": 1}, "/a~1b~0c"),
                ([], ""), ([{"text": "a"}], ""), ("\"text\"", ""), ("3", ""), ("null", ""),
                ("true", "")):
            with self.subTest(body=body):
                self.refuse(body, 422, pointer)

    def test_what_is_no_json(self):
        for body in (b"", b" ", b"{", b"{'text':'a'}", b'{"text":"a",}', b'{"text":"a"} x',
                     b'{"text":"a"}{"text":"b"}', b'{"text":NaN}', b"\xef\xbb\xbf{}", b"text=a",
                     b'{"text":"\x01"}', b'{"text":"a\xff"}', b'{"text":"\xc0\xaf"}',
                     b'{"text":"\xed\xa0\x80"}', b'{"text":"a","top":1000000000000000000000}', b"[" * 100 + b"]" * 100, b"\x00"):
            with self.subTest(body=body):
                self.assertTrue(self.refuse(body, 400))

    def test_last_of_a_doubled_member_counts(self):
        answer = self.server.post("/predict", '{"text":"x","text":"%s"}' % TEXT)
        self.assertEqual(answer.json["category"], "Hardware")

    def test_content_type(self):
        for type_ in ("application/json", "application/json; charset=utf-8", "application/x+json"):
            answer = self.server.post("/predict", {"text": TEXT}, headers={"Content-Type": type_})
            self.assertEqual(answer.status, 200, type_)
        for type_ in ("text/plain", "application/x-www-form-urlencoded", "application/x-ndjson"):
            self.refuse({"text": TEXT}, 415, headers={"Content-Type": type_})

    def test_length(self):
        limit = 1 << 20
        rest = len('{"text":""}')
        self.assertEqual(self.server.post("/predict", '{"text":"%s"}' % ("a " * (limit // 2 - 6))
                                          ).status, 200)
        self.assertEqual(self.server.post(
            "/predict", '{"text":"%s"}' % ("a" * (limit - rest))).status, 200)
        self.refuse('{"text":"%s"}' % ("a" * (limit - rest + 1)), 413)

    def test_many_at_once(self):
        """Each caller gets the answer to its own question."""
        texts = {"my laptop screen stays black": "Hardware", "password forgotten": "Access"}
        faults = []

        def ask(text, label):
            for _ in range(50):
                got = self.server.predict(text)["category"]
                if got != label:
                    faults.append((text, got))
            self.server.connection().close()

        threads = [threading.Thread(target=ask, args=item) for item in list(texts.items()) * 4]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(faults, [])

    def test_unicode(self):
        text = "Mein Bildschirm bleibt schwarz \u2013 \u00e9cran noir \U0001f600 \u202e \u0000 end"
        for body in (json.dumps({"text": text}), json.dumps({"text": text}, ensure_ascii=False)):
            self.assertEqual(self.server.post("/predict", body).status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
