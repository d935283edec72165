#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the role single_host on a Debian host from nothing, and again, when it changes nothing; then
classifies through NGINX by HTTP and HTTPS.

The host is a container in which systemd is the first process (debian_host.py). Everything is real
there: packages, users, the units, the sandbox, which is asked about from inside, and NGINX. Ansible
uses its own ssh connection; only for the command `ssh` something stands in that enters the container.
Run by deploy/ansible/check.
"""
import contextlib
import json
import os
import re
import tempfile
import time
import unittest

import yaml

import playbook
from debian_host import DebianHost

PROGRAM = os.environ["DEPLOY_TEST_PROGRAM"]
LIMIT = 60  # seconds for anything that is waited for


class SingleHost(unittest.TestCase):
    """One host for all, in the order of its life: it is expensive."""

    NAME = "triage.example"
    CERTIFICATE = "/etc/ssl/triage/fullchain.pem"
    UNIT = "/etc/systemd/system/triage.service"

    @classmethod
    def setUpClass(cls):
        with open(playbook.ANSIBLE / "roles/single_host/defaults/main.yml", encoding="utf-8") as file:
            cls.defaults = yaml.safe_load(file)
        cls.host = DebianHost(cls.defaults["single_host_packages"])
        cls.addClassCleanup(cls.host.close)
        folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.folder = folder.name
        os.mkdir(f"{cls.folder}/console")
        with open(f"{cls.folder}/console/index.html", "w", encoding="utf-8") as file:
            file.write("<!doctype html><title>console</title>")
        with open(f"{cls.folder}/inventory.yml", "w", encoding="utf-8") as file:
            yaml.safe_dump({"triage_hosts": {"hosts": {cls.NAME: {
                "ansible_user": "root", "ansible_ssh_executable": cls.host.ssh,
                "ansible_ssh_transfer_method": "piped", "ansible_ssh_args": "",
                "single_host_binary": PROGRAM,
                "single_host_console": f"{cls.folder}/console",
                "single_host_server_name": cls.NAME}}}}, file)
        cls.play("--check")
        if cls.host.run("test", "-e", "/etc/triage", check=False).returncode == 0:
            raise AssertionError("a run that only tries has made a folder")
        cls.play()

    @classmethod
    def play(cls, *options, **more):
        began = time.monotonic()
        printed = playbook.play("single_host.yml", "-i", f"{cls.folder}/inventory.yml", *options,
                       environment={"HOME": cls.folder}, **more)
        cls.last = printed
        print(f"{' '.join(options) or 'a run'}: {playbook.counts(printed)}, "
              f"{time.monotonic() - began:.0f} s", flush=True)
        return playbook.counts(printed)

    def curl(self, path, *options, key=True, base="http://triage.example"):
        return ["curl", "-sS", "--noproxy", "*", "--max-time", str(LIMIT),
                "--connect-to", "::127.0.0.1:", "--cacert", self.CERTIFICATE,
                *(["-H", f"Authorization: Bearer {self.key()}"] if key else []),
                *options, base + path]

    def key(self):
        return self.host.out("cat", "/etc/triage/admin-key")

    def predict(self, *options, **more):
        return self.host.out(*self.curl(
            "/predict", "-H", "Content-Type: application/json",
            "-d", '{"text": "no sound in Teams"}', *options, **more))

    def service_pid(self):
        return self.host.out("systemctl", "show", "--value", "-p", "MainPID", "triage.service")

    def test_1_it_answers_and_a_second_run_changes_nothing(self):
        self.assertEqual(self.play()["changed"], 0, self.last)
        self.assertIn('"status":401', self.predict(key=False))
        answer = json.loads(self.predict())
        self.assertTrue(answer["category"], answer)
        self.assertIn("<title>console</title>", self.host.out(*self.curl("/", key=False)))
        self.assertEqual(
            self.host.out("stat", "-c", "%U %G %a", "/etc/triage/admin-key", "/var/lib/triage"),
            "root triage 640\ntriage triage 750")
        for unit in ("triage.service", "nginx.service"):
            self.assertEqual(self.host.out("systemctl", "is-enabled", unit), "enabled")

    def test_2_systemd_scores_the_unit(self):
        printed = self.host.out("systemd-analyze", "security", "--offline=yes", self.UNIT)
        score = re.search(r"exposure level for triage\.service: (\d+\.\d)", printed).group(1)
        print("systemd-analyze security:", score, flush=True)
        self.assertLessEqual(float(score), 2.0, printed)

    def test_3_the_service_is_shut_in(self):
        pid = self.service_pid()
        rows = dict(line.split(":\t", 1) for line in
                    self.host.out("cat", f"/proc/{pid}/status").splitlines() if ":\t" in line)
        user = self.host.out("id", "-u", "triage")
        self.assertNotEqual(user, "0")
        self.assertEqual(rows["Uid"].split(), [user] * 4)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(rows[name], 16), 0, name)
        self.assertEqual((rows["NoNewPrivs"], rows["Seccomp"]), ("1", "2"))
        # Other users' processes are not there, nor is the host's user 0 the service's.
        mounts = self.host.out("cat", f"/proc/{pid}/mountinfo")
        self.assertRegex(mounts, r" /proc \S*.* - proc proc \S*hidepid=(invisible|2)")
        self.assertNotEqual(self.host.out("readlink", f"/proc/{pid}/ns/user"),
                            self.host.out("readlink", "/proc/1/ns/user"))

        def within(*command):
            return self.host.run("nsenter", f"--target={pid}", "--mount", "--", *command, check=False)
        for folder in ("/", "/usr/local/bin", "/etc/triage", "/var/lib", "/var/log", "/sys"):
            self.assertIn("Read-only file system", within("touch", f"{folder}/x").stderr, folder)
        self.assertEqual(within("touch", "/var/lib/triage/.x").returncode, 0)
        self.assertEqual(within("rm", "/var/lib/triage/.x").returncode, 0)
        self.host.run("touch", "/root/x", "/tmp/x")
        for path in ("/root/x", "/tmp/x"):
            self.assertIn("No such file", within("stat", path).stderr, path)

    def test_4_it_reaches_this_host_alone(self):
        """Asked by a command that is put among the service's processes."""
        groups = self.host.run("findmnt", "-n", "-o", "TARGET", "-t", "cgroup2", check=False).stdout
        if not groups:
            self.skipTest("no control groups of version 2, by which systemd filters addresses")
        group = re.search(r"^0::(.*)$", self.host.out("cat", f"/proc/{self.service_pid()}/cgroup"),
                          re.MULTILINE).group(1)
        procs = f"{groups.split()[0]}{group}/cgroup.procs"
        self.host.run("ip", "address", "add", "192.0.2.1/32", "dev", "lo")
        script = f'echo $$ >{procs} && exec "$@"'
        for address, code in (("127.0.0.1", 0), ("192.0.2.1", 28)):
            call = ["curl", "-sS", "-o", "/dev/null", "--connect-timeout", "1",
                    f"http://{address}/readyz"]
            self.assertEqual(self.host.run(*call).returncode, 0, address)
            self.assertEqual(self.host.run("sh", "-c", script, "sh", *call, check=False).returncode,
                             code, address)

    def test_5_it_comes_back_after_a_crash(self):
        before = self.service_pid()
        self.host.run("systemctl", "kill", "--signal=KILL", "triage.service")
        end = time.monotonic() + LIMIT
        while self.service_pid() in ("0", before) or self.host.run(
                "systemctl", "is-active", "triage.service", check=False).returncode != 0:
            self.assertLess(time.monotonic(), end, "the service did not come back")
            time.sleep(0.1)
        self.assertTrue(json.loads(self.predict())["category"])

    def test_6_what_is_changed_by_hand_is_put_right(self):
        self.host.run("sed", "-i", "s/^ProtectHome=.*/ProtectHome=no/", self.UNIT)
        key = self.key()
        self.assertEqual(self.play()["changed"], 2, self.last)
        self.assertIn("ProtectHome=yes", self.host.out("cat", self.UNIT))
        self.assertEqual(self.key(), key)

    def test_7_options_that_the_service_would_refuse_do_not_reach_it(self):
        before = self.service_pid()
        self.play("-e", '{"single_host_options": {"log-level": "loud"}}', code=2)
        self.assertIn("log-level", self.last)
        self.assertNotIn("loud", self.host.out("cat", "/etc/triage/triage.conf"))
        self.assertEqual(self.service_pid(), before)

    def test_8_https(self):
        """A certificate of its own; events arrive while their stream is open."""
        self.host.run("mkdir", "-p", "/etc/ssl/triage")
        self.host.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                      "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", f"/CN={self.NAME}",
                      "-addext", f"subjectAltName=DNS:{self.NAME}", "-keyout",
                      "/etc/ssl/triage/key.pem", "-out", self.CERTIFICATE)
        tls = ["-e", f"single_host_tls_certificate={self.CERTIFICATE}"]
        self.play(*tls, code=2)
        tls += ["-e", "single_host_tls_key=/etc/ssl/triage/key.pem"]
        self.assertEqual(self.play(*tls)["changed"], 2, self.last)
        self.assertEqual(self.play(*tls, "--check")["changed"], 0, self.last)
        base = f"https://{self.NAME}"

        moved = self.host.out(*self.curl("/review?x=1", "-o", "/dev/null", "-w",
                                         "%{http_code} %{redirect_url}", key=False))
        self.assertEqual(moved, f"308 {base}/review?x=1")
        self.assertTrue(json.loads(self.predict(base=base))["category"])
        said = self.host.out(*self.curl("/readyz", "-o", "/dev/null", "-D", "-", base=base))
        self.assertRegex(said, r"^HTTP/2 200")
        self.assertIn("strict-transport-security: max-age=31536000", said)
        old = self.host.run(*self.curl("/readyz", "--tls-max", "1.1", "--ciphers",
                                       "DEFAULT@SECLEVEL=0", base=base), check=False)
        self.assertNotEqual(old.returncode, 0, old.stdout)

        with self.open(self.curl("/api/v1/events", "-N", base=base)) as events:
            self.predict(base=base)
            self.await_line(events, "event: prediction")
        # Longer than other bodies may be.
        tickets = json.dumps({"text": "no sound in Teams"}) + "\n"
        n_tickets = 2 * 1024 * 1024 // len(tickets)
        answers = self.host.out(*self.curl(
            "/predict/batch", "--data-binary", "@-", "-H", "Content-Type: application/x-ndjson",
            base=base), text=tickets * n_tickets)
        self.assertEqual(answers.count('"prediction_id"'), n_tickets, answers[:1000])

    @contextlib.contextmanager
    def open(self, command):
        """A call whose answer is read as it comes. curl ends itself after its limit."""
        process = self.host.start(*command)
        try:
            yield process
        finally:
            process.stdin.close()
            process.stdout.close()
            process.kill()
            process.wait()

    def await_line(self, process, part):
        seen = []
        for line in process.stdout:
            seen.append(line.decode())
            if part in seen[-1]:
                return seen[-1]
        raise AssertionError(f"no line with {part}: {seen}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
