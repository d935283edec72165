# SPDX-License-Identifier: MIT
"""Runs programs and measures the whole process: seconds, processor seconds, peak memory."""

import collections
import os
import statistics
import subprocess
import sys
import time

# Seconds of the clock, of the processor (all threads, user and system), and peak resident bytes.
Run = collections.namedtuple("Run", "wall cpu rss")


class Failed(Exception):
    """A program ended with something other than 0."""


def run(command, stdin=None, stdout=None):
    """Runs `command` to its end. `stdin`, `stdout`: paths, or None for nothing. Returns a Run."""
    with open(stdin or os.devnull, "rb") as source, open(stdout or os.devnull, "wb") as sink, \
            open(os.devnull, "wb") as nowhere:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=source, stdout=sink, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        # Once more, to let its message be seen.
        with open(stdin or os.devnull, "rb") as source:
            subprocess.run(command, stdin=source, stdout=subprocess.DEVNULL, stderr=sys.stderr)
        raise Failed(f"exit code {process.returncode}: {' '.join(map(str, command))}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def output(command, stdin=None):
    """Runs `command` and returns (what it wrote to standard output, Run)."""
    with open(stdin or os.devnull, "rb") as source:
        start = time.monotonic()
        done = subprocess.run(command, stdin=source, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        wall = time.monotonic() - start
    if done.returncode != 0:
        sys.stderr.buffer.write(done.stderr)
        raise Failed(f"exit code {done.returncode}: {' '.join(map(str, command))}")
    return done.stdout.decode("utf-8"), Run(wall, 0.0, 0)


def interleave(jobs, rounds):
    """
    Runs every job of `jobs` (name -> function that returns a Run) `rounds` times in turn, so that
    all meet the same disturbances, after one round that does not count. Returns name -> Run of
    medians.
    """
    runs = {name: [] for name in jobs}
    for i in range(rounds + 1):
        for name, job in jobs.items():
            measured = job()
            if i > 0:
                runs[name].append(measured)
    return {name: Run(*(statistics.median(values) for values in zip(*measured)))
            for name, measured in runs.items()}
