# SPDX-License-Identifier: MIT
"""The OpenAPI document as a judge of answers: is this status documented, has the body its schema?"""
import copy
import json
import re

import jsonschema

METHODS = ("get", "put", "post", "delete", "patch", "head")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")

formats = jsonschema.FormatChecker(formats=())


@formats.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or TIME.fullmatch(value) is not None


def closed(node):
    """The same schemas, but for members that they do not name: clients pass over those, tests do
    not."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: closed(value) for key, value in node.items()}
    types = node.get("type", ())
    if "properties" in node and "object" in ([types] if isinstance(types, str) else types):
        node.setdefault("additionalProperties", False)
    return node


class Contract:
    def __init__(self, path):
        with open(path, encoding="utf-8") as source:
            self.document = json.load(source)
        self.closed = closed(copy.deepcopy(self.document))
        self.resolver = jsonschema.RefResolver("", self.closed)
        self.validators = {}

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def operations(self):
        """(method, path, operation) of all of them."""
        for path, item in self.closed["paths"].items():
            for method in METHODS:
                if method in item:
                    yield method.upper(), path, item[method]

    def find(self, method, path):
        """The operation for a request; a literal path comes before one with names."""
        method = "GET" if method == "HEAD" else method
        candidates = sorted((other for other in self.closed["paths"]
                             if method.lower() in self.closed["paths"][other]),
                            key=lambda other: other.count("{"))
        for other in candidates:
            pattern = "".join("[^/]+" if part.startswith("{") else re.escape(part)
                              for part in re.split(r"(\{\w+\})", other))
            if re.fullmatch(pattern, path):
                return self.closed["paths"][other][method.lower()]
        return None

    def validate(self, schema, value, what):
        key = id(schema)
        if key not in self.validators:
            self.validators[key] = jsonschema.Draft202012Validator(
                schema, resolver=self.resolver, format_checker=formats)
        fault = jsonschema.exceptions.best_match(self.validators[key].iter_errors(value))
        if fault:
            raise AssertionError(f"{what}: {fault.json_path}: {fault.message}")

    def check(self, method, path, answer):
        """Raises AssertionError if the document does not allow the answer."""
        what = f"{method} {path} -> {answer.status}"
        operation = self.find(method, path)
        if operation is None:
            raise AssertionError(f"{what}: there is no such operation")
        if str(answer.status) not in operation["responses"]:
            raise AssertionError(f"{what}: the status is not documented; {answer.body[:300]!r}")
        response = self.resolve(operation["responses"][str(answer.status)])
        content = response.get("content", {})
        if method == "HEAD":
            return
        if not content:
            if answer.body:
                raise AssertionError(f"{what}: no body is documented; {answer.body[:300]!r}")
            return
        media = answer.headers.get("Content-Type", "").split(";")[0]
        if media not in content:
            raise AssertionError(f"{what}: {media} is none of {list(content)}")
        schema = content[media].get("schema")
        if media.endswith("json") and media != "application/x-ndjson":
            self.validate(schema, json.loads(answer.body), what)
        elif media == "application/x-ndjson":
            for line in answer.body.decode().splitlines():
                self.validate(schema["x-line"], json.loads(line), what)

    def check_event(self, name, value):
        operation = self.closed["paths"]["/api/v1/events"]["get"]
        schemas = operation["responses"]["200"]["content"]["text/event-stream"]["x-events"]
        if name not in schemas:
            raise AssertionError(f"the event '{name}' is not documented")
        self.validate(schemas[name], value, f"event {name}")
