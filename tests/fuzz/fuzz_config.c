/* SPDX-License-Identifier: MIT */
/*
 * Any text as a configuration file: what is read of a line has no control characters, and written
 * in quotes it is read as it was.
 */
#include "config/config_file.h"

#include "base/buffer.h"
#include "fuzz.h"

#include <string.h>

static void append_quoted(buffer *out, const config_line *line)
{
    buffer_printf(out, "%s = \"", line->name);
    for (const char *c = line->value; *c; c++) {
        if (*c == '"' || *c == '\\')
            buffer_append_char(out, '\\');
        buffer_append_char(out, *c);
    }
    buffer_append_char(out, '"');
}

static void check_line(const config_line *line)
{
    buffer text = {0};
    FUZZ_CHECK(line->name[0] && line->value[0] && line->number > 0);
    FUZZ_CHECK(!strpbrk(line->name, " =\"#"));
    for (const unsigned char *c = (const unsigned char *)line->value; *c; c++)
        FUZZ_CHECK(*c >= ' ' || *c == '\t');
    append_quoted(&text, line);
    FUZZ_CHECK(buffer_string(&text));
    config_reader r = {.path = "again", .next = text.data};
    config_line again;
    bool has_line = false;
    FUZZ_CHECK(config_reader_next(&r, &again, &has_line, NULL) == TRIAGE_OK && has_line);
    FUZZ_CHECK(strcmp(again.name, line->name) == 0 && strcmp(again.value, line->value) == 0);
    FUZZ_CHECK(again.is_quoted && again.number == 1);
    buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    FUZZ_CHECK(text);
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';
    config_reader r = {.path = "f", .next = text};
    config_line line;
    bool has_line = true;
    uint32_t last = 0;
    triage_error err = {0};
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && has_line) {
        status = config_reader_next(&r, &line, &has_line, &err);
        if (status != TRIAGE_OK)
            FUZZ_CHECK(status == TRIAGE_ERROR_ARGUMENT && strncmp(err.message, "f:", 2) == 0);
        else if (has_line) {
            FUZZ_CHECK(line.number > last);
            last = line.number;
            check_line(&line);
        }
    }
    free(text);
    return 0;
}
