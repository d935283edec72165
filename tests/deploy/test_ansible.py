#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs both roles of deploy/ansible twice; the second run changes nothing.

single_host runs for real: on a Debian container in which systemd is the first process, up to a
classification through NGINX. deploy_k8s runs against stand-ins for minikube, kubectl and docker,
which keep state and record what they were asked: a cluster does not fit into a test.

Usage: test_ansible.py BUILD VENV [CLASS...]
"""
import json
import os
import re
import secrets
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.realpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ANSIBLE = os.path.join(ROOT, "deploy", "ansible")
BUILD = os.path.realpath(sys.argv[1])
VENV = os.path.realpath(sys.argv[2])
IMAGE = "triage/test-host"
# Kustomize and a cluster, as far as the role speaks to them. State is files in $STATE.
STAND_IN = r'''#!/usr/bin/python3
import json, os, sys
state, name, words = os.environ["STATE"], os.path.basename(sys.argv[0]), sys.argv[1:]
given = "" if sys.stdin.isatty() or "-" not in words else sys.stdin.read()
with open(os.path.join(state, "calls"), "a") as calls:
    calls.write(json.dumps([name, *words]) + "\n")
def path(what): return os.path.join(state, what.replace("/", "_"))
def has(what): return os.path.exists(path(what))
def put(what, text=""):
    with open(path(what), "w") as file: file.write(text)
def get(what): return open(path(what)).read() if has(what) else ""
words = [word for i, word in enumerate(words) if word != "--context" and words[i - 1] != "--context"]
if name == "minikube":
    if words[0] == "status": sys.exit(0 if has("running") else 85)
    if words[0] == "start": put("running")
    if words[:2] == ["addons", "list"]:
        print(json.dumps({a: {"Status": "enabled" if has("addon-" + a) else "disabled"}
                          for a in ("metrics-server", "ingress", "dashboard")}))
    if words[:2] == ["addons", "enable"]: put("addon-" + words[2])
    if words[0] == "docker-env": print("DOCKER_HOST=tcp://192.0.2.1:2376\nDOCKER_TLS_VERIFY=1")
elif name == "docker":
    if words[:2] == ["image", "inspect"]:
        sys.exit(0 if os.environ["DOCKER_HOST"].startswith("tcp:") and has("image-" + words[2]) else 1)
elif name == "build":
    assert os.environ["CONTAINER_TOOL"] == "docker" and os.environ["DOCKER_HOST"]
    put("image-triage/%s:%s" % (words[0], os.environ["TRIAGE_TAG"]))
elif name == "make_secrets":
    if not has("secrets"): print("made the secret triage-keys")
    put("secrets")
elif name == "kubectl":
    if words[0] == "kustomize":
        print("kind: Deployment\nimage: triage/backend:dev\nimage: other/backend:1")
        if "production" in words[1]: print("image: old.example/triage/inference")
    if words[0] == "diff": sys.exit(0 if get("applied") == given else 1)
    if words[0] == "apply":
        put("kubeconfig", open(os.environ["KUBECONFIG"]).read() if "KUBECONFIG" in os.environ else "")
        put("applied", given)
    if words[0] == "get": print("deployment.apps/triage-backend\ndeployment.apps/triage-frontend")
    if words[:2] == ["rollout", "status"]: sys.exit(1 if has("stuck") else 0)
'''


def counts(printed):
    """The row of the play recap."""
    rows = re.findall(r"^\S+ +: (ok=.*)$", printed, re.MULTILINE)
    return {name: int(n) for row in rows for name, n in re.findall(r"(\w+)=(\d+)", row)}


class DeployK8s(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.state = os.path.join(self.folder, "state")
        os.mkdir(self.state)
        for name in ("bin/minikube", "bin/kubectl", "bin/docker", "source/deploy/docker/build",
                     "source/deploy/k8s/make_secrets"):
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(STAND_IN)
            os.chmod(path, 0o755)

    def play(self, *options, code=0):
        environment = {"PATH": f"{self.folder}/bin:{VENV}/bin:/usr/bin:/bin", "STATE": self.state,
                       "HOME": self.folder, "LC_ALL": "C.UTF-8", "VAULT_TOKEN": "a-token"}
        result = subprocess.run(
            [f"{VENV}/bin/ansible-playbook", "-i", "inventory/example.yml", "deploy_k8s.yml",
             "-e", f"deploy_k8s_source={self.folder}/source", "-e", "deploy_k8s_tag=abc123",
             *options], cwd=ANSIBLE, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300, check=False)
        self.assertEqual(result.returncode, code, result.stdout)
        return result.stdout

    def read(self, name):
        with open(os.path.join(self.state, name), encoding="utf-8") as file:
            return file.read()

    def calls(self):
        lines = [json.loads(line) for line in self.read("calls").splitlines()]
        os.remove(os.path.join(self.state, "calls"))
        return [" ".join(words) for words in lines]

    def test_the_second_run_changes_nothing(self):
        self.play("--check")
        self.assertFalse([c for c in self.calls() if re.search(r"start|enable|apply|^build", c)])
        self.play()
        first = self.calls()
        order = [next(i for i, c in enumerate(first) if c.startswith(start)) for start in (
            "minikube start --profile minikube", "minikube addons enable metrics-server",
            "minikube addons enable ingress", "build backend", "build frontend",
            "make_secrets --context minikube",
            "kubectl --context minikube apply",
            "kubectl --context minikube rollout status deployment.apps/triage-backend")]
        self.assertEqual(order, sorted(order), first)
        self.assertIn("image: triage/backend:abc123\nimage: other/backend:1", self.read("applied"))
        self.assertEqual(counts(self.play())["changed"], 0)
        self.assertFalse([c for c in self.calls() if re.search(r"start|enable|apply|^build", c)])

    def test_a_rollout_that_gets_stuck_is_a_failure(self):
        with open(os.path.join(self.state, "stuck"), "w", encoding="utf-8"):
            pass
        self.play(code=2)

    def test_production_takes_images_of_the_registry(self):
        self.play("-e", '{"deploy_k8s_minikube": false}', "-e", "deploy_k8s_registry=r.example/t")
        self.assertFalse([c for c in self.calls() if not c.startswith("kubectl")])
        self.assertIn("image: r.example/t/triage/inference:abc123", self.read("applied"))


class SingleHost(unittest.TestCase):
    """One container for all: a host is expensive."""

    @classmethod
    def setUpClass(cls):
        context = tempfile.TemporaryDirectory()
        cls.addClassCleanup(context.cleanup)
        with open(os.path.join(context.name, "Dockerfile"), "w", encoding="utf-8") as file:
            file.write("FROM debian:bookworm-slim\nRUN apt-get update -q && "
                       "DEBIAN_FRONTEND=noninteractive apt-get install -y -q "
                       "--no-install-recommends systemd systemd-sysv dbus python3 python3-apt curl\n")
        subprocess.run(["podman", "build", "-q", "--network=host", "-t", IMAGE, context.name],
                       check=True, stdout=subprocess.DEVNULL, timeout=600)
        cls.name = "triage-test-" + secrets.token_hex(4)
        cls.addClassCleanup(subprocess.run, ["podman", "rm", "-f", "-t", "0", cls.name], check=False,
                            stdout=subprocess.DEVNULL)
        subprocess.run(["podman", "run", "-d", "--name", cls.name, "--network=host",
                        "--systemd=always", "-v", f"{ROOT}:{ROOT}:ro",
                        "-v", f"{BUILD}:{BUILD}:ro", "-v", f"{VENV}:{VENV}:ro", IMAGE, "/sbin/init"],
                       check=True, stdout=subprocess.DEVNULL, timeout=60)
        cls.pid = subprocess.run(["podman", "inspect", "-f", "{{.State.Pid}}", cls.name], check=True,
                                 stdout=subprocess.PIPE, text=True).stdout.strip()
        cls.inside("systemctl", "is-system-running", "--wait", any_code=True)

    @classmethod
    def inside(cls, *command, any_code=False):
        """nsenter, because `podman exec` sets limits that not every machine lets it set."""
        result = subprocess.run(
            ["nsenter", "-t", cls.pid, "-m", "-p", "-u", "-i", "-C", "env", "-C", ANSIBLE,
             "HOME=/root", "LC_ALL=C.UTF-8", f"PYTHONPATH={VENV}/lib/python3.11/site-packages",
             f"PATH={VENV}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
             *command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=600, check=False)
        if result.returncode != 0 and not any_code:
            raise AssertionError(f"{command}: {result.stdout}")
        return result.stdout

    @classmethod
    def play(cls, *options):
        return counts(cls.inside(
            "/usr/bin/python3", f"{VENV}/bin/ansible-playbook", "-i", "triage.example,", "-c", "local", "single_host.yml",
            "-e", "triage_hosts_pattern=all", "-e", f"single_host_binary={BUILD}/triage",
            "-e", "single_host_listen=127.0.0.1:18471", "-e", "single_host_http_port=18470",
            *options))

    def test_a_host_from_nothing_to_an_answer(self):
        self.play("--check")
        self.assertGreater(self.play()["changed"], 5)
        self.assertEqual(self.play()["changed"], 0)
        self.assertEqual(self.play("--check")["changed"], 0)

        url = "http://127.0.0.1:18470"
        post = ["curl", "-sS", url + "/predict", "-H", "Content-Type: application/json",
                "-d", '{"text": "no sound in Teams"}']
        self.assertIn('"status":401', self.inside(*post).replace(" ", ""))
        key = self.inside("cat", "/etc/triage/admin-key").strip()
        answer = json.loads(self.inside(*post, "-H", f"Authorization: Bearer {key}"))
        self.assertTrue(answer["category"], answer)
        self.assertEqual(self.inside("systemctl", "is-active", "triage.service").strip(), "active")
        self.assertEqual(self.inside("stat", "-c", "%U %a", "/etc/triage/admin-key").strip(),
                         "root 640")

        # Debian 12's systemd counts it on the unit as installed.
        score = re.search(r"exposure level for triage\.service: (\d+\.\d)",
                          self.inside("systemd-analyze", "security", "--offline=yes",
                                      "/etc/systemd/system/triage.service"))
        print("systemd-analyze security:", score.group(1))
        self.assertLessEqual(float(score.group(1)), 2.0)

        # What is changed on the host is put right, and nothing else.
        self.inside("sed", "-i", "s/^ProtectHome=.*/ProtectHome=no/",
                    "/etc/systemd/system/triage.service")
        self.assertGreater(self.play()["changed"], 0)
        self.assertIn("ProtectHome=yes", self.inside("cat", "/etc/systemd/system/triage.service"))


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[3:]])
