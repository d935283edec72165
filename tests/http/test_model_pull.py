#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""An inference server that copies the live model from a backend: what it takes, and that whatever else
the backend answers leaves the model that is live where it is."""
import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

from server import ENVIRONMENT, MODEL, PATIENCE, PROGRAM, Server, main

KEY = "the-inference-key-of-this-test"
MANIFEST = "/api/v1/models/champion/manifest"


class Inference(Server):
    command = "inference"
    arguments = ("--poll-interval", "20ms")
    is_live_at_once = False

    def model_version(self):
        body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1],
                            "data": ["the printer has no paper"]}]}
        return self.post("/v2/models/triage/infer", body).json["model_version"]


class Backend(http.server.ThreadingHTTPServer):
    """Answers what `answers` says, by path: (status, body), or a function of the handler."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = {}
        self.seen = []
        self.news = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def offer(self, version, manifest, model):
        self.answers = {MANIFEST: (200, manifest), f"/api/v1/models/{version}/file": (200, model)}

    def wait_for(self, wanted):
        """Until a request (path, If-None-Match, status) is `wanted`, of those from now on."""
        with self.news:
            n = len(self.seen)
            if not self.news.wait_for(lambda: any(map(wanted, self.seen[n:])), PATIENCE):
                raise AssertionError(f"the backend was not asked: {self.seen[-3:]}")

    def handle_error(self, request, client_address):
        pass  # the client went away, as it should


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        answer = self.server.answers.get(self.path, (404, b"{}"))
        if self.headers["Authorization"] != "Bearer " + KEY:
            answer = (401, b"{}")
        known = self.headers["If-None-Match"]
        if self.path == MANIFEST and known and not callable(answer) and answer[0] == 200:
            try:
                manifest = json.loads(answer[1])
                if known == f'"{manifest["version"]}-{manifest["sha256"]}"':
                    answer = (304, b"")
            except (ValueError, LookupError):
                pass
        with self.server.news:
            self.server.seen.append((self.path, known, None if callable(answer) else answer[0]))
            self.server.news.notify_all()
        if callable(answer):
            answer(self)
            return
        status, body = answer
        self.send_response(status)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments):
        pass


def run(*arguments):
    subprocess.run([PROGRAM, *arguments], check=True, env=ENVIRONMENT, timeout=PATIENCE,
                   stdout=subprocess.DEVNULL)


def read(path):
    with open(path, "rb") as file:
        return file.read()


