/* SPDX-License-Identifier: MIT */
/*
 * The forms that redaction knows, for redact.c. A matcher looks at `text` from `at` on, which is
 * the beginning of a word, and gives where its match ends (which is the end of a word), or 0. Each
 * looks at a bounded number of bytes, so that trying it at every word keeps time linear.
 */
#ifndef TEXT_REDACT_MATCH_H
#define TEXT_REDACT_MATCH_H

#include <stdbool.h>
#include <stddef.h>

typedef struct span {
    const char *text;
    size_t length;
} span;

static inline char span_at(span s, size_t i)
{
    return i < s.length ? s.text[i] : '\0';
}

static inline bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool is_alpha(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

static inline bool is_alnum(char c)
{
    return is_digit(c) || is_alpha(c);
}

static inline bool is_hex(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static inline char to_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* separator_length() of what is not ASCII. */
size_t wide_separator_length(span s, size_t i);

/*
 * The bytes of the character at `i` if it is none of a word (white space, punctuation), else 0. Of
 * what is not ASCII, the Latin-1 signs, General Punctuation, CJK punctuation and the byte order
 * mark are none; all other bytes belong to words.
 */
static inline size_t separator_length(span s, size_t i)
{
    char c = s.text[i];
    if ((unsigned char)c >= 0x80)
        return wide_separator_length(s, i);
    return is_alnum(c) || c == '_' ? 0 : 1;
}

static inline bool is_word(span s, size_t i)
{
    return i < s.length && separator_length(s, i) == 0;
}

/* The same for what comes behind a match. A bracket counts, too: once redacted, a word may be one,
 * and what was no match before it must not become one then. */
static inline bool is_word_behind(span s, size_t i)
{
    return is_word(s, i) || span_at(s, i) == '[';
}

/* The end of the domain that begins at `at`, behind an @; unbounded, 0 if there is none. */
size_t match_domain(span s, size_t at);
size_t match_ipv4(span s, size_t at);
size_t match_ipv6(span s, size_t at);
/* An address such as 127.0.0.1 or a mask, which says nothing about anyone. */
bool is_nobodys_ipv4(span s, size_t at);

size_t match_card(span s, size_t at);
size_t match_iban(span s, size_t at);
/* Day, month and year, month and year, or two times of a day: no phone number, though it has the
 * digits. */
size_t match_date(span s, size_t at);
/* `is_announced`: a word such as "Tel." stands before it. `at` may also be a '+' or '('. */
size_t match_phone(span s, size_t at, bool is_announced);

#endif
