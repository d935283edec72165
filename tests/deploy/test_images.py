#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The images as they are run: with nothing writable but /tmp, no capability, and no way to get one."""
import hashlib
import http.client
import json
import pathlib
import re
import secrets
import socket
import tarfile
import tempfile
import unittest

import engine
from engine import ROOT, TAG, await_that

NAMES = ["backend", "inference", "retrainer", "frontend"]
PORTS = {"backend": 8081, "inference": 8082, "retrainer": 8083, "frontend": 8080}
HARDENED = ["--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--pids-limit=128",
            # What an engine gives of itself may be more than its host allows.
            "--ulimit=nofile=4096:4096", "--ulimit=nproc=1024:1024",
            "--tmpfs=/tmp:mode=1777,size=64m"]
SHELLS = re.compile(r"(^|/)(sh|bash|dash|ash|busybox|perl\d?[\d.]*|python\d?[\d.]*|apt|apt-get|dpkg|"
                    r"curl|wget|nc|su|sudo|mount)$")
# What a secret looks like in a file; certificates of authorities are public.
SECRETS = re.compile(rb"-----BEGIN [A-Z ]*PRIVATE KEY|_authToken|aws_secret|[a-z]+://[^/\s:\"'%<>{}]+:"
                     rb"[^/\s@\"'%<>{}]+@[a-z0-9]")
# Documentation that is part of a library's text or of the program's own help.
EXAMPLES = [b"postgresql://USER:PASSWORD@HOST", b"user:password@", b"user:secret@"]


def image(name):
    return f"triage/{name}:{TAG}"


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triage-images-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        # Mounted into containers of another user.
        self.folder.chmod(0o755)

    def start(self, name, *arguments, options=()):
        """A hardened container of the image, removed at the end."""
        container = engine.engine("run", "-d", *HARDENED, *options, image(name), *arguments)
        self.addCleanup(engine.engine, "rm", "-f", container, check=False)
        return container

    def service(self, name, *more):
        """The same with what the service needs to start by itself."""
        key = self.folder / "key"
        key.write_text(secrets.token_urlsafe(32))
        key.chmod(0o444)
        options = ["-v", f"{key}:/run/secrets/key:ro", "-e", "TRIAGE_DATA_DIR=/tmp/triage",
                   "-e", "TRIAGE_ADMIN_KEY_FILE=/run/secrets/key",
                   "-e", "TRIAGE_INFERENCE_KEY_FILE=/run/secrets/key"]
        return self.start(name, *more, options=options)

    def check(self, name, container):
        program = ["/usr/bin/front", "health"] if name == "frontend" \
            else ["/usr/bin/triage", "health", "--alive"]
        return engine.engine("exec", container, *program, check=False)

    def await_alive(self, name, container):
        await_that(lambda: self.check(name, container).returncode == 0, f"{name} to be alive", 60)


class Running(Folder):
    def test_each_lives_and_ends_in_order(self):
        for name in NAMES:
            with self.subTest(name):
                container = self.service(name)
                self.await_alive(name, container)
                engine.engine("stop", "--time", "20", container)
                state = engine.inspect(container)["State"]
                self.assertEqual(state["ExitCode"], 0, engine.engine("logs", container))

    def test_ready_means_ready(self):
        """Without a model inference is alive, and its health check fails."""
        container = self.service("inference")
        self.await_alive("inference", container)
        check = engine.engine("exec", container, "/usr/bin/triage", "health", check=False)
        self.assertEqual(check.returncode, 1, check.stderr)
        self.assertIn("no model is live yet", check.stderr)

    def test_no_zombies_are_left(self):
        container = self.service("retrainer")
        self.await_alive("retrainer", container)
        for _ in range(5):
            self.check("retrainer", container)
        listed = engine.engine("top", container, "pid", "state").splitlines()[1:]
        self.assertEqual([line.split()[0] for line in listed], ["1"], listed)

    def test_the_first_process_ends_on_a_signal(self):
        """As any command would that is not the first process: 128 + 15."""
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            silent.settimeout(60)
            container = self.start(
                "backend", "health", "--timeout", "1h", "--listen",
                f"127.0.0.1:{silent.getsockname()[1]}", options=["--network=host"])
            with silent.accept()[0] as asked:
                asked.recv(1)
                engine.engine("kill", "--signal", "TERM", container)
                self.assertEqual(engine.engine("wait", container), "143")

    def test_the_log_is_json(self):
        for name in NAMES:
            with self.subTest(name):
                container = self.service(name)
                self.await_alive(name, container)
                lines = await_that(lambda c=container: engine.engine("logs", c).splitlines(), "a line")
                for line in lines:
                    record = json.loads(line)
                    self.assertEqual(list(record)[:4], ["@timestamp", "log.level", "message",
                                                        "ecs.version"])
                    self.assertEqual(record["service.name"], f"triage-{name}")


