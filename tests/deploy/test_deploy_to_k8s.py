# SPDX-License-Identifier: MIT
"""deploy-to-k8s.sh against stand-ins for minikube, docker and kubectl, which keep state and record what
they were asked; `kubectl kustomize` is the real one. A cluster does not fit into a test."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
# State is files in $STATE: a name that is there is a fact. "fail-WORDS" makes the call that begins so fail.
STAND_IN = r'''#!/usr/bin/python3
import json, os, pathlib, subprocess, sys
state, name, words = pathlib.Path(os.environ["STATE"]), os.path.basename(sys.argv[0]), sys.argv[1:]
if name == "kubectl" and words[0] == "kustomize":
    sys.exit(subprocess.call([os.environ["REAL_KUBECTL"], *words]))
context = words[1] if words[:1] == ["--context"] else None
words = words[2:] if context else words
given = sys.stdin.read() if "-" in words else ""
with open(state / "calls", "a") as calls:
    calls.write(json.dumps({"name": name, "context": context, "words": words, "given": given}) + "\n")
def path(what): return state / what.replace("/", "_")
for fault in state.glob("fail-*"):
    if " ".join([name, *words]).startswith(fault.name[5:].replace("_", "/")):
        sys.exit("stand-in: " + fault.name)
if name == "minikube":
    if words[0] == "status": sys.exit(0 if path("running").exists() else int(path("code").read_text()) if path("code").exists() else 85)
    if words[0] == "start": path("running").touch()
    if words[:2] == ["addons", "list"]:
        print(json.dumps({a: {"Profile": "minikube", "Status": "enabled" if path("addon-" + a).exists() else "disabled"}
                          for a in ("dashboard", "ingress", "ingress-dns", "metrics-server")}))
    if words[:2] == ["addons", "enable"]: path("addon-" + words[2]).touch()
    if words[0] == "docker-env": print('export DOCKER_HOST="tcp://192.0.2.1:2376"\nexport MINIKUBE_ACTIVE_DOCKERD="minikube"')
    if words[0] == "ip": print("192.0.2.1")
elif name == "docker":
    sys.exit(0 if os.environ["DOCKER_HOST"] == "tcp://192.0.2.1:2376" and path("image-" + words[2]).exists() else 1)
elif name == "build":
    assert os.environ["CONTAINER_TOOL"] == "docker" and os.environ["DOCKER_HOST"] == "tcp://192.0.2.1:2376"
    for image in words: path("image-triage/%s:%s" % (image, os.environ["TRIAGE_TAG"])).touch()
elif name == "kubectl":
    kind, what = (words[1:3] + ["", ""])[:2]
    if words[0] == "get" and kind in ("secret", "namespace"):
        there = path("%s-%s" % (kind, what))
        if there.exists() and "name" in words: print("%s/%s" % (kind, what))
        if there.exists() and words[-1].startswith("jsonpath="):
            key = words[-1].split("{.data.")[1].rstrip("}")
            print([line.split(": ")[1] for line in there.read_text().splitlines() if line.startswith("  %s: " % key)][0], end="")
    if words[0] == "create":
        secret = [line.split(": ")[1] for line in given.splitlines() if line.startswith("  name: ")][0]
        assert not path("secret-" + secret).exists()
        path("secret-" + secret).write_text(given)
    if words[0] == "apply": path("namespace-triage").touch()
    if words[:2] == ["delete", "namespace"]:
        path("namespace-triage").unlink(missing_ok=True)
        for secret in state.glob("secret-*"): secret.unlink()
'''


class DeployToK8s(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="triage-deploy-")
        self.addCleanup(holder.cleanup)
        self.folder = pathlib.Path(holder.name)
        self.state = self.folder / "state"
        self.state.mkdir()
        # A checkout of its own, in which only the building of images is a stand-in.
        self.source = self.folder / "source"
        self.source.mkdir()
        shutil.copy(ROOT / "deploy-to-k8s.sh", self.source)
        for name in ("k8s", "elk"):
            shutil.copytree(ROOT / "deploy" / name, self.source / "deploy" / name)
        for path in [self.folder / "bin" / name for name in ("minikube", "kubectl", "docker")] + [
                self.source / "deploy/docker/build"]:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(STAND_IN)
            path.chmod(0o755)

    def fact(self, name, text=""):
        (self.state / name.replace("/", "_")).write_text(text)

    def deploy(self, *options, code=0, path=None):
        environment = {"PATH": path or f"{self.folder}/bin:/usr/bin:/bin", "STATE": str(self.state),
                       "REAL_KUBECTL": shutil.which("kubectl"), "HOME": str(self.folder),
                       "LC_ALL": "C.UTF-8"}
        done = subprocess.run([self.source / "deploy-to-k8s.sh", *options], env=environment, check=False,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
                              # From anywhere.
                              cwd=self.folder)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def calls(self):
        """What the stand-ins were asked since the last time."""
        path = self.state / "calls"
        rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return rows

    def lines(self):
        return [" ".join([row["name"], *row["words"]]) for row in self.calls()]

    CHANGES = re.compile(r"minikube (start|addons enable)|kubectl (apply|create|delete)|^build")

    def assert_order(self, lines, *starts):
        places = []
        for start in starts:
            found = [i for i, line in enumerate(lines) if line.startswith(start)]
            self.assertTrue(found, f"{start} is not in\n" + "\n".join(lines))
            places.append(found[0])
        self.assertEqual(places, sorted(places), "\n".join(lines))

    def test_first_run(self):
        done = self.deploy("--tag", "abc")
        rows = self.calls()
        lines = [" ".join([row["name"], *row["words"]]) for row in rows]
        self.assert_order(
            lines, "minikube start --profile minikube --cpus 4 --memory 6g",
            "minikube addons enable metrics-server", "minikube addons enable ingress",
            "kubectl rollout status deployment/ingress-nginx-controller --namespace ingress-nginx",
            "minikube docker-env", "build backend inference retrainer frontend", "kubectl create",
            "kubectl apply --filename -", "kubectl rollout status statefulset/postgres",
            "kubectl rollout status deployment/backend", "kubectl rollout status deployment/frontend")
        self.assertEqual({row["context"] for row in rows if row["name"] == "kubectl"}, {"minikube"})
        applied = next(row["given"] for row in rows if row["words"][:3] == ["apply", "--filename", "-"])
        images = [container["image"] for document in yaml.safe_load_all(applied)
                  if document["kind"] in ("Deployment", "StatefulSet")
                  for container in document["spec"]["template"]["spec"]["containers"]]
        self.assertEqual(sorted(images), [
            "postgres:15-bookworm", "triage/backend:abc", "triage/frontend:abc",
            "triage/inference:abc", "triage/retrainer:abc"])
        self.assertIn("192.0.2.1 api.triage.example triage.example", done.stdout)
        self.assertIn("http://triage.example\n", done.stdout)

    def test_the_second_run_makes_nothing_anew(self):
        self.deploy("--tag", "abc")
        first = {path.name: path.read_text() for path in self.state.glob("secret-*")}
        self.assertEqual(sorted(first), ["secret-triage-database", "secret-triage-keys",
                                         "secret-triage-postgres"])
        self.calls()
        self.deploy("--tag", "abc")
        self.assertEqual([line for line in self.lines() if self.CHANGES.search(line)],
                         ["kubectl apply --filename -"])
        self.assertEqual({path.name: path.read_text() for path in self.state.glob("secret-*")}, first)
        self.deploy("--tag", "next")
        self.assertIn("build backend inference retrainer frontend", self.lines())

    def secret(self, name):
        data = yaml.safe_load((self.state / f"secret-{name}").read_text())["data"]
        return {key: base64.b64decode(value).decode() for key, value in data.items()}

    def test_secrets_are_random_fit_and_are_never_shown(self):
        done = self.deploy("--tag", "abc")
        keys, password = self.secret("triage-keys"), self.secret("triage-postgres")["password"]
        self.assertEqual(self.secret("triage-database"),
                         {"store": f"postgresql://triage:{password}@postgres/triage"})
        values = [keys["admin-key"], keys["inference-key"], password]
        self.assertEqual(len(set(values)), 3)
        for value in values:
            self.assertRegex(value, r"^[A-Za-z0-9]{43}$")
            self.assertNotIn(value, done.stdout + done.stderr)
        for row in self.calls():
            for value in values:
                self.assertNotIn(value, " ".join(row["words"]))

    def test_a_secret_that_is_lost_is_made_again_from_the_other(self):
        self.deploy("--tag", "abc")
        password = self.secret("triage-postgres")
        for name in ("triage-postgres", "triage-database"):
            before = self.secret(name)
            (self.state / f"secret-{name}").unlink()
            self.deploy("--tag", "abc")
            self.assertEqual(self.secret(name), before)
        self.assertEqual(self.secret("triage-postgres"), password)

    def test_dry_run_changes_nothing_and_prints_the_manifests(self):
        done = self.deploy("--dry-run", "--tag", "abc")
        self.assertEqual([line for line in self.lines() if self.CHANGES.search(line)], [])
        kinds = {document["kind"] for document in yaml.safe_load_all(done.stdout)}
        self.assertLessEqual({"Deployment", "StatefulSet", "Ingress", "NetworkPolicy"}, kinds)
        self.assertIn("would run: minikube start", done.stderr)
        self.assertEqual(list(self.state.glob("secret-*")), [])

    def test_another_commit_is_another_tag(self):
        tags = []
        git = ["git", "-C", self.source, "-c", "user.name=t", "-c", "user.email=t@t.example"]
        for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
            subprocess.run([*git, *command], check=True)
        for _ in range(2):
            text = self.deploy("--dry-run").stdout
            tags.append(re.search(r"image: triage/backend:(\S+)", text)[1])
            with open(self.source / "deploy-to-k8s.sh", "a", encoding="utf-8") as file:
                file.write("# changed\n")
        self.assertRegex(tags[0], r"^[0-9a-f]{12}$")
        self.assertRegex(tags[1], rf"^{tags[0]}-[0-9a-f]{{8}}$")

    def test_the_job_is_made_anew(self):
        self.deploy("--overlay", "minikube-elk", "--tag", "abc")
        rows = self.calls()
        deleted = [i for i, row in enumerate(rows) if row["words"][0] == "delete"]
        applied = [i for i, row in enumerate(rows) if row["words"][:3] == ["apply", "--filename", "-"]]
        self.assertLess(deleted[0], applied[0])
        self.assertEqual([document["kind"] for document in
                          yaml.safe_load_all(rows[deleted[0]]["given"]) if document], ["Job"])

    def test_delete_keeps_what_cannot_be_made_again(self):
        self.deploy("--tag", "abc")
        self.calls()
        self.deploy("--delete")
        deleted = [row for row in self.calls() if row["words"][0] == "delete"]
        self.assertEqual(len(deleted), 1)
        self.assertIn("--ignore-not-found", deleted[0]["words"])
        kinds = {document["kind"] for document in yaml.safe_load_all(deleted[0]["given"]) if document}
        self.assertIn("Deployment", kinds)
        self.assertFalse(kinds & {"Namespace", "Secret", "PersistentVolumeClaim"})
        self.assertEqual(len(list(self.state.glob("secret-*"))), 3)
        self.deploy("--delete", "--purge")
        self.assertIn("kubectl delete namespace triage --ignore-not-found", self.lines())

    def test_delete_without_a_cluster(self):
        self.assertIn("nothing to take away", self.deploy("--delete").stderr)
        self.fact("code", "7")
        self.assertIn("does not run", self.deploy("--delete", code=1).stderr)
        self.assertFalse([line for line in self.lines() if line.startswith("kubectl delete")])

    def test_production(self):
        self.fact("namespace-triage")
        done = self.deploy("--overlay", "production", "--context", "prod", code=1)
        self.assertIn("triage-keys is missing", done.stderr)
        self.assertFalse([line for line in self.lines() if self.CHANGES.search(line)])
        for name in ("triage-keys", "triage-database"):
            self.fact(f"secret-{name}")
        done = self.deploy("--overlay", "production", "--context", "prod")
        rows = self.calls()
        self.assertEqual({(row["name"], row["context"]) for row in rows}, {("kubectl", "prod")})
        self.assertIn("https://api.triage.example", done.stdout)
        applied = next(row["given"] for row in rows if row["words"][0] == "apply")
        self.assertIn("image: registry.example/triage/backend:", applied)

    def test_an_overlay_of_ones_own(self):
        folder = self.source / "deploy/mine"
        shutil.copytree(self.source / "deploy/k8s/overlays/production", folder)
        text = (folder / "kustomization.yaml").read_text().replace("../../", "../k8s/")
        (folder / "kustomization.yaml").write_text(text)
        self.assertIn("kind: Ingress", self.deploy("--overlay", "deploy/mine", "--dry-run").stdout)

    def test_what_fails_ends_it(self):
        """Each with what is not done any more after it."""
        self.deploy("--tag", "old")
        self.calls()
        for fault, after in [
                ("minikube addons enable", "kubectl"), ("minikube docker-env", "build"),
                ("build", "kubectl apply --filename -"), ("kubectl get secret", "kubectl apply --filename -"),
                ("kubectl rollout status deployment/ingress", "build"),
                ("kubectl apply --filename -", "kubectl rollout status deployment/backend")]:
            with self.subTest(fault):
                for addon in ("metrics-server", "ingress"):
                    (self.state / f"addon-{addon}").unlink(missing_ok=True)
                for image in self.state.glob("image-*"):
                    image.unlink()
                self.fact(f"fail-{fault}")
                done = self.deploy("--tag", "abc", code=1)
                (self.state / f"fail-{fault.replace('/', '_')}").unlink()
                self.assertFalse([line for line in self.lines() if line.startswith(after)], fault)
                self.assertNotIn("Triage is up", done.stdout)

    def test_a_rollout_that_gets_stuck_is_told_with_its_reasons(self):
        self.fact("fail-kubectl rollout status deployment/backend")
        done = self.deploy("--tag", "abc", "--timeout", "7s", code=1)
        self.assertIn("deployment/backend did not become ready within 7s", done.stderr)
        lines = self.lines()
        self.assert_order(lines, "kubectl get pods", "kubectl get events")
        self.assertIn("kubectl rollout status deployment/backend --namespace triage --timeout 7s", lines)

    def test_a_secret_that_cannot_be_asked_for_is_not_replaced(self):
        self.deploy("--tag", "abc")
        before = self.secret("triage-keys")
        self.fact("fail-kubectl get secret triage-keys")
        self.assertIn("cannot be asked", self.deploy("--tag", "abc", code=1).stderr)
        self.assertEqual(self.secret("triage-keys"), before)

    def test_wrong_usage(self):
        for options in (["--nothing"], ["--tag"], ["--tag", "a b"], ["--purge"], ["--overlay", ""]):
            self.assertIn("--help", self.deploy(*options, code=2).stderr)
        self.assertIn("no overlay", self.deploy("--overlay", "nowhere", code=1).stderr)
        self.assertEqual(self.calls(), [])

    def test_missing_programs_are_named(self):
        only = self.folder / "only"
        only.mkdir()
        for name in ("bash", "env", "dirname", "sed", "git", "basename", "cut", "sha256sum"):
            (only / name).symlink_to(shutil.which(name))
        self.assertIn("kubectl is not installed", self.deploy(code=1, path=str(only)).stderr)
        (only / "kubectl").symlink_to(self.folder / "bin/kubectl")
        self.assertIn("minikube is not installed", self.deploy(code=1, path=str(only)).stderr)

    def test_help(self):
        text = self.deploy("--help").stdout
        for option in ("--overlay", "--dry-run", "--delete", "--purge", "--profile", "--timeout"):
            self.assertIn(option, text)


if __name__ == "__main__":
    unittest.main(verbosity=2)
