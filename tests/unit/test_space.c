/* SPDX-License-Identifier: MIT */
/* Feature spaces: document frequencies, limits and weights by hand; the same for any number of
 * threads. */
#include "engine_support.h"
#include "features/collect.h"
#include "features/space.h"

#include <math.h>

static const uint32_t docs[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9};

static const ticket_row rows[] = {
    {"printer jam", {"a"}},
    {"printer printer", {"a"}},
    {"printer jam today", {"a"}},
    {"mail jam", {"a"}},
    {"mail", {"a"}},
};

typedef struct built {
    triage_dataset *dataset;
    corpus c;
    feature_space space;
} built;

static built build(const feature_options *options)
{
    built b = {.dataset = dataset_of(rows, 5, 1)};
    assert_int_equal(corpus_build(b.dataset, 1, 1, &b.c, NULL), TRIAGE_OK);
    assert_int_equal(feature_space_build(&b.c, docs, 5, options, 1, &b.space, NULL), TRIAGE_OK);
    return b;
}

static void built_free(built *b)
{
    feature_space_free(&b->space);
    corpus_free(&b->c);
    triage_dataset_free(b->dataset);
}

static uint32_t word(const feature_space *space, const char *text)
{
    char padded[64] = "";
    strcat(padded, text);
    string_probe probe = string_probe_make(padded, (uint32_t)strlen(text));
    return string_table_find(&space->words.table, &probe);
}

static uint32_t pair(const feature_space *space, pair_kind kind, const char *first,
                     const char *second)
{
    uint32_t a = word(space, first), b = word(space, second);
    a = first[0] == '^' ? PAIR_EDGE_BEGIN : a + PAIR_FIRST_WORD;
    b = second[0] == '$' ? PAIR_EDGE_END : b + PAIR_FIRST_WORD;
    return pair_table_find(&space->pairs, pair_key(kind, a, b));
}

static void idf_is_smooth(void **state)
{
    (void)state;
    assert_float_equal(inverse_document_frequency(5, 3), log(6.0 / 4.0) + 1, 1e-6);
    assert_float_equal(inverse_document_frequency(5, 5), 1, 1e-6);
    assert_float_equal(inverse_document_frequency(0, 0), 1, 1e-6);
}

static void words_weigh_by_their_document_frequency(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 1});
    const feature_space *s = &b.space;
    assert_int_equal(s->words.table.n, 4);
    assert_int_equal(s->pairs.n, 0);
    assert_int_equal(s->grams.table.n, 0);
    assert_float_equal(s->word_idf[word(s, "printer")], log(6.0 / 4.0) + 1, 1e-6);
    assert_float_equal(s->word_idf[word(s, "jam")], log(6.0 / 4.0) + 1, 1e-6);
    assert_float_equal(s->word_idf[word(s, "mail")], log(6.0 / 3.0) + 1, 1e-6);
    assert_float_equal(s->word_idf[word(s, "today")], log(6.0 / 2.0) + 1, 1e-6);
    assert_float_equal(s->rare_idf, log(6.0 / 2.0) + 1, 1e-6);
    built_free(&b);
}

static void rare_words_are_unknown(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 3});
    assert_int_equal(b.space.words.table.n, 2);
    assert_int_equal(word(&b.space, "mail"), STRING_NOT_FOUND);
    uint32_t n_known = 0;
    for (size_t i = 0; i < b.c.strings.n; i++)
        n_known += b.space.numbers[i] != NO_WORD;
    assert_int_equal(n_known, 2);
    built_free(&b);
    b = build(&(feature_options){.min_df = 9, .max_pairs = 100});
    assert_int_equal(b.space.words.table.n, 0);
    assert_int_equal(b.space.pairs.n, 0);
    built_free(&b);
}

