/* SPDX-License-Identifier: MIT */
/* Near-copies of texts: what comes together and what does not, bounds, and the hash of a text. */
#include "text/similar.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static uint64_t place(similar_index *index, const char *text, uint64_t own)
{
    return similar_index_place(index, text, strlen(text), own);
}

static bool are_near(const char *a, const char *b)
{
    similar_index *index = similar_index_new(10);
    assert_non_null(index);
    assert_int_equal(place(index, a, 1), 1);
    uint64_t found = place(index, b, 2);
    assert_true(found == 1 || found == 2);
    similar_index_free(index);
    return found == 1;
}

static void expect_near(const char *a, const char *b, bool is_near)
{
    if (are_near(a, b) != is_near || are_near(b, a) != is_near)
        fail_msg("\"%s\" and \"%s\" are %snear-copies", a, b, is_near ? "no " : "");
}

static const char long_text[] =
    "Since this morning nobody in the accounting department can print on the large copier of the "
    "second floor. The display shows paper jam although there is none, we opened every tray and "
    "switched it off and on again several times. Other printers work as usual. As the monthly "
    "statements must leave the house today, please send somebody as soon as possible or tell us "
    "which other device we may use until then.";

static void examples(void **state)
{
    char forwarded[1024];
    (void)state;
    expect_near("VPN is down for user Anna", "vpn is down for user Bernd!!", true);
    expect_near("printer is broken", "VPN is broken", false);
    expect_near("printer is broken", "PRINTER - is - broken.", true);
    expect_near("cannot log in since INC0012345 of 2024-01-05", "Cannot log in since INC0099999 of",
                true);
    expect_near("12345", "12345!", true);
    expect_near("12345", "99999", false);
    expect_near("", " ...", true);
    expect_near("", "help", false);
    expect_near("help help help", "help", true);
    snprintf(forwarded, sizeof forwarded,
             "Hello team, please see below. Kind regards, Anna\n\n> From: Bernd\n> %s", long_text);
    expect_near(long_text, forwarded, true);
    expect_near(long_text, "Since this morning nobody in accounting can reach the VPN.", false);
}

/* A text of the words `first` .. `first + n - 1`, in any order, as letters. */
static const char *make_text(buffer *out, unsigned first, unsigned n)
{
    buffer_clear(out);
    for (unsigned i = 0; i < n; i++) {
        for (unsigned word = first + i, k = 0; k < 5; k++, word /= 26)
            buffer_append_char(out, (char)('a' + word % 26));
        buffer_append_char(out, ' ');
    }
    return buffer_string(out);
}

/* 30 words each, so many of them in both: at 0.7 and above nearly all are found, below none. */
static void similar_ones_are_found(void **state)
{
    (void)state;
    enum { N = 1000, WORDS = 30 };
    buffer text = {0};
    for (unsigned shift = 0; shift <= WORDS; shift += shift < 10 ? 1 : 10) {
        int n_found = 0;
        similar_index *index = similar_index_new(N);
        for (unsigned i = 0; i < N; i++) {
            place(index, make_text(&text, i * 100, WORDS), i + 1);
            uint64_t found = place(index, make_text(&text, i * 100 + shift, WORDS), N + 1);
            assert_true(found == i + 1 || found == N + 1);
            if (found == N + 1)
                similar_index_remove(index, N + 1);
            else
                n_found++;
        }
        double similarity = (double)(WORDS - shift) / (WORDS + shift);
        print_message("similarity %.3f: %.1f %% found\n", similarity, 100.0 * n_found / N);
        if (similarity < 0.7)
            assert_int_equal(n_found, 0);
        else
            assert_true(n_found > N * (similarity < 0.75 ? 96 : 98) / 100);
        similar_index_free(index);
    }
    buffer_free(&text);
}

