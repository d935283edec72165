/* SPDX-License-Identifier: MIT */
/* String tables: what went in is found at its place, nothing else is; the table depends on the set
 * of strings only; collisions and damage do no harm. */
#include "base/rng.h"
#include "features/string_table.h"

#include <stdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Room for a string and what a probe may read behind it. */
typedef char padded[64];

#define N_STRINGS 3000

/* String `i`: a few bytes to a few dozen, so that about half are longer than an entry. */
static uint32_t make_string(uint32_t i, padded ret_text)
{
    memset(ret_text, '?', sizeof(padded)); /* what is behind the string must not matter */
    int length =
        snprintf(ret_text, 40, "%.*s%u", (int)(i % 31), "abcdefghijklmnopqrstuvwxyzabcdef", i);
    ret_text[length] = '?';
    return (uint32_t)length;
}

static uint32_t add(string_counter *counter, uint32_t i)
{
    padded text;
    uint32_t length = make_string(i, text);
    string_probe probe = string_probe_make(text, length);
    return string_counter_add(counter, &probe);
}

static uint32_t find(const string_table *table, const char *bytes, uint32_t length)
{
    padded text;
    memset(text, '!', sizeof text);
    memcpy(text, bytes, length);
    string_probe probe = string_probe_make(text, length);
    return string_table_find(table, &probe);
}

/* The table of the strings first, first + step, ... (n of them), added in that order. */
static string_index index_of(uint32_t first, uint32_t step, uint32_t n, uint64_t seed,
                             uint32_t *order)
{
    string_counter counter = {.seed = seed};
    string_index index = {0};
    uint32_t *chosen = malloc((n + 1) * sizeof *chosen);
    assert_non_null(chosen);
    for (uint32_t i = 0; i < n; i++) {
        chosen[i] = add(&counter, (first + i * step) % N_STRINGS);
        assert_int_equal(chosen[i], i);
    }
    assert_true(string_index_build(&counter, chosen, n, &index, order));
    string_counter_free(&counter);
    free(chosen);
    return index;
}

static void a_counter_numbers_in_order_of_first_sight(void **state)
{
    (void)state;
    string_counter counter = {0};
    for (uint32_t round = 0; round < 3; round++)
        for (uint32_t i = 0; i < N_STRINGS; i++)
            assert_int_equal(add(&counter, i), i);
    assert_int_equal(counter.n, N_STRINGS);
    for (uint32_t i = 0; i < N_STRINGS; i++) {
        char scratch[16];
        padded text;
        uint32_t length = make_string(i, text);
        string_probe probe = string_counter_probe(&counter, i, scratch);
        assert_int_equal(probe.length, length);
        assert_memory_equal(probe.bytes, text, length);
    }
    string_counter_free(&counter);
}

static void what_went_in_is_found_at_its_place(void **state)
{
    (void)state;
    static uint32_t order[N_STRINGS];
    string_index index = index_of(0, 1, N_STRINGS / 2, 1, order);
    assert_int_equal(index.table.n, N_STRINGS / 2);
    for (uint32_t i = 0; i < N_STRINGS; i++) {
        padded text;
        uint32_t length = make_string(i, text), place = find(&index.table, text, length);
        if (i >= N_STRINGS / 2) {
            assert_int_equal(place, STRING_NOT_FOUND);
            continue;
        }
        char scratch[16];
        const char *bytes;
        assert_int_equal(order[place], i);
        assert_int_equal(string_table_get(&index.table, place, scratch, &bytes), length);
        assert_memory_equal(bytes, text, length);
    }
    string_index_free(&index);
}

static void prefixes_and_the_empty_string_are_others(void **state)
{
    (void)state;
    static uint32_t order[N_STRINGS];
    string_index index = index_of(0, 1, 200, 1, order);
    for (uint32_t i = 0; i < 200; i++) {
        padded text;
        uint32_t length = make_string(i, text);
        for (uint32_t shorter = length > 15 ? 15 : 0; shorter < length; shorter++) {
            uint32_t place = find(&index.table, text, shorter);
            char scratch[16];
            const char *bytes;
            if (place != STRING_NOT_FOUND)
                assert_int_equal(string_table_get(&index.table, place, scratch, &bytes), shorter);
        }
    }
    assert_int_equal(find(&index.table, "", 0), STRING_NOT_FOUND);
    assert_int_equal(find(&index.table, "0\0", 2), STRING_NOT_FOUND); /* not the string "0" */
    string_index_free(&index);
}

/* Whatever the order and the seed of the hash table, the same set gives the same bytes. */
static void the_table_depends_on_the_set_only(void **state)
{
    (void)state;
    static uint32_t order[N_STRINGS];
    string_index first = index_of(0, 1, N_STRINGS, 1, order);
    static const uint32_t steps[] = {7, 1001, 2999};
    for (size_t s = 0; s < 3; s++) {
        string_index other = index_of(17, steps[s], N_STRINGS, 99 + s, order);
        size_t n_buckets = ((size_t)1 << first.table.log2_buckets) + 1;
        assert_int_equal(other.table.log2_buckets, first.table.log2_buckets);
        assert_int_equal(other.table.pool_length, first.table.pool_length);
        assert_memory_equal(other.buckets, first.buckets, n_buckets * sizeof *first.buckets);
        assert_memory_equal(other.entries, first.entries, N_STRINGS * sizeof *first.entries);
        assert_memory_equal(other.pool, first.pool, first.table.pool_length);
        string_index_free(&other);
    }
    string_index_free(&first);
}

