"""Ticket layouts: how a mail, a chat, a form or a phone note is built up.

Each layout takes the parts of a ticket (Parts) and returns (subject, body).
The parts are finished sentences; a layout decides which of them it uses, in
which order and with what around them.
"""
import words


class Parts:
    """The sentences of one ticket, already filled in."""

    def __init__(self, draw, fill, language, scenario, priority):
        self.draw, self.fill, self.language = draw, fill, language
        self.scenario, self.priority = scenario, priority
        self.subject = self.note = self.problem = self.ask = self.cue = self.aside = ""
        self.details, self.alert = [], ""

    def say(self, table):
        return self.fill(self.draw.pick(table[self.language]))

    def sentences(self):
        """The whole story in an order that reads well."""
        story = [self.problem] + self.details
        if self.cue:
            # Urgency comes first with some writers, last with most.
            story.insert(0 if self.draw.chance(0.12) else len(story), self.cue)
        return story + [part for part in (self.ask, self.aside) if part]


def _lines(*blocks):
    return "\n".join(block for block in blocks if block)


def _paragraphs(*blocks):
    return "\n\n".join(block for block in blocks if block)


def _signature(parts):
    fill, draw = parts.fill, parts.draw
    lines = [f"{fill.fact('first')} {fill.fact('last')}"]
    if draw.chance(0.6):
        lines.append(f"{parts.say(words.TITLES)} | {fill.fact('company')}")
    else:
        lines.append(fill.fact("company"))
    if draw.chance(0.5):
        lines.append(f"Tel. {fill.fact('ext')}")
    if draw.chance(0.3):
        lines.append(fill.fact("address"))
    return "\n".join(lines)


def _footer(parts, probability):
    return parts.say(words.FOOTER) if parts.draw.chance(probability) else ""


def formal_mail(parts):
    hello, bye = parts.say(words.HELLO_FORMAL), parts.say(words.BYE_FORMAL)
    if parts.language == "en" and parts.draw.chance(0.03):
        hello, bye = parts.draw.pick(words.FOREIGN_HELLO), parts.draw.pick(words.FOREIGN_BYE)
    first = " ".join([parts.problem] + parts.details[:1])
    second = " ".join([part for part in parts.details[1:] + [parts.cue] if part])
    disclaimer = parts.say(words.DISCLAIMER) if parts.draw.chance(0.2) else ""
    return parts.subject, _paragraphs(hello, first, second, parts.ask, parts.aside,
                                      bye + "\n" + _signature(parts), disclaimer, _footer(parts, 0.1))


def quick_mail(parts):
    bye = _lines(parts.say(words.BYE_QUICK), parts.fill.fact("first"))
    return parts.subject, _paragraphs(parts.say(words.HELLO_QUICK), " ".join(parts.sentences()),
                                      bye, _footer(parts, 0.12))


def one_block(parts):
    """No greeting, no name, everything in one go."""
    subject = "" if parts.draw.chance(0.15) else parts.subject
    return subject, " ".join(parts.sentences())


def mobile_mail(parts):
    text = " ".join(part for part in (parts.problem, parts.cue, parts.ask) if part)
    subject = "" if parts.draw.chance(0.2) else parts.subject
    return subject, _paragraphs(text, parts.say(words.MOBILE))


def bullet_mail(parts):
    what, effect, wish, note = words.BULLETS[parts.language]
    lines = [f"- {what}: {parts.problem}"]
    lines += [f"- {note}: {detail}" for detail in parts.details]
    lines += [f"- {effect}: {parts.cue}"] if parts.cue else []
    lines += [f"- {wish}: {parts.ask}"] if parts.ask else []
    return parts.subject, _paragraphs(parts.say(words.HELLO_QUICK), "\n".join(lines),
                                      parts.aside, parts.fill.fact("first"))


def portal_form(parts):
    where, what, effect, wish, contact, urgency = words.FORM[parts.language]
    draw = parts.draw
    scope = draw.pick(words.SCOPES[parts.language][parts.scenario.scope])
    rows = [f"{where}: {parts.fill.fact('site')}, {parts.fill.fact('room')}",
            f"{what}: " + " ".join([parts.problem] + parts.details),
            f"{effect}: " + (f"{scope}. {parts.cue}" if parts.cue else scope)]
    if draw.chance(0.5):
        # People overrate their own trouble, so this field is only a hint.
        chosen = parts.priority if draw.chance(0.75) else draw.pick("HHM")
        rows.append(f"{urgency}: {words.URGENCY[parts.language][chosen]}")
    if parts.ask:
        rows.append(f"{wish}: {parts.ask}")
    if parts.aside:
        rows.append(parts.aside)
    rows.append(f"{contact}: {parts.fill.fact('first')} {parts.fill.fact('last')}, {parts.fill.fact('ext')}")
    return parts.subject, "\n".join(rows)


