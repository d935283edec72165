#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Shows that each check in tools/ can fail: a small tree that is right passes, and each way to be
wrong is named with its place.

Usage: test_checks.py [CLASS...]
"""
import os
import subprocess
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
HEAD = "/* SPDX-License-Identifier: MIT */\n/* A purpose. */\n"


class Tree(unittest.TestCase):
    """A folder of files that a test writes, and a tool that runs on it."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = self.folder.name
        self.addCleanup(self.folder.cleanup)

    def write(self, path, text, mode=0o644):
        full = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(full, mode)

    def run_tool(self, tool, *arguments, code):
        """Runs the tool, demands the exit code and returns what was printed."""
        result = subprocess.run([os.path.join(TOOLS, tool), *arguments], cwd=self.root,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.STDOUT, text=True, timeout=60, check=False)
        self.assertEqual(result.returncode, code, result.stdout)
        return result.stdout


class CheckIncludes(Tree):
    def setUp(self):
        super().setUp()
        self.write("include/triage/status.h", "#include <stddef.h>\n")
        self.write("include/triage/dataset.h", '#include "triage/status.h"\n')
        self.write("src/base/mem.h", "#include <stdint.h>\n")
        self.write("src/text/tokens.h", '#include "base/mem.h"\n')
        self.write("src/data/csv.c", '#include "base/mem.h"\n#include <zlib.h>\n')

    def refused(self, path, line, *words):
        self.write(path, line + "\n")
        printed = self.run_tool("check_includes", self.root, code=1)
        self.assertIn(f"{path}:1: ", printed)
        for word in words:
            self.assertIn(word, printed)

    def test_a_right_tree_passes(self):
        self.assertEqual(self.run_tool("check_includes", self.root, code=0), "")

    def test_an_empty_tree_is_no_pass(self):
        self.write("empty/README", "")
        self.run_tool("check_includes", os.path.join(self.root, "empty"), code=1)

    def test_a_room_that_is_not_below(self):
        self.refused("src/data/csv.h", '#include "text/tokens.h"', "data may not include")

    def test_base_includes_no_room(self):
        self.refused("src/base/file.c", '#  include "data/csv.h"', "base may not include")

    def test_a_public_header_of_another_room(self):
        self.refused("src/text/x.c", '#include "triage/dataset.h"', "public header")

    def test_a_library_out_of_its_place(self):
        self.refused("src/train/x.c", "#include <json-c/json.h>", "only for src/base/json.")

    def test_an_include_without_its_room(self):
        self.refused("src/base/x.c", '#include "mem.h"', "from the root")

    def test_a_header_that_is_not_there(self):
        self.refused("src/data/x.c", '#include "base/none.h"', "does not exist")

    def test_an_unknown_room(self):
        self.write("src/util/x.c", "")
        self.assertIn("no room 'util'", self.run_tool("check_includes", self.root, code=1))

    def test_the_locale_is_not_for_the_library(self):
        self.refused("src/base/x.c", "#include <locale.h>", "only for src/base/number.")

    def test_the_terminal_is_not_for_the_library(self):
        self.refused("src/base/x.c", "#include <termios.h>", "for the command")

    def test_an_unknown_system_header(self):
        self.refused("src/cli/x.c", "#include <curses.h>", "in no table")

    def test_a_public_header_keeps_to_the_public(self):
        self.refused("include/triage/x.h", '#include "base/mem.h"', "public headers include only")

    def test_a_public_header_needs_no_library(self):
        self.refused("include/triage/x.h", "#include <zlib.h>", "not for a public header")


