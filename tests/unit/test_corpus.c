/* SPDX-License-Identifier: MIT */
/* A corpus: words numbered in the order of their first sight, whatever the number of threads. */
#include "engine_support.h"
#include "features/corpus.h"

static void words_are_numbered_as_they_come(void **state)
{
    (void)state;
    static const ticket_row rows[] = {
        {"b a b", {"x"}}, {"", {"x"}}, {"C a \xFF", {"x"}}, {"c, c! \xC3", {"x"}}};
    static const uint32_t words[] = {0, 1, 0, 2, 1, 2, 2};
    static const uint64_t offsets[] = {0, 3, 3, 5, 7};
    triage_dataset *dataset = dataset_of(rows, 4, 1);
    corpus c;
    assert_int_equal(corpus_build(dataset, 1, 1, &c, NULL), TRIAGE_OK);
    assert_int_equal(c.n_docs, 4);
    assert_int_equal(c.strings.n, 3);
    assert_memory_equal(c.offsets, offsets, sizeof offsets);
    assert_memory_equal(c.words, words, sizeof words);
    assert_int_equal(c.n_invalid_utf8, 2);
    uint32_t n;
    assert_ptr_equal(corpus_doc(&c, 2, &n), c.words + 3);
    assert_int_equal(n, 2);
    corpus_free(&c);
    corpus_free(&c);
    triage_dataset_free(dataset);
}

static void threads_do_not_change_it(void **state)
{
    (void)state;
    static const uint32_t n_threads[] = {2, 3, 7, 0, UINT32_MAX};
    triage_dataset *dataset = random_dataset(500, 1, 100, 1);
    corpus one, many;
    assert_int_equal(corpus_build(dataset, 1, 1, &one, NULL), TRIAGE_OK);
    size_t n_words = one.offsets[one.n_docs];
    for (size_t i = 0; i < sizeof n_threads / sizeof *n_threads; i++) {
        /* Another seed, too: it shapes the hash table only. */
        assert_int_equal(corpus_build(dataset, n_threads[i], 77, &many, NULL), TRIAGE_OK);
        assert_memory_equal(many.offsets, one.offsets, (one.n_docs + 1) * sizeof *one.offsets);
        assert_memory_equal(many.words, one.words, n_words * sizeof *one.words);
        assert_int_equal(many.strings.n, one.strings.n);
        assert_memory_equal(many.strings.entries, one.strings.entries,
                            one.strings.n * sizeof *one.strings.entries);
        corpus_free(&many);
    }
    corpus_free(&one);
    triage_dataset_free(dataset);
}

static void no_ticket_is_an_empty_corpus(void **state)
{
    (void)state;
    triage_dataset *dataset = finished(new_dataset(1));
    corpus c;
    assert_int_equal(corpus_build(dataset, 3, 1, &c, NULL), TRIAGE_OK);
    assert_int_equal(c.n_docs, 0);
    assert_int_equal(c.strings.n, 0);
    corpus_free(&c);
    triage_dataset_free(dataset);
}

static void a_text_that_is_too_long_is_an_error(void **state)
{
    (void)state;
    size_t length = ((size_t)64 << 20) + 1;
    char *text = calloc(length, 1);
    assert_non_null(text);
    triage_dataset *dataset = new_dataset(1);
    triage_error err;
    corpus c;
    if (triage_dataset_add(dataset, text, length, (const char *[]){"a"}, &err) == TRIAGE_OK) {
        assert_int_equal(corpus_build(finished(dataset), 1, 1, &c, &err), TRIAGE_ERROR_DATA);
        assert_non_null(strstr(err.message, "ticket 1"));
    }
    triage_dataset_free(dataset);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_numbered_as_they_come),
        cmocka_unit_test(threads_do_not_change_it),
        cmocka_unit_test(no_ticket_is_an_empty_corpus),
        cmocka_unit_test(a_text_that_is_too_long_is_an_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
