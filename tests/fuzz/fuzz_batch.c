/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the body of a batch: it is cut into the same elements however it arrives in pieces,
 * and a body that is JSON is cut where the parser sees its elements. The first byte says how.
 */
#include "base/json.h"
#include "fuzz.h"
#include "services/backend/json_splitter.h"

#include <string.h>

/* All elements, each as its bytes (but for one that is too long: what is left of it is up to the
 * pieces) and one of these; and how it ended. */
#define END_OF_ELEMENT '\x1e'
#define TOO_LONG       '\x1f'

typedef struct cut {
    buffer elements;
    size_t n;
    const char *fault;
} cut;

static void keep(cut *c, const split_element *e)
{
    if (!e->is_too_long)
        buffer_append(&c->elements, e->text, e->length);
    buffer_append_char(&c->elements, e->is_too_long ? TOO_LONG : END_OF_ELEMENT);
    c->n++;
}

static void feed(json_splitter *s, const char *bytes, size_t length, cut *c)
{
    split_element e;
    while (json_splitter_next(s, &bytes, &length, &e)) {
        FUZZ_CHECK(e.length <= s->limit);
        keep(c, &e);
    }
    FUZZ_CHECK(length == 0 || json_splitter_fault(s));
}

static cut cut_up(const char *bytes, size_t length, bool is_lines, size_t limit, size_t piece)
{
    json_splitter s = {.is_lines = is_lines, .limit = limit};
    cut c = {0};
    split_element e;
    for (size_t at = 0; at < length; at += piece)
        feed(&s, bytes + at, piece < length - at ? piece : length - at, &c);
    if (json_splitter_last(&s, &e))
        keep(&c, &e);
    c.fault = json_splitter_fault(&s);
    FUZZ_CHECK(!c.elements.failed);
    json_splitter_free(&s);
    return c;
}

/* What the parser takes as an array has as many elements, and no fault. */
static void check_array(const char *bytes, size_t length, const cut *c)
{
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    FUZZ_CHECK(parser);
    if (json_parse(parser, bytes, length, &value, NULL) == TRIAGE_OK &&
        json_kind_of(value) == JSON_ARRAY) {
        FUZZ_CHECK(!c->fault);
        FUZZ_CHECK(c->n == json_length(value));
    }
    json_free(value);
    json_parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    const char *bytes = (const char *)data + 1;
    size_t length = size - 1, piece = 1 + (data[0] >> 2) % 13;
    bool is_lines = data[0] & 1;
    size_t limit = data[0] & 2 ? 8 : SIZE_MAX / 2;
    cut whole = cut_up(bytes, length, is_lines, limit, length + 1);
    cut pieces = cut_up(bytes, length, is_lines, limit, piece);
    FUZZ_CHECK(whole.n == pieces.n && !whole.fault == !pieces.fault);
    FUZZ_CHECK(whole.elements.length == pieces.elements.length);
    FUZZ_CHECK(whole.elements.length == 0 ||
               memcmp(whole.elements.data, pieces.elements.data, whole.elements.length) == 0);
    if (!is_lines && limit > length)
        check_array(bytes, length, &whole);
    buffer_free(&whole.elements);
    buffer_free(&pieces.elements);
    return 0;
}
