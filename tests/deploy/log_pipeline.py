# SPDX-License-Identifier: MIT
"""What the pipeline of Logstash does with a line, without Logstash, which cannot be had as a library.

The pipeline file is parsed by a grammar of Logstash's language. Its filters are few on purpose, and
each is carried out here; one that is not known here is an error, so that the two cannot drift apart.
"""
import json
import re

from logstash_pipeline_parser import Pipeline


def options(plugin):
    """The members of a plugin as a dictionary; a list of one value is that value."""
    return {name: value[0] if len(value) == 1 else value for name, value in plugin}


class LogPipeline:
    def __init__(self, path):
        sections = Pipeline.from_file(path).parse()
        if [name for name, _ in sections] != ["input", "filter", "output"]:
            raise AssertionError(f"{path}: other sections than expected")
        self.inputs = {name: options(members) for name, members in sections[0][1]}
        self.outputs = {name: options(members) for name, members in sections[2][1]}
        foreign, prune = sections[1][1]
        (condition, branch), = [foreign[1]]
        field, operator, pattern = condition
        if foreign[0] != "if" or (field, operator) != ("[event.dataset]", "!~"):
            raise AssertionError(f"unknown condition: {condition}")
        self.ours = re.compile(pattern)
        self.foreign = self.read_branch(branch)
        if prune[0] != "prune":
            raise AssertionError(f"unknown filter: {prune[0]}")
        names = options(prune[1])
        if list(names) != ["whitelist_names"]:
            raise AssertionError(f"unknown members of prune: {list(names)}")
        self.kept = [re.compile(pattern) for pattern in names["whitelist_names"]]

    @staticmethod
    def read_branch(branch):
        """(tag, member, value) for lines that are not Triage's."""
        original, mutate = branch[0]
        if original[0] != "if" or mutate[0] != "mutate":
            raise AssertionError(f"unknown filters: {branch}")
        return {name: value for name, value in mutate[1]}

    @property
    def stream(self):
        output = self.outputs["elasticsearch"]
        return "-".join(output["data_stream_" + part] for part in ("type", "dataset", "namespace"))

    def keeps(self, name):
        return any(pattern.search(name) for pattern in self.kept)

    def event(self, line):
        """What is sent to Elasticsearch."""
        try:
            members = json.loads(line)
            if not isinstance(members, dict):
                raise ValueError("no object")
        except ValueError:
            members = {"message": line, "tags": ["_jsonparsefailure"]}
        if not self.ours.search(str(members.get("event.dataset", ""))):
            members["message"] = line
            members.setdefault("tags", []).extend(self.foreign["add_tag"][0])
            for member, value in self.foreign["replace"][0]:
                members[member.strip("[]")] = value[0]
        return {name: value for name, value in members.items() if self.keeps(name)}
