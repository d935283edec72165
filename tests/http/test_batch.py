#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""POST /predict/batch: arrays and lines of any length, with faults in their place."""
import json
import unittest

import server

PATH = "/api/v1/predict/batch"
LINES = {"Content-Type": server.NDJSON}
TEXT = "my laptop screen stays black since this morning"


class Batch(server.ServerTest):
    def post_lines(self, body, **options):
        answer = self.server.post(options.pop("path", PATH), body, headers=LINES, **options)
        self.assertEqual(answer.status, 200, answer.body)
        self.assertEqual(answer.headers["Content-Type"], server.NDJSON)
        return answer.lines

    def n_kept(self, source):
        return len(self.server.get("/api/v1/predictions?source=" + source,
                                   headers={"Accept": server.NDJSON}).lines)

    def test_array(self):
        single = self.server.predict(TEXT)
        for path in (PATH, "/predict/batch"):
            answer = self.server.post(path, [{"text": TEXT}, {"subject": "password", "body": "lost"}])
            self.assertEqual(answer.status, 200)
            first, second = answer.json
            self.assertEqual(first["fields"], single["fields"])
            self.assertEqual(second["category"], "Access")
            self.assertNotEqual(first["prediction_id"], second["prediction_id"])

    def test_lines(self):
        one, two = self.post_lines(json.dumps({"text": TEXT}) + "\r\n\n  \n"
                                   + json.dumps({"text": "password forgotten"}))
        self.assertEqual((one["category"], two["category"]), ("Hardware", "Access"))

    def test_empty_ones(self):
        self.assertEqual(self.server.post(PATH, "[]").json, [])
        self.assertEqual(self.server.post(PATH, " [ ] \n").json, [])
        self.assertEqual(self.post_lines(b""), [])
        self.assertEqual(self.post_lines(b"\n\n \n"), [])

    def test_members(self):
        got = self.server.post(PATH, [{"text": TEXT, "top": 1}, {"text": TEXT, "explain": True}]).json
        self.assertEqual(got[0]["fields"]["category"]["alternatives"], [])
        self.assertIn("explanation", got[1]["fields"]["category"])
        self.assertNotIn("explanation", got[0]["fields"]["category"])

    def test_faults_stay_in_their_place(self):
        bad = [
            ('{"text": 3}', 422, "/text"),
            ('{"text":"a","x":1}', 422, "/x"),
            ("{}", 422, "/text"),
            ("3", 422, ""),
            ("null", 422, ""),
            ('{"text":"a" "b"}', 400, ""),
            ('{"text":nope}', 400, ""),
            ('{"text":"a\x01"}', 400, ""),
        ]
        good = json.dumps({"text": TEXT})
        elements = [piece for text, _, _ in bad for piece in (good, text)] + [good]
        for got in (self.server.post(PATH, "[" + ",".join(elements) + "]").json,
                    self.post_lines("\n".join(elements))):
            self.assertEqual(len(got), len(elements))
            for i, (text, status, pointer) in enumerate(bad):
                self.assertEqual(got[2 * i]["category"], "Hardware")
                error = got[2 * i + 1]["error"]
                self.assertEqual((error["status"], error["pointer"], error["ticket"]),
                                 (status, pointer, 2 * i + 1), text)
            self.assertEqual(got[-1]["category"], "Hardware")

    def test_lines_that_are_no_utf_8(self):
        good = json.dumps({"text": TEXT}).encode()
        got = self.post_lines(good + b'\n{"text":"\xff\xfe"}\n[1,2\n' + good)
        self.assertEqual([item.get("error", {}).get("status") for item in got],
                         [None, 400, 400, None])

    def test_long_ticket(self):
        long = json.dumps({"text": "a " * (1 << 20)})
        good = json.dumps({"text": TEXT})
        for got in (self.post_lines("\n".join((good, long, good))),
                    self.server.post(PATH, f"[{good},{long},{good}]").json):
            self.assertEqual([item.get("error", {}).get("status") for item in got],
                             [None, 413, None])

    def test_ten_thousand_lines(self):
        """In order, and more than the server keeps in memory."""
        texts = [f"ticket {i}: " + ("laptop screen black", "password forgotten")[i % 2]
                 for i in range(10000)]
        body = "".join(json.dumps({"text": text, "id": str(i), "top": 1}) + "\n"
                       for i, text in enumerate(texts))
        answer = self.server.post(PATH + "?dry_run=true", body, headers=LINES, is_documented=False)
        got = answer.lines
        self.assertEqual(len(got), 10000)
        self.assertGreater(len(answer.body), 1 << 20)
        for i, item in enumerate(got):
            self.assertEqual(item["category"], ("Hardware", "Access")[i % 2], i)
        array = "[" + ",".join(body.splitlines()) + "]"
        self.assertEqual(self.server.post(PATH + "?dry_run=true", array, is_documented=False).json,
                         got)

    def test_chunked_body(self):
        connection = self.server.connect()
        good = (json.dumps({"text": TEXT}) + "\n").encode()
        connection.request("POST", PATH, iter([good[:7], good[7:] + good, good[:-1]]),
                           LINES, encode_chunked=True)
        answer = server.Answer(connection.getresponse())
        connection.close()
        self.assertEqual([item["category"] for item in answer.lines], ["Hardware"] * 3)

    def test_dry_run_keeps_nothing(self):
        ticket = {"text": TEXT, "source": "dry"}
        dry = self.server.post(PATH + "?dry_run=true", [ticket]).json[0]
        wet = self.server.post(PATH + "?dry_run=false", [{**ticket, "source": "wet"}]).json[0]
        self.assertNotIn("prediction_id", dry)
        self.assertEqual(dry["fields"], wet["fields"])
        while self.n_kept("wet") == 0:
            pass  # written behind, in the order in which they came
        self.assertEqual(self.n_kept("dry"), 0)
        for value in ("1", "", "TRUE", "no"):
            self.assert_problem(self.server.post(PATH + "?dry_run=" + value, [ticket]), 400)

    def test_what_is_no_array(self):
        for body in ("", "{}", "3", '{"text":"a"}', '[{"text":"a"}', '[{"text":"a"},]', "[,]", "[] x",
                     '[{"text":"a"}]]', '[{"text":"a}]', "]"):
            with self.subTest(body=body):
                self.assert_problem(self.server.post(PATH, body), 400)

    def test_content_type(self):
        for type_ in ("text/plain", "text/csv", "application/x-ndjsonx", "multipart/form-data"):
            answer = self.server.post(PATH, "[]", headers={"Content-Type": type_})
            self.assert_problem(answer, 415)
        for type_ in ("application/json; charset=utf-8", "application/x-ndjson; charset=utf-8"):
            answer = self.server.post(PATH, "[]" if "/json" in type_ else "",
                                      headers={"Content-Type": type_})
            self.assertEqual(answer.status, 200, type_)


if __name__ == "__main__":
    unittest.main(verbosity=2)
