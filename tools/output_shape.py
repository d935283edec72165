# SPDX-License-Identifier: MIT
"""Compares what a program printed with what a document says, by shape: numbers stand for any
number, white space for any white space, and a line `...` for any lines."""
import re

NUMBER = re.compile(r"\b[0-9a-f]{64}\b|\d+(?:[.,]\d+)*")


def shape(line):
    """The line with numbers masked and white space squeezed."""
    return " ".join(NUMBER.sub("#", line).split())


def missing_line(expected, printed):
    """The first line of `expected` that `printed` does not have at its place, or None.

    The lines must follow each other as expected; `...` lets any number of lines pass. What is
    printed before the first expected line does not matter, nor what comes after the last one.
    """
    lines = [shape(line) for line in printed.splitlines()]
    wanted = [line for line in expected.splitlines() if line.strip()]
    lines = [line for line in lines if line]
    at, anywhere = 0, True
    for line in wanted:
        if line.strip() == "...":
            anywhere = True
            continue
        while anywhere and at < len(lines) and lines[at] != shape(line):
            at += 1
        if at >= len(lines) or lines[at] != shape(line):
            return line
        at, anywhere = at + 1, False
    return None
