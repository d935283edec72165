#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""docs/api/openapi.yaml and the rows of the routes say the same, and the document is one."""
import glob
import json
import os
import re
import subprocess
import unittest

import jsonschema

from contract import METHODS, Contract

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
HTTP_ERRORS = {"401", "403", "413", "429"}


def read_rows():
    lines = subprocess.run([os.environ["HTTP_TEST_ROUTES"]], check=True, stdout=subprocess.PIPE)
    return [json.loads(line) for line in lines.stdout.decode().splitlines()]


class Rows(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract(os.environ["HTTP_TEST_OPENAPI"])
        cls.rows = {(row["method"], row["path"]): row for row in read_rows()}
        cls.operations = {(method, path): operation
                          for method, path, operation in cls.contract.operations()}

    def test_no_rows_are_forgotten(self):
        """All arrays of rows in the sources are those that were printed."""
        arrays = set()
        for path in glob.glob(ROOT + "/src/**/*.c", recursive=True):
            with open(path, encoding="utf-8") as source:
                arrays |= set(re.findall(r"\bhttp_route (\w+)\[\]", source.read()))
        self.assertEqual(arrays, {row["rows"] for row in self.rows.values()})

    def test_every_row_is_documented(self):
        self.assertEqual(set(self.rows) - set(self.operations), set())

    def test_every_operation_is_served(self):
        self.assertEqual(set(self.operations) - set(self.rows), set())

    def test_roles(self):
        for which, operation in self.operations.items():
            row = self.rows[which]
            self.assertEqual(operation.get("x-role"), row["role"], which)
            self.assertEqual(operation.get("security"), [] if row["role"] == "public" else None,
                             which)

    def test_bodies(self):
        for which, operation in self.operations.items():
            self.assertEqual("requestBody" in operation, self.rows[which]["body_limit"] > 0, which)

    def test_what_the_server_refuses_by_itself(self):
        """The statuses that follow from the row."""
        for which, operation in self.operations.items():
            row = self.rows[which]
            expected = set()
            if row["role"] != "public":
                expected.add("401")
            if row["role"] in ("agent", "admin"):
                expected.add("403")
            if row["body_limit"] > 0 and not row["is_upload"]:
                expected.add("413")
            if row["is_limited"]:
                expected.add("429")
            self.assertEqual(expected, HTTP_ERRORS & set(operation["responses"]), which)
            self.assertLessEqual({"400", "503"}, set(operation["responses"]), which)

    def test_names_in_paths_are_declared(self):
        for method, path in self.operations:
            item = self.contract.closed["paths"][path]
            declared = [self.contract.resolve(parameter) for parameter in
                        item.get("parameters", []) + item[method.lower()].get("parameters", [])]
            names = {parameter["name"] for parameter in declared if parameter["in"] == "path"}
            self.assertEqual(names, set(re.findall(r"\{(\w+)\}", path)), path)
            self.assertTrue(all(parameter["required"] for parameter in declared
                                if parameter["in"] == "path"), path)


class Document(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.contract = Contract(os.environ["HTTP_TEST_OPENAPI"])
        cls.document = cls.contract.document

    def nodes(self, *inside, place="#"):
        """(place, mapping) of everything in the document."""
        node = inside[0] if inside else self.document
        if isinstance(node, dict):
            yield place, node
            for key, value in node.items():
                yield from self.nodes(value, place=f"{place}/{key}")
        elif isinstance(node, list):
            for i, value in enumerate(node):
                yield from self.nodes(value, place=f"{place}/{i}")

    def test_version(self):
        self.assertRegex(self.document["openapi"], r"^3\.1\.\d+$")
        with open(ROOT + "/meson.build", encoding="utf-8") as source:
            version = re.search(r"^  version: '(.*)'", source.read(), re.M)[1]
        self.assertEqual(self.document["info"]["version"], version)

    def test_references_resolve_and_all_components_are_used(self):
        used = {node["$ref"] for _, node in self.nodes() if "$ref" in node}
        there = {f"#/components/{kind}/{name}"
                 for kind, components in self.document["components"].items()
                 for name in components if kind != "securitySchemes"}
        self.assertEqual(used, there)

    def test_operations_are_whole(self):
        tags = {tag["name"] for tag in self.document["tags"]}
        ids = []
        for method, path, operation in self.contract.operations():
            self.assertTrue(operation.get("summary"), path)
            self.assertTrue(set(operation["tags"]) <= tags and operation["tags"], path)
            ids.append(operation["operationId"])
            self.assertTrue(any(status.startswith("2") for status in operation["responses"]), path)
            for status, response in operation["responses"].items():
                response = self.contract.resolve(response)
                self.assertTrue(response.get("description"), (path, status))
                self.assertIn("X-Request-Id", response.get("headers", {}), (path, status))
        self.assertEqual(len(ids), len(set(ids)))

    def test_parameters_are_whole(self):
        for path, item in self.document["paths"].items():
            for operation in [item] + [item[method] for method in METHODS if method in item]:
                for parameter in operation.get("parameters", []):
                    parameter = self.contract.resolve(parameter)
                    self.assertIn(parameter["in"], ("query", "path", "header"), path)
                    self.assertIn("schema", parameter, path)

    def test_requests_are_closed(self):
        for name in ("Ticket", "Correction", "Reason", "LabelName", "SettingsChange", "NewKey"):
            self.assertIs(self.document["components"]["schemas"][name]["additionalProperties"],
                          False, name)

    def test_schemas_are_schemas(self):
        for place, node in self.nodes():
            if place.endswith("/schema") or re.fullmatch("#/components/schemas/[^/]+", place):
                jsonschema.Draft202012Validator.check_schema(node)

    def test_required_members_are_described(self):
        for place, node in self.nodes():
            if isinstance(node.get("required"), list) and "properties" in node:
                self.assertLessEqual(set(node["required"]), set(node["properties"]), place)

    def test_examples_have_their_schema(self):
        n = 0
        for place, node in self.nodes():
            schema = node.get("schema")
            if isinstance(schema, dict) and place.count("/") > 1:
                examples = [node["example"]] if "example" in node else []
                if isinstance(node.get("examples"), dict):
                    examples += [example["value"] for example in node["examples"].values()]
            elif "/schemas/" in place or place.endswith("/schema"):
                schema = node
                examples = node["examples"] if isinstance(node.get("examples"), list) else []
            else:
                continue
            for example in examples:
                self.contract.validate(self.contract_schema(schema), example, place)
                n += 1
        self.assertGreater(n, 25)

    def contract_schema(self, schema):
        """The schema itself: validators are kept by identity, so that it must stay."""
        return self.kept.setdefault(json.dumps(schema, sort_keys=True), schema)

    kept = {}


if __name__ == "__main__":
    unittest.main(verbosity=2)
