/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as text: redacting twice is redacting once, UTF-8 stays valid, each thing that is found
 * leaves its word in brackets, and what was there before stays in front.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "text/redact.h"

#include <string.h>

static size_t occurrences(const buffer *b, const char *word)
{
    size_t n = 0, length = strlen(word);
    for (size_t i = 0; i + length <= b->length; i++)
        n += memcmp(b->data + i, word, length) == 0;
    return n;
}

static void check_counts(const buffer *before, const buffer *after, const redact_counts *counts)
{
    for (int kind = 0; kind < REDACT_N_KINDS; kind++) {
        char word[16];
        snprintf(word, sizeof word, "[%s]", redact_kind_name((redact_kind)kind));
        /* A placeholder that was in the text may itself be part of something that is replaced. */
        size_t n_before = occurrences(before, word), n_after = occurrences(after, word);
        FUZZ_CHECK(n_after >= counts->n[kind] && n_after <= n_before + counts->n[kind]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data;
    buffer given = {0}, first = {0}, second = {0};
    redact_counts once = {{0}}, twice = {{0}};
    buffer_append(&given, data, size);
    buffer_append_char(&first, 'x');
    FUZZ_CHECK(redact_text(text, size, &first, &once));
    FUZZ_CHECK(first.data[0] == 'x');
    memmove(first.data, first.data + 1, --first.length);
    check_counts(&given, &first, &once);
    if (utf8_is_valid(text, size))
        FUZZ_CHECK(utf8_is_valid(first.data, first.length));

    FUZZ_CHECK(redact_text(first.data, first.length, &second, &twice));
    FUZZ_CHECK(second.length == first.length);
    FUZZ_CHECK(size == 0 || memcmp(second.data, first.data, first.length) == 0);
    for (int kind = 0; kind < REDACT_N_KINDS; kind++)
        FUZZ_CHECK(twice.n[kind] == 0);
    buffer_free(&given);
    buffer_free(&first);
    buffer_free(&second);
    return 0;
}
