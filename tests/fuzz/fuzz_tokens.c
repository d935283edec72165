/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as text: tokens are not empty, not longer than they may be, whole characters of UTF-8;
 * and tokenising them again, with spaces between, gives them again.
 */
#include "fuzz.h"

#include "base/utf8.h"
#include "features/spelling.h"
#include "text/tokens.h"

#include <string.h>

static void check_token(const tokens *t, size_t i)
{
    const token *item = &t->items[i];
    size_t end = i > 0 ? t->items[i - 1].start + t->items[i - 1].length : 0;
    spelling s;
    FUZZ_CHECK(item->length >= 1 && item->length <= TOKEN_MAX_BYTES);
    FUZZ_CHECK(item->start >= end && item->start + item->length <= t->folded.length);
    FUZZ_CHECK(t->folded.length + TOKEN_SLACK_BYTES <= t->folded.capacity);
    FUZZ_CHECK(utf8_is_valid(token_bytes(t, i), item->length));
    spelling_read(&s, token_bytes(t, i), item->length);
    FUZZ_CHECK(s.n_characters >= 3 && s.starts[s.n_characters] == item->length + 2);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    tokens first = {0}, second = {0};
    buffer joined = {0};
    FUZZ_CHECK(tokens_read(&first, (const char *)data, size));
    for (size_t i = 0; i < first.n; i++) {
        check_token(&first, i);
        buffer_append(&joined, token_bytes(&first, i), first.items[i].length);
        buffer_append_char(&joined, ' ');
    }
    FUZZ_CHECK(tokens_read(&second, joined.data, joined.length));
    FUZZ_CHECK(second.n == first.n && second.n_invalid_utf8 == 0);
    for (size_t i = 0; i < first.n; i++)
        FUZZ_CHECK(second.items[i].length == first.items[i].length &&
                   memcmp(token_bytes(&first, i), token_bytes(&second, i), first.items[i].length) ==
                       0);
    buffer_free(&joined);
    tokens_free(&first);
    tokens_free(&second);
    return 0;
}
