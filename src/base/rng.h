/* SPDX-License-Identifier: MIT */
/*
 * The project's own random numbers: SplitMix64 (Steele, Lea, Flood 2014), seeded, the same on every
 * machine. Not for secrets. Thread-owned.
 */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include "base/hash.h"

#include <stdint.h>

typedef struct rng {
    uint64_t state;
} rng;

static inline uint64_t rng_next(rng *r)
{
    return hash_mix(r->state += 0x9E3779B97F4A7C15u);
}

/* Uniform in [0, bound), bound > 0, by Lemire's multiplication (2019), without the rejection step:
 * its bias is below bound / 2^32, which no shuffle of tickets can show. */
static inline uint32_t rng_below(rng *r, uint32_t bound)
{
    return (uint32_t)(((rng_next(r) >> 32) * (uint64_t)bound) >> 32);
}

/*
 * Fisher-Yates, from the front: with more items behind the same ones, the same state gives nearly
 * the same order. Each further item goes to a random place, and what was there to the end.
 */
static inline void rng_shuffle(rng *r, uint32_t *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t j = rng_below(r, i + 1);
        uint32_t held = items[i];
        items[i] = items[j];
        items[j] = held;
    }
}

#endif
