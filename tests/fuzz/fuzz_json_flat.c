/* SPDX-License-Identifier: MIT */
/* Whatever json_flat_read() reads, json_parse() reads, too, and gives the same members. */
#include "base/json_flat.h"
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

static void compare(const json_flat *read, const json_flat *taken)
{
    FUZZ_CHECK(read->n == taken->n);
    for (size_t i = 0; i < read->n; i++) {
        const json_flat_member *a = &read->members[i], *b = &taken->members[i];
        FUZZ_CHECK(strcmp(a->name, b->name) == 0 && a->kind == b->kind && !a->text == !b->text);
        FUZZ_CHECK(a->length == b->length);
        FUZZ_CHECK(!a->text || memcmp(a->text, b->text, a->length) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_flat read = {0}, taken = {0};
    if (json_flat_read(&read, (const char *)data, size)) {
        json_parser *parser = json_parser_new();
        json_value *value = NULL;
        const char *sentence;
        FUZZ_CHECK(parser);
        FUZZ_CHECK(json_parse(parser, (const char *)data, size, &value, NULL) == TRIAGE_OK);
        FUZZ_CHECK(json_flat_take(&taken, value, &sentence));
        compare(&read, &taken);
        json_free(value);
        json_parser_free(parser);
    }
    json_flat_free(&read);
    return 0;
}
