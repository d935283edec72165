/* SPDX-License-Identifier: MIT */
/*
 * The character n-grams of a word: all runs of `shortest` to `longest` characters of "<word>",
 * where the marks tell its beginning and end (no token contains them).
 */
#ifndef FEATURES_SPELLING_H
#define FEATURES_SPELLING_H

#include "text/tokens.h"

#include <stdint.h>

typedef struct spelling {
    char marked[TOKEN_MAX_BYTES + 2 + TOKEN_SLACK_BYTES]; /* "<word>" and room to read on */
    uint8_t starts[TOKEN_MAX_BYTES + 3]; /* where each character begins; one past the end last */
    uint32_t n_characters;               /* the two marks included */
} spelling;

/* Marks the word (1 .. TOKEN_MAX_BYTES bytes; a longer one is cut) and finds its characters. */
void spelling_read(spelling *s, const char *word, uint32_t length);

#endif
