#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Follows the section for one host of docs/ops/install.md, word for word, on a Debian host.

`make install` alone is run outside, into a folder, and its files are laid on the host: that has no
compiler. What Ansible does there has a test of its own. Run by deploy/ansible/check.
"""
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

import yaml

from debian_host import DebianHost

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = os.environ["DEPLOY_TEST_PROGRAM"]
DEFAULTS = yaml.safe_load(
    (ROOT / "deploy/ansible/roles/single_host/defaults/main.yml").read_text("utf-8"))
GUIDE = (ROOT / "docs/ops/install.md").read_text("utf-8")


def part(start, end):
    """The text between two headings."""
    return GUIDE.split(f"\n{start}\n", 1)[1].split(f"\n{end}\n", 1)[0]


class OneHost(unittest.TestCase):
    def test_the_guide_has_every_variable_of_the_role(self):
        text = part("### By Ansible", "### By hand")
        rows = [line.split("|")[1] for line in text.splitlines() if line.startswith("| `")]
        self.assertEqual(sorted(re.findall(r"`(\w+)`", "".join(rows))), sorted(DEFAULTS))
        inventory = yaml.safe_load(re.search(r"<<'END'\n(.*?)END\n", text, re.DOTALL).group(1))
        for host in inventory["triage_hosts"]["hosts"].values():
            self.assertLessEqual(set(host), set(DEFAULTS))

    def test_by_hand(self):
        host = DebianHost(DEFAULTS["single_host_packages"])
        self.addCleanup(host.close)
        # On the machine of the guide they came with what the build needs.
        host.run("apt-get", "update", "-q")
        host.run("apt-get", "install", "-q", "-y", *DEFAULTS["single_host_packages"])
        text = part("### By hand", "## Containers on one host")
        blocks = re.findall(r"^```(\w+)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
        self.assertEqual([kind for kind, _ in blocks], ["sh", "ini", "sh", "sh"])
        (_, setup), (_, unit), (_, start), (_, call) = blocks

        install, setup = setup.split("\n", 1)
        self.assertTrue(install.startswith("make build && make install "), install)
        self.lay_installed_files(host)
        said = host.out("bash", "-euo", "pipefail", "-c", setup)
        self.assertRegex(said, r"(?m)^data-dir\s*=\s*/var/lib/triage")
        host.run("tee", "/etc/systemd/system/triage.service", text=unit)
        host.run("bash", "-euc", start)
        host.run("curl", "-sS", "--retry", "60", "--retry-delay", "1", "--retry-all-errors", "--fail",
                 "-o", "/dev/null", "http://127.0.0.1:8081/readyz")
        key = json.loads(host.out("bash", "-euc", call))["key"]
        answer = json.loads(host.out(
            "curl", "-sS", "http://127.0.0.1:8081/predict", "-H", f"Authorization: Bearer {key}",
            "-H", "Content-Type: application/json", "-d", '{"text": "no sound in Teams"}'))
        self.assertTrue(answer["category"], answer)
        self.assertEqual(host.out("systemctl", "is-enabled", "triage"), "enabled")

    def lay_installed_files(self, host):
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(["/usr/bin/meson", "install", "-C", os.path.dirname(PROGRAM),
                            "--no-rebuild", "--quiet", "--destdir", folder], check=True,
                           stdout=subprocess.DEVNULL, timeout=60)
            archive = os.path.join(folder, "installed.tar")
            subprocess.run(["tar", "-C", folder, "-cf", archive, "usr"], check=True, timeout=60)
            with open(archive, "rb") as file:
                subprocess.run([*host.enter(), "tar", "-C", "/", "-x", "--no-same-owner"], stdin=file,
                               check=True, timeout=60)


if __name__ == "__main__":
    unittest.main(verbosity=2)
