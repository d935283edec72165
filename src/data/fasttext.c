/* SPDX-License-Identifier: MIT */
/* A line of a fastText file: its labels and its text. */
#include "data/fasttext.h"

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static slice skip_blanks(slice s)
{
    while (s.length > 0 && is_blank(*s.data)) {
        s.data++;
        s.length--;
    }
    return s;
}

fasttext_line fasttext_split(slice line)
{
    fasttext_line parts = {.text = skip_blanks(line)};
    while (slice_starts_with(parts.text, FASTTEXT_PREFIX)) {
        size_t prefix = strlen(FASTTEXT_PREFIX), end = prefix;
        while (end < parts.text.length && !is_blank(parts.text.data[end]))
            end++;
        if (parts.n_labels++ == 0)
            parts.label = (slice){parts.text.data + prefix, end - prefix};
        parts.text = skip_blanks((slice){parts.text.data + end, parts.text.length - end});
    }
    return parts;
}