class CheckStyle(Tree):
    def setUp(self):
        super().setUp()
        self.write("src/base/a.c", HEAD + 'const char *a(void)\n{\n    return "exit(1)";\n}\n')

    def refused(self, path, text, *words):
        self.write(path, text)
        printed = self.run_tool("check_style", self.root, code=1)
        self.assertIn(path, printed)
        for word in words:
            self.assertIn(word, printed)

    def function(self, n_lines):
        return HEAD + "void grown(void)\n{\n" + "    ;\n" * (n_lines - 2) + "}\n"

    def test_a_right_tree_passes(self):
        self.assertEqual(self.run_tool("check_style", self.root, code=0), "")

    def test_no_licence_line(self):
        self.refused("src/base/b.h", "/* A purpose. */\n", ":1:", "SPDX")

    def test_no_purpose(self):
        self.refused("src/base/b.h", "/* SPDX-License-Identifier: MIT */\n#include <a.h>\n", ":2:")

    def test_a_script_without_licence(self):
        self.refused("tools/b", "#!/bin/sh\n# A purpose.\n", "SPDX")

    def test_a_file_too_long(self):
        self.refused("src/base/b.c", HEAD + "int b;\n" * 799, "801 lines")

    def test_a_function_grown_long_is_a_note(self):
        self.write("src/base/b.c", self.function(61))
        self.assertIn(":4: note: grown() has 61 lines",
                      self.run_tool("check_style", self.root, code=0))

    def test_a_function_too_long(self):
        self.refused("src/base/b.c", self.function(121), ":4: grown() has 121 lines")

    def test_an_open_end(self):
        self.refused("src/cli/b.c", HEAD + "/* TO" "DO later */\n", ":3: an open end")

    def test_the_library_does_not_exit(self):
        self.refused("src/model/b.c", HEAD + "void b(void)\n{\n    exit (1);\n}\n", ":5: exit()")

    def test_numbers_have_one_place(self):
        text = HEAD + "double b(const char *t)\n{\n    return strtod(t, 0);\n}\n"
        self.write("src/base/number.c", text)
        self.run_tool("check_style", self.root, code=0)
        self.refused("src/model/b.c", text, "strtod() depends on or changes the locale")

    def test_the_command_may_exit(self):
        self.write("src/cli/b.c", HEAD + "void b(void)\n{\n    exit(1);\n}\n")
        self.run_tool("check_style", self.root, code=0)

    def test_the_library_writes_nothing(self):
        self.refused("src/text/b.c", HEAD + "void b(void)\n{\n    fputs(\"\", stderr);\n}\n",
                     "stderr is not the library's")

    def test_strcpy_nowhere(self):
        self.refused("src/cli/b.c", HEAD + "void b(void)\n{\n    strcpy(x, y);\n}\n", "strcpy()")

    def test_names_that_only_contain_a_banned_one(self):
        self.write("src/base/b.c", HEAD + "void b(void)\n{\n    on_exit_do(); r.exit(1);\n}\n")
        self.run_tool("check_style", self.root, code=0)


