/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as fastText and as plain lines: what rows.h says, and that a line made of a row's label
 * and text is split as it was.
 */
#include "rows.h"

#include "data/fasttext.h"

static void check_written_back(const reader *r, const reader_row *row)
{
    (void)r;
    slice label = row->labels[0];
    if (label.length == 0)
        return;
    buffer line = {0};
    buffer_append_text(&line, FASTTEXT_PREFIX);
    buffer_append(&line, label.data, label.length);
    buffer_append_char(&line, ' ');
    buffer_append(&line, row->text.data, row->text.length);
    fasttext_line parts = fasttext_split((slice){line.data, line.length});
    FUZZ_CHECK(parts.n_labels == 1);
    FUZZ_CHECK(slice_equal(parts.label, label));
    FUZZ_CHECK(slice_equal(parts.text, row->text));
    buffer_free(&line);
}

static void check_line(const reader *r, const reader_row *row)
{
    if (reader_format(r) == TRIAGE_FORMAT_TEXT) /* else the first line begins with a label */
        FUZZ_CHECK(slice_equal(row->text, row->raw));
    FUZZ_CHECK(row->raw.length == 0 || !memchr(row->raw.data, '\n', row->raw.length));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_rows("f.fasttext", data, size, READER_LABELLED, check_written_back);
    check_rows("f.fasttext", data, size, READER_UNLABELLED, check_written_back);
    check_rows("f.txt", data, size, READER_UNLABELLED, check_line);
    return 0;
}
