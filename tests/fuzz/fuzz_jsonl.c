/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as JSONL: what rows.h says, and that the raw line of a row is one JSON object whose
 * text, written as JSON, is read as it was.
 */
#include "rows.h"

#include "base/json.h"

static void check_text_comes_back(json_parser *parser, slice text)
{
    buffer out = {0};
    json_writer w = {.out = &out};
    triage_error err;
    json_value *value;
    slice back = {0};
    json_write_string(&w, text.data, text.length);
    FUZZ_CHECK(json_parse(parser, out.data, out.length, &value, &err) == TRIAGE_OK);
    FUZZ_CHECK(json_string(value, &back.data, &back.length));
    FUZZ_CHECK(slice_equal(back, text));
    json_free(value);
    buffer_free(&out);
}

static void check_raw_line(const reader *r, const reader_row *row)
{
    triage_error err;
    json_value *value;
    json_parser *parser = json_parser_new();
    (void)r;
    FUZZ_CHECK(parser && !row->is_invalid_utf8);
    FUZZ_CHECK(!memchr(row->raw.data, '\n', row->raw.length));
    FUZZ_CHECK(json_parse(parser, row->raw.data, row->raw.length, &value, &err) == TRIAGE_OK);
    FUZZ_CHECK(json_kind_of(value) == JSON_OBJECT);
    json_free(value);
    check_text_comes_back(parser, row->text);
    json_parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rows("f.jsonl", data, size, READER_LABELLED, check_raw_line);
    check_rows("f.jsonl", data, size, READER_UNLABELLED, check_raw_line);
    return 0;
}
