#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the role deploy_k8s twice; the second run changes nothing.

It runs against stand-ins for minikube, kubectl and docker, which keep state and record what they were
asked: a cluster does not fit into a test. Run by deploy/ansible/check.
"""
import json
import os
import re
import tempfile
import unittest

import playbook

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
        return playbook.play("deploy_k8s.yml", "-i", "inventory/example.yml",
                    "-e", f"deploy_k8s_source={self.folder}/source", "-e", "deploy_k8s_tag=abc123",
                    *options, code=code, environment={
                        "PATH": f"{self.folder}/bin:{playbook.BIN}:/usr/bin:/bin", "STATE": self.state,
                        "HOME": self.folder, "VAULT_TOKEN": "a-token"})

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
        self.assertEqual(playbook.counts(self.play())["changed"], 0)
        self.assertFalse([c for c in self.calls() if re.search(r"start|enable|apply|^build", c)])

    def test_a_rollout_that_gets_stuck_is_a_failure(self):
        with open(os.path.join(self.state, "stuck"), "w", encoding="utf-8"):
            pass
        self.play(code=2)

    def test_production_takes_images_of_the_registry(self):
        self.play("-e", '{"deploy_k8s_minikube": false}', "-e", "deploy_k8s_registry=r.example/t")
        self.assertFalse([c for c in self.calls() if not c.startswith("kubectl")])
        self.assertIn("image: r.example/t/triage/inference:abc123", self.read("applied"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
