/* SPDX-License-Identifier: MIT */
/* The lowest cut whose precision is proven. */
#include "model/cuts.h"

#include "base/binomial.h"

size_t cuts_wanted(size_t n_tickets)
{
    size_t cuts = n_tickets / CUT_TICKETS;
    return cuts < 1 ? 1 : cuts > CUTS_MAX ? CUTS_MAX : cuts;
}

uint32_t cuts_n_tickets(const label_cuts *cuts)
{
    return cuts->n ? cuts->items[cuts->n - 1].n : 0;
}

const label_cut *cuts_find(const label_cuts *cuts, double target)
{
    double alpha = CUTS_ALPHA / (double)cuts_wanted(cuts_n_tickets(cuts));
    for (size_t i = cuts->n; i-- > 0;) {
        const label_cut *cut = &cuts->items[i];
        /* The bound reaches the target exactly if so many right ones are that unlikely at the
         * target. */
        if (binomial_upper_tail(cut->n_right, cut->n, target) <= alpha)
            return cut;
    }
    return NULL;
}

float cuts_threshold(const label_cuts *cuts, double target)
{
    const label_cut *cut = cuts_find(cuts, target);
    return cut ? cut->confidence : THRESHOLD_NEVER;
}
