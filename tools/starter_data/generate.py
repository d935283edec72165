#!/usr/bin/env python3
"""Writes data/tickets.csv, the project's starter tickets.

Usage: generate.py [output file]

The same seed and the same banks always give the same bytes.
"""
import csv
import datetime
import io
import os
import re
import sys

import bank
import layouts
import noise
import similar
from draw import Draw
from fill import Filler

SEED = 20250117
COLUMNS = ["id", "created_at", "channel", "subject", "body",
           "category", "priority", "assignment_group"]
OUTPUT = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                      "..", "..", "data", "tickets.csv")

# tickets per category: English, German, French
COUNTS = {
    "Hardware": (670, 66, 50), "Access": (455, 44, 33), "HR Support": (370, 36, 27),
    "Miscellaneous": (335, 34, 25), "Storage": (245, 24, 18), "Purchase": (220, 22, 16),
    "Internal Project": (170, 17, 12), "Administrative rights": (136, 13, 10),
}
VAGUE = 45

# To tell what a line of a bank is about
SLOT = re.compile(r"\{[a-z0-9]+\}")
WORD = re.compile(r"[^\W\d_]{4,}")
COMMON_WORDS = set(
    "with this that have from when your they will please need been some does "
    "says only more after since again would could like there where which "
    "bitte nicht seit habe eine einen mein meine kann wird mehr "
    "dans pour plus merci depuis avec nous notre".split())

# What a hurried agent would mix up. Used for a few tickets only.
CONFUSED = {
    "Hardware": ["Miscellaneous", "Miscellaneous", "Purchase"],
    "Access": ["Administrative rights", "Miscellaneous", "HR Support"],
    "HR Support": ["Miscellaneous", "Access"],
    "Miscellaneous": ["Hardware", "Access", "Internal Project"],
    "Storage": ["Access", "Hardware"],
    "Purchase": ["Hardware", "Miscellaneous"],
    "Internal Project": ["Miscellaneous", "Purchase"],
    "Administrative rights": ["Access", "Miscellaneous"],
}
CONFUSED_SHARE = 0.003
# Part of the "cat=" share of the banks that is used.
JUDGEMENT = 0.3
OTHER_GROUP_SHARE = 0.02
FIRST_LEVEL_SHARE = 0.01
PRIORITY_SLIP_SHARE = 0.005
CUE_SHARE = {"C": 0.97, "H": 0.92, "M": 0.62, "L": 0.82}
# The banks say what is likely for one scenario; this sets the overall mix.
PRIORITY_MIX = {"C": 3.5, "H": 1.15, "M": 1.25, "L": 0.75}
FALSE_ALARM_SHARE = 0.01


def created_at(draw, any_hour):
    """A moment in 2025; people write on working days, machines at any time."""
    while True:
        day = datetime.datetime(2025, 1, 6) + datetime.timedelta(days=draw.below(326))
        if day.weekday() < 5 or any_hour or draw.chance(0.08):
            break
    hour = draw.below(24) if any_hour else draw.weighted(
        [(6, 2), (7, 7), (8, 14), (9, 16), (10, 14), (11, 11), (12, 6), (13, 9),
         (14, 10), (15, 8), (16, 6), (17, 3), (18, 2), (20, 1), (22, 1)])
    return day.replace(hour=hour, minute=draw.below(60), second=draw.below(60))


def choose_cue(draw, scenario, priority, cues):
    """The sentence that tells how urgent it is, or none."""
    if draw.chance(FALSE_ALARM_SHARE):
        # Only what this matter could be: nobody calls a survey link a disaster.
        priority = draw.pick([level for level, weight in scenario.priorities if weight])
    elif not draw.chance(CUE_SHARE[priority]):
        return ""
    own = scenario.consequences[priority]
    if own and draw.chance(0.92 if priority == "C" else 0.65):
        return draw.pick(own)
    return draw.pick(cues[f"{scenario.language} {priority} {scenario.scope}"])


def stems(text):
    """What a line is about: the beginnings of its longer words."""
    words = WORD.findall(SLOT.sub(" ", text.lower()))
    return {word[:5] for word in words if word not in COMMON_WORDS}


def fitting(lines, problem, problems):
    """(lines about the chosen problem, lines about none of the problems).

    Many scenarios cover two or three related matters, and a mail about the
    heating must not have the coffee machine as its subject.
    """
    here = stems(problem)
    everywhere = set().union(*(stems(other) for other in problems))
    same = [line for line in lines if stems(line) & here]
    neutral = [line for line in lines if not stems(line) & everywhere]
    return same, neutral


def opening(text):
    """The first words of a sentence, used as a subject."""
    words = text.split()
    return " ".join(words[:7]).rstrip(",.;:") + ("..." if len(words) > 7 else "")