class Frontend(Folder):
    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        answer.content = answer.read()
        connection.close()
        return answer

    def setUp(self):
        super().setUp()
        self.port = engine.free_port()
        self.container = self.start("frontend", options=[
            "-p", f"127.0.0.1:{self.port}:8080", "-e", "FRONT_BACKENDS=127.0.0.1:9"])
        self.await_alive("frontend", self.container)

    def test_pages_and_headers_are_those_of_the_service(self):
        source = (ROOT / "src/services/console_files.c").read_text()
        pages = re.search(r"pages\[\] = \{(.*?)\};", source, re.S)[1]
        policy = "".join(re.findall(r'"([^"]*)"', re.search(r"policy\[\] =(.*?);\n", source, re.S)[1]))
        wanted = re.findall(r'http_set_header\(x, "([^"]+)", "([^"]+)"\)', source)
        for page in re.findall(r'"(/[^"]*)"', pages):
            answer = self.ask("GET", page)
            self.assertEqual(answer.status, 200, page)
            self.assertIn(b"<div id=\"root\">", answer.content)
            self.assertEqual(answer.getheader("Content-Security-Policy"), policy)
            for name, value in wanted:
                if name not in ("Content-Encoding", "Vary"):
                    self.assertEqual(answer.getheader(name), value, name)
            self.assertEqual(answer.getheader("Cache-Control"), "no-cache")

    def test_assets_are_compressed_and_kept(self):
        script = re.search(rb'href="(/assets/[^"]+\.js)"', self.ask("GET", "/").content)[1].decode()
        plain, small = self.ask("GET", script), self.ask("GET", script, **{"Accept-Encoding": "gzip"})
        self.assertEqual(small.getheader("Content-Encoding"), "gzip")
        self.assertLess(len(small.content), len(plain.content) / 2)
        self.assertIn("immutable", plain.getheader("Cache-Control"))

    def test_errors_are_problems(self):
        for method, path, body, status in [
                ("GET", "/nothing", None, 404), ("GET", "/assets/../nothing", None, 404),
                ("POST", "/predict", b"x" * (2 << 20), 413), ("POST", "/feedback", b"{}", 503),
                ("GET", "/api/v1/models", None, 503), ("GET", "/readyz", None, 503)]:
            answer = self.ask(method, path, body)
            self.assertEqual(answer.status, status, path)
            self.assertEqual(answer.getheader("Content-Type"), "application/problem+json", path)
            self.assertEqual(json.loads(answer.content)["status"], status)

    def test_a_request_is_logged_with_its_ids(self):
        trace = secrets.token_hex(16)
        self.ask("GET", "/review?secret=1", **{"X-Request-Id": "abc-1",
                                               "traceparent": f"00-{trace}-{'1' * 16}-01"})
        records = await_that(lambda: [json.loads(line) for line in
                                      engine.engine("logs", self.container).splitlines()
                                      if "abc-1" in line], "the line of a request")
        record = records[0]
        self.assertEqual((record["trace.id"], record["url.path"], record["http.response.status_code"],
                          record["event.outcome"]), (trace, "/index.html", 200, "success"))
        self.assertIsInstance(record["event.duration"], int)
        self.assertNotIn("secret", json.dumps(record))


