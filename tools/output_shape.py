# SPDX-License-Identifier: MIT
"""Compares what a program printed with what a document says, by shape: numbers stand for any
number, white space for any white space, `...` within a line for anything, and a line `...` for any
lines."""
import re

NUMBER = re.compile(r"\b[0-9a-f]{64}\b|\d+(?:[.,]\d+)*")
GAP = "..."


def shape(line):
    """The line with numbers masked and white space squeezed."""
    return " ".join(NUMBER.sub("#", line).split())


def fits(wanted, printed):
    """Whether a printed line is as the document has it."""
    parts = [re.escape(part.strip()) for part in shape(wanted).split(GAP)]
    return re.fullmatch(".*".join(parts), shape(printed)) is not None


def missing_line(expected, printed):
    """The first line of `expected` that `printed` does not have at its place, or None.

    The lines must follow each other as expected. What is printed before the first expected line does
    not matter, nor what comes after the last one.
    """
    lines = [line for line in printed.splitlines() if line.strip()]
    at, anywhere = 0, True
    for wanted in (line for line in expected.splitlines() if line.strip()):
        if wanted.strip() == GAP:
            anywhere = True
            continue
        while anywhere and at < len(lines) and not fits(wanted, lines[at]):
            at += 1
        if at >= len(lines) or not fits(wanted, lines[at]):
            return wanted
        at, anywhere = at + 1, False
    return None
