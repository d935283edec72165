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

/* A table of one bucket, and its memory. */
typedef struct single {
    uint64_t keys[N_PAIRS];
    unsigned char tags[N_PAIRS + PAIR_TAGS_SLACK];
    uint32_t buckets[2];
    pair_table table;
} single;

/* `n` ascending keys in one bucket. */
static void one_bucket(single *s, uint32_t n)
{
    *s = (single){.buckets = {0, n}};
    s->table =
        (pair_table){s->buckets, s->tags, (const unsigned char *)s->keys, sizeof *s->keys, 0, n};
    for (uint32_t i = 0; i < n; i++)
        s->keys[i] = pair_key(PAIR_NEXT, i * 7919 % 1000, i);
    qsort(s->keys, n, sizeof *s->keys, key_order);
    for (uint32_t i = 0; i < n; i++)
        s->tags[i] = pair_spot_tag(pair_table_spot(&s->table, s->keys[i]));
}

static void a_bucket_of_any_length_is_searched(void **state)
{
    (void)state;
    single s;
    for (uint32_t n = 0; n <= N_PAIRS; n += n < 40 ? 1 : 115) {
        one_bucket(&s, n);
        for (uint32_t i = 0; i < n; i++) {
            assert_int_equal(pair_spot_bucket(pair_table_spot(&s.table, s.keys[i])), 0);
            assert_int_equal(pair_table_find(&s.table, s.keys[i]), i);
            assert_int_equal(pair_table_find(&s.table, s.keys[i] ^ (uint64_t)1 << 63),
                             PAIR_NOT_FOUND);
        }
        assert_int_equal(pair_table_find(&s.table, 0), PAIR_NOT_FOUND);
        assert_int_equal(pair_table_find(&s.table, UINT64_MAX), PAIR_NOT_FOUND);
    }
}

/* Whether a pair is there, its key alone decides. */
static void pairs_of_one_tag_are_told_apart(void **state)
{
    (void)state;
    single s;
    for (uint32_t n = 1; n <= 8; n++) {
        one_bucket(&s, n);
        for (uint32_t i = 0; i < n; i++) {
            memset(s.tags, pair_spot_tag(pair_table_spot(&s.table, s.keys[i])), sizeof s.tags);
            assert_int_equal(pair_table_find(&s.table, s.keys[i]), i);
        }
        uint64_t other = pair_key(PAIR_NEXT, 2000, 2000);
        memset(s.tags, pair_spot_tag(pair_table_spot(&s.table, other)), sizeof s.tags);
        assert_int_equal(pair_table_find(&s.table, other), PAIR_NOT_FOUND);
    }
}

/* The tags behind a bucket's own are the next one's: they do not count. */
static void neighbouring_buckets_are_not_searched(void **state)
{
    (void)state;
    single s;
    one_bucket(&s, 20);
    s.buckets[0] = 7;
    s.buckets[1] = 10;
    for (uint32_t i = 0; i < 20; i++)
        assert_int_equal(pair_table_find(&s.table, s.keys[i]),
                         i >= 7 && i < 10 ? i : PAIR_NOT_FOUND);
}

static void damaged_buckets_tags_and_keys_are_survived(void **state)
{
    (void)state;
    single s;
    rng r = {1};
    one_bucket(&s, N_PAIRS);
    for (int round = 0; round < 5000; round++) {
        s.buckets[0] = (uint32_t)rng_next(&r) >> rng_below(&r, 32);
        s.buckets[1] = (uint32_t)rng_next(&r) >> rng_below(&r, 32);
        s.keys[rng_below(&r, N_PAIRS)] = rng_next(&r);
        s.tags[rng_below(&r, sizeof s.tags)] = (unsigned char)rng_next(&r);
        uint32_t found = pair_table_find(&s.table, rng_next(&r));
        assert_true(found < N_PAIRS || found == PAIR_NOT_FOUND);
        found = pair_table_find(&s.table, s.keys[rng_below(&r, N_PAIRS)]);
        assert_true(found < N_PAIRS || found == PAIR_NOT_FOUND);
    }
}

static void there_are_buckets_for_two_to_four_pairs(void **state)
{
    (void)state;
    for (uint32_t n = 5; n < UINT32_MAX / 3; n += n / 2) {
        uint64_t n_buckets = (uint64_t)1 << pair_table_log2_buckets(n);
        assert_in_range(n, 2 * n_buckets, 4 * n_buckets);
    }
    assert_int_equal(pair_table_log2_buckets(0), 0);
    assert_int_equal(pair_table_log2_buckets(4), 0);
    assert_int_equal(pair_table_log2_buckets(5), 1);
    assert_int_equal(pair_table_log2_buckets(UINT32_MAX), 30);
}

static void buckets_fill_evenly_with_different_tags(void **state)
{
    (void)state;
    enum { LOG2 = 8 };
    uint32_t counts[1 << LOG2] = {0}, tag_counts[256] = {0};
    pair_table table = {.log2_buckets = LOG2};
    for (uint32_t first = 2; first < 258; first++)
        for (uint32_t second = 2; second < 258; second++) {
            uint64_t spot = pair_table_spot(&table, pair_key(PAIR_NEXT, first, second));
            counts[pair_spot_bucket(spot)]++;
            tag_counts[pair_spot_tag(spot)] += pair_spot_bucket(spot) < 64;
        }
    for (size_t i = 0; i < 256; i++) {
        assert_in_range(counts[i], 64, 1024);   /* 256 on average */
        assert_in_range(tag_counts[i], 8, 512); /* 64 on average */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_keep_their_parts),
        cmocka_unit_test(a_bucket_of_any_length_is_searched),
        cmocka_unit_test(pairs_of_one_tag_are_told_apart),
        cmocka_unit_test(neighbouring_buckets_are_not_searched),
        cmocka_unit_test(damaged_buckets_tags_and_keys_are_survived),
        cmocka_unit_test(there_are_buckets_for_two_to_four_pairs),
        cmocka_unit_test(buckets_fill_evenly_with_different_tags),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
