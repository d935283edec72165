"""The ways people's writing goes wrong: typos, lower case, capitals."""
import re

WORD = re.compile(r"(?<![\w@.\\/:-])[a-zà-ÿ]{4,}(?![\w@\\/:-]|\.\w)")
COMMON = {
    "en": {"receive": "recieve", "access": "acess", "password": "passwrod",
           "the": "teh", "definitely": "definately", "monitor": "moniter",
           "please": "pls", "because": "becuase", "address": "adress",
           "working": "workin", "separate": "seperate", "keyboard": "keybord",
           "printer": "pinter", "account": "acount", "colleague": "collegue",
           "laptop": "labtop", "permission": "permision", "with": "wiht",
           "licence": "lisence", "screen": "sceen", "tomorrow": "tommorow",
           "necessary": "neccessary", "until": "untill", "folder": "foler"},
    "de": {"bitte": "bite", "nicht": "nciht", "und": "udn", "drucker": "druker",
           "passwort": "pasword", "vielen": "vilen", "mein": "mien"},
    "fr": {"merci": "mreci", "bonjour": "bonjuor", "imprimante": "imprimente",
           "dossier": "dosier", "toujours": "toujour", "beaucoup": "bcp"},
}


def _slip(draw, word):
    """One finger slip inside a word; the first letter stays."""
    at = draw.between(1, len(word) - 2)
    kind = draw.below(3)
    if kind == 0:
        return word[:at] + word[at + 1] + word[at] + word[at + 2:]
    if kind == 1:
        return word[:at] + word[at + 1:]
    return word[:at] + word[at] + word[at:]


def typos(draw, text, language, rate):
    """Spoils about one word in 1/rate; addresses, paths and codes are left."""
    def spoil(match):
        word = match[0]
        if word in COMMON[language] and draw.chance(min(1, rate * 6)):
            return COMMON[language][word]
        return _slip(draw, word) if draw.chance(rate) else word
    return WORD.sub(spoil, text)


def hasty(text):
    """As typed on a phone: lower case, few apostrophes."""
    return text.lower().replace("can't", "cant").replace("don't", "dont")


def shout(text):
    return text.upper().replace("ß", "SS")
