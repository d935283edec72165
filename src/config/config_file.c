/* SPDX-License-Identifier: MIT */
/* The reader of configuration files: cuts the text in place. */
#include "config/config_file.h"

#include "base/error.h"
#include "base/utf8.h"

#include <string.h>

static triage_status refuse(const config_reader *r, const char *sentence, triage_error *err)
{
    return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s:%u: %s", r->path, (unsigned)r->line, sentence);
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static char *skip_blanks(char *text)
{
    return text + strspn(text, " \t");
}

/* Whether nothing but a comment follows. */
static bool is_rest(const char *text)
{
    text += strspn(text, " \t");
    return *text == '\0' || *text == '#';
}

/* The next line without its end; NULL behind the last. */
static char *cut_line(config_reader *r)
{
    char *line = r->next;
    if (*line == '\0')
        return NULL;
    size_t length = strcspn(line, "\n");
    r->next = line + length + (line[length] == '\n');
    line[length] = '\0';
    if (length > 0 && line[length - 1] == '\r')
        line[length - 1] = '\0';
    r->line++;
    return line;
}

/* A value in quotes, which begins behind the first of them; unescaped in place. */
static triage_status read_quoted(const config_reader *r, char *text, triage_error *err)
{
    char *out = text;
    for (; *text != '"'; text++) {
        if (*text == '\0')
            return refuse(r, "the closing quote is missing", err);
        if (*text == '\\') {
            text++;
            if (*text != '"' && *text != '\\')
                return refuse(r, "in quotes a backslash stands only before \" and \\", err);
        }
        *out++ = *text;
    }
    if (!is_rest(text + 1))
        return refuse(r, "text behind the closing quote", err);
    *out = '\0';
    return TRIAGE_OK;
}

/* Ends the value before a comment and the blanks around it. */
static void read_plain(char *text)
{
    size_t length = 0;
    while (text[length] != '\0' &&
           !(text[length] == '#' && (length == 0 || is_blank(text[length - 1]))))
        length++;
    while (length > 0 && is_blank(text[length - 1]))
        length--;
    text[length] = '\0';
}

static triage_status read_line(const config_reader *r, char *line, config_line *ret_line,
                               triage_error *err)
{
    size_t name_length = strspn(line, "abcdefghijklmnopqrstuvwxyz0123456789-_"
                                      "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
    char *equals = skip_blanks(line + name_length);
    if (name_length == 0 || *equals != '=')
        return refuse(r, "not 'name = value'", err);
    char *value = skip_blanks(equals + 1);
    bool is_quoted = *value == '"';
    if (is_quoted) {
        value++;
        triage_status status = read_quoted(r, value, err);
        if (status != TRIAGE_OK)
            return status;
    } else
        read_plain(value);
    line[name_length] = '\0';
    if (*value == '\0')
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "%s:%u: %s has no value", r->path,
                         (unsigned)r->line, line);
    *ret_line = (config_line){line, value, is_quoted, r->line};
    return TRIAGE_OK;
}

triage_status config_reader_next(config_reader *r, config_line *ret_line, bool *ret_has_line,
                                 triage_error *err)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    if (r->line == 0 && strncmp(r->next, byte_order_mark, 3) == 0)
        r->next += 3;
    for (char *line = cut_line(r); line; line = cut_line(r)) {
        line = skip_blanks(line);
        if (*line == '\0' || *line == '#')
            continue;
        if (!utf8_is_valid(line, strlen(line)))
            return refuse(r, "not UTF-8", err);
        for (const char *c = line; *c; c++) {
            if ((unsigned char)*c < ' ' && *c != '\t')
                return refuse(r, "a control character", err);
        }
        triage_status status = read_line(r, line, ret_line, err);
        if (status == TRIAGE_OK)
            *ret_has_line = true;
        return status;
    }
    *ret_has_line = false;
    return TRIAGE_OK;
}
