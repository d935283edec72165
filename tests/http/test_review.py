#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""GET /review: who needs a person's look, best first, near-copies as one."""
import unittest

import server

# None of them is sure: a little of everything.
STORM = "the wifi on the second floor is down again since lunch, nobody here can work, case {}"
UNSURE = ["hello", "please call me back", "it does not work", "and now this",
          "urgent, see the attached mail"]


class Review(server.ServerTest):
    options = ("--retrain-after", "0")

    def predict_all(self, texts):
        """Their predictions, once all are in the store."""
        made = [self.server.predict(text) for text in texts]
        while self.server.get("/api/v1/predictions/" + made[-1]["prediction_id"]).status != 200:
            pass  # written behind, in the order in which they came
        return [item["prediction_id"] for item in made]

    def queue(self, query=""):
        return self.server.get_json("/api/v1/review?limit=1000" + query)

    def answer(self, body):
        answer = self.server.post("/api/v1/feedback", body)
        self.assertEqual(answer.status, 201, answer.body)
        return answer.json

    def empty(self):
        for ticket in self.queue()["tickets"]:
            self.answer({"prediction_id": ticket["prediction_id"], "label": "Miscellaneous"})
        self.assertEqual(self.queue()["waiting"], {"tickets": 0, "groups": 0})

    def setUp(self):
        self.empty()

    def test_near_copies_are_one(self):
        ids = self.predict_all([STORM.format(100 + i) for i in range(6)] + UNSURE[:1])
        queue = self.queue()
        self.assertEqual(queue["waiting"], {"tickets": 7, "groups": 2})
        storm = next(ticket for ticket in queue["tickets"] if ticket["text"].startswith("the wifi"))
        self.assertEqual(storm["similar"], 6)
        self.assertIn(storm["prediction_id"], ids)
        answered = self.answer({"prediction_id": storm["prediction_id"], "label": "Hardware"})
        self.assertEqual(answered["answered"], 6)
        self.assertEqual(self.queue()["waiting"], {"tickets": 1, "groups": 1})
        for prediction_id in ids[:6]:
            kept = self.server.get_json("/api/v1/predictions/" + prediction_id)
            self.assertTrue(kept["answered"])

    def test_answer_by_text(self):
        self.predict_all(UNSURE[:2])
        answered = self.answer({"text": "  HELLO ", "label": "Miscellaneous"})
        self.assertEqual(answered["answered"], 1)
        self.assertEqual([ticket["text"] for ticket in self.queue()["tickets"]], [UNSURE[1]])

    def test_order_and_pages(self):
        self.predict_all(UNSURE + [STORM.format(200 + i) for i in range(3)])
        whole = self.queue()["tickets"]
        self.assertEqual(len(whole), len(UNSURE) + 1)
        alone = [ticket["uncertainty"] for ticket in whole if ticket["similar"] == 1]
        self.assertEqual(alone, sorted(alone, reverse=True))
        got, cursor = [], ""
        while cursor is not None:
            page = self.server.get_json("/api/v1/review?limit=2" + cursor)
            got += page["tickets"]
            cursor = page["next"] and "&after=" + page["next"]
        self.assertEqual([ticket["prediction_id"] for ticket in got],
                         [ticket["prediction_id"] for ticket in whole])

    def test_sure_ones_need_nobody(self):
        sure = self.server.predict("my laptop screen stays black since this morning")
        self.predict_all(["my laptop screen stays black since this morning"])
        # All fields count: this one waits only if a field was not sure.
        is_waiting = any(field["decision"] == "review" for field in sure["fields"].values())
        self.assertEqual(bool(self.queue()["tickets"]), is_waiting)

    def test_what_the_model_says_now(self):
        ids = self.predict_all(UNSURE[2:3])
        ticket = self.queue()["tickets"][0]
        self.assertEqual(ticket["prediction_id"], ids[0])
        self.assertEqual(ticket["now"]["model_version"], "v000001")
        self.assertEqual(ticket["now"]["fields"].keys(), ticket["fields"].keys())
        self.assertGreater(len(ticket["now"]["fields"]["category"]["alternatives"]), 2)

    def test_held_corrections_answer_too(self):
        """The ticket has been looked at; whether the correction counts, is another question."""
        text = "please call me back"
        self.answer({"text": text, "label": "Access"})
        prediction = self.predict_all([text])[0]
        held = self.answer({"prediction_id": prediction, "label": "Storage"})
        self.assertEqual(held["status"], "held")
        self.assertEqual(self.queue()["tickets"], [])

    def test_cursors_that_were_not_given_out(self):
        for cursor in ("", "x", "1_2", "0.5", "nan_01JH8QZ5K3V4N7T2M9P6R1S0XY"):
            self.assert_problem(self.server.get("/api/v1/review?after=" + cursor), 400)

    def test_predictions_are_listed(self):
        self.predict_all(UNSURE)
        path = "/api/v1/predictions?decision=review&limit=3"
        page = self.server.get_json(path)
        self.assertEqual(len(page["predictions"]), 3)
        rest = self.server.get_json(path + "&before=" + page["next"])["predictions"]
        ids = [row["prediction_id"] for row in page["predictions"] + rest]
        self.assertEqual(ids, sorted(ids, reverse=True))
        self.assertEqual(len(set(ids)), len(ids))
        for query in ("decision=maybe", "before=", "before=nonsense"):
            self.assert_problem(self.server.get("/api/v1/predictions?" + query), 400)
        self.assert_problem(self.server.get("/api/v1/predictions/nonsense"), 404)


if __name__ == "__main__":
    unittest.main(verbosity=2)
