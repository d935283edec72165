#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Who may call: every route as nobody and with a key of each role."""
import subprocess
import unittest

import server

ROLES = ["public", "predict", "agent", "admin"]

# Bodies that are refused whatever the key, so that walking over the routes changes nothing.
REFUSED = "[]"


class Roles(server.ServerTest):
    options = ("--retrain-after", "0")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.keys = {"public": ""}
        for role in ("admin", "agent", "predict"):
            cls.server.key = cls.keys.get("admin", "")
            cls.keys[role] = cls.server.post("/api/v1/keys", {"role": role}).json["key"]
        cls.server.key = ""

    def call(self, method, path, operation, key):
        for name in ("{id}", "{v}", "{check}"):
            path = path.replace(name, "nothing")
        path = path.replace("{name}", "triage")
        body = REFUSED if "requestBody" in operation else None
        if path == "/api/v1/events":
            stream = self.server.watch(key=key)
            answer = server.Answer(stream.response) if stream.status != 200 else stream
            stream.close()
            return answer
        return self.server.request(method, path, body, key=key)

    def test_every_route(self):
        n = 0
        for method, path, operation in server.contract.operations():
            needed = ROLES.index(operation["x-role"])
            for rank, role in enumerate(ROLES):
                answer = self.call(method, path, operation, self.keys[role])
                with self.subTest(method=method, path=path, role=role):
                    if rank >= needed:
                        self.assertNotIn(answer.status, (401, 403))
                    elif role == "public":
                        self.assert_problem(answer, 401)
                        self.assertEqual(answer.headers["WWW-Authenticate"], "Bearer")
                    else:
                        self.assert_problem(answer, 403)
                n += 1
        self.assertGreater(n, 180)

    def test_unknown_keys(self):
        admin = self.keys["admin"]
        for header in ("Bearer nonsense", "Bearer " + admin[:-1], "Bearer " + admin + "x", "Bearer",
                       "Bearer ", "Basic " + admin, admin, "Bearer " + "x" * 5000):
            answer = self.server.get("/api/v1/session", headers={"Authorization": header})
            self.assert_problem(answer, 401)
            self.assertIn("invalid_token", answer.headers["WWW-Authenticate"])
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = self.server.get("/api/v1/session",
                                     headers={"Authorization": f"{scheme} {admin}"})
            self.assertEqual(answer.status, 200)
        # Where none is needed, a wrong one does no harm.
        self.assertEqual(self.server.get("/livez", key="nonsense").status, 200)

    def test_session(self):
        for role in ROLES[1:]:
            session = self.server.get_json("/api/v1/session", key=self.keys[role])
            self.assertEqual((session["role"], session["keys_exist"]), (role, True))
            self.assertIsNotNone(session["key_id"])

    def test_a_refused_body_is_not_read(self):
        """A caller without a key cannot make the server take a long body."""
        connection = self.server.connect()
        connection.putrequest("POST", "/api/v1/predict/batch")
        connection.putheader("Content-Length", str(1 << 40))
        connection.endheaders()
        self.assertEqual(connection.getresponse().status, 401)
        connection.close()

    def test_revoked_at_once(self):
        admin = self.keys["admin"]
        made = self.server.post("/api/v1/keys", {"role": "agent", "name": "B\u00e4rbel"}, key=admin)
        self.assertEqual(made.status, 201)
        self.assertEqual(self.server.get("/api/v1/stats", key=made.json["key"]).status, 200)
        path = "/api/v1/keys/" + made.json["key_id"]
        self.assertEqual(self.server.request("DELETE", path, key=admin).status, 204)
        self.assert_problem(self.server.get("/api/v1/stats", key=made.json["key"]), 401)
        self.assert_problem(self.server.request("DELETE", path, key=admin), 404)
        answer = self.server.get("/api/v1/keys", key=admin)
        row = next(row for row in answer.json["keys"] if row["key_id"] == made.json["key_id"])
        self.assertEqual((row["name"], row["role"]), ("B\u00e4rbel", "agent"))
        self.assertIsNotNone(row["revoked_at"])
        self.assertNotIn(made.json["key"].encode(), answer.body)

    def test_all_keys_are_listed(self):
        admin = self.keys["admin"]
        for _ in range(60):
            self.assertEqual(self.server.post("/api/v1/keys", {"role": "predict"},
                                              key=admin).status, 201)
        self.assertGreater(len(self.server.get("/api/v1/keys", key=admin).json["keys"]), 60)

    def test_wrong_keys(self):
        admin = self.keys["admin"]
        for body, status, pointer in (({}, 422, "/role"), ({"role": "boss"}, 422, "/role"),
                                      ({"role": "Admin"}, 422, "/role"), ({"role": 1}, 422, "/role"),
                                      ({"role": "admin\0"}, 422, "/role"),
                                      ({"role": "predict", "name": "a\nb"}, 422, "/name"),
                                      ({"role": "predict", "name": "a\0b"}, 422, "/name"),
                                      ({"role": "predict", "name": "x" * 101}, 422, "/name"),
                                      ({"role": "predict", "x": 1}, 422, "/x"), ([], 422, ""),
                                      ("{", 400, None)):
            with self.subTest(body=body):
                self.assert_problem(self.server.post("/api/v1/keys", body, key=admin), status,
                                    pointer)

    def test_audit(self):
        admin = self.keys["admin"]
        session = self.server.get_json("/api/v1/session", key=admin)
        made = self.server.post("/api/v1/keys", {"role": "predict"}, key=admin).json
        entry = self.server.get_json("/api/v1/audit?limit=1", key=admin)["audit"][0]
        self.assertEqual((entry["who"], entry["target"]), (session["key_id"], made["key_id"]))
        page = self.server.get_json("/api/v1/audit?limit=2", key=admin)
        rest = self.server.get_json("/api/v1/audit?limit=1000&before=" + page["next"], key=admin)
        whole = self.server.get_json("/api/v1/audit?limit=1000", key=admin)
        self.assertEqual(page["audit"] + rest["audit"], whole["audit"])
        lines = self.server.get("/api/v1/audit", key=admin, headers={"Accept": server.NDJSON}).lines
        self.assertEqual(lines, whole["audit"])


