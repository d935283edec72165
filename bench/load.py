# SPDX-License-Identifier: MIT
"""Load by wrk: POST requests with real tickets, from one core."""

import collections
import json
import re
import subprocess

# Requests a second, latencies in seconds, answers other than 2xx or 3xx, and socket errors.
Load = collections.namedtuple("Load", "rate p50 p99 n_bad n_errors n_requests")

UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0}

SCRIPT = """
local bodies = {}
for line in io.lines("%s") do bodies[#bodies + 1] = line end
local requests, n = {}, 0
function init()
  for i, body in ipairs(bodies) do
    requests[i] = wrk.format("POST", "%s", {["Content-Type"] = "application/json"}, body)
  end
end
function request()
  n = n %% #requests + 1
  return requests[n]
end
"""


def write_script(path, bodies_path, texts, target):
    with open(bodies_path, "w", encoding="utf-8") as bodies:
        for text in texts:
            bodies.write(json.dumps({"text": text}) + "\n")
    with open(path, "w", encoding="utf-8") as script:
        script.write(SCRIPT % (bodies_path, target))


def seconds(text):
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s|m)", text).groups()
    return float(number) * UNITS[unit]


def run(port, script, duration, core=None, connections=32):
    command = ["wrk", "-t1", f"-c{connections}", f"-d{duration}s", "--latency", "-s", script,
               f"http://127.0.0.1:{port}"]
    if core is not None:
        command = ["taskset", "-c", str(core), *command]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    return Load(rate=float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
                p50=seconds(re.search(r"50%\s+(\S+)", out)[1]),
                p99=seconds(re.search(r"99%\s+(\S+)", out)[1]),
                n_bad=int(bad[1]) if bad else 0,
                n_errors=sum(map(int, errors.groups())) if errors else 0,
                n_requests=int(re.search(r"(\d+) requests in", out)[1]))
