"""Random draws that stay the same on every Python version.

Only random.Random.random() is used: its sequence for a given seed is
guaranteed, while choice() and shuffle() have changed between releases.
"""
import random


class Draw:
    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, n):
        return int(self._random() * n)

    def between(self, low, high):
        return low + self.below(high - low + 1)

    def chance(self, probability):
        return self._random() < probability

    def pick(self, items):
        return items[self.below(len(items))]

    def weighted(self, pairs):
        """Pick from [(item, weight), ...]."""
        mark = self._random() * sum(weight for _, weight in pairs)
        for item, weight in pairs:
            mark -= weight
            if mark < 0:
                return item
        return pairs[-1][0]

    def shuffled(self, items):
        left, out = list(items), []
        while left:
            out.append(left.pop(self.below(len(left))))
        return out
