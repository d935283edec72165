#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Jenkins as code, and the scripts of its stages, as far as they can be checked without a Jenkins: that
Jenkinsfile, configuration, job and list of plug-ins fit together, and that the scripts ask Docker and
Ansible for the right things. Both are stand-ins that record what they were asked.

Run by deploy/jenkins/check.
"""
import json
import os
import re
import stat
import subprocess
import tempfile
import unittest

import yaml

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
CONTROLLER = os.path.join("deploy", "jenkins", "controller")

# Who brings which word. A word of the files that is not in these tables fails the test.
STEPS = {
    "pipeline": "pipeline-model-definition", "checkout": "workflow-scm-step",
    "sh": "workflow-durable-task-step", "withCredentials": "credentials-binding",
    "usernamePassword": "credentials-binding", "string": "plain-credentials", "file": "plain-credentials",
    "withVault": "hashicorp-vault-plugin", "mail": "mailer", "junit": "junit", "githubPush": "github",
    "timestamps": "timestamper",
}
STEPS.update(dict.fromkeys(["timeout", "deleteDir", "fileExists", "archiveArtifacts"], "workflow-basic-steps"))
SYNTAX = {"agent", "triggers", "options", "stages", "stage", "steps", "post", "when", "branch", "script", "always",
          "success", "unsuccessful", "cleanup", "label", "if", "else"}
BUILT_IN = {"disableConcurrentBuilds", "buildDiscarder", "logRotator"}
GROOVY = {"collect", "toString", "trim", "toLowerCase", "withSecrets", "tell", "body"}
CONFIGURATION = {
    "globalMatrix": "matrix-auth", "ssh": "ssh-slaves", "basicSSHUserPrivateKey": "ssh-credentials",
    "usernamePassword": "credentials", "string": "plain-credentials", "file": "plain-credentials",
    "vaultAppRoleCredential": "hashicorp-vault-plugin", "mailer": "mailer", "githubpluginconfig": "github",
    "jobs": "job-dsl", "location": None,
}
JOB = {"multibranchPipelineJob": "workflow-multibranch", "workflowBranchProjectFactory": "workflow-multibranch",
       "github": "github-branch-source", "gitHubBranchDiscovery": "github-branch-source",
       "gitHubPullRequestDiscovery": "github-branch-source", "defaultBranchPropertyStrategy": "branch-api",
       "periodicFolderTrigger": "cloudbees-folder"}
# What is needed without a word of its own: the files' readers, and the SCM that the job hands over.
UNSPOKEN = {"configuration-as-code", "workflow-aggregator", "git"}
SECRET_KEYS = {"password", "secret", "privateKey", "secretBytes", "roleId", "secretId", "passphrase", "token"}


def read(*path):
    with open(os.path.join(ROOT, *path), encoding="utf-8") as source:
        return source.read()


def code_of(*path):
    """Without comments and the texts of strings, in which anything may stand."""
    text = re.sub(r"(?m)(?<![:/])//.*$", "", read(*path))
    return re.sub(r'"(\\.|[^"\\])*"|\'[^\']*\'', "''", text)


def called(text):
    return set(re.findall(r"\b([a-zA-Z]\w*)(?=\s*(?:\(|\{|'|\[))", text)) | \
        set(re.findall(r"^\s*([a-z]\w*) \w+:", text, re.M))


def walk(node, path=()):
    if isinstance(node, dict):
        for key, value in node.items():
            yield from walk(value, path + (key,))
    elif isinstance(node, list):
        for value in node:
            yield from walk(value, path)
    else:
        yield path, node


class JenkinsAsCode(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.configuration = yaml.safe_load(read(CONTROLLER, "jenkins.yaml"))
        cls.jenkins = cls.configuration["jenkins"]
        cls.leaves = list(walk(cls.configuration))
        cls.job = read(CONTROLLER, "job.groovy")
        cls.dockerfile = read(CONTROLLER, "Dockerfile")
        listed, _, needed = read(CONTROLLER, "plugins.txt").partition("# What these need.")
        cls.direct, cls.needed = ([line for line in part.splitlines() if line and not line.startswith("#")]
                                  for part in (listed, needed.partition("\n")[2]))
        [node] = cls.jenkins["nodes"]
        cls.agent = node["permanent"]
        [domain] = cls.configuration["credentials"]["system"]["domainCredentials"]
        cls.credentials = {}
        for entry in domain["credentials"]:
            [(kind, values)] = entry.items()
            cls.credentials[values["id"]] = dict(values, kind=kind)

    def test_each_plugin_has_one_version(self):
        names = []
        for line in self.direct + self.needed:
            self.assertRegex(line, r"^[a-z0-9-]+:[0-9][A-Za-z0-9._-]*$")
            names.append(line.split(":")[0])
        self.assertEqual(len(names), len(set(names)))

    def used_plugins(self):
        words = called(code_of("Jenkinsfile"))
        self.assertLessEqual(words, set(STEPS) | SYNTAX | BUILT_IN | GROOVY)
        kinds = {values["kind"] for values in self.credentials.values()} | set(self.configuration["unclassified"]) | \
            set(self.jenkins["authorizationStrategy"]) | set(self.agent["launcher"]) | {"jobs"}
        self.assertLessEqual(kinds, set(CONFIGURATION))
        return {STEPS.get(word) for word in words} | {CONFIGURATION[kind] for kind in kinds} | \
            {plugin for word, plugin in JOB.items() if re.search(rf"\b{word}\b", self.job)} - {None} | UNSPOKEN

    def test_each_word_has_its_plugin(self):
        there = {line.split(":")[0] for line in self.direct + self.needed}
        self.assertEqual(self.used_plugins() - there - {None}, set())

    def test_each_plugin_is_used(self):
        self.assertEqual({line.split(":")[0] for line in self.direct} - self.used_plugins(), set())

    def test_credentials_are_those_that_are_asked_for(self):
        asked = set(re.findall(r"(?:credentialsId|vaultCredentialId): '([^']+)'", read("Jenkinsfile")))
        self.assertEqual({self.credentials[name]["scope"] for name in asked}, {"GLOBAL"})
        by_job = set(re.findall(r"credentialsId\('([^']+)'\)", self.job))
        own = {value for path, value in self.leaves if path[-1] == "credentialsId"}
        self.assertEqual({self.credentials[name]["scope"] for name in own}, {"SYSTEM"})
        self.assertEqual(asked | by_job | own, set(self.credentials))
        self.assertFalse((asked | by_job) & own, "what Jenkins itself logs in with is not a job's")

    def test_kinds_of_credentials_are_those_that_are_bound(self):
        bound = re.findall(r"(string|file|usernamePassword)\(credentialsId: '([^']+)'", read("Jenkinsfile"))
        self.assertGreaterEqual(len(bound), 3)
        for kind, name in bound:
            self.assertEqual(self.credentials[name]["kind"], kind, name)

    def test_no_secret_is_written_down(self):
        secrets = [value for path, value in self.leaves if path[-1] in SECRET_KEYS]
        self.assertGreaterEqual(len(secrets), 9)
        for value in secrets:
            self.assertRegex(value, r"^\$\{\S+\}$")
        for name in ("Dockerfile", "compose.yaml", "settings.env.example", "job.groovy"):
            self.assertNotRegex(read(CONTROLLER, name), r"(?i)(password|token|secret)\s*[=:]\s*[^\s$#./]")

    def test_settings_and_secrets_are_documented(self):
        names = set(re.findall(r"\$\{(?:\w+:/run/secrets/)?([A-Za-z][\w-]*)(?=:-|\})", read(CONTROLLER, "jenkins.yaml")))
        names |= set(re.findall(r"TRIAGE_\w+", self.job))
        settings = {name for name in names if name.isupper()}
        self.assertEqual(settings, set(re.findall(r"^#?([A-Z_]+)=", read(CONTROLLER, "settings.env.example"), re.M)))
        documented = set(re.findall(r"^\| `([a-z-]+)` \|", read("deploy", "jenkins", "README.md"), re.M))
        self.assertEqual(names - settings, documented)

    def test_vault_is_off_unless_named(self):
        [variables] = self.jenkins["globalNodeProperties"]
        values = {entry["key"]: entry["value"] for entry in variables["envVars"]["env"]}
        self.assertEqual(values["VAULT_ADDR"], "${VAULT_ADDR:-}")
        self.assertEqual(set(re.findall(r"env\.(TRIAGE_\w+|VAULT_\w+)", read("Jenkinsfile"))) - {"TRIAGE_TAG"},
                         set(values))

    def test_vault_has_what_is_read_from_it(self):
        layout = dict(re.findall(r"^\| `(secret/triage/\w+)` \| ([^|]*) \|", read("deploy", "vault", "README.md"), re.M))
        asked = re.findall(r"withSecrets\('(\w+)',\s*\[([^\]]*)\]", read("Jenkinsfile"))
        self.assertEqual([name for name, _ in asked], ["registry", "kubeconfig", "registry"])
        for name, members in asked:
            for member in re.findall(r": '(\w+)'", members):
                self.assertIn(f"`{member}`", layout[f"secret/triage/{name}"])
        mail = re.findall(r"\{(secret/triage/\w+)/(\w+)", read(CONTROLLER, "jenkins.yaml"))
        self.assertEqual({member for _, member in mail}, {"host", "port", "username", "password", "from"})
        for path, member in mail:
            self.assertIn(f"`{member}`", layout[path])

    def test_builds_run_on_the_agent(self):
        self.assertEqual(self.jenkins["numExecutors"], 0)
        [label] = re.findall(r"agent \{ label '([^']+)' \}", read("Jenkinsfile"))
        self.assertIn(label, self.agent["labelString"].split())

    def test_nobody_but_the_admin_changes_anything(self):
        self.assertFalse(self.jenkins["securityRealm"]["local"]["allowsSignup"])
        for entry in self.jenkins["authorizationStrategy"]["globalMatrix"]["entries"]:
            [(_, who)] = entry.items()
            if who["name"] != "admin":
                self.assertLessEqual(set(who["permissions"]), {"Overall/Read", "Job/Read", "Job/Build", "Job/Cancel"})
            self.assertNotEqual(who["name"], "anonymous")

    def test_the_job_runs_the_jenkinsfile(self):
        self.assertEqual(re.findall(r"scriptPath\('([^']+)'\)", self.job), ["Jenkinsfile"])
        self.assertTrue(os.path.exists(os.path.join(ROOT, "Jenkinsfile")))
        self.assertNotIn("Fork", self.job)

    def test_the_image_has_all_files_in_their_places(self):
        [folder] = re.findall(r"^COPY jenkins.yaml job.groovy (\S+)/$", self.dockerfile, re.M)
        self.assertIn(f"CASC_JENKINS_CONFIG={folder}/jenkins.yaml", self.dockerfile)
        self.assertEqual(self.configuration["jobs"], [{"file": f"{folder}/job.groovy"}])
        self.assertRegex(self.dockerfile, r"(?m)^ARG JENKINS_IMAGE=jenkins/jenkins:\d+\.\d+\.\d+-jdk\d+$")
        self.assertRegex(self.dockerfile, r"jenkins-plugin-cli --latest false --plugin-file \S+/plugins.txt")
        for option in ("-Djenkins.install.runSetupWizard=false", "-Dcasc.strict.secret.resolution=true"):
            self.assertIn(option, self.dockerfile)
        self.assertEqual(re.findall(r"^USER (.*)$", self.dockerfile, re.M)[-1], "1000:1000")

    def test_compose_starts_it_without_rights(self):
        service = yaml.safe_load(read(CONTROLLER, "compose.yaml"))["services"]["jenkins"]
        self.assertEqual((service["cap_drop"], service["env_file"]), (["ALL"], ["settings.env"]))
        self.assertTrue(all(port.startswith("${JENKINS_ADDRESS:-127.0.0.1}:") for port in service["ports"]))
        self.assertIn("./secrets:/run/secrets:ro", service["volumes"])
        for name in ("settings.env", "secrets/agent-key"):
            code = subprocess.run(["git", "check-ignore", "-q", os.path.join(CONTROLLER, name)], cwd=ROOT,
                                  check=False).returncode
            self.assertEqual(code, 0, f"git would take {name}")

    def test_actions_of_github_are_pinned(self):
        used = re.findall(r"uses: (.*)", read(".github", "workflows", "ci.yml"))
        self.assertTrue(used)
        for action in used:
            self.assertRegex(action, r"^[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


STAND_IN = r'''#!/usr/bin/env python3
import json, os, sys
given = sys.stdin.read() if "--password-stdin" in sys.argv else ""
config = os.environ.get("KUBECONFIG", "")
cluster = [open(config).read(), os.stat(config).st_mode & 0o777, config] if os.path.exists(config) else []
with open(os.environ["CALLS"], "a") as calls:
    calls.write(json.dumps({"asked": [os.path.basename(sys.argv[0]), *sys.argv[1:]], "given": given,
                            "folder": os.environ.get("DOCKER_CONFIG", ""), "cluster": cluster}) + "\n")
sys.exit(1 if os.environ.get("FAILS", "-") in sys.argv else 0)
'''


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="triage-jenkins-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        for name in ("docker", "ansible-playbook"):
            path = os.path.join(self.folder, name)
            with open(path, "w", encoding="utf-8") as program:
                program.write(STAND_IN)
            os.chmod(path, stat.S_IRWXU)

    def run_script(self, name, **variables):
        """What it printed and what it asked for."""
        calls = os.path.join(self.folder, "calls")
        with open(calls, "w", encoding="utf-8"):
            pass
        scratch = os.path.join(self.folder, "tmp")
        os.makedirs(scratch, exist_ok=True)
        env = {"PATH": self.folder + ":/usr/bin:/bin", "CALLS": calls, "HOME": self.folder, "TMPDIR": scratch,
               "TRIAGE_TAG": "abc123", "REGISTRY": "registry.example/team", **variables}
        done = subprocess.run([os.path.join(ROOT, "deploy", "jenkins", name)], env=env, cwd=self.folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60, check=False)
        with open(calls, encoding="utf-8") as lines:
            made = [json.loads(line) for line in lines]
        self.assertEqual(os.listdir(scratch), [], "left behind")
        return done, made

    def test_push_hides_the_password(self):
        for fails in ("-", "push"):
            done, made = self.run_script("push", REGISTRY_USER="ci", REGISTRY_PASSWORD="hush-hush", FAILS=fails)
            self.assertEqual(done.returncode, int(fails == "push"), done.stdout)
            self.assertEqual(made[0]["asked"], ["docker", "login", "--username", "ci", "--password-stdin",
                                                "registry.example"])
            self.assertEqual(made[0]["given"].strip(), "hush-hush")
            self.assertNotIn("hush-hush", done.stdout + json.dumps([call["asked"] for call in made]))
            # The login is in a folder of its own, which is gone.
            self.assertTrue(made[0]["folder"].startswith(self.folder))

    def test_push_sends_each_image_by_its_commit(self):
        _, made = self.run_script("push", REGISTRY_USER="ci", REGISTRY_PASSWORD="hush-hush")
        pushed = [call["asked"][2] for call in made if call["asked"][1] == "push"]
        self.assertEqual(pushed, [f"registry.example/team/triage/{name}:abc123"
                                  for name in ("backend", "inference", "retrainer", "frontend")])

    def test_deploy_hides_the_cluster(self):
        for fails in ("-", "deploy_k8s.yml"):
            done, made = self.run_script("deploy", KUBECONFIG_TEXT="hush-hush", FAILS=fails)
            self.assertEqual(done.returncode, int(fails != "-"), done.stdout)
            [call] = made
            self.assertNotIn("hush-hush", done.stdout + json.dumps(call["asked"]))
            text, mode, path = call["cluster"]
            self.assertEqual((text.strip(), mode), ("hush-hush", 0o600))
            self.assertFalse(os.path.exists(path))
            self.assertIn("deploy_k8s_tag=abc123", call["asked"])
            self.assertIn("deploy_k8s_registry=registry.example/team", call["asked"])

    def test_deploy_takes_a_file_too(self):
        path = os.path.join(self.folder, "kubeconfig")
        with open(path, "w", encoding="utf-8") as file:
            file.write("a cluster")
        _, [call] = self.run_script("deploy", KUBECONFIG=path)
        self.assertEqual(call["cluster"][::2], ["a cluster", path])
        self.assertTrue(os.path.exists(path))

    def test_tests_run_where_nothing_is_reached_and_nothing_stays(self):
        tag = "jenkins-triage-idea%2Fnew-7"
        done, made = self.run_script("build_and_test", BUILD_TAG=tag)
        self.assertEqual(done.returncode, 0, done.stdout)
        asked = [call["asked"] for call in made]
        [network] = [words for words in asked if words[1:3] == ["network", "create"]]
        self.assertIn("--internal", network)
        [run] = [words for words in asked if words[1] == "run"]
        self.assertEqual(run[run.index("--network") + 1], network[-1])
        self.assertEqual(run[run.index("--user") + 1], f"{os.getuid()}:{os.getgid()}")
        self.assertNotIn("--privileged", run)
        [build] = [words for words in asked if words[1] == "build"]
        image, name = build[build.index("--tag") + 1], run[run.index("--name") + 1]
        self.assertRegex(name, r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")
        _, other = self.run_script("build_and_test", BUILD_TAG="jenkins-triage-main-7")
        self.assertNotIn(network, [call["asked"] for call in other])
        _, made = self.run_script("clean_up", BUILD_TAG=tag)
        removed = [call["asked"][1:] for call in made]
        for what in (["rm", "--force", name], ["network", "rm", network[-1]], ["image", "rm", image],
                     ["image", "rm", "triage/backend:abc123"]):
            self.assertIn(what, removed)

    def test_what_is_archived_is_what_the_scripts_make(self):
        kept = re.findall(r"(?:junit|artifacts:) '([^']+)'", read("Jenkinsfile"))
        script = read("deploy", "jenkins", "build_and_test")
        [build] = set(re.findall(r"meson (?:setup|test -C) (\S+)", script))
        [coverage] = re.findall(r"--cobertura (\S+)", script)
        [bills] = re.findall(r"SBOM_DIR=(\S+)", read("Jenkinsfile"))
        self.assertEqual(kept, [f"{build}/meson-logs/testlog.junit.xml", coverage, f"{bills}/*.spdx.json"])
        self.assertIn('"$SBOM_DIR/$1.spdx.json"', read("deploy", "docker", "build"))


if __name__ == "__main__":
    unittest.main()
