# SPDX-License-Identifier: MIT
"""The pods of the overlay `minikube`, run for real by `podman play kube`: up to a classification through
the frontend, ten corrections that reach two inference servers, and an end in order.

The manifests are the rendered ones. What podman does not know is put in its own words (Podman below);
what a cluster does around pods (Services, probes) the test does: names of a network, and HTTP requests.
"""
import base64
import contextlib
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import yaml

import k8s_manifests as k8s
from engine import TAG, await_that, engine, inspect
from load import Load
from test_deploy_to_k8s import STAND_IN

POSTGRES = os.environ.get("TRIAGE_POSTGRES_IMAGE", f"triage/test-postgres:{TAG}")
SERVICES = {"postgres": ["postgres"], "backend": ["backend", "backend-replicas"],
            "inference": ["inference"], "inference-2": ["inference"], "retrainer": [],
            "frontend": ["frontend"]}


class Podman:
    """A network, the pods on it, their Secrets and volumes: all of one name, and all gone at the end."""

    def __init__(self):
        self.name = f"triagek8s{os.getpid()}"
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="triage-pods-"))
        # Its secrets are read by users that the host does not know.
        self.folder.chmod(0o755)
        self.pods, self.volumes = [], []
        self.configuration = os.environ.get("CONTAINERS_CONF")
        if self.configuration:
            self.limit_all()
        self.secrets = self.made_secrets()
        engine("network", "create", self.name)

    def limit_all(self):
        """Limits that a host without the right to raise them allows; a manifest cannot say any."""
        text = pathlib.Path(self.configuration).read_text()
        limits = 'default_ulimits = ["nofile=4096:4096", "nproc=1024:1024"]\n'
        if "[containers]" in text:
            text = text.replace("[containers]\n", "[containers]\n" + limits, 1)
        else:
            text += "[containers]\n" + limits
        path = self.folder / "containers.conf"
        path.write_text(text)
        os.environ["CONTAINERS_CONF"] = str(path)

    def made_secrets(self):
        """Those of make_secrets, caught by a stand-in for the cluster."""
        state, tool = self.folder / "state", self.folder / "bin/kubectl"
        state.mkdir()
        tool.parent.mkdir()
        tool.write_text(STAND_IN)
        tool.chmod(0o755)
        subprocess.run([k8s.K8S / "make_secrets"], check=True, stdout=subprocess.DEVNULL, env={
            "PATH": f"{tool.parent}:/usr/bin:/bin", "STATE": str(state), "HOME": str(self.folder)})
        rows = [yaml.safe_load(path.read_text()) for path in state.glob("secret-*")]
        return {row["metadata"]["name"]: row["data"] for row in rows}

    def pod(self, name, row):
        """A Pod in podman's words: probes are the test's, a projected volume is a folder, and files have
        no group of the pod's, so that a volume has the owner of the image's folder."""
        labels, spec = k8s.template_of(row)
        spec = json.loads(json.dumps(spec))
        documents = []
        for key in ("topologySpreadConstraints", "serviceAccountName", "automountServiceAccountToken"):
            spec.pop(key, None)
        spec["securityContext"] = {key: spec["securityContext"][key]
                                   for key in ("runAsUser", "runAsGroup", "runAsNonRoot")}
        for container in spec["containers"]:
            for key in ("startupProbe", "readinessProbe", "livenessProbe", "lifecycle"):
                container.pop(key, None)
            # podman would publish it on the host; it is reached by the address of the pod.
            container.pop("ports")
            container["image"] = POSTGRES if container["image"].startswith("postgres:") \
                else container["image"].replace(":dev", f":{TAG}")
            for part in ("requests", "limits"):
                container["resources"][part].pop("ephemeral-storage")
        for volume in spec["volumes"]:
            if "projected" in volume:
                volume["hostPath"] = {"path": str(self.write_secrets(name, volume.pop("projected"))),
                                      "type": "Directory"}
            else:
                volume["emptyDir"] = {}
            # podman names volumes of all pods in one place.
            volume["name"] = f"{self.name}-{name}-{volume['name']}"
            self.volumes.append(volume["name"])
        for mount in spec["containers"][0]["volumeMounts"]:
            if row["kind"] == "Deployment" or mount["name"] != "data":
                mount["name"] = f"{self.name}-{name}-{mount['name']}"
        for claim in row["spec"].get("volumeClaimTemplates", []):
            wanted = f"{self.name}-{claim['metadata']['name']}"
            documents.append({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
                              "metadata": {"name": wanted}, "spec": claim["spec"]})
            spec["volumes"].append({"name": claim["metadata"]["name"],
                                    "persistentVolumeClaim": {"claimName": wanted}})
            self.volumes.append(wanted)
        documents += [other for other in k8s.of_kind("minikube", "ConfigMap")
                      if any(other["metadata"]["name"] == source["configMapRef"]["name"]
                             for container in spec["containers"] for source in container.get("envFrom", []))]
        documents.append({"apiVersion": "v1", "kind": "Pod", "spec": spec,
                          "metadata": {"name": f"{self.name}-{name}", "labels": labels}})
        return documents

    def write_secrets(self, name, projected):
        """A folder with the files. podman 4.3 has Secrets, and does not decode what is in them."""
        folder = self.folder / name
        folder.mkdir()
        for source in projected["sources"]:
            for item in source["secret"]["items"]:
                path = folder / item["path"]
                path.write_bytes(base64.b64decode(self.secrets[source["secret"]["name"]][item["key"]]))
                path.chmod(0o444)
        return folder

    def play(self, name):
        kind = "StatefulSet" if name == "postgres" else "Deployment"
        row = k8s.named("minikube", kind, name.removesuffix("-2"))
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all(self.pod(name, row)))
        aliases = ",".join(f"alias={alias}" for alias in SERVICES[name])
        self.pods.append(name)
        engine("play", "kube", "--network", f"{self.name}:{aliases}" if aliases else self.name, str(path))

    def container(self, name):
        return f"{self.name}-{name}-{name.removesuffix('-2')}"

    def address(self, name):
        infra = json.loads(engine("pod", "inspect", f"{self.name}-{name}"))["InfraContainerID"]
        return inspect(infra)["NetworkSettings"]["Networks"][self.name]["IPAddress"]

    def close(self):
        for name in reversed(self.pods):
            with contextlib.suppress(AssertionError):
                engine("pod", "rm", "--force", "--time", "5", f"{self.name}-{name}", check=False)
        for name in self.volumes:
            engine("volume", "rm", "--force", name, check=False)
        engine("network", "rm", "--force", self.name, check=False)
        if self.configuration:
            os.environ["CONTAINERS_CONF"] = self.configuration
        shutil.rmtree(self.folder)


