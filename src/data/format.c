/* SPDX-License-Identifier: MIT */
/* File formats: their names, extensions and first bytes. */
#include "data/format.h"

#include "data/fasttext.h"

bool triage_format_parse(const char *name, triage_format *ret_format)
{
    static const char *const names[] = {
        [TRIAGE_FORMAT_AUTO] = "auto",         [TRIAGE_FORMAT_CSV] = "csv",
        [TRIAGE_FORMAT_JSONL] = "jsonl",       [TRIAGE_FORMAT_TEXT] = "text",
        [TRIAGE_FORMAT_FASTTEXT] = "fasttext",
    };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) {
            *ret_format = (triage_format)i;
            return true;
        }
    return false;
}

static slice without_compression(const char *path)
{
    slice name = {path, strlen(path)};
    if (slice_ends_in_any_case(name, ".gz"))
        name.length -= strlen(".gz");
    else if (slice_ends_in_any_case(name, ".zst"))
        name.length -= strlen(".zst");
    return name;
}

/* AUTO if the extension does not tell. */
static triage_format format_of_extension(slice name)
{
    static const struct {
        const char *extension;
        triage_format format;
    } rows[] = {
        {".csv", TRIAGE_FORMAT_CSV},           {".tsv", TRIAGE_FORMAT_CSV},
        {".jsonl", TRIAGE_FORMAT_JSONL},       {".ndjson", TRIAGE_FORMAT_JSONL},
        {".json", TRIAGE_FORMAT_JSONL},        {".ft", TRIAGE_FORMAT_FASTTEXT},
        {".fasttext", TRIAGE_FORMAT_FASTTEXT},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (slice_ends_in_any_case(name, rows[i].extension))
            return rows[i].format;
    return TRIAGE_FORMAT_AUTO;
}

triage_format format_guess(const char *path, slice start)
{
    slice name = without_compression(path);
    triage_format format = format_of_extension(name);
    if (format != TRIAGE_FORMAT_AUTO)
        return format;
    if (slice_starts_with(start, FASTTEXT_PREFIX))
        return TRIAGE_FORMAT_FASTTEXT;
    if (slice_starts_with(start, "{"))
        return TRIAGE_FORMAT_JSONL;
    return slice_ends_in_any_case(name, ".txt") ? TRIAGE_FORMAT_TEXT : TRIAGE_FORMAT_CSV;
}
