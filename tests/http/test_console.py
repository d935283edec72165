#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The files of the console: what is served, under which headers, and what is not."""
import gzip
import os
import subprocess
import tempfile
import unittest

import server

INDEX = b"<!doctype html><title>Triage</title>"
SCRIPT = b"console.log('triage');\n" * 40
# Addresses that the page itself gives meaning to.
PAGES = ("/", "/review", "/feedback", "/models", "/thresholds", "/monitor", "/batch", "/settings")


def write(folder, name, content):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)


class Console(server.ServerTest):
    @classmethod
    def setUpClass(cls):
        folder = tempfile.TemporaryDirectory(prefix="triage-console-")
        cls.addClassCleanup(folder.cleanup)
        root = os.path.join(folder.name, "dist")
        write(root, "index.html", INDEX)
        write(root, "icon.svg", b"<svg/>")
        write(root, ".hidden", b"hidden")
        write(root, "lonely.gz", b"not a twin")
        write(root, "assets/app-1a2b.js", SCRIPT)
        write(root, "assets/app-1a2b.js.gz", gzip.compress(SCRIPT))
        write(root, "assets/deep/er.js", b"deep")
        write(folder.name, "secret.txt", b"secret")
        cls.options = ("--console", root)
        super().setUpClass()

    def get(self, path, **headers):
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.server.get(path, headers=names, is_documented=False)

    def test_pages_are_the_index(self):
        for path in PAGES:
            answer = self.get(path)
            self.assertEqual((answer.status, answer.body), (200, INDEX), path)
            self.assertEqual(answer.headers["Content-Type"], "text/html; charset=utf-8")
            self.assertEqual(answer.headers["Cache-Control"], "no-cache")

    def test_policy_wants_scripts_from_files(self):
        for path in ("/", "/assets/app-1a2b.js"):
            headers = self.get(path).headers
            rules = dict(rule.strip().split(" ", 1)
                         for rule in headers["Content-Security-Policy"].split(";"))
            self.assertEqual(rules["default-src"], "'none'")
            self.assertEqual(rules["script-src"], "'self'")
            self.assertEqual(rules["frame-ancestors"], "'none'")
            self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
            self.assertEqual(headers["Referrer-Policy"], "no-referrer")

    def test_assets_stay_for_ever(self):
        answer = self.get("/assets/app-1a2b.js")
        self.assertEqual((answer.status, answer.body), (200, SCRIPT))
        self.assertEqual(answer.headers["Content-Type"], "text/javascript; charset=utf-8")
        self.assertIn("immutable", answer.headers["Cache-Control"])
        self.assertEqual(self.get("/icon.svg").headers["Content-Type"], "image/svg+xml")
        self.assertEqual(self.get("/icon.svg").headers["Cache-Control"], "no-cache")

    def test_compressed_for_those_who_take_it(self):
        for accepted, is_gzip in (("gzip", True), ("br, gzip;q=0.5", True), ("br,gzip , x", True),
                                  ("gzip;q=0", False), ("xgzip", False), ("gzipped", False),
                                  ("br", False)):
            answer = self.get("/assets/app-1a2b.js", Accept_Encoding=accepted)
            self.assertEqual(answer.headers["Content-Encoding"], "gzip" if is_gzip else None, accepted)
            body = gzip.decompress(answer.body) if is_gzip else answer.body
            self.assertEqual(body, SCRIPT)
            self.assertEqual(answer.headers["Vary"], "Accept-Encoding")
        self.assertIsNone(self.get("/icon.svg", Accept_Encoding="gzip").headers["Content-Encoding"])

    def test_not_modified(self):
        tags = set()
        for accepted in ("gzip", "br"):
            first = self.get("/assets/app-1a2b.js", Accept_Encoding=accepted)
            tags.add(first.headers["ETag"])
            again = self.get("/assets/app-1a2b.js", Accept_Encoding=accepted,
                             If_None_Match=first.headers["ETag"])
            self.assertEqual((again.status, again.body), (304, b""))
        self.assertEqual(len(tags), 2)
        self.assertEqual(self.get("/", If_None_Match='"other"').status, 200)

    def test_nothing_else_is_served(self):
        for path in ("/.hidden", "/assets/", "/assets", "/assets/deep/er.js", "/secret.txt",
                     "/../secret.txt", "/assets/../../secret.txt", "/%2e%2e/secret.txt",
                     "/assets/..%2f..%2fsecret.txt", "/assets/app-1a2b.js.gz", "/nowhere"):
            answer = self.get(path)
            self.assertIn(answer.status, (400, 404), path)
            self.assertNotIn(b"secret", answer.body.replace(path.encode(), b""), path)
        self.assertEqual(self.get("/lonely.gz").body, b"not a twin")

    def test_the_interface_is_still_there(self):
        self.assertEqual(self.server.predict("no sound")["model_version"], "v000001")


class Start(unittest.TestCase):
    def refusal(self, folder):
        with tempfile.TemporaryDirectory(prefix="triage-console-") as data:
            done = subprocess.run(
                [server.PROGRAM, "serve", "--data-dir", data, "--listen", "127.0.0.1:0",
                 "--console", folder], check=False, env=server.ENVIRONMENT,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=server.PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr.decode() + done.stdout.decode()

    def test_a_folder_that_is_not_there(self):
        self.assertIn("/nowhere", self.refusal("/nowhere"))

    def test_a_folder_that_is_no_console(self):
        with tempfile.TemporaryDirectory(prefix="triage-console-") as folder:
            self.assertIn("has no index.html", self.refusal(folder))

    def test_more_files_than_a_console_has(self):
        with tempfile.TemporaryDirectory(prefix="triage-console-") as folder:
            for i in range(513):
                write(folder, f"file-{i}.txt", b"")
            self.assertIn("more than 512 files", self.refusal(folder))


if __name__ == "__main__":
    server.main()
