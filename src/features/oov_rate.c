/* SPDX-License-Identifier: MIT */
/* Document frequencies, counted once more, and the occurrences that hang on one ticket. */
#include "features/oov_rate.h"

#include "base/mem.h"
#include "features/collect.h"

#include <stdlib.h>

/* In how many tickets each word is. `last` has a place for each word: the ticket it was last seen
 * in. */
static void count_tickets(const corpus *c, uint32_t *last, uint32_t *df)
{
    for (size_t doc = 0; doc < c->n_docs; doc++) {
        uint32_t n;
        const uint32_t *words = corpus_doc(c, doc, &n);
        for (uint32_t i = 0; i < n; i++)
            if (last[words[i]] != doc + 1) {
                last[words[i]] = (uint32_t)(doc + 1);
                df[words[i]]++;
            }
    }
}

bool oov_rate_estimate(const corpus *c, const feature_space *space, double *ret_rate)
{
    uint32_t *last = mem_new_zeroed(c->strings.n, sizeof *last);
    uint32_t *df = mem_new_zeroed(c->strings.n, sizeof *df);
    bool is_counted = last && df;
    if (is_counted) {
        uint64_t n_words = c->offsets[c->n_docs], n_unknown = 0;
        count_tickets(c, last, df);
        for (uint64_t i = 0; i < n_words; i++)
            n_unknown +=
                space->numbers[c->words[i]] == NO_WORD || df[c->words[i]] <= space->options.min_df;
        *ret_rate = n_words ? (double)n_unknown / (double)n_words : 0;
    }
    free(last);
    free(df);
    return is_counted;
}