def make_parts(draw, fill, scenario, priority, banks, manner):
    lines = scenario.lines
    parts = layouts.Parts(draw, fill, scenario.language, scenario, priority)
    problem = draw.pick(lines["p"])
    same, neutral = fitting(lines["s"], problem, lines["p"])
    subjects = same or neutral
    same, neutral = fitting(lines["n"], problem, lines["p"])
    notes = same or neutral
    same, neutral = fitting(lines["d"], problem, lines["p"])
    details = same + neutral
    problem = fill(problem)
    parts.problem = manner(problem)
    if subjects and not draw.chance(0.12):
        parts.subject = manner(fill(draw.pick(subjects)))
    else:
        parts.subject = manner(opening(problem))
    parts.note = manner(fill(draw.pick(notes))) if notes else ""
    count = draw.weighted([(0, 3), (1, 5), (2, 3)])
    parts.details = [manner(fill(line)) for line in draw.shuffled(details)[:count]]
    parts.ask = manner(fill(draw.pick(lines["a"]))) if draw.chance(0.62) else ""
    parts.cue = manner(fill(choose_cue(draw, scenario, priority, banks["cues"])))
    if draw.chance(0.25):
        parts.aside = manner(fill(draw.pick(banks["asides"][scenario.language])))
    if lines["m"]:
        parts.alert = fill(draw.pick(lines["m"]))
    return parts


def choose_layout(draw, scenario):
    if scenario.lines["m"] and draw.chance(0.3):
        return layouts.monitoring, "monitoring"
    layout, channels = draw.weighted([((layout, channels), weight)
                                      for layout, channels, weight in layouts.LAYOUTS])
    return layout, draw.pick(channels)


def choose_manner(draw, layout, language):
    """How this person writes; applied to their sentences, not to footers."""
    rate = draw.weighted([(0, 45), (0.01, 30), (0.03, 18), (0.07, 7)])
    hurried = layout in (layouts.quick_mail, layouts.one_block, layouts.terse)
    change = str
    if draw.chance(0.6 if layout is layouts.mobile_mail else 0.07):
        rate, change = max(rate, 0.02), noise.hasty
    elif hurried and draw.chance(0.06):
        change = noise.shout
    return lambda text: change(noise.typos(draw, text, language, rate))


def choose_labels(draw, scenario, priority):
    category = scenario.category
    others = sum(percent for _, percent in scenario.others)
    others *= 1 if others == 100 else JUDGEMENT
    if draw.chance(others / 100):
        category = draw.weighted(scenario.others)
    elif draw.chance(CONFUSED_SHARE):
        category = draw.pick(CONFUSED[category])
    group = scenario.groups[0]
    if len(scenario.groups) > 1 and draw.chance(OTHER_GROUP_SHARE):
        group = scenario.groups[1]
    elif draw.chance(FIRST_LEVEL_SHARE):
        group = bank.GROUPS["SD"]
    if draw.chance(PRIORITY_SLIP_SHARE):
        at = "CHML".index(priority) + draw.pick([-1, 1])
        priority = "CHML"[min(3, max(0, at))]
    return category, bank.PRIORITIES[priority], group


def make_ticket(draw, scenario, banks):
    priority = draw.weighted([(level, weight * PRIORITY_MIX[level])
                              for level, weight in scenario.priorities])
    layout, channel = choose_layout(draw, scenario)
    created = created_at(draw, channel == "monitoring")
    fill = Filler(draw, scenario.language, created)
    manner = choose_manner(draw, layout, scenario.language)
    subject, body = layout(make_parts(draw, fill, scenario, priority, banks, manner))
    category, level, group = choose_labels(draw, scenario, priority)
    return {"created_at": created.isoformat(), "channel": channel, "subject": subject.strip(),
            "body": body.strip(), "category": category, "priority": level, "assignment_group": group}


def make_distinct(draw, scenarios, count, banks, seen):
    """Tickets from all scenarios in turn; one too like an older one is redrawn."""
    tickets, queue = [], []
    while len(tickets) < count:
        queue = queue or draw.shuffled(scenarios)
        scenario = queue.pop()
        for _ in range(25):
            ticket = make_ticket(draw, scenario, banks)
            if seen.add(ticket["subject"] + "\n" + ticket["body"]):
                tickets.append(ticket)
                break
    return tickets


def make_all():
    draw = Draw(SEED)
    banks = {"cues": bank.keyed_lines("cues.txt"), "asides": bank.keyed_lines("asides.txt")}
    table, seen, tickets = bank.scenarios(), similar.Seen(similar.LIMIT), []
    for category, counts in COUNTS.items():
        for language, count in zip(("en", "de", "fr"), counts):
            tickets += make_distinct(draw, table[language, category], count, banks, seen)
    vague = bank.vague()
    for scenario in vague:
        scenario.category = "Miscellaneous"
    tickets += make_distinct(draw, vague, VAGUE, banks, seen)
    tickets.sort(key=lambda ticket: (ticket["created_at"], ticket["body"]))
    for number, ticket in enumerate(tickets):
        ticket["id"] = f"T{100001 + number}"
    return tickets


def to_csv(tickets):
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(tickets)
    return out.getvalue().encode("utf-8")


def main():
    path = sys.argv[1] if len(sys.argv) > 1 else OUTPUT
    with open(path, "wb") as file:
        file.write(to_csv(make_all()))


if __name__ == "__main__":
    main()
