#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stand-in for a Vault server, for test_vault. Prints its port, then each request as a line
METHOD PATH TOKEN, until its standard input ends. What it answers depends on token and path."""
import http.server
import json
import sys
import threading

SECRETS = {
    "/v1/kv/data/team/triage": {"admin-key": "from Vault, long enough",
                                "store": "postgresql://a:b@c/d", "other": 5},
    "/v1/kv/data/team/keys": {"admin-key": "from Vault, the later one"},
}


class Vault(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self, status, body):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def handle_request(self):
        token = self.headers.get("X-Vault-Token", "")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        print(self.command, self.path, token, flush=True)
        if not token.startswith("good"):
            special = {"sealed": (503, {"errors": ["Vault is sealed"]}),
                       "garbage": (200, b"<html>"),
                       "empty": (200, {"data": {"metadata": {}}}),
                       "nested": (200, {"data": {"data": {"admin-key": {"a": 1}}}}),
                       "noisy": (403, {"errors": ["permission\ndenied"]})}
            self.answer(*special.get(token, (403, {"errors": ["permission denied"]})))
        elif self.command == "GET" and self.path in SECRETS:
            self.answer(200, {"data": {"data": SECRETS[self.path], "metadata": {"version": 3}}})
        elif self.command == "POST" and self.path == "/v1/auth/token/renew-self":
            assert json.loads(body) == {}
            self.answer(200, {"auth": {"client_token": token, "lease_duration": 1,
                                       "renewable": True}})
        else:
            self.answer(404, {"errors": []})

    do_GET = do_POST = handle_request

    def log_message(self, *arguments):
        pass


def main():
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Vault)
    print(server.server_port, flush=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdin.read()


if __name__ == "__main__":
    main()