class ModelPull(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Two versions as a backend has them."""
        cls.folder = tempfile.mkdtemp(prefix="triage-http-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        tickets = cls.folder + "/tickets.csv"
        with open(tickets, "w", encoding="utf-8") as file:
            file.write("text,category\n")
            for i in range(40):
                file.write(f"the printer has no paper {i},Hardware\nmy password is gone {i},Access\n")
        run("train", tickets, "--preset", "words", "-o", cls.folder + "/other.triage")
        for model in (MODEL, cls.folder + "/other.triage"):
            run("models", "add", model, "--data-dir", cls.folder)
        cls.first, cls.second = [
            (version, read(f"{cls.folder}/models/{version}/manifest.json"),
             read(f"{cls.folder}/models/{version}/model.triage"))
            for version in ("v000001", "v000002")]

    def setUp(self):
        self.backend = self.new_backend()
        self.key_file = self.folder + "/key"
        with open(self.key_file, "w", encoding="utf-8") as file:
            file.write(KEY)

    def new_backend(self):
        backend = Backend()
        self.addCleanup(backend.server_close)
        self.addCleanup(backend.shutdown)
        return backend

    def inference(self, *urls, key_file=None):
        server = Inference("--backend-url", ",".join(urls or [self.backend.url]),
                           "--inference-key-file", key_file or self.key_file, has_model=False)
        server.key = KEY
        self.addCleanup(server.close)
        return server

    def await_fault(self, server, text, mark=0):
        server.wait_for(lambda line: line["event.action"] == "model-copy"
                        and line["log.level"] == "error" and text in line["message"], mark)

    def test_what_is_live_there_is_live_here(self):
        server = self.inference()
        self.await_fault(server, "no model is live yet")
        self.assertEqual(server.get("/readyz").status, 503)
        self.backend.offer(*self.first)
        server.wait_for_live("v000001")
        self.backend.wait_for(lambda seen: seen[0] == MANIFEST and seen[2] == 304)
        mark = server.mark()
        self.backend.offer(*self.second)
        server.wait_for_live("v000002", mark)
        self.assertEqual(server.model_version(), "v000002")
        # Back to what is here already: it is not fetched again.
        mark = server.mark()
        self.backend.answers = {MANIFEST: (200, self.first[1])}
        server.wait_for_live("v000001", mark)
        self.backend.wait_for(lambda seen: seen[2] == 304)
        self.assertIn("[+]model-copy ok", server.get("/readyz?verbose").body.decode())

    def test_what_is_neither_live_nor_was_before_is_deleted(self):
        server = self.inference()
        third = json.dumps({**json.loads(self.first[1]), "version": "v000003"}).encode()
        for version, offered in (("v000001", self.first), ("v000002", self.second),
                                 ("v000003", ("v000003", third, self.first[2]))):
            mark = server.mark()
            self.backend.offer(*offered)
            server.wait_for_live(version, mark)
            self.backend.wait_for(lambda seen: seen[2] == 304)  # it is done with that one
        self.assertEqual([m["version"] for m in json.loads(server.run("models", "list", "--json"))],
                         ["v000002", "v000003"])
        self.assertEqual(server.model_version(), "v000003")

    def test_what_is_wrong_changes_nothing(self):
        version, manifest, model = self.second
        file = f"/api/v1/models/{version}/file"
        damaged = bytearray(model)
        damaged[len(damaged) // 2] ^= 1
        changed = json.loads(manifest)

        def manifest_with(**members):
            return json.dumps({**changed, **members}).encode()

        def cut_off(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(model)))
            handler.end_headers()
            handler.wfile.write(model[:1000])
            handler.close_connection = True

        good = (200, manifest)
        cases = [
            ({MANIFEST: good, file: (200, bytes(damaged))}, "not the one of the manifest"),
            ({MANIFEST: good, file: (200, model[:-1])}, "not the one of the manifest"),
            ({MANIFEST: good, file: (200, model + b"x")}, "longer than"),
            ({MANIFEST: good, file: cut_off}, "/file: "),
            ({MANIFEST: good, file: (500, b"")}, "answered 500"),
            ({MANIFEST: good}, "(404)"),
            ({MANIFEST: (200, b"<html>")}, "is no backend"),
            ({MANIFEST: (200, b'{"version": 7}')}, "is no backend"),
            ({MANIFEST: (200, manifest_with(version="../../x")), file: (200, model)},
             "is not a version's name"),
            ({MANIFEST: (200, manifest_with(format=99)), file: (200, model)}, "format 99"),
            ({MANIFEST: (200, manifest_with(bytes=0)), file: (200, b"")}, "has 0 bytes"),
            ({MANIFEST: (200, manifest_with(bytes=1 << 50)), file: (200, model)}, "bytes"),
            ({MANIFEST: (200, b" " * (1 << 21))}, "longer than"),
            ({MANIFEST: (503, b"")}, "answered 503"),
        ]
        self.backend.offer(*self.first)
        server = self.inference()
        server.wait_for_live("v000001")
        folder = server.folder + "/data/models"
        for answers, text in cases:
            with self.subTest(text):
                mark = server.mark()
                self.backend.answers = answers
                self.await_fault(server, text, mark)
                self.assertEqual(server.model_version(), "v000001")
                self.assertEqual(sorted(name for name in os.listdir(folder) if name[0] == "v"),
                                 ["v000001"])
                self.assertIn("[!]model-copy failed", server.get("/readyz?verbose").body.decode())
                self.assertEqual(server.get("/readyz").status, 200)
                # All is well again, and the next fault a new one.
                self.backend.offer(*self.first)
                self.backend.wait_for(lambda seen: seen[2] == 304)
        mark = server.mark()
        self.backend.offer(*self.second)
        server.wait_for_live("v000002", mark)

    def test_another_key(self):
        other = self.folder + "/other-key"
        with open(other, "w", encoding="utf-8") as file:
            file.write(KEY + "x")
        self.backend.offer(*self.first)
        server = self.inference(key_file=other)
        self.await_fault(server, "its --inference-key is another one")

    def test_the_next_backend_is_asked(self):
        gone = self.new_backend()
        gone.shutdown()
        gone.server_close()
        self.backend.offer(*self.first)
        server = self.inference(gone.url, self.backend.url + "/")
        server.wait_for_live("v000001")

    def test_another_model_of_that_name_is_moved_aside(self):
        self.backend.offer(*self.first)
        server = self.inference()
        server.wait_for_live("v000001")
        mark = server.mark()
        manifest = json.loads(self.second[1])
        manifest["version"] = "v000001"
        self.backend.offer("v000001", json.dumps(manifest).encode(), self.second[2])
        server.wait_for(lambda line: line["event.action"] == "model-copy"
                        and "moved aside" in line["message"], mark)

    def test_a_stop_does_not_wait_for_a_download(self):
        begun, end = threading.Event(), threading.Event()
        self.addCleanup(end.set)

        def hang(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", str(len(self.first[2])))
            handler.end_headers()
            handler.wfile.write(self.first[2][:1000])
            handler.wfile.flush()
            begun.set()
            end.wait(PATIENCE)

        self.backend.offer(*self.first)
        self.backend.answers["/api/v1/models/v000001/file"] = hang
        self.inference()
        self.assertTrue(begun.wait(PATIENCE))
        # That it ends in time is checked by the clean-up.

    def test_addresses(self):
        server = subprocess.run([PROGRAM, "inference", "--data-dir", self.folder + "/none",
                                 "--listen", "127.0.0.1:0", "--backend-url", "ftp://x"],
                                env=ENVIRONMENT, capture_output=True, timeout=PATIENCE)
        self.assertNotEqual(server.returncode, 0)
        self.assertIn(b"'ftp://x' is no address of a backend", server.stderr)


if __name__ == "__main__":
    main()
