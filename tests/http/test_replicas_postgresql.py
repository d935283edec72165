#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Two backends, a retrainer and two inference servers that share a PostgreSQL database and no folder:
what one of them learns, or puts live, all of them serve."""
import os
import shutil
import subprocess
import tempfile
import unittest

from server import ENVIRONMENT, MODEL, PATIENCE, PROGRAM, Server, main

ADMIN = "the-admin-key-of-this-test"
INFERENCE = "the-inference-key-of-this-test"
STORE = os.environ["TRIAGE_TEST_POSTGRES"]


class Backend(Server):
    command = "backend"
    # No predictions go through the backends here: nothing listens there.
    arguments = ("--registry-sync", "--inference-url", "http://127.0.0.1:1")
    is_live_at_once = False


class Retrainer(Server):
    command = "retrainer"
    arguments = ("--registry-sync", "--preset", "words")
    is_live_at_once = False


class Inference(Server):
    command = "inference"
    arguments = ("--poll-interval", "100ms")
    is_live_at_once = False

    def model_version(self):
        """What a prediction says it was made with."""
        body = {"inputs": [{"name": "text", "datatype": "BYTES", "shape": [1],
                            "data": ["the printer has no paper"]}]}
        return self.post("/v2/models/triage/infer", body).json["model_version"]


class Replicas(unittest.TestCase):
    def setUp(self):
        self.keys = tempfile.mkdtemp(prefix="triage-http-")
        self.addCleanup(shutil.rmtree, self.keys)
        admin = self.secret("admin", ADMIN)
        inference = self.secret("inference", INFERENCE)
        store = ("--store-file", self.secret("store", self.new_store()))
        options = (*store, "--admin-key-file", admin, "--inference-key-file", inference)
        self.a = self.service(Backend, *options)
        self.b = self.service(Backend, *options)
        self.a.key = self.b.key = ADMIN
        self.inferences = [self.service(Inference, "--inference-key-file", inference,
                                        "--backend-url", f"http://127.0.0.1:{backend.port}")
                           for backend in (self.a, self.b)]
        for server in self.inferences:
            server.key = INFERENCE
        self.retrainer = self.service(Retrainer, *store)
        self.all = [self.a, self.b, *self.inferences]
        self.await_live("v000001", dict.fromkeys(self.all, 0))

    def new_store(self):
        """The address of a schema of this test's own; it ends with the database server."""
        name = "replicas_" + self.id().rsplit(".", 1)[1]
        subprocess.run(["psql", "-qX", STORE, "-c", f"CREATE SCHEMA {name}"], check=True)
        return f"{STORE}&options=-csearch_path%3D{name}"

    def secret(self, name, text):
        path = os.path.join(self.keys, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def service(self, kind, *options):
        server = kind(*options, has_model=False)
        self.addCleanup(server.close)
        return server

    def marks(self):
        return {server: server.mark() for server in self.all}

    def await_live(self, version, marks):
        for server, mark in marks.items():
            server.wait_for_live(version, mark)
        for server in self.inferences:
            if server in marks:
                self.assertEqual(server.model_version(), version)

    def changes(self, backend):
        return [(event["action"], event["version"], event["previous"], event["at"], event["who"])
                for event in backend.get_json("/api/v1/models")["history"]]

    def learn(self):
        """Ten corrections of a label that no model knows yet, to A."""
        marks = self.marks()
        for i in range(10):
            answer = self.a.post("/api/v1/feedback", {
                "text": f"the coffee machine in kitchen {i} leaks again",
                "field": "category", "label": "Coffee"})
            self.assertIn(answer.status, (200, 201), answer.body)
        self.await_live("v000002", marks)

    def test_all_follow(self):
        self.learn()
        marks = self.marks()
        answer = self.b.post("/api/v1/models/rollback", {"reason": "too much coffee"})
        self.assertEqual((answer.status, answer.json["champion"], answer.json["previous"]),
                         (200, "v000001", "v000002"))
        self.await_live("v000001", marks)
        self.assertEqual(self.changes(self.a), self.changes(self.b))
        self.assertEqual([change[:3] for change in self.changes(self.a)],
                         [("promoted", "v000001", None), ("promoted", "v000002", "v000001"),
                          ("rolled_back", "v000001", "v000002")])
        # Nothing lies before the first.
        answer = self.a.post("/api/v1/models/rollback", {})
        self.assertEqual(answer.status, 409, answer.body)

    def models(self, *arguments):
        """The command, on a machine that has nothing but the address of the store."""
        done = subprocess.run([PROGRAM, "models", *arguments, "--registry-sync", "--store-file",
                               self.keys + "/store", "--data-dir", self.keys + "/elsewhere"],
                              check=False, env=ENVIRONMENT, timeout=PATIENCE, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_the_command_line_is_followed(self):
        marks = self.marks()
        self.models("add", MODEL)
        self.models("promote", "2", "--reason", "trained by hand")
        self.await_live("v000002", marks)
        marks = self.marks()
        self.models("rollback")
        self.await_live("v000001", marks)
        self.assertEqual([change[:3] + change[4:] for change in self.changes(self.b)][1:],
                         [("promoted", "v000002", "v000001", "local"),
                          ("rolled_back", "v000001", "v000002", "local")])
        self.assertIn("v000001   live", self.models("list"))

    def test_one_that_was_down_catches_up(self):
        down = [self.b, self.inferences[1]]
        for server in down:
            server.end()
        self.all = [server for server in self.all if server not in down]
        self.learn()
        marks = self.marks()
        answer = self.a.post("/api/v1/models/v000001/promote", {"reason": "for a while"})
        self.assertEqual(answer.status, 200, answer.body)
        self.await_live("v000001", marks)
        marks = self.marks()
        self.assertEqual(self.a.post("/api/v1/models/champion/promote", {}).status, 200)
        self.assertEqual(self.a.post("/api/v1/models/v000002/promote", {}).status, 200)
        self.await_live("v000002", marks)
        for server in down:
            server.start()
        self.await_live("v000002", dict.fromkeys(down, 0))
        self.assertEqual(self.changes(self.a), self.changes(self.b))
        models = [model["version"] for model in self.b.get_json("/api/v1/models")["models"]]
        self.assertEqual(models, ["v000002", "v000001"])

    def test_the_database_goes_away_and_comes_back(self):
        self.learn()
        marks = self.marks()
        control = os.environ["TRIAGE_TEST_POSTGRES_CTL"]
        subprocess.run([control, "stop"], check=True)
        try:
            for server in self.inferences:
                self.assertEqual(server.model_version(), "v000002")
            answer = self.a.post("/api/v1/models/v000001/promote", {})
            self.assertEqual(answer.status, 503, answer.body)
        finally:
            subprocess.run([control, "start"], check=True)
        answer = self.a.post("/api/v1/models/v000001/promote", {})
        self.assertEqual(answer.status, 200, answer.body)
        self.await_live("v000001", marks)

    def test_what_the_key_of_inference_opens(self):
        manifest = self.a.get("/api/v1/models/champion/manifest", key=INFERENCE)
        self.assertEqual((manifest.status, manifest.json["version"]), (200, "v000001"))
        tag = manifest.headers["ETag"]
        again = self.a.get("/api/v1/models/champion/manifest", key=INFERENCE,
                           headers={"If-None-Match": tag})
        self.assertEqual((again.status, again.body), (304, b""))
        model = self.a.get("/api/v1/models/v000001/file", key=INFERENCE)
        self.assertEqual((model.status, len(model.body)), (200, manifest.json["bytes"]))
        for path in ("/api/v1/models", "/api/v1/models/v000001", "/api/v1/keys", "/api/v1/feedback"):
            self.assertEqual(self.a.get(path, key=INFERENCE).status, 403, path)
        self.assertEqual(self.a.post("/api/v1/models/rollback", {}, key=INFERENCE).status, 403)
        self.assertEqual(self.a.get("/api/v1/models/v000001/file", key=INFERENCE + "x").status, 401)


if __name__ == "__main__":
    main()
