# SPDX-License-Identifier: MIT
"""What must hold for every object that deploy/k8s makes. Asks the binary (TRIAGE, build/triage) which
options there are; kubectl (client only) must be in the PATH."""
import itertools
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import yaml

import k8s_manifests as k8s
from k8s_manifests import COMPONENTS, OVERLAYS, ROOT, SERVICES, named, objects, of_kind, pods, who

ALL = OVERLAYS + list(COMPONENTS)
TRIAGE = os.environ.get("TRIAGE", str(ROOT / "build/triage"))
PORTS = {"frontend": 8080, "backend": 8081, "inference": 8082, "retrainer": 8083}
SECRETS = "/etc/triage/secrets"


class EveryObject(unittest.TestCase):
    where = ""

    def each(self, rows):
        """(name, row) of all overlays; where a test failed is told by its message."""
        for name in ALL:
            for row in rows(name):
                self.where = f"{name}: {who(row[0] if isinstance(row, tuple) else row)}: "
                yield name, row

    def _formatMessage(self, msg, standardMsg):
        return self.where + super()._formatMessage(msg, standardMsg)

    def test_labels(self):
        for name, row in self.each(objects):
            if row["kind"] == "Namespace" or row["kind"] == "ConfigMap":
                continue
            for key in ("name", "component", "part-of"):
                self.assertIn(f"app.kubernetes.io/{key}", row["metadata"]["labels"])
            self.assertEqual(row["metadata"]["labels"]["app.kubernetes.io/part-of"], "triage")

    def test_namespaces_are_restricted(self):
        """But the one of Filebeat, which has nothing else."""
        for name, row in self.each(lambda name: of_kind(name, "Namespace")):
            level = row["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
            if row["metadata"]["name"] == "triage-logs":
                self.assertEqual(level, "privileged")
                inside = [other for other in pods(name) if other[1] == "triage-logs"]
                self.assertEqual([who(other[0]) for other in inside], ["DaemonSet/filebeat"])
            else:
                self.assertEqual((row["metadata"]["name"], level), ("triage", "restricted"))

    def test_all_are_in_a_known_namespace(self):
        for name, row in self.each(objects):
            if row["kind"] != "Namespace":
                self.assertIn(row["metadata"]["namespace"], ("triage", "triage-logs"))

    def test_no_secret_is_in_a_manifest(self):
        for name in ALL:
            self.assertEqual(of_kind(name, "Secret"), [])
            self.assertNotRegex(k8s.text_of(name), r"postgresql://[^\s:]+:[^\s@]+@|PRIVATE KEY")

    def test_pods_are_restricted(self):
        """By the rules of the Pod Security Standard `restricted`."""
        for name, (row, namespace, _, spec) in self.each(pods):
            self.assertEqual(spec["securityContext"]["seccompProfile"]["type"], "RuntimeDefault")
            self.assertFalse({"hostNetwork", "hostPID", "hostIPC"} & set(spec))
            for container in spec["containers"] + spec.get("initContainers", []):
                context = container["securityContext"]
                self.assertIs(context["allowPrivilegeEscalation"], False)
                self.assertEqual(context["capabilities"], {"drop": ["ALL"]})
                self.assertNotIn("privileged", context)
                self.assertTrue(all("hostPort" not in port for port in container.get("ports", [])))
            if namespace == "triage-logs":
                continue
            self.assertTrue(spec["securityContext"]["runAsNonRoot"])
            self.assertGreater(spec["securityContext"]["runAsUser"], 0)
            allowed = {"name", "configMap", "emptyDir", "projected", "persistentVolumeClaim", "secret"}
            for volume in spec.get("volumes", []):
                self.assertLessEqual(set(volume), allowed)

    def test_services_are_hardened(self):
        """Ours, and the database: nothing but volumes is writable."""
        for name, (row, _, labels, spec) in self.each(pods):
            if labels["app.kubernetes.io/name"] not in ("triage", "postgres"):
                continue
            for container in spec["containers"]:
                self.assertIs(container["securityContext"]["readOnlyRootFilesystem"], True)
            for volume in spec["volumes"]:
                if "emptyDir" in volume:
                    self.assertIn("sizeLimit", volume["emptyDir"], volume["name"])

    def test_no_token_of_the_cluster(self):
        for name, (row, namespace, labels, spec) in self.each(pods):
            with_token = name == "vault" and labels["app.kubernetes.io/component"] != "frontend"
            self.assertIs(spec["automountServiceAccountToken"], with_token)
            account = named(name, "ServiceAccount", spec["serviceAccountName"])
            self.assertEqual(account["metadata"]["namespace"], namespace)
            self.assertIs(account["automountServiceAccountToken"], False)

    def test_resources(self):
        for name, (row, _, _, spec) in self.each(pods):
            for container in spec["containers"]:
                requests, limits = (container["resources"][part] for part in ("requests", "limits"))
                for what in ("cpu", "memory", "ephemeral-storage"):
                    self.assertGreater(k8s.quantity(requests[what]), 0)
                    self.assertLessEqual(k8s.quantity(requests[what]), k8s.quantity(limits[what]))
            volumes = sum(k8s.quantity(volume["emptyDir"].get("sizeLimit", 0))
                          for volume in spec.get("volumes", [])
                          if "emptyDir" in volume and volume["emptyDir"].get("medium") != "Memory")
            room = sum(k8s.quantity(container["resources"]["limits"]["ephemeral-storage"])
                       for container in spec["containers"])
            self.assertLessEqual(volumes, room, "the volumes are larger than what evicts the pod")

    def test_probes(self):
        for name, (row, _, _, spec) in self.each(pods):
            if row["kind"] == "Job":
                continue
            for container in spec["containers"]:
                ports = {port["name"] for port in container.get("ports", [])}
                for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                    self.assertTrue({"httpGet", "exec"} & set(container[probe]), probe)
                    if "httpGet" in container[probe]:
                        self.assertIn(container[probe]["httpGet"]["port"], ports)

    def test_mounts_are_volumes(self):
        for name, (row, _, _, spec) in self.each(pods):
            there = {volume["name"] for volume in spec.get("volumes", [])}
            there |= {claim["metadata"]["name"]
                      for claim in row["spec"].get("volumeClaimTemplates", [])}
            for container in spec["containers"]:
                used = {mount["name"] for mount in container.get("volumeMounts", [])}
                self.assertEqual(used, there)

    def test_configmaps_that_are_named_are_there(self):
        for name, (row, namespace, _, spec) in self.each(pods):
            there = {other["metadata"]["name"] for other in of_kind(name, "ConfigMap")
                     if other["metadata"]["namespace"] == namespace}
            wanted = {volume["configMap"]["name"] for volume in spec.get("volumes", [])
                      if "configMap" in volume}
            for container in spec["containers"]:
                wanted |= {source["configMapRef"]["name"] for source in container.get("envFrom", [])}
            self.assertLessEqual(wanted, there)

    def test_services_select_pods_at_ports_that_they_have(self):
        for name, row in self.each(lambda name: of_kind(name, "Service")):
            selected = [spec for _, namespace, labels, spec in pods(name)
                        if namespace == row["metadata"]["namespace"]
                        and k8s.matches({"matchLabels": row["spec"]["selector"]}, labels)]
            self.assertEqual(len(selected), 1)
            ports = {port["name"]: port["containerPort"] for container in selected[0]["containers"]
                     for port in container.get("ports", [])}
            for port in row["spec"]["ports"]:
                self.assertIn(port["targetPort"], ports)
                # A name with all addresses changes no ports.
                self.assertEqual(port["port"], ports[port["targetPort"]])

    def test_ingresses_lead_to_services(self):
        for name, row in self.each(lambda name: of_kind(name, "Ingress")):
            for rule in row["spec"]["rules"]:
                self.assertRegex(rule["host"], r"^([a-z]+\.)?triage\.example$")
                for path in rule["http"]["paths"]:
                    service = path["backend"]["service"]
                    ports = named(name, "Service", service["name"])["spec"]["ports"]
                    self.assertIn(service["port"]["name"], [port["name"] for port in ports])

    def test_disruption_budgets_hold_for_pods_and_let_nodes_drain(self):
        for name, row in self.each(lambda name: of_kind(name, "PodDisruptionBudget")):
            selected = [other for other in pods(name) if k8s.matches(row["spec"]["selector"], other[2])]
            self.assertEqual(len(selected), 1)
            if "minAvailable" not in row["spec"]:
                self.assertEqual(row["spec"]["maxUnavailable"], 1)
                continue
            if selected[0][0]["kind"] == "InferenceService":
                least = selected[0][3]["minReplicas"]
            else:
                least = self.least_replicas(name, selected[0][0])
            self.assertGreater(least, row["spec"]["minAvailable"])

    def least_replicas(self, name, deployment):
        for row in of_kind(name, "HorizontalPodAutoscaler"):
            if row["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]:
                return row["spec"]["minReplicas"]
        return deployment["spec"]["replicas"]

    def test_selectors_take_their_own_pods_alone(self):
        for name in ALL:
            rows = [row for row in pods(name) if "selector" in row[0]["spec"]]
            for (row, *_), (other, namespace, labels, _) in itertools.product(rows, rows):
                taken = k8s.matches(row["spec"]["selector"], labels) and \
                    row["metadata"]["namespace"] == namespace
                self.assertEqual(taken, row is other, f"{name}: {who(row)} and {who(other)}")


class Services(unittest.TestCase):
    """Ours: how they are scaled, replaced and configured."""

    def deployments(self):
        for name, service in itertools.product(ALL, SERVICES):
            if (name, service) != ("kserve", "inference"):
                yield name, service, named(name, "Deployment", service)

    def container(self, deployment):
        return deployment["spec"]["template"]["spec"]["containers"][0]

    def test_a_rolling_update_takes_none_away(self):
        for name, service, row in self.deployments():
            with self.subTest(f"{name}: {service}"):
                self.assertEqual(row["spec"]["strategy"], {
                    "type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}})

    def test_there_is_time_to_stop(self):
        settings = next(row for row in of_kind("minikube", "ConfigMap")
                        if row["metadata"]["name"].startswith("triage-"))["data"]
        drain = int(settings["TRIAGE_DRAIN_TIMEOUT"].removesuffix("s"))
        nginx = (ROOT / "deploy/docker/nginx/nginx.conf").read_text()
        nginx_drain = int(re.search(r"worker_shutdown_timeout (\d+)s;", nginx)[1])
        for name, service, row in self.deployments():
            with self.subTest(f"{name}: {service}"):
                pause = self.container(row)["lifecycle"]["preStop"]["sleep"]["seconds"]
                # Longer than the two seconds after which a backend looks its servers up again.
                self.assertGreaterEqual(pause, 4)
                needed = pause + (nginx_drain if service == "frontend" else drain)
                self.assertGreaterEqual(row["spec"]["template"]["spec"]["terminationGracePeriodSeconds"],
                                        needed + 5)

    def test_autoscaling(self):
        for name in ALL:
            scaled = {row["metadata"]["name"]: row["spec"]
                      for row in of_kind(name, "HorizontalPodAutoscaler")}
            self.assertEqual(sorted(scaled), ["backend"] if name == "kserve"
                             else ["backend", "inference"], name)
            for service, spec in scaled.items():
                with self.subTest(f"{name}: {service}"):
                    self.assertEqual(spec["scaleTargetRef"], {
                        "apiVersion": "apps/v1", "kind": "Deployment", "name": service})
                    self.assertEqual((spec["minReplicas"], spec["maxReplicas"]),
                                     (1 if name.startswith("minikube") else 2, 5))
                    metric = spec["metrics"][0]["resource"]
                    self.assertEqual((metric["name"], metric["target"]["type"]), ("cpu", "Utilization"))
                    self.assertGreaterEqual(
                        spec["behavior"]["scaleDown"]["stabilizationWindowSeconds"], 300)
                    # A number in the manifest would undo what the autoscaler decided.
                    self.assertNotIn("replicas", named(name, "Deployment", service)["spec"])

    def test_replicas_are_spread(self):
        for name, service, row in self.deployments():
            if service == "retrainer":
                continue
            spread = row["spec"]["template"]["spec"]["topologySpreadConstraints"]
            self.assertEqual([part["topologyKey"] for part in spread],
                             ["topology.kubernetes.io/zone", "kubernetes.io/hostname"])
            for part in spread:
                self.assertTrue(k8s.matches(part["labelSelector"],
                                            row["spec"]["template"]["metadata"]["labels"]))

    def test_ports_are_those_of_the_images(self):
        dockerfile = (ROOT / "deploy/docker/Dockerfile").read_text()
        for name, service, row in self.deployments():
            self.assertEqual(self.container(row)["ports"],
                             [{"name": "http", "containerPort": PORTS[service]}])
            if service != "frontend":
                self.assertIn(f"ENV TRIAGE_LISTEN=0.0.0.0:{PORTS[service]}", dockerfile)

    def test_images(self):
        for name, service, row in self.deployments():
            wanted = r"registry\.example/triage/%s:\d+\.\d+\.\d+" if COMPONENTS.get(name, name) == "production" \
                else r"triage/%s:dev"
            self.assertRegex(self.container(row)["image"], f"^{wanted % service}$")

    def environment(self, name, row):
        container = self.container(row)
        values = {}
        for source in container.get("envFrom", []):
            values |= named(name, "ConfigMap", source["configMapRef"]["name"])["data"]
        for part in container["env"]:
            resource = part.get("valueFrom", {}).get("resourceFieldRef", {}).get("resource")
            values[part["name"]] = part["value"] if resource is None else \
                str(container["resources"]["limits"][resource.removeprefix("limits.")])
        return values

    def test_the_binary_takes_the_options(self):
        """`--print-config` names, for each variable that is set, the option it is the value of."""
        checked = 0
        for name, service, row in self.deployments():
            if service == "frontend":
                continue
            values = self.environment(name, row)
            self.assertTrue(all(isinstance(value, str) for value in values.values()))
            # Files of secrets are read, so that these must be there.
            given = {key: "/dev/null" if key.endswith("_FILE") else value
                     for key, value in values.items()}
            for key in [key for key in given if key.endswith("_FILE")]:
                del given[key]
            done = subprocess.run([TRIAGE, service, "--print-config"], env=given, check=False,
                                  capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            known = known_variables()
            for key in values:
                self.assertIn(key, known, f"{name}: {service}")
                if key in known and service in known[key]:
                    checked += 1
            for key, value in given.items():
                if service in known[key]:
                    option = key.removeprefix("TRIAGE_").lower().replace("_", "-")
                    self.assertRegex(done.stdout, rf"(?m)^{option} = {re.escape(value)}\b.*{key}")
        self.assertGreater(checked, 50)

    def test_the_frontend_is_given_what_it_reads(self):
        source = (ROOT / "deploy/docker/nginx/front.c").read_text()
        for name, service, row in self.deployments():
            if service == "frontend":
                for key in self.environment(name, row):
                    self.assertIn(f'"{key}"', source)

    def test_addresses_are_services(self):
        for name, service, row in self.deployments():
            for key, value in self.environment(name, row).items():
                if key not in ("TRIAGE_INFERENCE_URL", "TRIAGE_BACKEND_URL", "FRONT_BACKENDS"):
                    continue
                host, port = value.removeprefix("http://").split(":")
                spec = named(name, "Service", host)["spec"]
                self.assertEqual([part["port"] for part in spec["ports"]], [int(port)])
                # Who balances by itself must see all addresses.
                if key in ("TRIAGE_INFERENCE_URL", "FRONT_BACKENDS"):
                    self.assertEqual(spec.get("clusterIP"), "None")

    def secret_files(self, name, row):
        """The files of secrets that a pod has, with where each comes from."""
        spec = row["spec"]["template"]["spec"]
        if name == "vault":
            annotations = row["spec"]["template"]["metadata"]["annotations"]
            prefix = "vault.hashicorp.com/agent-inject-secret-"
            folder = annotations["vault.hashicorp.com/secret-volume-path"]
            return {f"{folder}/{key.removeprefix(prefix)}" for key in annotations if key.startswith(prefix)}
        files = set()
        for mount in self.container(row)["volumeMounts"]:
            volume = next(part for part in spec["volumes"] if part["name"] == mount["name"])
            for source in volume.get("projected", {}).get("sources", []):
                files |= {f"{mount['mountPath']}/{item['path']}" for item in source["secret"]["items"]}
        return files

    def test_each_has_the_secrets_that_it_reads_and_no_other(self):
        for name, service, row in self.deployments():
            if service == "frontend":
                continue
            wanted = {value for key, value in self.environment(name, row).items()
                      if key.endswith("_FILE")}
            self.assertEqual(self.secret_files(name, row), wanted, f"{name}: {service}")

    def test_secrets_are_those_that_are_made(self):
        script = (ROOT / "deploy/k8s/make_secrets").read_text()
        n_items = 0
        for name, (row, _, _, spec) in ((name, pod) for name in ALL for pod in pods(name)):
            for volume in spec.get("volumes", []):
                for source in volume.get("projected", {}).get("sources", []):
                    secret = source["secret"]["name"].removeprefix("triage-")
                    self.assertIn(secret, ("database", "keys", "postgres"))
                    for item in source["secret"]["items"]:
                        self.assertRegex(script, rf"create triage-{secret} .*\b{item['key']}\b")
                        n_items += 1
        self.assertGreater(n_items, 10)

    def test_vault_has_the_paths_and_accounts_of_its_setup(self):
        setup = (ROOT / "deploy/vault/README.md").read_text()
        accounts = re.search(r"--service-accounts (\S+)", setup)[1].split(",")
        injected = set()
        for service in SERVICES:
            row = named("vault", "Deployment", service)
            template = row["spec"]["template"]
            annotations = template["metadata"].get("annotations", {})
            self.assertEqual(bool(annotations), service != "frontend")
            if not annotations:
                continue
            injected.add(template["spec"]["serviceAccountName"])
            for key, value in annotations.items():
                if "/agent-inject-secret-" in key:
                    self.assertIn(value, ("secret/data/triage/database", "secret/data/triage/keys"))
                    member = key.rsplit("inject-secret-", 1)[1]
                    text = annotations[f"vault.hashicorp.com/agent-inject-template-{member}"]
                    self.assertIn(f'index .Data.data "{member}"', text)
                    self.assertIn(f'with secret "{value}"', text)
            self.assertNotIn("triage-keys", str(row))
            self.assertNotIn("triage-database", str(row))
        self.assertEqual(sorted(injected), sorted(accounts))

    def test_the_inference_service_has_the_pod_of_the_deployment(self):
        row = named("kserve", "InferenceService", "triage")
        ours = dict(row["spec"]["predictor"])
        for key in ("minReplicas", "maxReplicas", "scaleMetric", "scaleTarget", "deploymentStrategy"):
            ours.pop(key)
        labels, theirs = k8s.template_of(named("production", "Deployment", "inference"))
        ours["containers"] = [dict(ours["containers"][0], name="inference")]
        self.assertEqual(ours, theirs)
        self.assertEqual(row["metadata"]["labels"], labels)

    def test_monitors_find_each_service_once_under_the_name_of_the_alerts(self):
        alerts = (ROOT / "deploy/prometheus/prometheus.yml").read_text()
        for row in of_kind("service-monitor", "ServiceMonitor"):
            found = [other for other in of_kind("service-monitor", "Service")
                     if k8s.matches(row["spec"]["selector"], other["metadata"]["labels"])]
            self.assertEqual(len(found), 1, who(row))
            endpoint = row["spec"]["endpoints"][0]
            self.assertIn(endpoint["port"], [port["name"] for port in found[0]["spec"]["ports"]])
            self.assertIn(f"job_name: {endpoint['relabelings'][0]['replacement']}\n", alerts)
        self.assertEqual(len(of_kind("service-monitor", "ServiceMonitor")), 3)

    def test_hosts(self):
        for name in ALL:
            hosts = [rule["host"] for row in of_kind(name, "Ingress") for rule in row["spec"]["rules"]]
            wanted = ["api.triage.example", "triage.example"]
            if name == "minikube-elk":
                wanted.insert(1, "kibana.triage.example")
            self.assertEqual(sorted(hosts), wanted)
            for row in of_kind(name, "Ingress"):
                if COMPONENTS.get(name, name) == "production":
                    self.assertEqual(row["spec"]["tls"], [{
                        "hosts": [row["spec"]["rules"][0]["host"]], "secretName": "triage-tls"}])

    def test_the_api_host_has_no_inner_routes(self):
        paths = {path["path"] for path in named("production", "Ingress", "api")["spec"]["rules"][0]["http"]["paths"]}
        self.assertEqual(paths, {"/api", "/predict", "/feedback", "/readyz", "/openapi.json"})


def known_variables():
    """TRIAGE_... -> the commands that read it, as the binary itself documents it."""
    if not KNOWN:
        manual = subprocess.run([TRIAGE, "manual", "--options"], capture_output=True, text=True,
                                check=True).stdout
        commands = []
        for line in manual.splitlines():
            if line.startswith("## "):
                commands = re.findall(r"`(\w+)`", line)
            for variable in re.findall(r"`(TRIAGE_\w+)`", line):
                KNOWN.setdefault(variable, set()).update(commands)
    return KNOWN


KNOWN = {}


class Network(unittest.TestCase):
    """Precisely the connections that are made get through."""

    OUTSIDE = {"nginx": ("ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"}),
               "prometheus": ("monitoring", {"app.kubernetes.io/name": "prometheus"}),
               "names": ("kube-system", {"k8s-app": "kube-dns"}),
               "vault server": ("vault", {"app.kubernetes.io/name": "vault"}),
               "stranger": ("default", {"app.kubernetes.io/name": "triage",
                                        "app.kubernetes.io/component": "backend"}),
               "neighbour": ("triage", {"app.kubernetes.io/name": "other"})}
    FLOWS = {("nginx", "frontend", 8080), ("nginx", "backend", 8081), ("frontend", "backend", 8081),
             ("inference", "backend", 8081), ("backend", "inference", 8082),
             ("prometheus", "backend", 8081), ("prometheus", "inference", 8082),
             ("prometheus", "retrainer", 8083)}
    DATABASE = {("backend", "postgres", 5432), ("retrainer", "postgres", 5432)}
    LOGS = {("filebeat", "logstash", 5044), ("logstash", "elasticsearch", 9200),
            ("kibana", "elasticsearch", 9200), ("elk-setup", "elasticsearch", 9200),
            ("elk-setup", "kibana", 5601), ("nginx", "kibana", 5601)}
    VAULT = {(service, "vault server", 8200) for service in ("backend", "inference", "retrainer")}

    def parties(self, name):
        there = dict(self.OUTSIDE)
        for _, namespace, labels, _ in pods(name):
            own = labels["app.kubernetes.io/component"] if labels["app.kubernetes.io/name"] == "triage" \
                else labels["app.kubernetes.io/name"]
            there[own] = (namespace, labels)
        return there

    def test_flows(self):
        ports = sorted({port for flows in (self.FLOWS, self.DATABASE, self.LOGS, self.VAULT)
                        for _, _, port in flows} | {9600, 80, 443})
        for name in ALL:
            wanted = set(self.FLOWS)
            wanted |= self.DATABASE if name.startswith("minikube") else set()
            wanted |= self.LOGS if name == "minikube-elk" else set()
            wanted |= self.VAULT if name == "vault" else set()
            parties = self.parties(name)
            own = {key for key in parties if key not in self.OUTSIDE}
            got = {(a, b, port) for a, b in itertools.permutations(parties, 2) for port in ports
                   if (a in own or b in own or b == "neighbour" or a == "neighbour")
                   and k8s.connects(name, parties[a], parties[b], port)
                   # What is outside has policies of its own, which are not ours to know.
                   and not (a in self.OUTSIDE and b in self.OUTSIDE)}
            self.assertEqual(got, wanted, name)

    def test_all_may_look_up_names(self):
        for name in ALL:
            for key, pod in self.parties(name).items():
                if key in self.OUTSIDE:
                    continue
                for protocol in ("UDP", "TCP"):
                    self.assertTrue(k8s.allows(name, "Egress", pod, self.OUTSIDE["names"], 53, protocol), key)

    def test_only_the_database_is_outside(self):
        for name in ALL:
            blocks = [(row["metadata"]["name"], peer["ipBlock"]["cidr"], rule["ports"])
                      for row in of_kind(name, "NetworkPolicy") for rule in row["spec"].get("egress", [])
                      for peer in rule["to"] if "ipBlock" in peer]
            wanted = [] if name.startswith("minikube") else [
                ("database", "10.0.0.0/8", [{"protocol": "TCP", "port": 5432}])]
            self.assertEqual(blocks, wanted)


class OtherFiles(unittest.TestCase):
    def test_hosts_of_an_overlay_can_be_others(self):
        """As the README says: a copy of the folder with other settings."""
        with tempfile.TemporaryDirectory(prefix=".test-", dir=k8s.K8S / "overlays") as holder:
            folder = pathlib.Path(holder)
            shutil.copytree(k8s.K8S / "overlays/production", folder, dirs_exist_ok=True)
            settings = folder / "settings.yaml"
            settings.write_text(settings.read_text().replace("triage.example", "desk.test"))
            rows = [row for row in yaml.safe_load_all(k8s.render_text(folder)) if row["kind"] == "Ingress"]
        self.assertEqual(sorted(row["spec"]["rules"][0]["host"] for row in rows),
                         ["api.desk.test", "desk.test"])
        self.assertEqual(sorted(row["spec"]["tls"][0]["hosts"][0] for row in rows),
                         ["api.desk.test", "desk.test"])

    def test_elk_mounts_what_its_setup_reads(self):
        setup = (ROOT / "deploy/elk/setup").read_text()
        job = named("minikube-elk", "Job", "elk-setup")
        items = job["spec"]["template"]["spec"]["volumes"][0]["configMap"]["items"]
        read = set(re.findall(r"\$here/([\w./-]+)", setup))
        self.assertEqual({item["path"] for item in items} - {"setup"}, read)


if __name__ == "__main__":
    unittest.main(verbosity=2)
