"""Finds near-duplicates: texts whose sets of words overlap too much."""
import re

LIMIT = 0.8
TOKEN = re.compile(r"\w+")


def normalised(text):
    return " ".join(TOKEN.findall(text.lower()))


def token_set(text):
    return frozenset(TOKEN.findall(text.lower()))


class Seen:
    """Texts so far, by word, so that few pairs have to be compared.

    With Jaccard above t, two sets share more than t of the larger one. So if
    each set is ordered by one fixed rule, any such pair shares a word among
    the first (1 - t) of each (prefix filter). Rare words make short lists;
    long words are rare, so the rule is: longest first.
    """

    def __init__(self, limit):
        self.limit = limit
        self.exact = set()
        self.by_word = {}
        self.sets = []

    def like(self, words):
        """Index of an earlier text that is too similar, or None."""
        tried = set()
        for word in self._prefix(words):
            for index in self.by_word.get(word, ()):
                if index not in tried:
                    tried.add(index)
                    if self._jaccard(words, self.sets[index]) > self.limit:
                        return index
        return None

    def add(self, text):
        """Takes a text in; False if it is too like one already there."""
        words, plain = token_set(text), normalised(text)
        if plain in self.exact or not words or self.like(words) is not None:
            return False
        self.exact.add(plain)
        for word in self._prefix(words):
            self.by_word.setdefault(word, []).append(len(self.sets))
        self.sets.append(words)
        return True

    def _prefix(self, words):
        keep = len(words) - int(self.limit * len(words)) + 1
        return sorted(words, key=lambda word: (-len(word), word))[:keep]

    @staticmethod
    def _jaccard(one, other):
        shared = len(one & other)
        return shared / (len(one) + len(other) - shared)