def phone_note(parts):
    draw, fill = parts.draw, parts.fill
    head = f"{parts.say(words.CALLED)} {fill.fact('first')} {fill.fact('last')} ({fill.fact('dept')}), {fill.fact('ext')}."
    quotes = draw.shuffled(parts.details + [parts.problem])[:2]
    said = f"{parts.say(words.SAYS)}: \"{' '.join(quotes)}\""
    cue = f"\"{parts.cue}\"" if parts.cue else ""
    note = parts.note + "." if parts.note else ""
    return draw.pick([parts.note or parts.subject, parts.subject]), _lines(
        head, note, said, cue, parts.say(words.TRIED))


def chat(parts):
    draw = parts.draw
    user, agent = parts.fill.fact("login"), draw.pick(["desk1", "desk2", "agent", "support-bot"])
    minute, hour = parts.fill.created.minute, parts.fill.created.hour
    greeting, since, last = words.AGENT[parts.language]
    turns = [(user, parts.say(words.CHAT_HELLO)), (agent, draw.pick(greeting)), (user, parts.problem)]
    if parts.scenario.scope != "r" and draw.chance(0.5):
        turns += [(agent, draw.pick(since)), (user, parts.say(words.WHEN))]
    turns += [(user, part) for part in parts.details + [parts.cue, parts.ask] if part]
    turns.append((agent, draw.pick(last)))
    lines = []
    for who, text in turns:
        lines.append(f"[{hour:02d}:{minute:02d}] {who}: {text[:1].lower() + text[1:].rstrip('.')}")
        hour, minute = divmod(hour * 60 + minute + draw.below(3), 60)
    return draw.pick([parts.subject, f"Chat {parts.fill.fact('first')} {parts.fill.fact('last')}"]), "\n".join(lines)


def forwarded(parts):
    mark, sender, sent, to, subject = words.ORIGINAL[parts.language]
    fill = parts.fill
    person = f"{fill.fact('first')} {fill.fact('last')}"
    cover = parts.say(words.FORWARD)
    if parts.language != "en" and parts.draw.chance(0.4):
        cover = fill(parts.draw.pick(words.COVER))
    head = [mark, f"{sender}: {person} <{fill.fact('address')}>", f"{sent}: {fill.day_text(-1)}",
            f"{to}: {fill.fact('name3')}", f"{subject}: {parts.subject}"]
    prefix = {"en": "FW: ", "de": "WG: ", "fr": "TR: "}[parts.language]
    return prefix + parts.subject, _paragraphs(cover, fill.fact("name3").split()[0], "\n".join(head),
                                               " ".join(parts.sentences()), person)


def reminder(parts):
    quoted = [parts.problem] + parts.details + [parts.ask]
    body = _paragraphs(parts.say(words.CHASE), parts.cue, parts.fill.fact("first"),
                       "\n".join("> " + line for line in quoted if line))
    prefix = {"en": "RE: ", "de": "AW: ", "fr": "RE: "}[parts.language]
    return f"{prefix}[{parts.fill.fact('ticket')}] {parts.subject}", body


def terse(parts):
    note = parts.note or parts.problem
    cue = parts.cue if parts.draw.chance(0.75) else ""
    if parts.draw.chance(0.12) and not cue:
        return note, ""
    return parts.draw.pick(["", parts.subject, parts.subject]), _lines(note, cue)


def voicemail(parts):
    text = " ".join([parts.problem] + parts.details[:1] + [part for part in (parts.cue, parts.ask) if part])
    for mark in ".,?!\"()":
        text = text.replace(mark + " ", " ").rstrip(mark)
    head = words.VOICEMAIL_HEAD[parts.language]
    return head, f"{parts.say(words.VOICEMAIL)} {text.lower()}\n\n({parts.fill.fact('ext')}, 0:{parts.draw.between(18, 59)})"


def monitoring(parts):
    state = {"C": "DOWN", "H": "CRITICAL", "M": "WARNING", "L": "WARNING"}[parts.priority]
    fill, draw = parts.fill, parts.draw
    if draw.chance(0.5):
        body = _lines("***** Monitoring *****", f"Notification: {draw.pick(['PROBLEM', 'PROBLEM', 'ESCALATION'])}",
                      f"State: {state}", f"Site: {fill.fact('siteno')}", f"Info: {parts.alert}",
                      f"Checked from {fill.fact('ip')}")
    else:
        body = _lines(f"{state}: {parts.alert}", f"attempt {draw.between(3, 5)}/5, acknowledged by nobody",
                      "https://monitor.example.com/alerts")
    if draw.chance(0.35):
        body = _paragraphs(body, _lines("Comment of the operator on duty:", " ".join(part for part in (parts.cue, parts.ask) if part)))
    return f"[{state}] {parts.alert}"[:90], body


# layout, channels it comes in by, weight
LAYOUTS = [
    (formal_mail, ["email"], 17), (quick_mail, ["email"], 22), (one_block, ["email", "portal"], 8),
    (mobile_mail, ["email"], 7), (bullet_mail, ["email", "portal"], 4), (portal_form, ["portal"], 15),
    (phone_note, ["phone", "phone", "walk-in"], 9), (chat, ["chat"], 9), (forwarded, ["email"], 6),
    (reminder, ["email"], 3), (terse, ["email", "portal", "walk-in"], 6), (voicemail, ["phone"], 2),
]
