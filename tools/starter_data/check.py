#!/usr/bin/env python3
"""Checks data/tickets.csv. Prints each check; exit code 1 if one fails.

Usage: check.py [csv file]
"""
import csv
import io
import ipaddress
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "..", "data", "tickets.csv")
COLUMNS = ["id", "created_at", "channel", "subject", "body",
           "category", "priority", "assignment_group"]
CATEGORIES = {"Hardware", "HR Support", "Access", "Administrative rights",
              "Purchase", "Storage", "Internal Project", "Miscellaneous"}
PRIORITIES = {"Critical", "High", "Medium", "Low"}
MIN_ROWS = 2000
MAX_JACCARD = 0.8
SHARES = {"de": (0.06, 0.10), "fr": (0.045, 0.08)}

TOKEN = re.compile(r"\w+")
DOMAIN = re.compile(r"@([\w.-]+\w)|https?://([\w.-]+\w)|\b((?:[a-z0-9-]+\.)+"
                    r"(?:com|org|net|edu|gov|info|biz|io|dev|de|fr|eu|uk|ch|at))\b", re.I)
EXAMPLE = re.compile(r"(?:[\w-]+\.)*example\.(?:com|org|net)", re.I)
ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])")
NETWORKS = [ipaddress.ip_network(net) for net in (
    "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24",
    "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")]

# Words that are frequent in one of the three languages and rare in the others.
MARKERS = {
    "en": "the is are my and to of for it this on with from please not have we "
          "does has can no i not a since user call".split(),
    "de": "der das und ist nicht ich bitte wir für mit auf ein eine kann im zu seit "
          "mein wird vom danke geht den bei keine von zum voll fehlt weg kaputt gesperrt falsch "
          "hängt fehler anmeldung über eilt hallo".split(),
    "fr": "le la les et est ne pas je merci nous pour dans du une mon sur bonjour il "
          "plus au qui vous depuis ma hs bloqué réseau imprimante en panne droits plein ko "
          "d'ici accès commande bulletin rien n'est".split(),
}


def text_of(row):
    return row["subject"] + "\n" + row["body"]


def language(text):
    words = Counter(TOKEN.findall(text.lower()))
    score = {name: sum(words[marker] for marker in set(markers))
             for name, markers in MARKERS.items()}
    return max(score, key=lambda name: (score[name], name == "en"))


def check_format(data):
    """UTF-8 without BOM, LF outside quotes only, the right columns in every row."""
    text = data.decode("utf-8")
    if "\r" in text or text.startswith("\ufeff") or not text.endswith("\n"):
        return "carriage return, byte order mark or no newline at the end", []
    records = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    if records[0] != COLUMNS:
        return f"wrong header {records[0]}", []
    for number, record in enumerate(records):
        if len(record) != len(COLUMNS):
            return f"record {number} has {len(record)} fields", []
    return "", [dict(zip(COLUMNS, record)) for record in records[1:]]


def check_rows(rows):
    return "" if len(rows) >= MIN_ROWS else f"only {len(rows)} rows"


def check_labels(rows):
    for column, wanted in (("category", CATEGORIES), ("priority", PRIORITIES)):
        found = {row[column] for row in rows}
        if found != wanted:
            return f"{column}: {sorted(found ^ wanted)}"
    groups = {row["assignment_group"] for row in rows}
    return "" if 10 <= len(groups) <= 12 and "" not in groups else f"groups: {sorted(groups)}"


def check_ids(rows):
    return "" if len({row["id"] for row in rows}) == len(rows) else "an id occurs twice"


def check_not_empty(rows):
    empty = [row["id"] for row in rows if not text_of(row).strip()]
    return f"no text at all: {empty}" if empty else ""


def check_quoting(rows):
    """The point of the file is to exercise CSV readers, too."""
    bodies = [row["body"] for row in rows]
    missing = [repr(mark) for mark in "\n,\"" if not any(mark in body for body in bodies)]
    return f"no body contains {missing}" if missing else ""


def check_duplicates(rows):
    first = {}
    for row in rows:
        key = " ".join(TOKEN.findall(text_of(row).lower()))
        if key in first:
            return f"{row['id']} repeats {first[key]}"
        first[key] = row["id"]
    return ""


def check_near_duplicates(rows):
    """Compares all pairs that could reach the limit.

    Deliberately not the index the generator uses, so that a mistake there
    shows here. Sets whose sizes differ too much cannot be that similar.
    """
    sets = sorted(((frozenset(TOKEN.findall(text_of(row).lower())), row["id"]) for row in rows),
                  key=lambda pair: len(pair[0]))
    for at, (large, name) in enumerate(sets):
        size = len(large)
        for before in range(at - 1, -1, -1):
            small, other = sets[before]
            if len(small) <= MAX_JACCARD * size:
                break
            shared = len(large & small)
            if shared > MAX_JACCARD * (size + len(small) - shared):
                return f"{name} is too similar to {other}"
    return ""


def check_languages(rows):
    count = Counter(language(text_of(row)) for row in rows)
    for name, (low, high) in SHARES.items():
        if not low <= count[name] / len(rows) <= high:
            return f"{name}: {count[name] / len(rows):.1%}, wanted {low:.1%} to {high:.1%}"
    return ""


def check_addresses(rows):
    for row in rows:
        text = text_of(row)
        for match in DOMAIN.finditer(text):
            name = match[1] or match[2] or match[3]
            if not EXAMPLE.fullmatch(name):
                return f"{row['id']}: domain {name}"
        for match in ADDRESS.findall(text):
            if not any(ipaddress.ip_address(match) in net for net in NETWORKS):
                return f"{row['id']}: address {match}"
    return ""


def check_reproducible(data):
    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "tickets.csv")
        subprocess.run([sys.executable, "-B", os.path.join(HERE, "generate.py"), copy], check=True)
        with open(copy, "rb") as file:
            return "" if file.read() == data else "generate.py writes something else"


def report(name, problem):
    print(f"{'FAIL' if problem else 'ok  '} {name}{': ' + problem if problem else ''}")
    return not problem


def main():
    with open(sys.argv[1] if len(sys.argv) > 1 else DATA, "rb") as file:
        data = file.read()
    try:
        problem, rows = check_format(data)
    except (UnicodeDecodeError, csv.Error) as error:
        problem, rows = str(error), []
    if not report("UTF-8, CSV, columns", problem):
        return 1
    results = [
        report(f"at least {MIN_ROWS} rows ({len(rows)})", check_rows(rows)),
        report("eight categories, four priorities, 10 to 12 groups", check_labels(rows)),
        report("ids are unique", check_ids(rows)),
        report("every ticket has a subject or a body", check_not_empty(rows)),
        report("bodies with newlines, commas and quotes", check_quoting(rows)),
        report("no two tickets with the same normalised text", check_duplicates(rows)),
        report(f"no two tickets with Jaccard above {MAX_JACCARD}", check_near_duplicates(rows)),
        report("share of German and French", check_languages(rows)),
        report("example domains, documentation or private addresses only", check_addresses(rows)),
        report("generate.py reproduces the file byte for byte", check_reproducible(data)),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