class Content(Folder):
    def exported(self, name):
        """The files of an image, as path -> content."""
        container = engine.engine("create", image(name))
        self.addCleanup(engine.engine, "rm", container, check=False)
        path = self.folder / f"{name}.tar"
        engine.engine("export", "-o", str(path), container)
        with tarfile.open(path) as archive:
            return {member.name: archive.extractfile(member).read() if member.isfile() else None
                    for member in archive}

    def test_what_is_in_them(self):
        for name in NAMES:
            with self.subTest(name):
                files = self.exported(name)
                self.assertEqual([path for path, content in files.items()
                                  if content is not None and SHELLS.search(path)], [])
                self.assert_bill(files)
                self.assert_no_secret(name, files)

    def assert_bill(self, files):
        """Each library is in the bill, with its hash and a package; each package has its licence."""
        bill = json.loads(files["usr/share/triage/sbom.spdx.json"])
        self.assertEqual(bill["spdxVersion"], "SPDX-2.3")
        listed = {row["fileName"]: row for row in bill["files"]}
        owners = {row["relatedSpdxElement"]: row["spdxElementId"] for row in bill["relationships"]
                  if row["relationshipType"] == "CONTAINS"}
        libraries = [path for path in files if ".so" in path and files[path]]
        self.assertGreater(len(libraries), 5)
        for path in libraries:
            row = listed.get(f"./{path}") or listed.get("./" + path.removeprefix("usr/"))
            if row is None and path == "etc/ld.so.cache":
                continue
            self.assertIsNotNone(row, path)
            hashes = {check["algorithm"]: check["checksumValue"] for check in row["checksums"]}
            self.assertEqual(hashes["SHA256"], hashlib.sha256(files[path]).hexdigest(), path)
            self.assertIn(row["SPDXID"], owners)
        for package in bill["packages"]:
            if package["SPDXID"].startswith("SPDXRef-deb-"):
                self.assertTrue(files[f"usr/share/doc/{package['name']}/copyright"])

    def assert_no_secret(self, name, files):
        history = engine.engine("history", "--no-trunc", "--format", "{{.CreatedBy}}", image(name))
        files["(history)"] = history.encode()
        files["(config)"] = json.dumps(engine.inspect(image(name))).encode()
        # Files of Debian, as the bill proves, may have keys that their own tests use.
        bill = json.loads(files["usr/share/triage/sbom.spdx.json"])
        public = {row["fileName"].removeprefix("./").removeprefix("usr/") for row in bill["files"]}
        for path, content in files.items():
            if path.removeprefix("usr/") in public:
                continue
            for found in SECRETS.finditer(content or b""):
                text = content[found.start():found.end() + 20]
                self.assertTrue(any(known in content[max(0, found.start() - 20):found.end() + 40]
                                    for known in EXAMPLES), f"{name}: {path}: {text!r}")

    def test_labels_and_user(self):
        for name in NAMES:
            with self.subTest(name):
                config = engine.inspect(image(name))["Config"]
                self.assertEqual(config["User"], "65532:65532")
                self.assertEqual(config["StopSignal"], "SIGTERM" if engine.TOOL == "docker" else
                                 config["StopSignal"])
                self.assertEqual(list(config["ExposedPorts"]), [f"{PORTS[name]}/tcp"])
                labels = config["Labels"]
                for member in ("title", "description", "version", "revision", "created", "licenses",
                               "vendor"):
                    self.assertTrue(labels[f"org.opencontainers.image.{member}"], member)
                self.assertEqual(labels["org.opencontainers.image.title"], f"triage/{name}")
                self.assertEqual(labels["triage.sbom"], "/usr/share/triage/sbom.spdx.json")

    def test_nobody_gets_a_shell(self):
        for name in NAMES:
            done = engine.engine("run", "--rm", "--network=none", "--entrypoint", "/bin/sh",
                                 image(name), "-c", "true", check=False)
            self.assertIn(done.returncode, (126, 127), name)


if __name__ == "__main__":
    if engine.TOOL is None:
        print("skipped: neither podman nor a Docker engine is here")
        raise SystemExit(77)
    unittest.main(verbosity=2)
