# SPDX-License-Identifier: MIT
"""A container engine as the tests of deploy/docker use it: podman or docker, and compose.

podman is given an API socket of the test's own. Its health checks are systemd's timers; where there is
no systemd, a thread runs them.
"""
import contextlib
import json
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TAG = os.environ.get("TRIAGE_TAG", "dev")
LIMIT = 180  # seconds for anything that is waited for


def pick_tool():
    named = os.environ.get("CONTAINER_TOOL")
    if named:
        return named
    if shutil.which("podman"):
        return "podman"
    if shutil.which("docker") and subprocess.run(["docker", "info"], capture_output=True,
                                                 check=False).returncode == 0:
        return "docker"
    return None


TOOL = pick_tool()

# Health checks are not in the OCI format, which podman would otherwise write.
BUILD_OPTIONS = ["--format", "docker"] if TOOL == "podman" else []


def engine(*arguments, check=True, **more):
    """What the tool prints. podman complains of missing systemd on standard error; that is left out
    unless it fails."""
    done = subprocess.run([TOOL, *arguments], capture_output=True, text=True, check=False, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{TOOL} {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
    return done if not check else done.stdout.strip()


def inspect(name):
    return json.loads(engine("inspect", name))[0]


def await_that(condition, what, limit=LIMIT):
    """Asks again until it is so; the pause is the polling interval, not a guess."""
    end = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {limit} s in vain: {what}")
        time.sleep(0.05)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def compose_command():
    plugin = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False) \
        if shutil.which("docker") else None
    return ["docker", "compose"] if plugin and plugin.returncode == 0 else ["docker-compose"]


class HealthChecks(threading.Thread):
    """Runs the health checks of a project's containers, as systemd's timers would."""

    def __init__(self, project):
        super().__init__(daemon=True)
        self.project, self.stopping = project, threading.Event()

    def run(self):
        while not self.stopping.wait(0.5):
            names = engine("ps", "--filter", f"label=com.docker.compose.project={self.project}",
                           "--format", "{{.ID}}", check=False).stdout.split()
            for name in names:
                engine("healthcheck", "run", name, check=False)

    def stop(self):
        self.stopping.set()
        self.join()


class Project:
    """compose.yaml under a name, a port and secrets of its own."""

    def __init__(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="triage-compose-"))
        self.name = f"triagetest{os.getpid()}"
        self.port = free_port()
        self.service = self.checks = None
        subprocess.run([ROOT / "deploy/docker/make_secrets", self.folder / "secrets"], check=True,
                       stdout=subprocess.DEVNULL)
        self.key = (self.folder / "secrets/admin_key").read_text()
        self.environment = dict(
            os.environ, TRIAGE_PORT=str(self.port), TRIAGE_TAG=TAG,
            TRIAGE_SECRETS=str(self.folder / "secrets"), COMPOSE_PROJECT_NAME=self.name)
        self.environment.setdefault("TRIAGE_POSTGRES_IMAGE", f"triage/test-postgres:{TAG}")
        if TOOL == "podman":
            self.start_podman()
        self.command = compose_command()

    def start_podman(self):
        address = f"unix://{self.folder}/podman.sock"
        log = open(self.folder / "podman.log", "wb")
        self.service = subprocess.Popen(["podman", "system", "service", "--time=0", address],
                                        stdout=log, stderr=log)
        log.close()
        await_that((self.folder / "podman.sock").exists, "podman's API")
        self.environment["DOCKER_HOST"] = address
        if not pathlib.Path("/run/systemd/system").exists():
            self.checks = HealthChecks(self.name)
            self.checks.start()

    def compose(self, *arguments, tag=None):
        environment = dict(self.environment, TRIAGE_TAG=tag) if tag else self.environment
        done = subprocess.run([*self.command, *arguments], cwd=ROOT, env=environment, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"compose {' '.join(arguments)}:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def containers(self, service=None, everything=False):
        filters = [f"label=com.docker.compose.project={self.name}"]
        if service:
            filters.append(f"label=com.docker.compose.service={service}")
        arguments = [part for row in filters for part in ("--filter", row)]
        return engine("ps", *(["-a"] if everything else []), *arguments,
                      "--format", "{{.Names}}").split()

    def await_healthy(self, service, count):
        def all_healthy():
            names = self.containers(service)
            return len(names) == count and all(
                (inspect(name)["State"].get("Health") or {}).get("Status") == "healthy"
                for name in names)
        await_that(all_healthy, f"{count} healthy {service}")

    def scale(self, service, count, tag=None):
        self.compose("up", "-d", "--no-build", "--no-deps", "--no-recreate", "--scale",
                     f"{service}={count}", service, tag=tag)

    def update(self, service, tag):
        """deploy/docker/update, as a person would run it."""
        environment = dict(self.environment, COMPOSE=" ".join(self.command), CONTAINER_TOOL=TOOL)
        done = subprocess.run([ROOT / "deploy/docker/update", service, tag], env=environment,
                              text=True, capture_output=True, check=False)
        if done.returncode != 0:
            raise AssertionError(f"update: {done.stdout}\n{done.stderr}")

    def address(self, name):
        networks = inspect(name)["NetworkSettings"]["Networks"]
        return next(iter(networks.values()))["IPAddress"]

    def down(self):
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "30")

    def close(self):
        """Whatever is left of it goes, whatever has happened."""
        with contextlib.suppress(AssertionError):
            self.down()
        for name in self.containers(everything=True):
            engine("rm", "-f", name, check=False)
        if self.checks:
            self.checks.stop()
        if self.service:
            self.service.terminate()
            self.service.wait()
        shutil.rmtree(self.folder)