/* In tickets: "printer" 3, "jam" 3, "mail" 2, "today" 1. */
static void too_frequent_words_are_known_but_weigh_nothing(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 2, .max_df = 0.59, .max_pairs = 100});
    const feature_space *s = &b.space;
    assert_int_equal(s->words.table.n, 3);
    assert_true(s->word_idf[word(s, "printer")] == 0);
    assert_true(s->word_idf[word(s, "jam")] == 0);
    assert_float_equal(s->word_idf[word(s, "mail")], log(6.0 / 3.0) + 1, 1e-6);
    assert_int_equal(word(s, "today"), STRING_NOT_FOUND);
    /* They have a part in pairs. */
    assert_int_equal(s->pairs.n, 1);
    assert_int_not_equal(pair(s, PAIR_NEXT, "printer", "jam"), PAIR_NOT_FOUND);
    built_free(&b);
    b = build(&(feature_options){.min_df = 1, .max_df = 0.6}); /* exactly 3 of 5 */
    assert_true(b.space.word_idf[word(&b.space, "printer")] > 0);
    built_free(&b);
}

static void too_frequent_pairs_are_not_kept(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 1, .max_df = 0.3, .max_pairs = 3});
    assert_int_equal(b.space.pairs.n, 3); /* the limit counts only what is kept */
    assert_int_equal(pair(&b.space, PAIR_NEXT, "printer", "jam"), PAIR_NOT_FOUND);
    assert_int_not_equal(pair(&b.space, PAIR_NEXT, "mail", "jam"), PAIR_NOT_FOUND);
    built_free(&b);
}

static void too_frequent_words_do_not_count_for_the_limit(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 1, .max_df = 0.5, .max_words = 1});
    assert_int_equal(b.space.words.table.n, 3);
    assert_true(b.space.word_idf[word(&b.space, "mail")] > 0);
    assert_true(b.space.word_idf[word(&b.space, "printer")] == 0);
    assert_true(b.space.word_idf[word(&b.space, "jam")] == 0);
    built_free(&b);
}

/* By total count, not by tickets: "printer" 4, "jam" 3, "mail" 2. */
static void only_the_most_frequent_words_are_kept(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 1, .max_words = 1});
    assert_int_equal(b.space.words.table.n, 1);
    assert_int_not_equal(word(&b.space, "printer"), STRING_NOT_FOUND);
    built_free(&b);
    b = build(&(feature_options){.min_df = 1, .max_words = 3});
    assert_int_equal(b.space.words.table.n, 3);
    assert_int_equal(word(&b.space, "today"), STRING_NOT_FOUND);
    built_free(&b);
}

static void pairs_are_counted_by_ticket(void **state)
{
    (void)state;
    built b = build(&(feature_options){.min_df = 1, .max_pairs = 100});
    const feature_space *s = &b.space;
    /* printer jam (2), printer printer, jam today, mail jam */
    assert_int_equal(s->pairs.n, 4);
    assert_float_equal(s->pair_idf[pair(s, PAIR_NEXT, "printer", "jam")], log(6.0 / 3.0) + 1, 1e-6);
    assert_float_equal(s->pair_idf[pair(s, PAIR_NEXT, "jam", "today")], log(6.0 / 2.0) + 1, 1e-6);
    assert_int_equal(pair(s, PAIR_NEXT, "jam", "printer"), PAIR_NOT_FOUND);
    built_free(&b);
}

static void the_limit_of_pairs_raises_their_frequency(void **state)
{
    (void)state;
    for (uint32_t limit = 1; limit <= 4; limit++) {
        built b = build(&(feature_options){.min_df = 1, .max_pairs = limit});
        assert_int_equal(b.space.pairs.n, limit < 4 ? 1 : 4);
        assert_int_not_equal(pair(&b.space, PAIR_NEXT, "printer", "jam"), PAIR_NOT_FOUND);
        built_free(&b);
    }
    built b = build(&(feature_options){.min_df = 2, .max_pairs = 100});
    assert_int_equal(b.space.pairs.n, 1);
    built_free(&b);
}

