#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tools/backup of a service under load, and tools/restore of it elsewhere: what was acknowledged
before the backup began is there, and the model that was live is live. With TRIAGE_TEST_POSTGRES
(tests/store/with_postgres) the store is PostgreSQL, else SQLite."""
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
import threading
import unittest
from urllib.parse import quote

from server import ENVIRONMENT, PATIENCE, PROGRAM, Server, main

TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")
POSTGRES = os.environ.get("TRIAGE_TEST_POSTGRES")
OPTIONS = ("--retrain-after", "0")


def tool(name, *arguments):
    return subprocess.run([os.path.join(TOOLS, name), *arguments], env=ENVIRONMENT, check=False,
                          timeout=PATIENCE * 2, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def new_database(name):
    """The address of an empty one."""
    subprocess.run(["psql", "-X", "-q", "-d", POSTGRES, "-c", f"CREATE DATABASE {name}"], check=True,
                   timeout=PATIENCE)
    return POSTGRES.replace("/postgres?", f"/{name}?")


class Load:
    """Threads that correct without a pause; `acknowledged` grows."""

    def __init__(self, server):
        self.server = server
        self.acknowledged = []
        self.faults = []
        self.moved = threading.Condition()
        self.is_stopping = False
        self.threads = [threading.Thread(target=self.work, args=(i,)) for i in range(3)]
        for thread in self.threads:
            thread.start()

    def work(self, i):
        n = 0
        while not self.is_stopping:
            n += 1
            text = f"worker {i} has found that ticket number {n} is wrong"
            answer = self.server.post("/api/v1/feedback", {"text": text, "label": "Access"},
                                      is_documented=False)
            with self.moved:
                if answer.status == 201:
                    self.acknowledged.append(answer.json["feedback_id"])
                else:
                    self.faults.append(answer.body)
                self.moved.notify_all()
        self.server.local.connection.close()

    def wait_for(self, n):
        """Until `n` more have been acknowledged; all of them."""
        with self.moved:
            n += len(self.acknowledged)
            if not self.moved.wait_for(lambda: len(self.acknowledged) >= n or self.faults, PATIENCE):
                raise AssertionError("corrections are not answered")
            return list(self.acknowledged)

    def stop(self):
        self.is_stopping = True
        for thread in self.threads:
            thread.join(PATIENCE)


class Restored(Server):
    """A service on a folder that is there already."""

    def __init__(self, data, *options):
        self.data = data
        super().__init__(*options, has_model=False)

    def start(self):
        shutil.move(self.data, self.folder + "/data")
        super().start()


def ids(server):
    rows, cursor = [], ""
    while cursor is not None:
        page = server.get_json("/api/v1/feedback?limit=1000" + (f"&cursor={cursor}" if cursor else ""))
        rows += page["feedback"]
        cursor = page["next"]
    return {row["feedback_id"] for row in rows}


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="triage-backup-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.name = re.sub(r"\W", "_", self.id().rsplit(".", 1)[1]).lower()

    def store(self, suffix):
        """Options that name a store, for the service and the tools."""
        if not POSTGRES:
            return ()
        path = f"{self.folder}/address{suffix}"
        with open(path, "w", encoding="utf-8") as out:
            out.write(new_database(self.name + suffix) + "\n")
        return ("--store-file", path)

    def serve(self, *options):
        server = Server(*OPTIONS, *options)
        self.addCleanup(server.close)
        return server

    def backup(self, server, *options):
        target = self.folder + "/backup"
        done = tool("backup", "--data-dir", server.folder + "/data", *options, target)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return target

    def test_under_load(self):
        store = self.store("_a")
        server = self.serve(*store)
        server.run("models", "add", os.environ["HTTP_TEST_MODEL"])
        after = server.mark()
        server.run("models", "promote", "2", "--reason", "for the backup")
        server.wait_for_live("v000002", after)
        load = Load(server)
        try:
            before = load.wait_for(50)
            backup = self.backup(server, *store)
            load.wait_for(20)  # it goes on
        finally:
            load.stop()
        self.assertEqual(load.faults, [])
        other = self.store("_b")
        data = self.folder + "/data"
        done = tool("restore", "--data-dir", data, *other, backup)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        restored = Restored(data, *OPTIONS, *other)
        self.addCleanup(restored.close)
        there = ids(restored)
        self.assertEqual(set(before) - there, set())
        self.assertLess(len(there), len(load.acknowledged))  # what came afterwards is not
        self.assertEqual(restored.predict("the mouse is broken")["model_version"], "v000002")
        history = json.loads(restored.run("models", "list", "--json"))
        self.assertEqual([(m["version"], m["is_live"]) for m in history],
                         [("v000001", False), ("v000002", True)])
        # It lives on: it takes corrections, and a step back.
        added = restored.post("/api/v1/feedback", {"text": "one more", "label": "Access"})
        self.assertEqual(added.status, 201)
        after = restored.mark()
        self.assertEqual(restored.post("/api/v1/models/rollback", {}).status, 200)
        restored.wait_for_live("v000001", after)

    def test_only_the_owner_may_read_it(self):
        store = self.store("_a")
        backup = self.backup(self.serve(*store), *store)
        for folder, folders, files in os.walk(backup):
            for name in [".", *folders, *files]:
                mode = os.stat(os.path.join(folder, name)).st_mode
                self.assertEqual(stat.S_IMODE(mode) & 0o077, 0, name)

    def test_nothing_is_overwritten(self):
        store = self.store("_a")
        server = self.serve(*store)
        backup = self.backup(server, *store)
        again = tool("backup", "--data-dir", server.folder + "/data", *store, backup)
        self.assertEqual(again.returncode, 1)
        self.assertIn("exists already", again.stderr)
        over = tool("restore", "--data-dir", server.folder + "/data", *store, backup)
        self.assertEqual(over.returncode, 1)
        self.assertIn("already", over.stderr)
        self.assertEqual(server.predict("still here")["model_version"], "v000001")

    def test_a_damaged_backup_is_refused(self):
        store = self.store("_a")
        backup = self.backup(self.serve(*store), *store)
        path = backup + "/models/v000001/model.triage"
        os.chmod(path, 0o600)
        with open(path, "r+b") as model:
            model.seek(100)
            byte = model.read(1)
            model.seek(100)
            model.write(bytes([byte[0] ^ 1]))
        data = self.folder + "/data"
        done = tool("restore", "--data-dir", data, *self.store("_b"), backup)
        self.assertEqual(done.returncode, 1)
        self.assertIn("is damaged; nothing was restored", done.stderr)
        self.assertFalse(os.path.exists(data))

    def test_a_failed_backup_leaves_nothing(self):
        os.makedirs(self.folder + "/data/models")
        with open(self.folder + "/data/triage.db", "wb") as store:
            store.write(b"this is no database" * 100)
        done = tool("backup", "--data-dir", self.folder + "/data", self.folder + "/backup")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(sorted(os.listdir(self.folder)), ["data"])

    def test_a_password_stands_in_no_command_line(self):
        """The programs that are called are stand-ins, which write down how."""
        tools = self.folder + "/bin"
        os.mkdir(tools)
        for name in ("psql", "pg_dump"):
            with open(f"{tools}/{name}", "w", encoding="utf-8") as out:
                out.write(f"#!/bin/sh\nprintf '%s\\n' \"{name} $* PASSWORD=$PGPASSWORD\""
                          f" >>{self.folder}/seen\n")
            os.chmod(f"{tools}/{name}", 0o755)
        password = "p%:/@ä\\n x"
        address = f"postgresql://triage:{quote(password, safe='')}@db.example/triage"
        with open(self.folder + "/address", "w", encoding="utf-8") as out:
            out.write(address + "\n")
        environment = {**ENVIRONMENT, "PATH": tools + ":" + os.environ["PATH"]}
        subprocess.run([TOOLS + "/backup", "--store-file", self.folder + "/address",
                        self.folder + "/backup"], env=environment, check=True, timeout=PATIENCE,
                       stdout=subprocess.DEVNULL)
        with open(self.folder + "/seen", encoding="utf-8") as seen:
            lines = seen.read().splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["psql", "pg_dump"])
        for line in lines:
            command, _, rest = line.partition(" PASSWORD=")
            self.assertIn("postgresql://triage@db.example/triage", command)
            self.assertEqual(rest, password)


if __name__ == "__main__":
    assert PROGRAM
    main()
