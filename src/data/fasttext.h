/* SPDX-License-Identifier: MIT */
/*
 * A line of a fastText file: labels, each with the prefix __label__, then the text, separated by
 * spaces or tabs. Only labels at the start of the line are labels; of several the first one counts,
 * because a ticket has one label a field.
 */
#ifndef DATA_FASTTEXT_H
#define DATA_FASTTEXT_H

#include "data/slice.h"

#define FASTTEXT_PREFIX "__label__"

typedef struct fasttext_line {
    slice label; /* without the prefix; empty: a prefix with nothing behind it, or no label */
    slice text;
    size_t n_labels;
} fasttext_line;

/* The parts of `line`; never fails. */
fasttext_line fasttext_split(slice line);

#endif
