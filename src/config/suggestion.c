/* SPDX-License-Identifier: MIT */
/* Nearest word by edit distance (insert, delete, replace, swap of neighbours each cost one). */
#include "config/suggestion.h"

#include <string.h>

/* Longer words are not compared: no option or command is near that long. */
#define MAX_WORD_LENGTH 40

static size_t minimum(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The optimal string alignment distance, with the last three rows of its table. */
static size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][MAX_WORD_LENGTH + 1];
    for (size_t j = 0; j <= b_length; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        const size_t *above = rows[(i - 1) % 3];
        const size_t *two_above = rows[(i + 1) % 3];
        size_t *row = rows[i % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t replaced = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = minimum(minimum(above[j], row[j - 1]) + 1, replaced);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = minimum(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

void suggestion_offer(suggestion *s, const char *candidate)
{
    size_t word_length = strlen(s->word), length = strlen(candidate);
    if (word_length > MAX_WORD_LENGTH || length > MAX_WORD_LENGTH || word_length < 2)
        return;
    size_t distance = edit_distance(s->word, word_length, candidate, length);
    size_t allowed = length <= 4 ? 1 : length <= 8 ? 2 : 3;
    if (distance <= allowed && (!s->found || distance < s->distance)) {
        s->found = candidate;
        s->distance = distance;
    }
}