static void the_most_similar_is_taken(void **state)
{
    (void)state;
    buffer text = {0};
    similar_index *index = similar_index_new(10);
    assert_int_equal(place(index, make_text(&text, 0, 30), 1), 1);
    assert_int_equal(place(index, make_text(&text, 6, 30), 2), 2);
    /* Near-copies of both. */
    assert_int_equal(place(index, make_text(&text, 4, 30), 3), 2);
    assert_int_equal(place(index, make_text(&text, 2, 30), 3), 1);
    assert_int_equal(place(index, make_text(&text, 4, 30), 3), 2);
    assert_int_equal(similar_index_length(index), 2);
    similar_index_free(index);
    buffer_free(&text);
}

static void the_one_not_seen_for_longest_makes_room(void **state)
{
    (void)state;
    buffer text = {0};
    similar_index *index = similar_index_new(3);
    for (unsigned i = 0; i < 3; i++)
        assert_int_equal(place(index, make_text(&text, i * 100, 10), i), i);
    assert_int_equal(place(index, make_text(&text, 0, 10), 99), 0);  /* seen again */
    assert_int_equal(place(index, make_text(&text, 300, 10), 3), 3); /* 1 goes */
    assert_int_equal(similar_index_length(index), 3);
    assert_int_equal(place(index, make_text(&text, 0, 10), 99), 0);
    assert_int_equal(place(index, make_text(&text, 200, 10), 99), 2);
    assert_int_equal(place(index, make_text(&text, 100, 10), 4), 4); /* 3 goes */
    assert_int_equal(place(index, make_text(&text, 300, 10), 5), 5); /* 0 goes */
    assert_int_equal(similar_index_length(index), 3);
    similar_index_free(index);
    buffer_free(&text);
}

static void a_cluster_is_forgotten(void **state)
{
    (void)state;
    similar_index *index = similar_index_new(10);
    assert_int_equal(place(index, "the network is slow today", 7), 7);
    assert_int_equal(place(index, "my keyboard has no letters", 7), 7); /* the same cluster's */
    assert_int_equal(place(index, "please order a chair", 8), 8);
    similar_index_remove(index, 12345);
    assert_int_equal(similar_index_length(index), 3);
    similar_index_remove(index, 7);
    assert_int_equal(similar_index_length(index), 1);
    assert_int_equal(place(index, "the network is slow today", 9), 9);
    assert_int_equal(place(index, "Please order a chair!", 10), 8);
    similar_index_remove(index, 8);
    similar_index_remove(index, 9);
    assert_int_equal(similar_index_length(index), 0);
    similar_index_free(index);
    similar_index_free(NULL);
}

/* --- against a simple reference ------------------------------------------------------------ */

#define N_VOCABULARY 14
#define N_MODEL      20

typedef struct model_text {
    uint32_t words; /* bit w: it has word w */
    uint64_t cluster, seen;
} model_text;

static double similarity(uint32_t a, uint32_t b)
{
    return (double)__builtin_popcount(a & b) / (double)__builtin_popcount(a | b);
}

/* Random texts come, go and come again: what is found is near, and an index that lost or mixed up
 * an entry would show. */
static void a_long_life(void **state)
{
    (void)state;
    rng r = {.state = 5};
    buffer text = {0};
    model_text model[N_MODEL];
    size_t n = 0, n_missed = 0, n_found = 0;
    similar_index *index = similar_index_new(N_MODEL);
    for (uint64_t step = 1; step <= 20000; step++) {
        uint32_t words = 0;
        double best = 0;
        size_t at = n;
        buffer_clear(&text);
        for (uint32_t k = 4 + rng_below(&r, 8); k > 0; k--) {
            uint32_t word = rng_below(&r, N_VOCABULARY);
            words |= 1u << word;
            buffer_printf(&text, "w%c ", 'a' + (int)word);
        }
        uint64_t found = similar_index_place(index, text.data, text.length, step);
        for (size_t i = 0; i < n; i++) {
            best =
                similarity(words, model[i].words) > best ? similarity(words, model[i].words) : best;
            at = model[i].cluster == found ? i : at;
        }
        if (found != step) {
            assert_true(at < n && similarity(words, model[at].words) >= 0.7);
            model[at].seen = step;
            n_found++;
        } else {
            n_missed += best >= 0.7;
            if (n == N_MODEL) {
                at = 0;
                for (size_t i = 1; i < n; i++)
                    at = model[i].seen < model[at].seen ? i : at;
            } else {
                at = n++;
            }
            model[at] = (model_text){.words = words, .cluster = step, .seen = step};
        }
        if (rng_below(&r, 5) == 0) {
            at = rng_below(&r, (uint32_t)n);
            similar_index_remove(index, model[at].cluster);
            model[at] = model[--n];
        }
        assert_int_equal(similar_index_length(index), n);
    }
    print_message("%zu near-copies found, %zu missed\n", n_found, n_missed);
    assert_true(n_found > 500 && n_missed * 20 < n_found);
    similar_index_free(index);
    buffer_free(&text);
}

