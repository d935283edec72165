"""Reads the bank files: scenarios, urgency cues and asides.

A scenario is a block of lines:

  # slug | groups | priorities | scope | in=Category | cat=Other:40
  s subject / another subject
  p the problem, as the user says it     (several)
  n the same in note form                (terse tickets, agent's notes)
  m what a monitoring system would say   (optional)
  d a detail                             (optional, several)
  c H a consequence that fits only priority H   (optional)
  a what is asked for

"groups" are codes joined by +; the first one gets most tickets. "priorities"
are four weights for Critical, High, Medium, Low. "scope" is o (one user),
g (a group of people) or r (a request). "cat=" names other categories that a
human might have chosen, each with its share in percent.
"""
import os

GROUPS = {
    "SD": "Service Desk", "FS": "Field Support", "NO": "Network Operations",
    "IA": "Identity & Access", "HR": "HR Operations", "PR": "Procurement",
    "SB": "Storage & Backup", "WE": "Workplace Engineering",
    "PO": "Project Office", "MC": "Messaging & Collaboration",
    "FA": "Facilities", "IS": "Information Security",
}
PRIORITIES = {"C": "Critical", "H": "High", "M": "Medium", "L": "Low"}

# file, language, category of its scenarios (None: each block says it itself)
FILES = [
    ("hardware.txt", "en", "Hardware"), ("access.txt", "en", "Access"),
    ("hr.txt", "en", "HR Support"), ("misc.txt", "en", "Miscellaneous"),
    ("storage.txt", "en", "Storage"), ("purchase.txt", "en", "Purchase"),
    ("project.txt", "en", "Internal Project"),
    ("admin_rights.txt", "en", "Administrative rights"),
    ("german.txt", "de", None), ("french.txt", "fr", None),
]
BANKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "banks")


class Scenario:
    def __init__(self, header, language, category):
        fields = [field.strip() for field in header[1:].split("|")]
        self.slug, groups, weights, self.scope = fields[:4]
        self.language = language
        self.category = category
        self.others = []
        self.groups = [GROUPS[code] for code in groups.split("+")]
        self.priorities = list(zip("CHML", (int(digit) for digit in weights)))
        self.lines = {key: [] for key in "spnmda"}
        self.consequences = {key: [] for key in "CHML"}
        for field in fields[4:]:
            self._option(*field.split("=", 1))

    def _option(self, key, value):
        if key == "in":
            self.category = value
        else:
            for part in value.split(","):
                name, percent = part.rsplit(":", 1)
                self.others.append((name, int(percent)))

    def add(self, line):
        key, text = line[0], line[2:].strip()
        if key == "s":
            self.lines["s"] += [subject.strip() for subject in text.split(" / ")]
        elif key == "c":
            self.consequences[text[0]].append(text[2:])
        else:
            self.lines[key].append(text)


def _content(name):
    with open(os.path.join(BANKS, name), encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file if line.strip()]


def _read_scenarios(name, language, category):
    scenarios = []
    for line in _content(name):
        if line.startswith("#"):
            scenarios.append(Scenario(line, language, category))
        else:
            scenarios[-1].add(line)
    return scenarios


def scenarios():
    """All scenarios by (language, category)."""
    table = {}
    for name, language, category in FILES:
        for scenario in _read_scenarios(name, language, category):
            table.setdefault((language, scenario.category), []).append(scenario)
    return table


def vague():
    """Tickets that say too little: nobody could be sure of the category."""
    return _read_scenarios("vague.txt", "en", None)


def keyed_lines(name):
    """Lines 'key words | text' as {key words: [text, ...]}."""
    table = {}
    for line in _content(name):
        if not line.startswith("#"):
            key, text = line.split("|", 1)
            table.setdefault(key.strip(), []).append(text.strip())
    return table
