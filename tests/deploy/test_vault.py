#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""deploy/vault: what setup makes of a server, what its policies allow, and a service that reads its
secrets by them. VAULT_TEST_SERVER is a program that starts an empty Vault server and prints its
address and root token, until its standard input ends;
without it vault_standin.py stands there. The Kubernetes that Vault asks about tokens is a stand-in.
"""
import base64
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from server import ENVIRONMENT, PATIENCE, Server, main

HERE = os.path.dirname(os.path.abspath(__file__))
SETUP = os.path.join(HERE, "..", "..", "deploy", "vault", "setup")
STARTED = os.environ.get("VAULT_TEST_SERVER")
LAYOUT = ("database", "keys", "registry", "kubeconfig", "smtp")


class Loopback:
    """An HTTP server of this test, on a free port."""

    def __init__(self, handler, **members):
        kind = type("Handler", (handler,), {"protocol_version": "HTTP/1.1",
                                            "log_message": lambda *arguments: None, **members})
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


class Kubernetes(http.server.BaseHTTPRequestHandler):
    """Reviews tokens: those that end in a signature "good" are the cluster's own."""

    def do_POST(self):  # pylint: disable=invalid-name
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        token = body["spec"]["token"]
        status = {"authenticated": False}
        if (self.path == "/apis/authentication.k8s.io/v1/tokenreviews"
                and token.endswith("." + encode(b"good"))):
            account = claims_of(token)["kubernetes.io"]
            status = {"authenticated": True, "user": {
                "username": f"system:serviceaccount:{account['namespace']}:"
                            f"{account['serviceaccount']['name']}",
                "uid": account["serviceaccount"]["uid"]}}
        answer = json.dumps({"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview",
                             "metadata": {}, "spec": {}, "status": status}).encode()
        self.send_response(201)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class Recorder(http.server.BaseHTTPRequestHandler):
    """Stands between a service and Vault: passes requests on, and notes them with their status."""

    vault = None

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        status, sent = ask(self.vault.address, self.command, self.path[4:],
                           self.headers["X-Vault-Token"], body or None)
        with self.vault.news:
            self.vault.seen.append((self.command, self.path, status))
            self.vault.news.notify_all()
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = pass_on


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def claims_of(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def service_token(namespace, name, signature=b"good"):
    """What Kubernetes gives a pod."""
    claims = {"iss": "kubernetes/serviceaccount", "sub": f"system:serviceaccount:{namespace}:{name}",
              "kubernetes.io": {"namespace": namespace,
                                "serviceaccount": {"name": name, "uid": "uid-of-" + name}}}
    return ".".join(encode(part) for part in (b'{"alg":"RS256","kid":"a"}',
                                              json.dumps(claims).encode(), signature))


def ask(address, method, path, token, body=None):
    """(status, bytes)"""
    headers = {"X-Vault-Token": token} if token else {}
    if body is not None and not isinstance(body, bytes):
        body = json.dumps(body).encode()
    request = urllib.request.Request(f"{address}/v1/{path}", body, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as fault:
        with fault:
            return fault.code, fault.read()


class Vault:
    def __init__(self):
        self.errors = tempfile.TemporaryFile()
        command = [STARTED] if STARTED else [sys.executable, HERE + "/vault_standin.py"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=self.errors)
        line = self.process.stdout.readline().decode().split()
        if len(line) != 2:
            self.errors.seek(0)
            raise AssertionError(f"no Vault: {self.errors.read().decode()}")
        self.address, self.root = line
        self.seen = []
        self.news = threading.Condition()

    def close(self):
        self.process.stdin.close()
        self.process.wait(PATIENCE)
        self.process.stdout.close()
        self.errors.close()

    def ask(self, method, path, token=None, body=None):
        return ask(self.address, method, path, token or self.root, body)

    def json(self, method, path, token=None, body=None):
        status, answer = self.ask(method, path, token, body)
        if status not in (200, 204):
            raise AssertionError(f"{method} {path}: {status} {answer.decode()}")
        return json.loads(answer) if answer else None

    def setup(self, *options):
        return subprocess.run([SETUP, *options], check=False, stdin=subprocess.DEVNULL,
                              env={**ENVIRONMENT, "VAULT_ADDR": self.address,
                                   "VAULT_TOKEN": self.root},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=PATIENCE)

    def write(self, name, data):
        self.json("POST", "secret/data/triage/" + name, body={"data": data})

    def log_in(self, token, role="triage"):
        """(status, what is in auth)"""
        status, answer = ask(self.address, "POST", "auth/kubernetes/login", None,
                             {"role": role, "jwt": token})
        return status, json.loads(answer).get("auth")

    def wait_for(self, wanted, n):
        """Until `n` requests have been seen that are `wanted`."""
        def count():
            return sum(1 for request in self.seen if wanted(request))

        with self.news:
            if not self.news.wait_for(lambda: count() >= n, PATIENCE):
                raise AssertionError(f"Vault was not asked: {self.seen}")


class VaultTest(unittest.TestCase):
    def setUp(self):
        self.vault = Vault()
        self.addCleanup(self.vault.close)
        self.cluster = Loopback(Kubernetes)
        self.addCleanup(self.cluster.close)
        self.all = ("--kubernetes", self.cluster.address, "--approle", "--generate")

    def setup_vault(self, *options):
        done = self.vault.setup(*options)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout.splitlines()[-1]

    def fill(self):
        for name in LAYOUT:
            self.vault.write(name, {"member": name})


class Setup(VaultTest):
    def test_a_second_run_changes_nothing(self):
        self.assertEqual(self.setup_vault(*self.all, "--dry-run"), "0 unchanged, 9 changed")
        self.assertEqual(self.setup_vault(*self.all), "0 unchanged, 9 changed")
        self.assertEqual(self.setup_vault(*self.all), "9 unchanged, 0 changed")

    def test_what_differs_is_put_right(self):
        self.setup_vault(*self.all)
        self.vault.json("POST", "sys/policies/acl/triage", body={
            "policy": 'path "secret/*" { capabilities = ["read"] }'})
        self.assertEqual(self.setup_vault(*self.all, "--ttl", "60"), "6 unchanged, 3 changed")
        self.assertEqual(self.setup_vault(*self.all, "--ttl", "60"), "9 unchanged, 0 changed")

    def test_keys_are_made_once(self):
        self.setup_vault("--generate")
        first = self.vault.json("GET", "secret/data/triage/keys")["data"]["data"]
        self.assertEqual(sorted(first), ["admin-key", "inference-key"])
        self.assertTrue(all(len(key) == 48 and key.isalnum() for key in first.values()))
        self.assertNotEqual(*first.values())
        self.setup_vault("--generate")
        self.assertEqual(self.vault.json("GET", "secret/data/triage/keys")["data"]["data"], first)

    def test_another_engine_is_refused(self):
        self.vault.json("POST", "sys/mounts/secret", body={"type": "kv", "options": {"version": "1"}})
        done = self.vault.setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("not a KV engine of version 2", done.stderr)

    def test_a_token_without_rights_is_told(self):
        self.setup_vault()
        token = self.vault.json("POST", "auth/token/create",
                                body={"policies": ["triage"], "ttl": "60s"})["auth"]["client_token"]
        self.vault.root = token
        done = self.vault.setup()
        self.assertEqual(done.returncode, 1)
        self.assertIn("403", done.stderr)

    def test_odd_arguments_are_refused(self):
        for options in (("--mount", "a b"), ("--prefix", "../sys"), ("--ttl", "1h"), ("--what",),
                        ("--mount",)):
            self.assertEqual(self.vault.setup(*options).returncode, 2, options)


class Policies(VaultTest):
    def status(self, token, method, path, body=None):
        return self.vault.ask(method, path, token, body)[0]

    def check(self, token, readable):
        for name in LAYOUT:
            status = self.status(token, "GET", "secret/data/triage/" + name)
            self.assertEqual(status, 200 if name in readable else 403, name)
        self.assertEqual(self.status(token, "LIST", "secret/metadata/triage/"), 200)
        self.assertEqual(self.status(token, "GET", "auth/token/lookup-self"), 200)
        self.assertEqual(self.status(token, "POST", "auth/token/renew-self", {}), 200)
        for method, path, body in (
                ("POST", "secret/data/triage/keys", {"data": {"admin-key": "mine"}}),
                ("DELETE", "secret/data/triage/keys", None),
                ("DELETE", "secret/metadata/triage/keys", None),
                ("GET", "secret/data/other", None),
                ("GET", "secret/data/triage/keys/more", None),
                ("LIST", "secret/metadata/", None),
                ("GET", "sys/policies/acl/triage", None),
                ("POST", "sys/policies/acl/triage", {"policy": ""}),
                ("POST", "auth/token/create", {"policies": ["root"]}),
                ("GET", "auth/kubernetes/role/triage", None)):
            self.assertEqual(self.status(token, method, path, body), 403, (method, path))

    def test_of_the_services(self):
        self.setup_vault(*self.all)
        self.fill()
        status, auth = self.vault.log_in(service_token("triage", "triage"))
        self.assertEqual(status, 200)
        self.assertEqual(auth["policies"], ["triage"])
        self.check(auth["client_token"], {"database", "keys"})

    def test_of_a_pipeline(self):
        self.setup_vault(*self.all)
        self.fill()
        role = self.vault.json("GET", "auth/approle/role/triage-deploy/role-id")["data"]["role_id"]
        secret = self.vault.json("POST", "auth/approle/role/triage-deploy/secret-id",
                                 body={})["data"]["secret_id"]
        auth = self.vault.json("POST", "auth/approle/login",
                               body={"role_id": role, "secret_id": secret})["auth"]
        self.assertEqual(auth["policies"], ["triage-deploy"])
        self.check(auth["client_token"], set(LAYOUT))

    def test_who_may_log_in(self):
        self.setup_vault(*self.all, "--service-accounts", "triage-backend,triage-retrainer")
        for name, expected in (("triage-backend", 200), ("triage-retrainer", 200), ("triage", 403),
                               ("default", 403)):
            self.assertEqual(self.vault.log_in(service_token("triage", name))[0], expected, name)
        self.assertEqual(self.vault.log_in(service_token("other", "triage-backend"))[0], 403)
        forged = service_token("triage", "triage-backend", b"bad")
        self.assertEqual(self.vault.log_in(forged)[0], 403)


class Service(VaultTest):
    """`triage serve` with a token that Kubernetes has brought about."""

    def serve(self, ttl):
        self.folder = tempfile.mkdtemp(prefix="triage-vault-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.setup_vault(*self.all, "--ttl", str(ttl))
        self.vault.write("database", {"store": self.folder + "/elsewhere.db"})
        self.vault.write("keys", {"admin-key": "the first admin key", "inference-key": "a" * 16})
        _, auth = self.vault.log_in(service_token("triage", "triage"))
        with open(self.folder + "/token", "w", encoding="utf-8") as out:
            out.write(auth["client_token"] + "\n")
        between = Loopback(Recorder, vault=self.vault)
        self.addCleanup(between.close)
        server = Server("--vault-addr", between.address, "--vault-token-file", self.folder + "/token",
                        "--vault-path", "secret/triage/database,secret/triage/keys")
        self.addCleanup(server.close)
        return server

    def test_reads_its_secrets(self):
        server = self.serve(600)
        self.assertTrue(os.path.exists(self.folder + "/elsewhere.db"))
        self.assertFalse(os.path.exists(server.folder + "/data/triage.db"))
        self.assertEqual(server.get("/api/v1/keys", key="the first admin key").status, 200)
        self.assertEqual(server.get("/api/v1/keys", key="another key of this length").status, 401)
        self.vault.write("keys", {"admin-key": "the second admin key"})
        after = server.mark()
        server.process.send_signal(signal.SIGHUP)
        server.wait_for(lambda line: line["event.action"] == "reload", after)
        self.assertEqual(server.get("/api/v1/keys", key="the second admin key").status, 200)
        self.assertEqual(server.get("/api/v1/keys", key="the first admin key").status, 401)
        text = "".join(json.dumps(line) for line in server.lines)
        self.assertNotIn("admin key", text)

    def test_renews_its_token(self):
        """Its lease is two seconds, the third renewal comes after more than that."""
        self.serve(2)
        self.vault.wait_for(lambda request: request == ("POST", "/v1/auth/token/renew-self", 200), 4)
        self.assertEqual([request for request in self.vault.seen if request[2] != 200], [])

    def test_without_its_secret_it_does_not_start(self):
        self.vault.setup()
        with tempfile.TemporaryDirectory() as folder:
            with open(folder + "/token", "w", encoding="utf-8") as out:
                out.write(self.vault.root)
            done = subprocess.run(
                [os.environ["HTTP_TEST_PROGRAM"], "serve", "--data-dir", folder + "/data", "--listen",
                 "127.0.0.1:0", "--vault-addr", self.vault.address, "--vault-token-file",
                 folder + "/token", "--vault-path", "secret/triage/nothing"],
                env=ENVIRONMENT, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                timeout=PATIENCE)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn(b"Vault has nothing at secret/data/triage/nothing", done.stderr)


if __name__ == "__main__":
    print("against", "a real server: " + STARTED if STARTED else "the stand-in", flush=True)
    main()
