#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stand-in for a Vault server where none can be had: the part of its HTTP interface that
deploy/vault/setup and the services use, with policies that are enforced, tokens that expire and log
in by Kubernetes and AppRole. Prints its address and its root token, and ends when its standard input
does. test_vault.py runs against either, so that what it does is what Vault does.
"""
import base64
import http.server
import json
import re
import secrets
import sys
import threading
import time
import urllib.request

ACL = re.compile(r'path\s+"([^"]+)"\s*\{\s*capabilities\s*=\s*\[([^\]]*)\]\s*\}')
CAPABILITY = {"GET": "read", "LIST": "list", "POST": "update", "PUT": "update", "DELETE": "delete"}


class Refusal(Exception):
    def __init__(self, status, *reasons):
        super().__init__(status)
        self.status = status
        self.reasons = list(reasons)


class Token:
    def __init__(self, policies, ttl):
        self.name = "hvs." + secrets.token_urlsafe(24)
        self.policies = policies
        self.ttl = ttl
        self.expires = time.monotonic() + ttl if ttl else None

    def is_alive(self):
        return self.expires is None or time.monotonic() < self.expires

    def auth(self):
        return {"auth": {"client_token": self.name, "policies": self.policies,
                         "token_policies": self.policies, "lease_duration": self.ttl,
                         "renewable": self.ttl > 0}}


class Vault:
    def __init__(self):
        self.lock = threading.RLock()
        root = Token(["root"], 0)
        self.root = root.name
        self.tokens = {root.name: root}
        self.mounts = {}
        self.auths = {}
        self.policies = {}
        self.kv = {}
        self.settings = {}  # of log in methods, by path
        self.secret_ids = {}

    # --- who may do what

    def capabilities(self, policies, path):
        rules = [(rule, set(re.findall(r'"(\w+)"', list_)))
                 for name in policies for rule, list_ in ACL.findall(self.policies.get(name, ""))]
        exact = [allowed for rule, allowed in rules if rule == path]
        globs = [(rule, allowed) for rule, allowed in rules
                 if rule.endswith("*") and path.startswith(rule[:-1])]
        longest = max((len(rule) for rule, _ in globs), default=0)
        chosen = exact or [allowed for rule, allowed in globs if len(rule) == longest]
        return set().union(*chosen)

    def check(self, name, method, path):
        token = self.tokens.get(name)
        if not token or not token.is_alive():
            raise Refusal(403, "permission denied")
        if "root" not in token.policies:
            allowed = self.capabilities(token.policies, path)
            wanted = CAPABILITY.get(method)
            if wanted not in allowed and not (wanted == "update" and "create" in allowed):
                raise Refusal(403, "1 error occurred:\n\t* permission denied\n\n")
        return token

    # --- what is asked for

    def handle(self, method, path, name, body):
        with self.lock:
            match = re.fullmatch(r"auth/(kubernetes|approle)/login", path)
            if match:
                return getattr(self, "log_in_" + match[1])(body)
            token = self.check(name, method, path)
            for pattern, action in ROWS:
                match = re.fullmatch(pattern, path)
                if match:
                    return action(self, method, body, token, *match.groups())
        raise Refusal(404)

    def mount(self, method, body, _token, name):
        if method == "POST":
            if name in self.mounts:
                raise Refusal(400, f"path is already in use at {name}/")
            self.mounts[name] = body
            return None
        if name not in self.mounts:
            raise Refusal(400, "cannot fetch sysview for path")
        return {**self.mounts[name], "data": self.mounts[name]}

    def auth(self, method, body, _token, name):
        if method == "POST":
            self.auths[name] = body
            return None
        if name not in self.auths:
            raise Refusal(400, "cannot fetch sysview for path")
        return {"data": self.auths[name]}

    def policy(self, method, body, _token, name):
        if method == "POST":
            self.policies[name] = body["policy"]
            return None
        if name not in self.policies:
            raise Refusal(404)
        return {"data": {"name": name, "policy": self.policies[name]}}

    def data(self, method, body, _token, mount, path):
        if self.mounts.get(mount, {}).get("options", {}).get("version") != "2":
            raise Refusal(404)
        versions = self.kv.setdefault((mount, path), [])
        if method == "POST":
            cas = body.get("options", {}).get("cas")
            if cas is not None and cas != len(versions):
                raise Refusal(400, "check-and-set parameter did not match the current version")
            versions.append(body["data"])
            return {"data": {"version": len(versions)}}
        if method != "GET" or not versions:
            raise Refusal(404)
        return {"data": {"data": versions[-1], "metadata": {"version": len(versions)}}}

    def metadata(self, method, _body, _token, mount, path):
        if method != "LIST":
            raise Refusal(405)
        keys = sorted(inside[len(path):] for at, inside in self.kv
                      if at == mount and inside.startswith(path))
        return {"data": {"keys": keys}}

    def setting(self, method, body, _token, path):
        if path.split("/")[0] not in self.auths:
            raise Refusal(404)
        if method == "POST":
            self.settings[path] = {**self.settings.get(path, {}), **body}
            return None
        if path not in self.settings:
            raise Refusal(404)
        shown = dict(self.settings[path])
        shown.pop("token_reviewer_jwt", None)
        return {"data": shown}

    def make_token(self, _method, body, _token):
        made = Token(body["policies"], int(body.get("ttl", "0").rstrip("s")))
        self.tokens[made.name] = made
        return made.auth()

    def renew(self, _method, _body, token):
        token.expires = time.monotonic() + token.ttl
        return token.auth()

    def look_up(self, _method, _body, token):
        return {"data": {"policies": token.policies, "ttl": token.ttl}}

    def issue(self, role):
        made = Token(role["token_policies"], role["token_ttl"])
        self.tokens[made.name] = made
        return made.auth()

    # --- logging in

    def log_in_kubernetes(self, body):
        role = self.settings.get("kubernetes/role/" + body["role"])
        config = self.settings.get("kubernetes/config")
        if not role or not config:
            raise Refusal(400, "invalid role name")
        claims = body["jwt"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
        account = claims["kubernetes.io"]
        if (account["namespace"] not in role["bound_service_account_namespaces"]
                or account["serviceaccount"]["name"] not in role["bound_service_account_names"]):
            raise Refusal(403, "service account name not authorized")
        reviewer = config.get("token_reviewer_jwt") or body["jwt"]
        request = urllib.request.Request(
            config["kubernetes_host"] + "/apis/authentication.k8s.io/v1/tokenreviews",
            json.dumps({"spec": {"token": body["jwt"]}}).encode(),
            {"Authorization": "Bearer " + reviewer, "Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            review = json.load(answer)
        if not review["status"].get("authenticated"):
            raise Refusal(403, "permission denied")
        return self.issue(role)

    def role_id(self, _method, _body, _token, role):
        return {"data": {"role_id": role}}

    def secret_id(self, _method, _body, _token, role):
        made = secrets.token_hex(16)
        self.secret_ids[made] = role
        return {"data": {"secret_id": made}}

    def log_in_approle(self, body):
        if self.secret_ids.get(body["secret_id"]) != body["role_id"]:
            raise Refusal(400, "invalid role or secret ID")
        return self.issue(self.settings["approle/role/" + body["role_id"]])


ROWS = (
    (r"sys/mounts/([\w-]+)", Vault.mount),
    (r"sys/auth/([\w-]+)", Vault.auth),
    (r"sys/policies/acl/([\w-]+)", Vault.policy),
    (r"auth/token/create", Vault.make_token),
    (r"auth/token/renew-self", Vault.renew),
    (r"auth/token/lookup-self", Vault.look_up),
    (r"auth/approle/role/([\w-]+)/role-id", Vault.role_id),
    (r"auth/approle/role/([\w-]+)/secret-id", Vault.secret_id),
    (r"auth/((?:kubernetes|approle)/[\w/-]+)", Vault.setting),
    (r"([\w-]+)/data/([\w/-]+)", Vault.data),
    (r"([\w-]+)/metadata/([\w/-]*)", Vault.metadata),
)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    vault = Vault()

    def handle_request(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            if not self.path.startswith("/v1/"):
                raise Refusal(404)
            answer = self.vault.handle(self.command, self.path[4:], self.headers.get("X-Vault-Token"),
                                       json.loads(body) if body else {})
            status = 200 if answer is not None else 204
        except Refusal as refusal:
            status, answer = refusal.status, {"errors": refusal.reasons}
        sent = json.dumps(answer).encode() if answer is not None else b""
        self.send_response(status)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    do_GET = do_POST = do_PUT = do_LIST = do_DELETE = handle_request

    def log_message(self, *arguments):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(f"http://127.0.0.1:{server.server_port} {Handler.vault.root}", flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
