#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures the service beside its peers in one run; see bench/README.md."""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import child
import corpora
import http_server
import load
import report as reports

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PARTS = ["predict", "split", "batch", "memory", "reload", "live"]
SERVER_CORE, LOAD_CORE = 0, 1
N_TEXTS = 2000


def say(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, options, data, work):
        self.options, self.work = options, work
        self.report = reports.Report()
        self.tickets = corpora.read_csv(os.path.join(data, "it-tickets-train.csv"), "Document",
                                        "Topic_group")
        if self.tickets is None:
            raise SystemExit(f"bench: no it-tickets-train.csv[.gz] in {data}")
        self.csv = self.path("tickets.csv")
        corpora.write_csv(self.csv, self.tickets)
        self.script = self.path("post.lua")
        load.write_script(self.script, self.path("bodies.jsonl"),
                          [text for text, _ in self.tickets[:N_TEXTS]], "/predict")
        say("training the first model, preset words")
        self.data_dir = self.path("data")
        with self.serve(SERVER_CORE):
            pass

    def path(self, name):
        return os.path.join(self.work, name)

    def serve(self, core=None, data_dir=None, preset="words", more=()):
        """`triage serve` on the real tickets; the model is trained at the first start."""
        port = http_server.free_port()
        threads = ["--http-threads", "1"] if core is not None else []
        return http_server.running(
            [self.options.triage, "serve", "--data-dir", data_dir or self.data_dir,
             "--listen", f"127.0.0.1:{port}", "--preset", preset, "--base-data", self.csv,
             "--text", "text", "--field", "label", "--log-file", self.path("serve.log"),
             *threads, *more], port, self.path("serve.out"), core)

    def nginx(self, answer_bytes):
        """A fixed answer of that size to the same POST."""
        port, folder = http_server.free_port(), self.path("nginx")
        os.makedirs(folder, exist_ok=True)
        paths = "".join(f"{name}_temp_path {folder}/{name};" for name in
                        ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = os.path.join(folder, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""worker_processes 1; daemon off; pid {folder}/pid; error_log /dev/null;
events {{ worker_connections 1024; use epoll; }}
http {{ access_log off; keepalive_requests 1000000000; {paths}
  server {{ listen 127.0.0.1:{port};
    location / {{ default_type application/json; return 200 '"{"x" * (answer_bytes - 2)}"'; }} }} }}
""")
        return http_server.running(["nginx", "-c", config], port, self.path("nginx.out"),
                                   SERVER_CORE, ready="/")

    def flask(self):
        port = http_server.free_port()
        return http_server.running(
            ["/usr/bin/python3", "-m", "gunicorn", "-w", "1", "-b", f"127.0.0.1:{port}",
             "--chdir", HERE, "seed_service:app"], port, self.path("flask.out"), SERVER_CORE,
            {"SEED_DATA": self.csv}, ready=None)

    def rounds(self, servers):
        """name -> the Load of median rate, from rounds in turn after one that does not count."""
        runs = {name: [] for name in servers}
        for i in range(self.options.rounds + 1):
            for name, server in servers.items():
                one = load.run(server.port, self.script, self.options.seconds, LOAD_CORE)
                if one.n_bad or one.n_errors:
                    raise SystemExit(f"bench: {name}: {one.n_bad} answers other than 2xx, "
                                     f"{one.n_errors} socket errors")
                if i > 0:
                    runs[name].append(one)
        return {name: sorted(some, key=lambda one: one.rate)[len(some) // 2]
                for name, some in runs.items()}

    # --- parts ----------------------------------------------------------------------------------

    def part_predict(self):
        with self.serve(SERVER_CORE) as ours:
            size = statistics.median(
                len(json.dumps(ours.call("POST", "/predict", {"text": text})[1],
                               separators=(",", ":"))) for text, _ in self.tickets[:200])
            with self.nginx(int(size)) as nginx, self.flask() as flask:
                http_server.wait_until(
                    lambda: is_up(flask), flask.process, "gunicorn")
                say(f"POST /predict, one core, answers of {size:.0f} bytes")
                runs = self.rounds({"triage": ours, "nginx": nginx, "flask": flask})
        mine, fixed, seed = runs["triage"], runs["nginx"], runs["flask"]
        beside = f"{mine.rate:,.0f}/s, p50 {mine.p50 * 1e3:.2f} ms, p99 {mine.p99 * 1e3:.2f} ms"
        self.report.check("POST /predict, share of NGINX's rate", mine.rate / fixed.rate, 0.55,
                          "{:.2f}", peer=f"{fixed.rate:,.0f}/s NGINX, fixed answer", beside=beside)
        self.report.check("POST /predict, times the Flask service's rate", mine.rate / seed.rate,
                          30, "{:.1f}", peer=f"{seed.rate:,.0f}/s Flask, gunicorn, scikit-learn",
                          beside=beside)
        self.report.check("POST /predict, p99, times NGINX's", mine.p99 / fixed.p99, 3, "{:.2f}",
                          is_most=True, peer=f"{fixed.p99 * 1e3:.2f} ms NGINX", beside=beside)

    def part_split(self):
        folder = self.path("split")
        shutil.copytree(self.data_dir, folder)
        ports = [http_server.free_port() for _ in range(2)]
        common = ["--data-dir", folder]
        with http_server.running([self.options.triage, "inference", *common, "--listen",
                                  f"127.0.0.1:{ports[0]}", "--log-file",
                                  self.path("inference.log")], ports[0],
                                 self.path("inference.out")), \
                http_server.running([self.options.triage, "backend", *common, "--listen",
                                     f"127.0.0.1:{ports[1]}", "--inference-url",
                                     f"http://127.0.0.1:{ports[0]}", "--log-file",
                                     self.path("backend.log")], ports[1],
                                    self.path("backend.out")) as backend:
            say("backend and inference apart")
            rates = [load.run(backend.port, self.script, self.options.seconds, connections=128)
                     for _ in range(self.options.rounds)]
        rate = statistics.median(one.rate for one in rates)
        bad = sum(one.n_bad + one.n_errors for one in rates)
        self.report.check("split, requests a second on both cores, wrk's share included", rate,
                          20000, "{:,.0f}", note=f"{bad} failed",
                          beside=f"p99 {statistics.median(one.p99 for one in rates) * 1e3:.1f} ms")

    def part_batch(self):
        body = self.path("batch.ndjson")
        with open(body, "w", encoding="utf-8") as file:
            for text, _ in self.tickets:
                file.write(json.dumps({"text": text}) + "\n")
        texts, model = self.path("texts.txt"), os.path.join(self.data_dir,
                                                            "models/v000001/model.triage")
        corpora.write_texts(texts, self.tickets)
        with self.serve(SERVER_CORE) as ours:
            url = f"http://127.0.0.1:{ours.port}/predict/batch"
            say(f"a batch of {len(self.tickets)} tickets")
            runs = child.interleave({
                "batch": lambda: child.run(["taskset", "-c", str(LOAD_CORE), "curl", "-sS",
                                            "--fail", url, "-H",
                                            "Content-Type: application/x-ndjson", "-T", body,
                                            "-X", "POST"], stdout=self.path("batch.out")),
                "file": lambda: child.run(["taskset", "-c", str(SERVER_CORE), self.options.triage,
                                           "predict", "-m", model, "--input", "text", "--json",
                                           "--top", "3", "--threads", "1", "--file", texts],
                                          stdout=self.path("file.out"))}, self.options.rounds)
        n = len(self.tickets)
        self.report.check("batch, share of the rate of triage predict on a file",
                          runs["file"].wall / runs["batch"].wall, 0.5, "{:.2f}",
                          peer=f"{n / runs['file'].wall:,.0f} tickets/s triage predict --json",
                          beside=f"{n / runs['batch'].wall:,.0f} tickets/s")

    def part_memory(self):
        with self.serve() as ours:
            say("a million requests")
            sizes, n = [], 0
            while n < 1_000_000:
                n += load.run(ours.port, self.script, 5).n_requests
                sizes.append(ours.resident_bytes())
        self.report.check("memory after a million requests", sizes[-1] / 1e6, 64, "{:.1f} MB",
                          is_most=True, beside=f"after {n // len(sizes):,}: {sizes[0] / 1e6:.1f}")
        half = sizes[len(sizes) // 2]
        self.report.check("memory, growth over the second half", sizes[-1] / half - 1, 0.05,
                          "{:.1%}", is_most=True)

    def part_reload(self):
        folder = self.path("reload")
        shutil.copytree(self.data_dir, folder)
        with self.serve(data_dir=folder) as ours:
            for i in range(10):
                ours.call("POST", "/feedback", {"text": f"elephant number {i} in the lift",
                                                "label": "Hardware"})
            versions = wait_for_versions(ours, 2)
            texts = [text for text, _ in self.tickets[:50]] + ["elephant in the lift"]
            expected = {}
            for version in versions:
                promote(ours, version)
                wait_for_live(ours, version)
                expected[version] = {text: shape(ours.call("POST", "/predict", {"text": text})[1])
                                     for text in texts}
            say("100 swaps under load")
            failed, mixed, answered = swap_under_load(ours, versions, texts, expected, self)
        self.report.check("100 swaps under load: failed answers", failed, 0, "{:.0f}",
                          is_most=True, note=f"of {answered:,}")
        self.report.check("100 swaps under load: mixed answers", mixed, 0, "{:.0f}", is_most=True)

    def part_live(self):
        for preset in ("words", "auto"):
            folder = self.path(f"live-{preset}")
            with self.serve(data_dir=folder, preset=preset) as ours:
                say(f"ten corrections, preset {preset}")
                times = [self.one_live(ours, i) for i in range(3)]
            self.report.check(f"10th correction to new model live, {preset}",
                              statistics.median(times), 3, "{:.2f} s", is_most=True,
                              note=f"{len(self.tickets):,} tickets")

    def one_live(self, ours, run):
        version = ours.call("POST", "/predict", {"text": "mouse"})[1]["model_version"]
        for i in range(10):
            text = f"{self.tickets[100 * run + i][0]} again and again"
            label = self.tickets[100 * run + i][1]
            status, _ = ours.call("POST", "/feedback", {"text": text, "label": label})
            if status != 201:
                raise SystemExit(f"bench: feedback was answered {status}")
        began = time.monotonic()
        while ours.call("POST", "/predict", {"text": "mouse"})[1]["model_version"] == version:
            if time.monotonic() - began > 120:
                retrains = ours.call("GET", "/api/v1/retrains")[1]
                raise SystemExit(f"bench: no new model went live: {retrains['retrains'][:1]}")
            time.sleep(0.005)
        return time.monotonic() - began


def is_up(server):
    try:
        return server.call("POST", "/predict", {"text": "mouse"})[0] == 200
    except OSError:
        server.connection.close()
        return False


def shape(answer):
    """What must be the same for a text and a version."""
    return answer["category"], answer["confidence"], answer["decision"]


def promote(server, version):
    status, answer = server.call("POST", f"/api/v1/models/{version}/promote", {})
    if status != 200:
        raise SystemExit(f"bench: promoting {version}: {status} {answer}")


def wait_for_live(server, version):
    while server.call("POST", "/predict", {"text": "mouse"})[1]["model_version"] != version:
        time.sleep(0.005)


def wait_for_versions(server, n):
    while True:
        models = server.call("GET", "/api/v1/models")[1]["models"]
        runs = server.call("GET", "/api/v1/retrains")[1]["retrains"]
        if len(models) >= n and all(run["state"] == "done" for run in runs):
            return [model["version"] for model in models[:n]]
        time.sleep(0.05)


def swap_under_load(server, versions, texts, expected, bench):
    """(failed, mixed, answered) over 100 swaps, with wrk beside a client that looks at each answer."""
    is_over = threading.Event()
    counts = {"failed": 0, "mixed": 0, "answered": 0}

    def look():
        client = http_server.Server(server.process, server.port)
        while not is_over.is_set():
            for text in texts:
                status, answer = client.call("POST", "/predict", {"text": text})
                counts["answered"] += 1
                if status != 200:
                    counts["failed"] += 1
                elif shape(answer) != expected[answer["model_version"]][text]:
                    counts["mixed"] += 1

    def press():
        while not is_over.is_set():
            one = load.run(server.port, bench.script, 2)
            counts["failed"] += one.n_bad + one.n_errors
            counts["answered"] += one.n_requests

    threads = [threading.Thread(target=look), threading.Thread(target=press)]
    for thread in threads:
        thread.start()
    for i in range(100):
        promote(server, versions[i % 2])
        wait_for_live(server, versions[i % 2])
    is_over.set()
    for thread in threads:
        thread.join()
    return counts["failed"], counts["mixed"], counts["answered"]


def parse_options():
    parser = argparse.ArgumentParser(prog="bench/http", description=__doc__)
    parser.add_argument("--only", default=",".join(PARTS), metavar="PART,...",
                        help=f"some of {','.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=5, metavar="N", help="timed runs of each (5)")
    parser.add_argument("--seconds", type=int, default=5, metavar="N", help="of each run (5)")
    parser.add_argument("--triage", metavar="PROGRAM",
                        help="measure this program instead of building build/triage")
    parser.add_argument("--check", action="store_true", help="exit code 1 if a row is missed")
    options = parser.parse_args()
    options.only = options.only.split(",")
    unknown = set(options.only) - set(PARTS)
    if unknown:
        parser.error(f"--only: no part {', '.join(sorted(unknown))}")
    return options


def main():
    options = parse_options()
    data = os.environ.get("TRIAGE_DATA", os.path.join(ROOT, "..", "shared", "data"))
    if not os.path.isdir(data):
        raise SystemExit(f"bench: no folder {data}: TRIAGE_DATA must name the folder of the data")
    if options.triage is None:
        subprocess.run(["make", "-s", "-C", ROOT, "build"], check=True, stdout=sys.stderr)
        options.triage = os.path.join(ROOT, "build", "triage")
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(prefix="triage-bench-") as work:
        bench = Bench(options, data, work)
        for part in PARTS:
            if part in options.only:
                getattr(bench, f"part_{part}")()
    print(f"{os.cpu_count()} processors; load {before:.1f} before, {os.getloadavg()[0]:.1f} after")
    bench.report.print()
    if options.check and bench.report.n_missed() > 0:
        sys.exit(1)


if __name__ == "__main__":
    main()