static void any_bytes_have_a_place(void **state)
{
    (void)state;
    rng r = {.state = 9};
    similar_index *index = similar_index_new(50);
    for (int i = 0; i < 2000; i++) {
        char bytes[200];
        size_t length = rng_below(&r, sizeof bytes);
        for (size_t k = 0; k < length; k++)
            bytes[k] = (char)rng_below(&r, i % 2 ? 256 : 128);
        uint64_t cluster = similar_index_place(index, bytes, length, (uint64_t)i);
        assert_int_equal(similar_index_place(index, bytes, length, 1000000), cluster);
        assert_int_equal(similar_text_hash(bytes, length), similar_text_hash(bytes, length));
    }
    similar_index_free(index);
}

static uint64_t hash_of(const char *text)
{
    return similar_text_hash(text, strlen(text));
}

static void hashes_are_of_the_words(void **state)
{
    (void)state;
    assert_true(hash_of("VPN is down") == hash_of("  vpn, IS\ndown!!"));
    assert_true(hash_of("\xC3\x9C"
                        "ber") == hash_of("u\xCC\x88"
                                          "BER"));
    assert_true(hash_of("VPN is down") != hash_of("VPN isdown"));
    assert_true(hash_of("VPN is down") != hash_of("is VPN down"));
    assert_true(hash_of("INC1") != hash_of("INC2"));
    assert_true(hash_of("") == SIMILAR_EMPTY_HASH);
    assert_true(hash_of(" .. \n") == SIMILAR_EMPTY_HASH);
    assert_true(hash_of("a") != SIMILAR_EMPTY_HASH);
    /* What is stored must stay. */
    assert_true(hash_of("VPN is down") == UINT64_C(0x9CA008954E289488));
}

static void costs_are_printed(void **state)
{
    (void)state;
    enum { N = 20000 };
    rng r = {.state = 3};
    buffer text = {0}, word = {0};
    for (unsigned words = 15; words <= 200; words += 185) {
        double seconds = 0;
        similar_index *index = similar_index_new(N);
        for (unsigned i = 0; i < N; i++) {
            buffer_clear(&text);
            for (unsigned k = 0; k < words; k++)
                buffer_append_text(&text, make_text(&word, rng_below(&r, 20000), 1));
            double start = clock_seconds();
            similar_index_place(index, text.data, text.length, i);
            seconds += clock_seconds() - start;
        }
        print_message("placing a text of %u words: %.0f ns\n", words, seconds / N * 1e9);
        assert_int_equal(similar_index_length(index), N);
        similar_index_free(index);
    }
    buffer_free(&text);
    buffer_free(&word);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(examples),
        cmocka_unit_test(similar_ones_are_found),
        cmocka_unit_test(the_most_similar_is_taken),
        cmocka_unit_test(the_one_not_seen_for_longest_makes_room),
        cmocka_unit_test(a_cluster_is_forgotten),
        cmocka_unit_test(a_long_life),
        cmocka_unit_test(any_bytes_have_a_place),
        cmocka_unit_test(hashes_are_of_the_words),
        cmocka_unit_test(costs_are_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