static void an_empty_table_has_nothing(void **state)
{
    (void)state;
    uint32_t order[1];
    string_index index = index_of(0, 1, 0, 1, order);
    assert_int_equal(index.table.n, 0);
    assert_int_equal(find(&index.table, "a", 1), STRING_NOT_FOUND);
    assert_int_equal(find(&index.table, "", 0), STRING_NOT_FOUND);
    string_index_free(&index);
    string_index_free(&index);
}

static int entry_order(const void *left, const void *right)
{
    const string_entry *a = left, *b = right;
    bool a_long = string_entry_is_long(*a), b_long = string_entry_is_long(*b);
    if (a_long != b_long)
        return a_long ? 1 : -1;
    if (a->low != b->low)
        return a->low < b->low ? -1 : 1;
    return a_long ? 0 : (a->high > b->high) - (a->high < b->high);
}

/* The worst of all hash functions: everything in one bucket, which is searched by bisection. */
static void everything_in_one_bucket_is_found(void **state)
{
    (void)state;
    static uint32_t order[N_STRINGS];
    string_index index = index_of(0, 1, N_STRINGS, 1, order);
    const uint32_t buckets[] = {0, N_STRINGS};
    qsort(index.entries, N_STRINGS, sizeof *index.entries, entry_order);
    string_table table = index.table;
    table.log2_buckets = 0;
    table.buckets = buckets;
    for (uint32_t i = 0; i < N_STRINGS; i++) {
        char scratch[16];
        const char *bytes;
        padded text;
        uint32_t length = make_string(i, text), place = find(&table, text, length);
        assert_int_not_equal(place, STRING_NOT_FOUND);
        assert_int_equal(string_table_get(&table, place, scratch, &bytes), length);
        assert_memory_equal(bytes, text, length);
        if (length <= STRING_INLINE_BYTES) {
            string_probe probe = string_probe_make(text, length);
            assert_int_equal(string_table_find_inline(&table, probe.entry, 0), place);
        }
        text[0] = '#';
        assert_int_equal(find(&table, text, length), STRING_NOT_FOUND);
    }
    string_index_free(&index);
}

/* Two long strings of one hash, as someone who looks for collisions may find: told apart by bytes.
 */
static void long_strings_of_one_hash_are_told_apart(void **state)
{
    (void)state;
    char pool[80];
    static const char first[] = "the first of two long strings  ",
                      second[] = "the second of two long strings ";
    uint32_t length = sizeof first - 1, at = (uint32_t)sizeof length + length;
    assert_int_equal(sizeof first, sizeof second);
    memcpy(pool, &length, sizeof length);
    memcpy(pool + sizeof length, first, length);
    memcpy(pool + at, &length, sizeof length);
    memcpy(pool + at + sizeof length, second, length);
    uint64_t tag = (uint64_t)STRING_LONG_TAG << 56;
    string_probe probe = string_probe_make(second, length);
    const string_entry entries[] = {{probe.entry.low, tag}, {probe.entry.low, tag | at}};
    const uint32_t buckets[] = {0, 2};
    string_table table = {buckets, entries, pool, 0, 2, 2 * at};
    assert_int_equal(string_table_find(&table, &probe), 1);
}

static void damage_gives_nothing_but_wrong_numbers(void **state)
{
    (void)state;
    static uint32_t order[N_STRINGS];
    string_index index = index_of(0, 1, 300, 1, order);
    uint32_t n_buckets = (uint32_t)1 << index.table.log2_buckets;
    rng r = {3};
    for (int round = 0; round < 2000; round++) {
        index.buckets[rng_below(&r, n_buckets + 1)] = (uint32_t)rng_next(&r) >> rng_below(&r, 32);
        index.entries[rng_below(&r, 300)].high = rng_next(&r) | (uint64_t)0xFF << 56;
        for (uint32_t i = 0; i < 300; i += 7) {
            char scratch[16];
            const char *bytes;
            padded text;
            uint32_t length = make_string(i, text), place = find(&index.table, text, length);
            assert_true(place < 300 || place == STRING_NOT_FOUND);
            length = string_table_get(&index.table, i, scratch, &bytes);
            assert_true(length <= index.table.pool_length);
        }
    }
    string_index_free(&index);
}

static void buckets_are_a_power_of_two(void **state)
{
    (void)state;
    assert_int_equal(table_log2_buckets(0), 0);
    assert_int_equal(table_log2_buckets(1), 0);
    for (uint32_t log2 = 1; log2 < 30; log2++) {
        assert_int_equal(table_log2_buckets((uint32_t)1 << log2), log2);
        assert_in_range(table_log2_buckets(((uint32_t)1 << log2) + 1), log2, log2 + 1);
    }
    assert_int_equal(table_log2_buckets(UINT32_MAX), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_counter_numbers_in_order_of_first_sight),
        cmocka_unit_test(what_went_in_is_found_at_its_place),
        cmocka_unit_test(prefixes_and_the_empty_string_are_others),
        cmocka_unit_test(the_table_depends_on_the_set_only),
        cmocka_unit_test(an_empty_table_has_nothing),
        cmocka_unit_test(everything_in_one_bucket_is_found),
        cmocka_unit_test(long_strings_of_one_hash_are_told_apart),
        cmocka_unit_test(damage_gives_nothing_but_wrong_numbers),
        cmocka_unit_test(buckets_are_a_power_of_two),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
