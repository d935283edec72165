/* SPDX-License-Identifier: MIT */
/* Hashes: known values, so that files stay readable; and a mixer that loses nothing. */
#include "base/hash.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Of the xxHash project's own check and of the empty input. */
static void xxh3_has_its_known_values(void **state)
{
    (void)state;
    assert_true(hash_bytes("", 0) == 0x2D06800538D394C2u);
    assert_true(hash_bytes("abc", 3) == 0x78AF5F94892F3950u);
}

/* FIPS 180-4, example of one block, and the empty message. */
static void sha256_has_its_known_values(void **state)
{
    (void)state;
    char hex[65];
    hash_sha256_hex("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    hash_sha256_hex("", 0, hex);
    assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

/* SplitMix64 with seed 1234567, as its authors' code gives it. */
static void random_numbers_are_those_of_splitmix(void **state)
{
    (void)state;
    static const uint64_t expected[] = {6457827717110365317u, 3203168211198807973u,
                                        9817491932198370423u, 4593380528125082431u,
                                        16408922859458223821u};
    rng r = {1234567};
    for (size_t i = 0; i < 5; i++)
        assert_true(rng_next(&r) == expected[i]);
}

/* A single bit changes about half of all bits. */
static void mixing_spreads_every_bit(void **state)
{
    (void)state;
    for (int bit = 0; bit < 64; bit++) {
        int n_changed = 0;
        for (uint64_t key = 1; key <= 256; key++)
            n_changed +=
                __builtin_popcountll(hash_mix(key * 0x9E3779B97F4A7C15u) ^
                                     hash_mix(key * 0x9E3779B97F4A7C15u ^ (uint64_t)1 << bit));
        assert_in_range(n_changed, 256 * 29, 256 * 35);
    }
}

static void numbers_below_a_bound_are_even(void **state)
{
    (void)state;
    uint32_t counts[7] = {0};
    rng r = {1};
    for (int i = 0; i < 70000; i++)
        counts[rng_below(&r, 7)]++;
    for (size_t i = 0; i < 7; i++)
        assert_in_range(counts[i], 9600, 10400);
    assert_int_equal(rng_below(&r, 1), 0);
}

static void shuffling_keeps_every_item(void **state)
{
    (void)state;
    uint32_t items[100], n_moved = 0, seen[100] = {0};
    rng r = {1};
    for (uint32_t i = 0; i < 100; i++)
        items[i] = i;
    rng_shuffle(&r, items, 100);
    for (uint32_t i = 0; i < 100; i++) {
        seen[items[i]]++;
        n_moved += items[i] != i;
    }
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(n_moved > 80);
    rng_shuffle(&r, items, 0);
    rng_shuffle(&r, items, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xxh3_has_its_known_values),
        cmocka_unit_test(sha256_has_its_known_values),
        cmocka_unit_test(random_numbers_are_those_of_splitmix),
        cmocka_unit_test(mixing_spreads_every_bit),
        cmocka_unit_test(numbers_below_a_bound_are_even),
        cmocka_unit_test(shuffling_keeps_every_item),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