class CheckDocs(Tree):
    def setUp(self):
        super().setUp()
        self.write("include/triage/a.h", "/* What it does. */\nTRIAGE_API void triage_a(void);\n")
        self.write("README.md", "# Triage\n\n## The tour\n\nSee [it](docs/a.md#part-one).\n")
        self.write("docs/a.md", "# A\n\n## Part one\n\n[back](../README.md)\n")
        self.write("triage", '#!/bin/sh\ncase "$1" in train) echo "--text-columns C, -o, --json";;\n'
                             '*) exit 2;; esac\n', 0o755)

    def refused(self, text, *words):
        self.write("docs/b.md", text)
        printed = self.run_tool("check_docs", ".", "triage", code=1)
        for word in words:
            self.assertIn(word, printed)

    def test_a_right_tree_passes(self):
        self.write("docs/b.md", "Do `build/triage train x.csv -o x --json`.\n")
        self.assertEqual(self.run_tool("check_docs", ".", "triage", code=0), "")

    def test_a_function_without_comment(self):
        self.write("include/triage/b.h", "/* One. */\n\nTRIAGE_API void triage_b(void);\n")
        self.assertIn("include/triage/b.h:3: triage_b()",
                      self.run_tool("check_docs", ".", code=1))

    def test_a_dead_link(self):
        self.refused("# B\n[x](none.md)\n", "docs/b.md:2: the link none.md")

    def test_a_dead_heading(self):
        self.refused("[x](../README.md#the-war)\n", "no heading")

    def test_a_link_in_code_is_none(self):
        self.write("docs/b.md", "`[x](none.md)`\n")
        self.run_tool("check_docs", ".", code=0)

    def tell(self, document):
        self.write("src/services/a.c", 'x = {.name = "triage_a_total"};\n'
                                       'note_of(x)->action = is_on ? "switch-on" : "switch-off";\n'
                                       'log_text(line, "triage.a.b", text);\n')
        self.write("docs/ops/telemetry.md", document)

    TOLD = ("| `switch-on`, `switch-off` | when | `triage.a.b` |\n\n"
            "## Metrics\n\n| `triage_a_total` | counter |\n")

    def test_what_the_services_tell(self):
        self.tell(self.TOLD)
        self.assertEqual(self.run_tool("check_docs", ".", code=0), "")

    def test_a_metric_that_is_not_named(self):
        self.tell(self.TOLD.replace("triage_a_total", "triage_a_totals"))
        printed = self.run_tool("check_docs", ".", code=1)
        self.assertIn("src/services/a.c:1: docs/ops/telemetry.md does not name 'triage_a_total'",
                      printed)
        self.assertIn("no code in src/services tells 'triage_a_totals'", printed)

    def test_an_action_that_is_not_named(self):
        self.tell(self.TOLD.replace(", `switch-off`", ""))
        self.assertIn("does not name 'switch-off'", self.run_tool("check_docs", ".", code=1))

    def test_a_member_that_nobody_tells(self):
        self.tell(self.TOLD.replace("`triage.a.b`", "`triage.a.b`, `triage.a.c`"))
        self.assertIn("tells 'triage.a.c'", self.run_tool("check_docs", ".", code=1))

    def test_an_unknown_command(self):
        self.refused("`triage brew`\n", "no `triage brew`")

    def test_an_option_is_a_whole_word(self):
        self.refused("```sh\nbuild/triage train x.csv --text subject -o x\n```\n",
                     "docs/b.md:2: `triage train` has no option --text")

    def test_names_of_targets_stages_and_suites(self):
        self.write("Makefile", "test: build\n")
        self.write(".ci/run", "stage_asan() {\n")
        self.write("tests/meson.build", "test('a', a, suite: 'unit')\n")
        self.write("docs/b.md", "`make test`, `.ci/run asan`, `meson test --suite unit`; make do\n")
        self.assertEqual(self.run_tool("check_docs", ".", code=0), "")
        self.refused("`make tes`\n`.ci/run as`\n`meson test --suite units`\n", "b.md:1: no make",
                     "b.md:2: no stage", "b.md:3: no test suite 'units'")

    def test_options_of_other_programs(self):
        self.write("docs/b.md", "`triage train x -o y | head -n 3`\n")
        self.run_tool("check_docs", ".", "triage", code=0)


class CheckReadme(Tree):
    def setUp(self):
        super().setUp()
        self.write("data/tickets.csv", "id\n")
        self.write("out/triage", "#!/bin/sh\necho \"accuracy 87.1 %\"\necho \"$*\"\n", 0o755)

    def check(self, text, code):
        self.write("README.md", text)
        return self.run_tool("check_readme", "out", ".", "README.md", code=code)

    def test_right_commands_pass(self):
        printed = self.check("```sh\nbuild/triage a data/tickets.csv >x\n```\n\n"
                             "```sh\ncat x\n```\n```text\naccuracy 91.0 %\na data/tickets.csv\n```\n"
                             "<!-- not run: installs -->\n```sh\nfalse\n```\n", 0)
        self.assertIn("2 commands run, 0 failed", printed)

    def test_a_command_that_fails(self):
        self.assertIn("README.md:2: exit code 1", self.check("```sh\nfalse\ntrue\n```\n", 1))

    def test_what_was_not_printed(self):
        self.assertIn("was not printed: precision",
                      self.check("```sh\nbuild/triage\n```\n\n```text\nprecision 1 %\n```\n", 1))

    def test_lines_may_be_left_out(self):
        self.check("```sh\nseq 3 | sed s/^/n/; echo end\n```\n```text\nn1\n...\nend\n```\n", 0)

    def test_a_line_may_have_a_gap(self):
        text = "```sh\necho Access rather than Hardware: 2.5\n```\n```text\nAccess rather than ...: 1\n```\n"
        self.check(text, 0)
        self.check(text.replace("text\nAccess", "text\nAccount"), 1)

    def test_a_gap_must_be_marked(self):
        self.check("```sh\nprintf 'a\\nb\\nc\\n'\n```\n```text\na\nc\n```\n", 1)

    def test_a_program_is_written(self):
        self.check("<!-- file: a.c -->\n```c\nint a;\n```\n```sh\ngrep 'int a' a.c\n```\n", 0)

    def test_a_document_without_commands(self):
        self.check("# Nothing\n", 1)