class Open(server.ServerTest):
    def test_without_keys_this_machine_may_do_everything(self):
        session = self.server.get_json("/api/v1/session")
        self.assertEqual(session, {"key_id": None, "role": "admin", "keys_exist": False})

    def test_without_keys_no_one_else_is_served(self):
        """A server that others can reach does not start without a key."""
        done = subprocess.run(
            [server.PROGRAM, "serve", "--data-dir", self.server.folder + "/open",
             "--listen", "0.0.0.0:0"], env=server.ENVIRONMENT, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, timeout=server.PATIENCE, check=False)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"without a key", done.stderr)


class Demanded(server.ServerTest):
    options = ("--require-key", "--rate-read", "2")

    def test_key_from_the_command_line(self):
        self.assert_problem(self.server.get("/api/v1/session"), 401)
        key = self.server.run("keys", "create", "admin").decode().split()
        key = next(word for word in key if word.startswith("tri_"))
        while self.server.get("/api/v1/fields", key=key).status in (401, 429):
            pass  # noticed by the server's own watch of the store
        # The budget of a key: two a second, so that of many at once some are refused.
        answers = [self.server.get("/api/v1/fields", key=key) for _ in range(50)]
        refused = [answer for answer in answers if answer.status == 429]
        self.assertTrue(refused)
        self.assert_problem(refused[0], 429)
        self.assertGreaterEqual(int(refused[0].headers["Retry-After"]), 1)
        self.assertEqual(self.server.get("/livez").status, 200)


if __name__ == "__main__":
    unittest.main(verbosity=2)
