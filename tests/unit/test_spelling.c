/* SPDX-License-Identifier: MIT */
/* Spelling: marks, character boundaries, and the n-grams of a space by hand. */
#include "engine_support.h"
#include "features/space.h"
#include "features/spelling.h"

#include <math.h>

/* All n-grams of that length, joined by '|'. */
static void expect_grams(const char *word, uint32_t length, const char *joined)
{
    spelling s;
    char found[512] = "";
    spelling_read(&s, word, (uint32_t)strlen(word));
    for (uint32_t i = 0; i + length <= s.n_characters; i++) {
        strcat(found, i > 0 ? "|" : "");
        strncat(found, s.marked + s.starts[i], s.starts[i + length] - s.starts[i]);
    }
    assert_string_equal(found, joined);
}

static void a_word_has_its_ngrams(void **state)
{
    (void)state;
    expect_grams("vpn", 3, "<vp|vpn|pn>");
    expect_grams("vpn", 5, "<vpn>");
    expect_grams("vpn", 6, "");
    expect_grams("a", 3, "<a>");
}

static void ngrams_are_made_of_characters(void **state)
{
    (void)state;
    expect_grams("t\xC3\xBCr", 3, "<t\xC3\xBC|t\xC3\xBCr|\xC3\xBCr>");
    expect_grams("\xE6\x95\x85", 2, "<\xE6\x95\x85|\xE6\x95\x85>");
    expect_grams("\xF0\x9D\x84\x9E"
                 "a",
                 3,
                 "<\xF0\x9D\x84\x9E"
                 "a|\xF0\x9D\x84\x9E"
                 "a>");
}

static void the_longest_word_fits(void **state)
{
    (void)state;
    char word[TOKEN_MAX_BYTES + 10];
    spelling s;
    memset(word, 'x', sizeof word);
    spelling_read(&s, word, TOKEN_MAX_BYTES);
    assert_int_equal(s.n_characters, TOKEN_MAX_BYTES + 2);
    assert_int_equal(s.starts[s.n_characters], TOKEN_MAX_BYTES + 2);
    assert_int_equal(s.marked[TOKEN_MAX_BYTES + 1], '>');
    spelling_read(&s, word, TOKEN_MAX_BYTES + 10);
    assert_int_equal(s.n_characters, TOKEN_MAX_BYTES + 2);
}

static triage_status build(const triage_dataset *dataset, const feature_options *options,
                           feature_space *space)
{
    corpus c;
    static const uint32_t docs[] = {0, 1, 2, 3, 4, 5, 6, 7};
    assert_int_equal(corpus_build(dataset, 1, 1, &c, NULL), TRIAGE_OK);
    triage_status status = feature_space_build(&c, docs, (uint32_t)triage_dataset_size(dataset),
                                               options, 1, space, NULL);
    corpus_free(&c);
    return status;
}

static uint32_t find(const string_table *table, const char *text)
{
    char padded[64] = "";
    strcat(padded, text);
    string_probe probe = string_probe_make(padded, (uint32_t)strlen(text));
    return string_table_find(table, &probe);
}

/* Four spellings: "tuer", "tor", "ohr", and the rare "tuere", which is in one ticket only. */
static void a_space_keeps_the_ngrams_of_several_words(void **state)
{
    (void)state;
    static const ticket_row rows[] = {
        {"tuer tor", {"a"}}, {"tuer ohr", {"a"}}, {"tor ohr", {"a"}}, {"tuere", {"a"}}};
    feature_options options = {.min_df = 2, .char_min = 3, .char_max = 3, .char_weight = 1};
    feature_space space;
    triage_dataset *dataset = dataset_of(rows, 4, 1);
    assert_int_equal(build(dataset, &options, &space), TRIAGE_OK);
    assert_int_equal(space.words.table.n, 3);
    assert_int_equal(space.spellings.n, 4);
    /* <tu, tue, uer are of two words; all others ("er>", "<to", ...) of one */
    assert_int_equal(space.grams.table.n, 3);
    assert_int_not_equal(find(&space.grams.table, "<tu"), STRING_NOT_FOUND);
    assert_int_not_equal(find(&space.grams.table, "tue"), STRING_NOT_FOUND);
    assert_int_not_equal(find(&space.grams.table, "uer"), STRING_NOT_FOUND);
    assert_int_equal(find(&space.grams.table, "er>"), STRING_NOT_FOUND);
    assert_int_equal(find(&space.grams.table, "<to"), STRING_NOT_FOUND);
    for (size_t i = 0; i < 3; i++)
        assert_float_equal(space.gram_idf[i], log(5.0 / 3.0), 1e-6);
    uint32_t tuer = find(&space.words.table, "tuer"), tor = find(&space.words.table, "tor");
    const uint64_t *offsets = space.spellings.offsets;
    assert_int_equal(offsets[tor + 1], offsets[tor]);
    assert_int_equal(offsets[tuer + 1] - offsets[tuer], 3);
    for (uint64_t j = offsets[tuer]; j < offsets[tuer + 1]; j++)
        assert_float_equal(space.spellings.values[j], 0.57735, 1e-5);
    assert_int_equal(offsets[4] - offsets[3], 3); /* the rare word comes last */
    feature_space_free(&space);
    triage_dataset_free(dataset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_word_has_its_ngrams),
        cmocka_unit_test(ngrams_are_made_of_characters),
        cmocka_unit_test(the_longest_word_fits),
        cmocka_unit_test(a_space_keeps_the_ngrams_of_several_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
