/* SPDX-License-Identifier: MIT */
/* Pair tables: keys keep their parts, look-ups find what is there and survive what is damaged. */
#include "base/rng.h"
#include "features/pair_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void keys_keep_their_parts(void **state)
{
    (void)state;
    static const uint32_t words[] = {PAIR_EDGE_BEGIN, PAIR_EDGE_END, PAIR_FIRST_WORD, 12345,
                                     PAIR_MAX_WORDS + PAIR_FIRST_WORD};
    for (pair_kind kind = PAIR_NEXT; kind <= PAIR_OPENING; kind++)
        for (size_t i = 0; i < 5; i++)
            for (size_t k = 0; k < 5; k++) {
                uint64_t key = pair_key(kind, words[i], words[k]);
                assert_true(key != 0);
                assert_int_equal(pair_key_kind(key), kind);
                assert_int_equal(pair_key_first(key), words[i]);
                assert_int_equal(pair_key_second(key), words[k]);
            }
}

static int key_order(const void *left, const void *right)
{
    uint64_t a = *(const uint64_t *)left, b = *(const uint64_t *)right;
    return (a > b) - (a < b);
}

#define N_PAIRS 500

/* `n` ascending keys in one bucket. */
static pair_table one_bucket(uint64_t *keys, uint32_t *buckets, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        keys[i] = pair_key(PAIR_NEXT, i * 7919 % 1000, i);
    qsort(keys, n, sizeof *keys, key_order);
    buckets[0] = 0;
    buckets[1] = n;
    return (pair_table){buckets, (const unsigned char *)keys, sizeof *keys, 0, n};
}

static void a_bucket_of_any_length_is_searched(void **state)
{
    (void)state;
    uint64_t keys[N_PAIRS];
    uint32_t buckets[2];
    for (uint32_t n = 0; n <= N_PAIRS; n += n < 40 ? 1 : 115) {
        pair_table table = one_bucket(keys, buckets, n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(pair_table_bucket(&table, keys[i]), 0);
            assert_int_equal(pair_table_find_in(&table, 0, keys[i]), i);
            assert_int_equal(pair_table_find_in(&table, 0, keys[i] ^ (uint64_t)1 << 63),
                             PAIR_NOT_FOUND);
        }
        assert_int_equal(pair_table_find_in(&table, 0, 0), PAIR_NOT_FOUND);
        assert_int_equal(pair_table_find_in(&table, 0, UINT64_MAX), PAIR_NOT_FOUND);
    }
}

static void damaged_buckets_and_keys_are_survived(void **state)
{
    (void)state;
    uint64_t keys[N_PAIRS];
    uint32_t buckets[2];
    rng r = {1};
    pair_table table = one_bucket(keys, buckets, N_PAIRS);
    for (int round = 0; round < 5000; round++) {
        buckets[0] = (uint32_t)rng_next(&r) >> rng_below(&r, 32);
        buckets[1] = (uint32_t)rng_next(&r) >> rng_below(&r, 32);
        keys[rng_below(&r, N_PAIRS)] = rng_next(&r);
        uint32_t found = pair_table_find_in(&table, 0, rng_next(&r));
        assert_true(found < N_PAIRS || found == PAIR_NOT_FOUND);
        found = pair_table_find_in(&table, 0, keys[rng_below(&r, N_PAIRS)]);
        assert_true(found < N_PAIRS || found == PAIR_NOT_FOUND);
    }
}

static void buckets_fill_evenly(void **state)
{
    (void)state;
    enum { LOG2 = 8 };
    uint32_t counts[1 << LOG2] = {0};
    pair_table table = {.log2_buckets = LOG2};
    for (uint32_t first = 2; first < 258; first++)
        for (uint32_t second = 2; second < 258; second++)
            counts[pair_table_bucket(&table, pair_key(PAIR_NEXT, first, second))]++;
    for (size_t i = 0; i < 1 << LOG2; i++)
        assert_in_range(counts[i], 64, 1024); /* 256 on average */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_keep_their_parts),
        cmocka_unit_test(a_bucket_of_any_length_is_searched),
        cmocka_unit_test(damaged_buckets_and_keys_are_survived),
        cmocka_unit_test(buckets_fill_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
