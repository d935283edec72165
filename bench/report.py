# SPDX-License-Identifier: MIT
"""What has to be reached, what was, and how it is printed."""

import collections
import json

# One line of the table. `is_reached` is None where nothing was measured. Texts are ready to print.
Row = collections.namedtuple("Row", "what required measured peer beside is_reached")

PASS, MISS, NOT_MEASURED = "pass", "MISS", "not measured"
COLUMNS = ["", "at least", "measured", "best peer of this run", "difference, or our time", ""]


class Report:
    """Collects rows, the peers' figures and raw numbers."""

    def __init__(self):
        self.rows = []
        self.peers = collections.OrderedDict()  # data -> [(name, figures)]
        self.raw = {}

    def check(self, what, value, bound, form="{:.2%}", is_most=False, peer="", beside="", note=""):
        """Adds the row: `value` must be at least (`is_most`: at most) `bound`."""
        is_reached = value <= bound if is_most else value >= bound
        required = ("≤ " if is_most else "") + form.format(bound)
        measured = form.format(value)
        if not is_reached and measured == form.format(bound):
            measured = f"{value:.6g}"  # missed by less than the digits show
        self.rows.append(Row(f"{what} ({note})" if note else what, required, measured, peer,
                             beside, is_reached))
        self.raw[what] = {"value": value, "bound": bound, "is_most": is_most,
                          "is_reached": is_reached, "peer": peer, "beside": beside}

    def not_measured(self, what, reason):
        self.rows.append(Row(what, "", "", reason, "", None))
        self.raw[what] = {"value": None, "reason": reason, "is_reached": None}

    def best_peer(self, data, key, is_most=False):
        """(name, value) of the peer that is best in `key`; ("", None) without any."""
        having = [(figures[key], name) for name, figures in self.peers.get(data, [])
                  if key in figures and not name.startswith("triage")]
        if not having:
            return "", None
        value, name = min(having) if is_most else max(having)
        return name, value

    def n_missed(self):
        return sum(row.is_reached is False for row in self.rows)

    def print(self):
        for data, peers in self.peers.items():
            print(f"\n{data}\n")
            print_table(["", "accuracy", "macro-F1", "ECE", "cov@90", "cov@95", "fit, s"],
                        [[name, *(percent(figures.get(key)) for key in ("accuracy", "macro_f1")),
                          "" if "ece" not in figures else f"{figures['ece']:.4f}",
                          *(percent(figures.get(f"coverage_at_{p}")) for p in (90, 95)),
                          "" if "seconds" not in figures else f"{figures['seconds']:.1f}"]
                         for name, figures in peers])
        print("\nWhat it must reach\n")
        print_table(COLUMNS, [[*row[:-1], verdict(row)] for row in self.rows])
        counts = collections.Counter(verdict(row) for row in self.rows)
        print("\n" + ", ".join(f"{counts[name]} {name}" for name in (PASS, MISS, NOT_MEASURED)))

    def write(self, path, machine):
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"machine": machine, "rows": self.raw,
                       "systems": {data: dict(peers) for data, peers in self.peers.items()}},
                      file, indent=1)
            file.write("\n")


def verdict(row):
    if row.is_reached is None:
        return NOT_MEASURED
    return PASS if row.is_reached else MISS


def percent(value):
    return "" if value is None else f"{100 * value:.2f}"


def print_table(header, rows):
    """Markdown, so that it can be pasted, with columns of equal width."""
    lines = [header, *rows]
    widths = [max(len(str(line[i])) for line in lines) for i in range(len(header))]
    for number, line in enumerate(lines):
        print("| " + " | ".join(f"{cell!s:<{width}}" for cell, width in zip(line, widths)) + " |")
        if number == 0:
            print("| " + " | ".join("-" * width for width in widths) + " |")
