# SPDX-License-Identifier: MIT
"""The manifests of deploy/k8s, as `kubectl kustomize` makes them, and questions that tests ask of them."""
import functools
import pathlib
import subprocess
import tempfile

import yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]
K8S = ROOT / "deploy/k8s"
OVERLAYS = ["minikube", "minikube-elk", "production"]
# Each on top of the overlay that it is most used with.
COMPONENTS = {"vault": "production", "service-monitor": "production", "kserve": "production"}
SERVICES = ["frontend", "backend", "inference", "retrainer"]
WITH_PODS = {"Deployment", "StatefulSet", "DaemonSet", "Job"}


def render_text(folder):
    done = subprocess.run(["kubectl", "kustomize", str(folder)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise AssertionError(f"{folder}: {done.stderr}")
    # What kustomize warns of is deprecated.
    if done.stderr:
        raise AssertionError(f"{folder}: {done.stderr}")
    return done.stdout


@functools.cache
def text_of(name):
    """The manifests of an overlay, or of a component on top of its overlay."""
    if name in OVERLAYS:
        return render_text(K8S / "overlays" / name)
    # kustomize follows only relative paths; the folder is beside the overlays for that.
    with tempfile.TemporaryDirectory(prefix=".test-", dir=K8S / "overlays") as folder:
        pathlib.Path(folder, "kustomization.yaml").write_text(yaml.safe_dump({
            "apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization",
            "resources": [f"../{COMPONENTS[name]}"],
            "components": [f"../../components/{name}"],
            "images": [{"name": "triage/inference", "newTag": "0.1.0",
                        "newName": "registry.example/triage/inference"}]}))
        return render_text(folder)


@functools.cache
def objects(name):
    return [document for document in yaml.safe_load_all(text_of(name)) if document]


def of_kind(name, *kinds):
    return [row for row in objects(name) if row["kind"] in kinds]


def named(name, kind, wanted):
    found = [row for row in of_kind(name, kind) if row["metadata"]["name"] == wanted]
    if len(found) != 1:
        raise AssertionError(f"{name}: {len(found)} of {kind} {wanted}")
    return found[0]


def who(row):
    return f"{row['kind']}/{row['metadata']['name']}"


def template_of(row):
    """Labels and specification of the pods that an object makes."""
    if row["kind"] == "InferenceService":
        return row["metadata"]["labels"], row["spec"]["predictor"]
    template = row["spec"]["template"]
    return template["metadata"]["labels"], template["spec"]


def pods(name):
    """(object, namespace, labels of its pods, their specification) of all that have pods."""
    return [(row, row["metadata"]["namespace"], *template_of(row))
            for row in of_kind(name, *WITH_PODS, "InferenceService")]


def matches(selector, labels):
    """Whether a label selector takes these labels."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for row in selector.get("matchExpressions", []):
        there = labels.get(row["key"])
        taken = {"In": there in row.get("values", []), "NotIn": there not in row.get("values", []),
                 "Exists": there is not None, "DoesNotExist": there is None}[row["operator"]]
        if not taken:
            return False
    return True


def quantity(text):
    """Of memory or CPU, as a number."""
    text = str(text)
    for unit, factor in {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "m": 0.001}.items():
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    return float(text)


# --- who may speak to whom ------------------------------------------------------------------------

def takes_peer(peer, own_namespace, namespace, labels):
    if "ipBlock" in peer:
        return False
    if "namespaceSelector" in peer:
        if not matches(peer["namespaceSelector"], {"kubernetes.io/metadata.name": namespace}):
            return False
    elif namespace != own_namespace:
        return False
    return matches(peer.get("podSelector", {}), labels)


def allows(name, direction, pod, other, port, protocol="TCP"):
    """Whether the policies let `pod` (namespace, labels) send to (Egress) or be reached by (Ingress)
    `other` at this port. A pod that no policy selects is open."""
    namespace, labels = pod
    policies = [row for row in of_kind(name, "NetworkPolicy")
                if row["metadata"]["namespace"] == namespace
                and direction in row["spec"]["policyTypes"]
                and matches(row["spec"]["podSelector"], labels)]
    if not policies:
        return True
    side, peers = ("ingress", "from") if direction == "Ingress" else ("egress", "to")
    for policy in policies:
        for rule in policy["spec"].get(side, []):
            ports = rule.get("ports")
            if ports and not any(row["port"] == port and row["protocol"] == protocol
                                 for row in ports):
                continue
            if peers not in rule or any(takes_peer(peer, namespace, *other)
                                        for peer in rule[peers]):
                return True
    return False


def connects(name, sender, receiver, port):
    """Whether a connection gets through: out of the sender and into the receiver."""
    return allows(name, "Egress", sender, receiver, port) and \
        allows(name, "Ingress", receiver, sender, port)
