# SPDX-License-Identifier: MIT
"""A Debian host for a test: a container of podman's in which systemd is the first process.

It has a loopback network of its own and no other, so that its ports are nobody else's; packages come
from a repository inside the image. Root is needed: commands enter by nsenter, because `podman exec`
sets resource limits that not every machine lets it set.
"""
import os
import secrets
import subprocess
import tempfile
import time

IMAGE = "localhost/triage/test-debian-host"
NAMESPACES = ["--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup"]
ENVIRONMENT = ["HOME=/root", "LC_ALL=C.UTF-8", "PATH=/usr/sbin:/usr/bin:/sbin:/bin"]
# Should the test itself be killed, its container ends after this many seconds.
LIFETIME = 1200
# Everything is downloaded while the image is made; `apt-get update` and `apt-get install` then do on
# the host what they always do, from these files.
DOCKERFILE = """\
FROM debian:bookworm-slim
RUN apt-get update -q \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \\
    apt-utils curl dbus iproute2 openssl python3 python3-apt systemd systemd-sysv \\
 && rm -f /etc/apt/apt.conf.d/docker-clean && apt-get clean \\
 && apt-get install -y -q --no-install-recommends --download-only {packages} \\
 && mkdir /var/lib/packages && mv /var/cache/apt/archives/*.deb /var/lib/packages \\
 && cd /var/lib/packages && apt-ftparchive packages . >Packages \\
 && apt-ftparchive release . >/tmp/Release && mv /tmp/Release . \\
 && rm -rf /etc/apt/sources.list.d/* /var/lib/apt/lists/* \\
 && echo 'deb [trusted=yes] file:/var/lib/packages ./' >/etc/apt/sources.list \\
 && apt-get update -q && touch -d '1 day ago' /var/lib/apt/lists
"""
# What Ansible calls instead of ssh: the last word is the command, if there is one.
SSH = """\
#!/bin/sh
for last; do :; done
case $last in ControlPersist) exit 0 ;; esac
exec {enter} /bin/sh -c "$last"
"""


def podman(*arguments, limit=60):
    done = subprocess.run(["podman", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=limit, check=False)
    if done.returncode != 0:
        raise AssertionError(f"podman {' '.join(arguments)}: {done.returncode}\n{done.stderr}")
    return done.stdout.strip()


class DebianHost:
    """`packages` are those that can be installed on it."""

    def __init__(self, packages):
        with tempfile.TemporaryDirectory() as folder:
            with open(os.path.join(folder, "Dockerfile"), "w", encoding="utf-8") as file:
                file.write(DOCKERFILE.format(packages=" ".join(packages)))
            podman("build", "-q", "--network=host", "-t", IMAGE, folder, limit=600)
        self.name = f"triage-test-{secrets.token_hex(4)}"
        # What systemd needs to set up the sandbox of a service.
        podman("run", "-d", "--rm", f"--timeout={LIFETIME}", "--name", self.name, "--network=none",
               "--hostname=triage", "--systemd=always", "--cap-add=SYS_ADMIN,SYS_PTRACE",
               "--security-opt=unmask=ALL", IMAGE, "/sbin/init")
        self.folder = tempfile.TemporaryDirectory()
        try:
            self.pid = podman("inspect", "-f", "{{.State.Pid}}", self.name)
            self.await_systemd()
            self.ssh = os.path.join(self.folder.name, "ssh")
            with open(self.ssh, "w", encoding="utf-8") as file:
                file.write(SSH.format(enter=" ".join(self.enter())))
            os.chmod(self.ssh, 0o755)
        except BaseException:
            self.close()
            raise

    def enter(self):
        """The words before a command that is to run on the host."""
        return ["nsenter", f"--target={self.pid}", *NAMESPACES, "--", "env", "-i", "--chdir=/",
                *ENVIRONMENT]

    def await_systemd(self):
        """In its first moments it cannot be asked, or is `offline`; then it says when it is done."""
        end = time.monotonic() + 60
        state = self.run("systemctl", "is-system-running", "--wait", check=False)
        while state.stdout.strip() != "running":
            if state.stdout.strip() in ("degraded", "maintenance") or time.monotonic() > end:
                failed = self.run("systemctl", "--failed", "--no-legend", check=False).stdout
                raise AssertionError(f"systemd: {state.stdout}{state.stderr}{failed}")
            time.sleep(0.05)
            state = self.run("systemctl", "is-system-running", "--wait", check=False)

    def run(self, *command, check=True, text=None):
        done = subprocess.run([*self.enter(), *command], input=text or "", capture_output=True,
                              text=True, timeout=120, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    def out(self, *command, **more):
        return self.run(*command, **more).stdout.strip()

    def start(self, *command):
        """A process whose standard input and output are pipes."""
        return subprocess.Popen([*self.enter(), *command], stdin=subprocess.PIPE,
                                stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def close(self):
        podman("rm", "-f", "-i", "-t", "0", self.name)
        self.folder.cleanup()
