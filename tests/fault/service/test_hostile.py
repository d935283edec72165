#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Bodies that no client means: no 5xx but a deliberate 503, no crash, and, in a build with
sanitizers, no leak and no error: those end the process with a complaint, which stop() looks at."""
import json
import random

from load import Connection
from service import ServiceTest, full, main, measured, tickets

N_BODIES = full(200000, 4000)
SEED = 11
ODD = [b"\x00", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\\u0000", b"\\ud800", b'"', b"\\", b"{", b"}",
       b"[", b"]", b",", b":", b"1e999", b"-0", b"9" * 400, b"null", b"true", b"\n", b"\r\n", b" ",
       b'"text":', b'"top":', b'"explain":', b'"label":', b'"prediction_id":', b"[" * 200]
TYPES = ["application/json", "application/x-ndjson", "text/plain", "application/json; charset=x"]


class Hostile(ServiceTest):
    def seeds(self, service):
        made = service.post_json("/predict", {"text": "the printer is out of toner"})
        ticket = {"subject": "printer", "body": "no toner", "id": "1", "source": "mail", "top": 3,
                  "explain": True}
        infer = {"id": "a", "parameters": {"explain": True}, "outputs": [{"name": "label"}],
                 "inputs": [{"name": "text", "datatype": "BYTES", "shape": [2, 1],
                             "data": ["no toner", "vpn"]}]}
        tickets_ = [{"text": text[:120]} for text, _ in tickets(3)]
        return [("/predict", ticket), ("/predict", {"text": "vpn"}),
                ("/api/v1/predict", {"text": "vpn", "top": 1000}),
                ("/predict/batch", tickets_), ("/predict/batch?dry_run=true", tickets_),
                ("/feedback", {"prediction_id": made["prediction_id"], "label": "Hardware"}),
                ("/feedback", {"text": "no toner", "label": "Hardware", "field": "category",
                               "comment": "so", "source": "console"}),
                ("/v2/models/triage/infer", infer),
                ("/v2/models/triage/versions/v000001/infer", infer),
                ("/api/v1/labels/retire", {"field": "category", "label": "Nothing"}),
                ("/api/v1/models/v000001/promote", {"reason": "why not"}),
                ("/api/v1/keys", {"role": "king", "name": "k"})]

    def mutate(self, body):
        body = bytearray(body)
        for _ in range(self.random.choice((0, 1, 1, 2, 3, 8))):
            at = self.random.randrange(len(body) + 1)
            kind = self.random.randrange(5)
            if kind == 0:
                body[at:at] = self.random.choice(ODD)
            elif kind == 1:
                del body[at:at + self.random.choice((1, 2, 10, 1000))]
            elif kind == 2 and at < len(body):
                body[at] ^= 1 << self.random.randrange(8)
            elif kind == 3:
                body[at:at + 3] = self.random.choice(ODD)
            else:
                other = self.random.randrange(len(body) + 1)
                body[at:at] = body[min(at, other):max(at, other)]
        return bytes(body[:200000])

    def request(self, seeds):
        path, seed = self.random.choice(seeds)
        if "batch" in path and self.random.random() < 0.5:
            body = b"\n".join(json.dumps(one).encode() for one in seed)
        else:
            body = json.dumps(seed).encode()
        body = self.mutate(body)
        type_ = self.random.choice(TYPES) if self.random.random() < 0.3 else TYPES[0]
        lines = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: {type_}\r\n"
        if self.random.random() < 0.2:
            cut = self.random.randrange(len(body) + 1)
            chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece)
                              for piece in (body[:cut], body[cut:]) if piece) + b"0\r\n\r\n"
            return lines.encode() + b"Transfer-Encoding: chunked\r\n\r\n" + chunks
        return lines.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body

    def test_bodies(self):
        self.random = random.Random(SEED)
        self.add(self.train("one", tickets(500)), promotes="1")
        service = self.serve("--retrain-after", "0", "--access-log", "off")
        service.wait_for_live()
        seeds = self.seeds(service)
        counts = {}
        connection = Connection(service.port)
        for _ in range(N_BODIES):
            sent = self.request(seeds)
            try:
                connection.send(sent)
                status, headers, body = connection.receive()
            except OSError as fault:
                self.fail(f"no answer ({fault}) to {sent[:2000]!r}")
            counts[status] = counts.get(status, 0) + 1
            self.assertLess(status, 500, (sent[:2000], body))
            json.loads(body.splitlines()[0] if body else b"null")
            if headers.get("connection", "").lower() == "close":
                connection.close()
                connection = Connection(service.port)
        connection.close()
        self.assertEqual(service.post("/predict", {"text": "vpn"}).status, 200)
        service.stop()
        self.assertGreater(counts[200], 0)
        measured("hostile input", f"{N_BODIES} bodies, by status: {dict(sorted(counts.items()))}")


if __name__ == "__main__":
    main()