class CheckSymbols(Tree):
    GOOD = ('__attribute__((visibility("default"))) int triage_a(void);\n'
            "int triage_a(void)\n{\n    return 1;\n}\n")

    def setUp(self):
        super().setUp()
        self.write("include/triage/a.h", "/* One; TRIAGE_API int no(void); */\n"
                                         "TRIAGE_API int triage_a(void);\n")

    def check(self, source, code):
        self.write("a.c", source)
        subprocess.run(["gcc", "-shared", "-fPIC", "-fvisibility=hidden", "-o", "liba.so", "a.c"],
                       cwd=self.root, check=True)
        return self.run_tool("check_symbols", "liba.so", "include", code=code)

    def test_a_right_library_passes(self):
        self.assertEqual(self.check(self.GOOD, 0), "")

    def test_a_name_without_prefix(self):
        source = self.GOOD + '__attribute__((visibility("default"))) void helper(void)\n{\n}\n'
        self.assertIn("helper is exported", self.check(source, 1))

    def test_a_function_in_no_header(self):
        source = self.GOOD + '__attribute__((visibility("default"))) void triage_b(void)\n{\n}\n'
        self.assertIn("triage_b is exported, but no public header", self.check(source, 1))

    def test_a_promise_not_kept(self):
        self.assertIn("triage_a is declared", self.check("int b(void)\n{\n    return 1;\n}\n", 1))

    def test_a_variable(self):
        source = self.GOOD + "int *counter(void)\n{\n    static int calls;\n    return &calls;\n}\n"
        self.assertRegex(self.check(source, 1), r"calls\S* is a variable")


class CountTests(Tree):
    def count(self, rows, meson_code, code):
        self.write("log.json", "".join('{"name": "t", "result": "%s"}\n' % row for row in rows))
        return self.run_tool("count_tests", "log.json", str(meson_code), code=code)

    def test_all_kinds_are_counted(self):
        self.assertIn("\n1 passed, 2 failed, 1 skipped\n",
                      self.count(["OK", "TIMEOUT", "FAIL", "SKIP"], 2, 1))

    def test_a_pass(self):
        self.assertEqual(self.count(["OK", "OK"], 0, 0), "2 passed, 0 failed, 0 skipped\n")

    def test_no_test_is_no_pass(self):
        self.count([], 0, 1)

    def test_a_crash_of_the_runner_is_no_pass(self):
        self.count(["OK"], 1, 1)


class InstallPackages(Tree):
    def test_an_unknown_group(self):
        self.assertIn("no group 'none'", self.run_tool("install_packages", "none", code=1))

    def test_no_root_and_no_sudo_prints_the_command(self):
        """With a path that holds only stand-ins: nothing is installed, and the user is no root."""
        self.write("bin/dpkg-query", "#!/bin/sh\nexit 1\n", 0o755)
        self.write("bin/apt-get", "#!/bin/sh\nexit 1\n", 0o755)
        self.write("bin/id", "#!/bin/sh\necho 1000\n", 0o755)
        for tool in ("awk", "bash", "dirname", "sort", "tr"):
            place = next(p for p in ("/usr/bin/" + tool, "/bin/" + tool) if os.path.exists(p))
            os.symlink(place, os.path.join(self.root, "bin", tool))
        result = subprocess.run(["/bin/bash", os.path.join(TOOLS, "install_packages"), "bench"],
                                env={"PATH": os.path.join(self.root, "bin")}, text=True,
                                stdin=subprocess.DEVNULL, capture_output=True, check=False)
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertRegex(result.stderr, r"apt-get update && apt-get install -y .*fasttext")


if __name__ == "__main__":
    unittest.main()
