/* SPDX-License-Identifier: MIT */
/* What counts as a feature. Part of a model: the numbers are stored in its file. */
#ifndef FEATURES_OPTIONS_H
#define FEATURES_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct feature_options {
    uint32_t min_df;    /* a word or pair in fewer tickets is unknown; at least 1 */
    double max_df;      /* a word or pair in more than this share of the tickets weighs nothing; 0:
                           no limit */
    uint32_t max_words; /* only the most frequent words are known; 0: no limit */
    uint32_t max_pairs; /* min_df of pairs is raised until no more remain; 0: no pairs at all */
    uint32_t n_opening; /* so many words at the start of a text count once more, as its opening */
    bool has_edges;     /* the first and the last word make pairs with the text's edges */
    bool is_sublinear;  /* term frequency counts as 1 + ln(tf) instead of tf */
    uint8_t char_min, char_max; /* lengths of character n-grams, in characters; 0: none */
    float char_weight;          /* of the character n-grams of a word beside the word itself */
} feature_options;

#endif