def ask(address, port, method, path, body=None, key=None):
    connection = http.client.HTTPConnection(address, port, timeout=30)
    headers = {"Content-Type": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    try:
        connection.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Pods(unittest.TestCase):
    """One set for all, in the order of a day."""

    @classmethod
    def setUpClass(cls):
        cls.podman = Podman()
        cls.addClassCleanup(cls.podman.close)
        cls.key = base64.b64decode(cls.podman.secrets["triage-keys"]["admin-key"]).decode()
        cls.podman.play("postgres")
        await_that(lambda: engine("exec", cls.podman.container("postgres"), *cls.command_of_probe(),
                                  check=False).returncode == 0, "PostgreSQL")
        for name in list(SERVICES)[1:]:
            cls.podman.play(name)
        for name in list(SERVICES)[1:]:
            await_that(lambda name=name: cls.is_well(name, "readinessProbe"), f"{name} to be ready")

    @classmethod
    def command_of_probe(cls):
        row = k8s.named("minikube", "StatefulSet", "postgres")
        return row["spec"]["template"]["spec"]["containers"][0]["readinessProbe"]["exec"]["command"]

    @classmethod
    def is_well(cls, name, probe):
        """As the kubelet asks."""
        row = k8s.named("minikube", "Deployment", name.removesuffix("-2"))
        container = row["spec"]["template"]["spec"]["containers"][0]
        try:
            status, _ = ask(cls.podman.address(name), container["ports"][0]["containerPort"], "GET",
                            container[probe]["httpGet"]["path"])
        except OSError:
            return False
        return 200 <= status < 400

    def json(self, method, path, body=None, status=200):
        got, content = ask(self.podman.address("frontend"), 8080, method, path, body, self.key)
        self.assertEqual(got, status, content)
        return json.loads(content)

    def test_1_all_probes_are_answered(self):
        for name in list(SERVICES)[1:]:
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                self.assertTrue(self.is_well(name, probe), f"{name}: {probe}")

    def test_2_it_classifies(self):
        answer = self.json("POST", "/predict", {"text": "no sound in Teams"})
        self.assertEqual(answer["model_version"], "v000001")
        status, _ = ask(self.podman.address("frontend"), 8080, "POST", "/predict", {"text": "x"})
        self.assertEqual(status, 401)

    def test_3_ten_corrections_reach_both_inference_servers(self):
        for i in range(10):
            body = {"text": f"the battery of laptop {i} is swollen", "label": "Hardware"}
            self.json("POST", "/feedback", body, status=201)
        done = await_that(
            lambda: next((row for row in self.json("GET", "/api/v1/retrains")["retrains"]
                          if row["trigger"] == "feedback" and row["state"] == "done"), None), "the retrain")
        self.assertEqual(done["result"], "promoted", done)
        for name in ("inference", "inference-2"):
            await_that(lambda name=name: b'version="v000002"' in ask(
                self.podman.address(name), 8082, "GET", "/metrics")[1], f"v000002 on {name}")

    def test_4_a_server_ends_under_load(self):
        """As a pod does in a cluster: not listed any more, then stopped."""
        with Load(8080, self.key, host=self.podman.address("frontend")) as load:
            load.after(300)
            engine("pod", "stop", "--time", "30", f"{self.podman.name}-inference-2")
            load.after(3000)
            figures = {name: self.figures(name) for name in ("frontend", "backend", "inference", "retrainer",
                                                             "postgres")}
        print(f"\n{load.n_done} requests, {len(load.failures)} failed", flush=True)
        self.assertEqual(inspect(self.podman.container("inference-2"))["State"]["ExitCode"], 0)
        for name, (memory, peak, cpu) in figures.items():
            print(f"{name}: {memory / 2**20:.0f} MiB, with shared pages {peak / 2**20:.0f} MiB at most, "
                  f"{cpu:.1f} CPU seconds", flush=True)
            limit = self.limit(name)
            self.assertLess(memory, 0.7 * limit, f"{name} comes near its limit")
        self.assertEqual(load.failures, [])

    def limit(self, name):
        row = k8s.named("minikube", "StatefulSet" if name == "postgres" else "Deployment", name)
        return k8s.quantity(row["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"])

    def figures(self, name):
        """Resident memory, its peak, and CPU time, of all processes of a container."""
        pid = inspect(self.podman.container(name))["State"]["Pid"]
        memory = peak = cpu = 0
        waiting = [pid]
        while waiting:
            one = waiting.pop()
            with contextlib.suppress(OSError):
                stat = pathlib.Path(f"/proc/{one}/stat").read_text().rsplit(") ", 1)[1].split()
                status = pathlib.Path(f"/proc/{one}/status").read_text()
                cpu += (int(stat[11]) + int(stat[12])) / os.sysconf("SC_CLK_TCK")
                memory += int(status.split("RssAnon:")[1].split()[0]) * 1024
                peak += int(status.split("VmHWM:")[1].split()[0]) * 1024
                for task in pathlib.Path(f"/proc/{one}/task").iterdir():
                    waiting += [int(child) for child in (task / "children").read_text().split()]
        return memory, peak, cpu

    def test_5_nothing_is_writable_that_need_not_be(self):
        for name in SERVICES:
            if name == "inference-2":
                continue
            host = inspect(self.podman.container(name))
            self.assertTrue(host["HostConfig"]["ReadonlyRootfs"], name)
            self.assertEqual(host["EffectiveCaps"] or [], [], name)
            status = pathlib.Path(f"/proc/{host['State']['Pid']}/status").read_text()
            self.assertIn("NoNewPrivs:\t1", status, name)
            user = "999" if name == "postgres" else "65532"
            self.assertIn(f"Uid:\t{user}\t{user}\t{user}\t{user}", status, name)

    def test_6_all_end_in_order(self):
        for name in ("frontend", "backend", "inference", "retrainer"):
            engine("pod", "stop", "--time", "35", f"{self.podman.name}-{name}")
            self.assertEqual(inspect(self.podman.container(name))["State"]["ExitCode"], 0, name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
