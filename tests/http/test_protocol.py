#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What holds for all routes: request ids, traces, limits, methods, and the end."""
import json
import signal
import socket
import unittest

import server

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Protocol(server.ServerTest):
    def raw(self, request):
        """Sends bytes as they are; (status, body) of the answer."""
        with socket.create_connection(("127.0.0.1", self.server.port), server.PATIENCE) as s:
            s.sendall(request)
            got = b""
            try:
                while chunk := s.recv(65536):
                    got += chunk
            except ConnectionResetError:
                pass  # what was not read of the request; the answer may be there
        head, _, body = got.partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def log_of(self, request_id):
        return self.server.wait_for(lambda line: line.get("http.request.id") == request_id)

    def test_request_id(self):
        answer = self.server.get("/livez", headers={"X-Request-Id": "my-own.id_1"})
        self.assertEqual(answer.headers["X-Request-Id"], "my-own.id_1")
        ids = {self.server.get("/livez").headers["X-Request-Id"] for _ in range(20)}
        self.assertEqual(len(ids), 20)
        for odd in ("a b", "x" * 65, "\u00e4", '"', ""):
            answer = self.server.get("/livez", headers={"X-Request-Id": odd})
            self.assertRegex(answer.headers["X-Request-Id"], "^[0-9a-f]{16}$")
        problem = self.server.post("/predict", "{", headers={"X-Request-Id": "bad.1"})
        self.assertEqual(problem.json["instance"], "urn:request:bad.1")

    def test_traceparent_is_continued(self):
        parent = f"00-{TRACE}-00f067aa0ba902b7-01"
        self.server.get("/livez", headers={"traceparent": parent, "X-Request-Id": "trace.1"})
        line = self.log_of("trace.1")
        self.assertEqual(line["trace.id"], TRACE)
        self.assertNotEqual(line["span.id"], "00f067aa0ba902b7")
        for i, odd in enumerate((f"00-{'0' * 32}-00f067aa0ba902b7-01", "nonsense", "", "00-" + TRACE,
                                 parent.upper())):
            self.server.get("/livez", headers={"traceparent": odd, "X-Request-Id": f"odd.{i}"})
            self.assertNotIn(self.log_of(f"odd.{i}")["trace.id"], (TRACE, TRACE.upper(), "0" * 32))

    def test_text_is_not_logged(self):
        self.server.post("/predict", {"text": "a very secret text"}, headers={"X-Request-Id": "t.1"})
        line = self.log_of("t.1")
        self.assertEqual(line["event.action"], "predict")
        self.assertIn("triage.prediction.category", line)
        self.assertNotIn("secret", json.dumps(self.server.lines))

    def test_methods(self):
        for path in ("/predict", "/api/v1/settings", "/api/v1/models/v000001", "/livez"):
            for method in ("PATCH", "TRACE", "BREW"):
                answer = self.server.request(method, path, is_documented=False)
                self.assert_problem(answer, 405)
                allowed = answer.headers["Allow"]
                options = self.server.request("OPTIONS", path, is_documented=False)
                self.assertEqual((options.status, options.headers["Allow"]), (204, allowed))
        self.assert_problem(self.server.get("/predict", is_documented=False), 405)
        self.assert_problem(self.server.get("/api/v2/predict", is_documented=False), 404)
        self.assert_problem(self.server.get("/predict/", is_documented=False), 404)

    def test_addresses_that_are_not_clean(self):
        for path in ("/api/v1/../livez", "/livez?a=%zz", "/livez%00", "/livez?x=%ff", "/%2e%2e/livez",
                     "/api%2fv1/fields", "/livez?a=%0a"):
            self.assert_problem(self.server.get(path, is_documented=False), 400)

    def test_body_where_none_is_taken(self):
        answer = self.server.request("GET", "/api/v1/fields", "{}", is_documented=False)
        self.assert_problem(answer, 413)
        answer = self.server.request("DELETE", "/api/v1/keys/x", "{}", is_documented=False)
        self.assert_problem(answer, 413)

    def test_limits(self):
        self.assert_problem(self.server.post("/api/v1/keys", " " * (64 << 10) + "{}"), 413)
        deep = '{"text":' + "[" * 31 + "]" * 31 + "}"
        deeper = '{"text":' + "[" * 40 + "]" * 40 + "}"
        self.assert_problem(self.server.post("/predict", deep), 422, "/text")
        self.assert_problem(self.server.post("/predict", deeper), 400)
        status, _ = self.raw(b"GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Long: "
                             + b"x" * (64 << 10) + b"\r\n\r\n")
        self.assertEqual(status, 431)
        self.assertEqual(self.server.get("/livez?" + "&".join(f"a{i}=1" for i in range(100)),
                                         is_documented=False).status, 400)

    def test_framing_that_means_two_things(self):
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
        for lines in (b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                      b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
                      b"Content-Length: x\r\n\r\n", b"Content-Length: -1\r\n\r\n"):
            self.assertEqual(self.raw(head + lines)[0], 400)

    def test_connection_is_kept(self):
        connection = self.server.connection()
        self.server.get("/livez")
        before = connection.sock
        self.assertIsNotNone(before)
        for _ in range(10):
            self.server.post("/predict", "{")
            self.server.predict("a")
        self.assertIs(connection.sock, before)

    def test_a_client_that_goes_away(self):
        """Half a request, then nothing: others are served."""
        for part in (b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Le",
                     b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{\"te",
                     b"POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n[{\"te"):
            with socket.create_connection(("127.0.0.1", self.server.port)) as s:
                s.sendall(part)
        self.assertEqual(self.server.get("/livez").status, 200)


class Stop(server.ServerTest):
    def test_what_is_in_flight_is_finished(self):
        """SIGTERM: new requests are refused, the one under way is answered, and the exit code is 0."""
        good = b'{"text":"my laptop screen stays black"}\n'
        mark = self.server.mark()
        with socket.create_connection(("127.0.0.1", self.server.port), server.PATIENCE) as s:
            s.sendall(b"POST /predict/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson"
                      b"\r\nContent-Length: %d\r\nExpect: 100-continue\r\n\r\n" % (2 * len(good)))
            self.assertTrue(s.recv(1000).startswith(b"HTTP/1.1 100"))  # it is under way
            s.sendall(good)
            self.server.process.send_signal(signal.SIGTERM)
            self.server.wait_for(lambda line: line["event.action"] == "stop", mark)
            s.sendall(good)
            got = b""
            while chunk := s.recv(65536):
                got += chunk
        self.assertTrue(got.startswith(b"HTTP/1.1 200"), got)
        self.assertEqual(got.count(b'"Hardware"'), 4)  # of two tickets, category and label
        self.server.end()


if __name__ == "__main__":
    unittest.main(verbosity=2)
