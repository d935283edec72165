/* SPDX-License-Identifier: MIT */
/* One pass from brace to brace; at the first doubt it gives up. */
#include "base/json_flat.h"

#include "base/number.h"
#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct scan {
    const char *at, *end;
    char *free; /* where the next text goes */
} scan;

static void skip_space(scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

/* The byte behind white space, if it is `wanted`. */
static bool take(scan *s, char wanted)
{
    skip_space(s);
    if (s->at == s->end || *s->at != wanted)
        return false;
    s->at++;
    return true;
}

/* The character that a backslash and `c` stand for; 0: one that is left to the parser. */
static char unescaped(char c)
{
    switch (c) {
    case '"':
    case '\\':
    case '/': return c;
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    default: return 0;
    }
}

/* The bytes from `at` on that stand for themselves in a string. */
static size_t plain_length(const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at != '"' && *at != '\\' && (unsigned char)*at >= 0x20)
        at++;
    return (size_t)(at - first);
}

/* A string behind white space, copied without its escapes. */
static bool take_string(scan *s, const char **ret_text, size_t *ret_length)
{
    char *text = s->free;
    if (!take(s, '"'))
        return false;
    for (;;) {
        size_t plain = plain_length(s->at, s->end);
        memcpy(s->free, s->at, plain);
        s->free += plain;
        s->at += plain;
        if (s->at == s->end || (unsigned char)*s->at < 0x20)
            return false;
        if (*s->at == '"')
            break;
        char c = s->end - s->at >= 2 ? unescaped(s->at[1]) : 0;
        if (c == 0)
            return false;
        *s->free++ = c;
        s->at += 2;
    }
    s->at++;
    *ret_length = (size_t)(s->free - text);
    *s->free++ = '\0';
    *ret_text = text;
    return true;
}

/* A whole number without a sign, of few digits: others are left to the parser. */
static bool take_number(scan *s, json_flat_member *member)
{
    char *text = s->free;
    size_t n = 0;
    while (s->at + n < s->end && s->at[n] >= '0' && s->at[n] <= '9')
        n++;
    char next = s->at + n < s->end ? s->at[n] : '\0';
    if (n == 0 || n > 9 || (n > 1 && *s->at == '0') || next == '.' || next == 'e' || next == 'E')
        return false;
    memcpy(text, s->at, n);
    text[n] = '\0';
    s->free += n + 1;
    s->at += n;
    member->kind = JSON_NUMBER;
    member->text = text;
    member->length = n;
    return true;
}

static bool take_word(scan *s, const char *word, json_kind kind, json_flat_member *member)
{
    size_t length = strlen(word);
    if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
        return false;
    s->at += length;
    member->kind = kind;
    member->text = kind == JSON_BOOL ? word : NULL;
    member->length = kind == JSON_BOOL ? length : 0;
    return true;
}

static bool take_value(scan *s, json_flat_member *member)
{
    skip_space(s);
    if (s->at == s->end)
        return false;
    switch (*s->at) {
    case '"': member->kind = JSON_STRING; return take_string(s, &member->text, &member->length);
    case 't': return take_word(s, "true", JSON_BOOL, member);
    case 'f': return take_word(s, "false", JSON_BOOL, member);
    case 'n': return take_word(s, "null", JSON_NULL, member);
    default: return take_number(s, member);
    }
}

/* A name that was there before is left to the parser, and so is one too many. */
static bool take_member(json_flat *flat, scan *s)
{
    json_flat_member member;
    size_t length;
    if (flat->n == JSON_FLAT_MAX || !take_string(s, &member.name, &length) ||
        strlen(member.name) != length || json_flat_find(flat, member.name) || !take(s, ':') ||
        !take_value(s, &member))
        return false;
    flat->members[flat->n++] = member;
    return true;
}

static bool take_object(json_flat *flat, scan *s)
{
    if (!take(s, '{'))
        return false;
    if (take(s, '}'))
        return true;
    do
        if (!take_member(flat, s))
            return false;
    while (take(s, ','));
    return take(s, '}');
}

bool json_flat_read(json_flat *flat, const char *text, size_t length)
{
    flat->n = 0;
    buffer_clear(&flat->memory);
    /* No text grows, and each gets a NUL in place of its quotes; a number is followed by a byte of
     * its own. */
    if (!buffer_reserve(&flat->memory, length + 1) || !utf8_is_valid(text, length))
        return false;
    scan s = {text, text + length, flat->memory.data};
    if (take_object(flat, &s)) {
        skip_space(&s);
        if (s.at == s.end)
            return true;
    }
    flat->n = 0;
    return false;
}

bool json_flat_take(json_flat *flat, const json_value *object, const char **ret_sentence)
{
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    flat->n = 0;
    if (json_kind_of(object) != JSON_OBJECT) {
        *ret_sentence = "an object was expected";
        return false;
    }
    while (json_next_member(object, &cursor, &name, &value)) {
        if (flat->n == JSON_FLAT_MAX) {
            *ret_sentence = "the object has too many members";
            return false;
        }
        json_flat_member *member = &flat->members[flat->n++];
        *member = (json_flat_member){.name = name, .kind = json_kind_of(value)};
        (void)json_scalar_text(value, &member->text, &member->length);
    }
    return true;
}

void json_flat_free(json_flat *flat)
{
    buffer_free(&flat->memory);
}

const json_flat_member *json_flat_find(const json_flat *flat, const char *name)
{
    for (size_t i = 0; i < flat->n; i++)
        if (strcmp(flat->members[i].name, name) == 0)
            return &flat->members[i];
    return NULL;
}

bool json_flat_int(const json_flat_member *member, int64_t min, int64_t max, int64_t *ret_value)
{
    return member && member->kind == JSON_NUMBER &&
           number_parse_int(member->text, member->length, min, max, ret_value);
}

bool json_flat_double(const json_flat_member *member, double *ret_value)
{
    return member && member->kind == JSON_NUMBER &&
           number_parse_real(member->text, member->length, -1e300, 1e300, ret_value);
}
