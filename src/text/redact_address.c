/* SPDX-License-Identifier: MIT */
/* The forms of addresses: the domain of an e-mail, IPv4, IPv6. */
#include "text/redact_match.h"

#include <string.h>

size_t wide_separator_length(span s, size_t i)
{
    unsigned char c = (unsigned char)s.text[i];
    unsigned char next = (unsigned char)span_at(s, i + 1), third = (unsigned char)span_at(s, i + 2);
    /* U+0080..U+00BF without the letters among them */
    if (c == 0xC2 && next >= 0x80 && next <= 0xBF)
        return next == 0xAA || next == 0xB5 || next == 0xBA ? 0 : 2;
    bool is_third = third >= 0x80 && third <= 0xBF;
    if (c == 0xE2 && (next == 0x80 || next == 0x81) && is_third) /* U+2000..U+207F */
        return 3;
    if (c == 0xE3 && next == 0x80 && is_third) /* U+3000..U+303F */
        return 3;
    return c == 0xEF && next == 0xBB && third == 0xBF ? 3 : 0;
}

/* The end of the letters, digits and hyphens from `at` on, without hyphens at the end. */
static size_t label_end(span s, size_t at)
{
    size_t end = at;
    for (size_t i = at; i < s.length && (s.text[i] == '-' || is_word(s, i)); i++)
        if (s.text[i] != '-')
            end = i + 1;
    return end;
}

/* A domain of one label has three bytes at least: "3@5" and "a@b" are no addresses. */
#define MIN_DOMAIN_BYTES 3

size_t match_domain(span s, size_t at)
{
    size_t end = 0;
    for (size_t label = at; is_word(s, label);) {
        size_t next = label_end(s, label);
        if (!is_digit(s.text[label]))
            end = next;
        if (span_at(s, next) != '.')
            break;
        label = next + 1;
    }
    return end >= at + MIN_DOMAIN_BYTES ? end : 0;
}

/* A number of 0 .. 255 without leading zeros; its end, or 0. */
static size_t octet_end(span s, size_t at)
{
    unsigned value = 0;
    size_t i = at;
    for (; i < at + 3 && is_digit(span_at(s, i)); i++)
        value = value * 10 + (unsigned)(s.text[i] - '0');
    bool has_zeros = i > at + 1 && s.text[at] == '0';
    return i > at && value <= 255 && !has_zeros && !is_digit(span_at(s, i)) ? i : 0;
}

/* Four of them; what comes behind is not looked at. */
static size_t quad_end(span s, size_t at)
{
    for (int n = 0; n < 4; n++) {
        if (n > 0 && span_at(s, at++) != '.')
            return 0;
        at = octet_end(s, at);
        if (at == 0)
            return 0;
    }
    return at;
}

size_t match_ipv4(span s, size_t at)
{
    size_t end = quad_end(s, at);
    bool goes_on =
        end && (is_word_behind(s, end) || (span_at(s, end) == '.' && is_word_behind(s, end + 1)));
    return goes_on ? 0 : end;
}

bool is_nobodys_ipv4(span s, size_t at)
{
    size_t dot = octet_end(s, at);
    return (dot == at + 1 && s.text[at] == '0') ||
           (dot == at + 3 &&
            (memcmp(s.text + at, "127", 3) == 0 || memcmp(s.text + at, "255", 3) == 0));
}

static size_t hex_end(span s, size_t at)
{
    size_t i = at;
    while (i < at + 5 && is_hex(span_at(s, i)))
        i++;
    return i;
}

/* A longer zone is none (interface names have up to 15). */
#define MAX_ZONE_BYTES 32

/* The end of "%eth0" behind an address, if it is there. */
static size_t zone_end(span s, size_t at)
{
    if (span_at(s, at) != '%' || !is_alnum(span_at(s, at + 1)))
        return at;
    size_t i = at + 1;
    while (i < at + MAX_ZONE_BYTES && is_alnum(span_at(s, i)))
        i++;
    return i;
}

/*
 * RFC 4291, section 2.2: eight groups of up to four digits, or fewer with one "::"; an IPv4 address
 * in the place of the last two. What has no digit needs three groups: "Add::Face" is program text.
 */
size_t match_ipv6(span s, size_t at)
{
    bool is_short = span_at(s, at) == ':' && span_at(s, at + 1) == ':', has_digit = false;
    int n = 0;
    size_t i = is_short ? at + 2 : at;
    while (n < 8) {
        size_t end = hex_end(s, i), quad = span_at(s, end) == '.' ? quad_end(s, i) : 0;
        if (quad > 0 && n <= 6) {
            n += 2;
            i = quad;
            has_digit = true;
            break;
        }
        if (end == i)
            break;
        if (end - i > 4)
            return 0;
        for (; i < end; i++)
            has_digit |= is_digit(s.text[i]);
        n++;
        if (span_at(s, i) != ':')
            break;
        if (span_at(s, i + 1) == ':') {
            if (is_short)
                return 0;
            is_short = true;
            i += 2;
        } else if (is_hex(span_at(s, i + 1))) {
            i++;
        } else {
            break;
        }
    }
    if (is_short ? n > 7 : n != 8)
        return 0;
    bool is_nobodys = n == 0 || (n == 1 && i == at + 3 && s.text[at + 2] == '1');
    if (is_nobodys || (!has_digit && n < 3))
        return 0;
    i = zone_end(s, i);
    char next = span_at(s, i);
    bool goes_on = is_word_behind(s, i) ||
                   ((next == ':' || next == '.' || next == '%') && is_word_behind(s, i + 1)) ||
                   (next == ':' && span_at(s, i + 1) == ':');
    return goes_on ? 0 : i;
}
