#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs an example in an empty folder: it must end with exit code 0 and print lines that match, in
this order, the given patterns.

Usage: check_example.py PROGRAM ARGUMENT... -- PATTERN...
"""
import os
import re
import subprocess
import sys
import tempfile


def main(arguments):
    split = arguments.index("--")
    patterns = arguments[split + 1:]
    # What is a file here must be found from the empty folder, too.
    command = [os.path.abspath(argument) if os.path.exists(argument) else argument
               for argument in arguments[:split]]
    with tempfile.TemporaryDirectory() as folder:
        result = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    print(result.stdout, end="")
    if result.returncode != 0:
        print(f"exit code {result.returncode}")
        return 1
    lines = iter(result.stdout.splitlines())
    for pattern in patterns:
        # The iterator goes on where the last pattern matched: that is what keeps the order.
        if not any(re.fullmatch(pattern, line) for line in lines):
            print(f"no line matches: {pattern}")
            return 1
    return 0


if __name__ == "__main__":
    if "--" not in sys.argv:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
