# SPDX-License-Identifier: MIT
"""Runs playbooks of deploy/ansible, with the Ansible beside the Python that runs the test."""
import pathlib
import re
import subprocess
import sys

ANSIBLE = pathlib.Path(__file__).resolve().parents[2] / "deploy/ansible"
BIN = f"{sys.prefix}/bin"


def play(name, *options, environment, code=0):
    """What ansible-playbook prints. Nothing of the caller's environment may change what is tested."""
    environment = {"PATH": f"{BIN}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", **environment}
    done = subprocess.run(
        [f"{BIN}/ansible-playbook", name, *options], cwd=ANSIBLE, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        timeout=300, check=False)
    if done.returncode != code:
        raise AssertionError(f"{name} {options}: {done.returncode}\n{done.stdout}")
    return done.stdout


def counts(printed):
    """The row of the play recap."""
    rows = re.findall(r"^\S+ +: (ok=.*)$", printed, re.MULTILINE)
    return {name: int(n) for row in rows for name, n in re.findall(r"(\w+)=(\d+)", row)}