static void edges_and_openings_are_pairs(void **state)
{
    (void)state;
    built b =
        build(&(feature_options){.min_df = 1, .max_pairs = 100, .n_opening = 1, .has_edges = true});
    const feature_space *s = &b.space;
    /* 4 neighbours; ^ printer, ^ mail; jam $, printer $, today $, mail $;
     * openings printer, mail */
    assert_int_equal(s->pairs.n, 4 + 2 + 4 + 2);
    assert_float_equal(s->pair_idf[pair(s, PAIR_NEXT, "^", "printer")], log(6.0 / 4.0) + 1, 1e-6);
    assert_float_equal(s->pair_idf[pair(s, PAIR_NEXT, "jam", "$")], log(6.0 / 3.0) + 1, 1e-6);
    assert_float_equal(s->pair_idf[pair(s, PAIR_OPENING, "^", "mail")], log(6.0 / 3.0) + 1, 1e-6);
    built_free(&b);
}

static void only_the_chosen_tickets_count(void **state)
{
    (void)state;
    static const uint32_t chosen[] = {3, 4};
    built b = build(&(feature_options){.min_df = 1});
    feature_space space;
    assert_int_equal(feature_space_build(&b.c, chosen, 2,
                                         &(feature_options){.min_df = 1, .max_pairs = 10}, 1,
                                         &space, NULL),
                     TRIAGE_OK);
    assert_int_equal(space.words.table.n, 2);
    assert_int_equal(space.pairs.n, 1);
    assert_float_equal(space.word_idf[word(&space, "mail")], 1, 1e-6);
    feature_space_free(&space);
    built_free(&b);
}

static void the_space_does_not_depend_on_threads(void **state)
{
    (void)state;
    enum { N = 400 };
    uint32_t all[N];
    for (uint32_t i = 0; i < N; i++)
        all[i] = i;
    feature_options options = {
        .min_df = 1, .max_pairs = 500, .has_edges = true, .char_min = 2, .char_max = 4};
    triage_dataset *dataset = random_dataset(N, 1, 9, 1);
    corpus c;
    feature_space one, many;
    assert_int_equal(corpus_build(dataset, 1, 1, &c, NULL), TRIAGE_OK);
    assert_int_equal(feature_space_build(&c, all, N, &options, 1, &one, NULL), TRIAGE_OK);
    assert_true(one.pairs.n > 100 && one.pairs.n <= 500 && one.grams.table.n > 50);
    for (uint32_t n_threads = 2; n_threads <= 5; n_threads++) {
        assert_int_equal(feature_space_build(&c, all, N, &options, n_threads, &many, NULL),
                         TRIAGE_OK);
        assert_int_equal(many.pairs.n, one.pairs.n);
        assert_memory_equal(many.pair_keys, one.pair_keys, one.pairs.n * sizeof *one.pair_keys);
        assert_memory_equal(many.pair_idf, one.pair_idf, one.pairs.n * sizeof *one.pair_idf);
        assert_memory_equal(many.words.entries, one.words.entries,
                            one.words.table.n * sizeof *one.words.entries);
        feature_space_free(&many);
    }
    feature_space_free(&one);
    corpus_free(&c);
    triage_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(idf_is_smooth),
        cmocka_unit_test(words_weigh_by_their_document_frequency),
        cmocka_unit_test(rare_words_are_unknown),
        cmocka_unit_test(too_frequent_words_are_known_but_weigh_nothing),
        cmocka_unit_test(too_frequent_pairs_are_not_kept),
        cmocka_unit_test(too_frequent_words_do_not_count_for_the_limit),
        cmocka_unit_test(only_the_most_frequent_words_are_kept),
        cmocka_unit_test(pairs_are_counted_by_ticket),
        cmocka_unit_test(the_limit_of_pairs_raises_their_frequency),
        cmocka_unit_test(edges_and_openings_are_pairs),
        cmocka_unit_test(only_the_chosen_tickets_count),
        cmocka_unit_test(the_space_does_not_depend_on_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
