#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Ten corrections make a new model, which goes live by itself."""
from service import ServiceTest, main, measured, tickets, write_tickets


class Live(ServiceTest):
    def test_ten_corrections_go_live(self):
        rows = tickets(2300)
        write_tickets(self.folder + "/base.csv", rows[:2000])
        service = self.serve("--base-data", self.folder + "/base.csv")
        service.wait_for_live("v000001")
        wrong = [(text, label) for text, label in rows[2000:]
                 if service.post_json("/predict", {"text": text})["category"] != label][:10]
        self.assertEqual(len(wrong), 10)
        for number, (text, label) in enumerate(wrong, 1):
            answer = service.post_json("/feedback", {"text": text, "label": label}, status=201)
            self.assertEqual((answer["status"], answer["pending"], answer["retrain_at"]),
                             ("accepted", number, 10))
        line = service.wait_for(lambda line: line.get("triage.retrain.result")
                                and line["triage.retrain.trigger"] == "feedback")
        self.assertEqual(line["triage.retrain.result"], "promoted", line)
        live = service.wait_for_live("v000002")
        answers = [service.post_json("/predict", {"text": text}) for text, _ in wrong]
        self.assertEqual({answer["model_version"] for answer in answers}, {"v000002"})
        n_learnt = sum(answer["category"] == label
                       for answer, (_, label) in zip(answers, wrong))
        self.assertGreaterEqual(n_learnt, 8)
        service.stop()
        measured("correction to live", f"10 corrections: {live['triage.model.version']} live after "
                 f"{line['event.duration'] / 1e9:.1f} s of retraining, {n_learnt} of 10 learnt")


if __name__ == "__main__":
    main()
