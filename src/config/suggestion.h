/* SPDX-License-Identifier: MIT */
/* What was probably meant by a misspelt word. */
#ifndef CONFIG_SUGGESTION_H
#define CONFIG_SUGGESTION_H

#include <stddef.h>

/* The best candidate so far; zero-initialise, then offer candidates one by one. */
typedef struct suggestion {
    const char *word;  /* the misspelt one, borrowed */
    const char *found; /* the nearest candidate, borrowed; NULL: none is near enough */
    size_t distance;
} suggestion;

/* Takes `candidate` if it is near enough to the word and nearer than what was found before. */
void suggestion_offer(suggestion *s, const char *candidate);

#endif
