#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Many tickets from few: draws tickets again and again, with noise in their words.

    grow.py TRAIN.csv OUT.csv N

Of the words, 5 % become another word of the corpus and 1 % a new, made-up word, so that the texts
differ and the vocabulary grows as it does in real life. The same input gives the same output.
"""

import csv
import sys

import numpy

import corpora

BLOCK = 20000
OTHER_WORD, NEW_WORD = 0.05, 0.01
LETTERS = numpy.array(list("bcdfghjklmnprstvwz"))


def made_up(first, n):
    """`n` words that nobody has used, numbered from `first`."""
    numbers = numpy.arange(first, first + n)
    # A multiplier without a factor of 18 permutes the 18^6 numbers: neighbours do not look alike.
    numbers = numbers * 7654321 % len(LETTERS) ** 6
    words = numpy.full(n, "q", dtype=object)
    for _ in range(6):
        words = words + LETTERS[numbers % len(LETTERS)].astype(object)
        numbers = numbers // len(LETTERS)
    return words


def main():
    source, out, n_wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
    rows = corpora.read_csv(source, "text", "label")
    split_texts = [text.split() for text, _ in rows]
    vocabulary = sorted({word for words in split_texts for word in words})
    number = {word: i for i, word in enumerate(vocabulary)}
    texts = [numpy.array([number[word] for word in words], dtype=numpy.int64)
             for words in split_texts]
    words_of = numpy.array(vocabulary, dtype=object)
    random = numpy.random.Generator(numpy.random.PCG64(1))
    n_new = 0
    with open(out, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label"])
        for start in range(0, n_wanted, BLOCK):
            drawn = random.integers(len(rows), size=min(BLOCK, n_wanted - start))
            words = numpy.concatenate([texts[i] for i in drawn])
            noise = random.random(len(words))
            replaced = noise < OTHER_WORD
            words[replaced] = random.integers(len(vocabulary), size=replaced.sum())
            spelled = words_of[words]
            invented = (noise >= OTHER_WORD) & (noise < OTHER_WORD + NEW_WORD)
            spelled[invented] = made_up(n_new, invented.sum())
            n_new += int(invented.sum())
            spelled = spelled.tolist()
            end = 0
            for i in drawn:
                begin, end = end, end + len(texts[i])
                writer.writerow([" ".join(spelled[begin:end]), rows[i][1]])


if __name__ == "__main__":
    main()
