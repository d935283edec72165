/* SPDX-License-Identifier: MIT */
/* Texts cut to a line, cleaned of what is not to be seen. */
#include "train/snippet.h"

#include "base/utf8.h"

#include <stdbool.h>
#include <stdint.h>

#define REPLACEMENT 0xFFFDu
#define ELLIPSIS    0x2026u

/* Decodes the character at `bytes` (at least one is left); its length in bytes. */
static size_t decode(const char *bytes, size_t length, uint32_t *ret_code)
{
    static const unsigned char lead_bits[5] = {0, 0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *b = (const unsigned char *)bytes;
    size_t size = b[0] < 0x80 ? 1 : b[0] < 0xE0 ? 2 : b[0] < 0xF0 ? 3 : 4;
    *ret_code = REPLACEMENT;
    if (size > length || !utf8_is_valid(bytes, size))
        return 1;
    uint32_t code = b[0] & lead_bits[size];
    for (size_t i = 1; i < size; i++)
        code = code << 6 | (b[i] & 0x3F);
    *ret_code = code;
    return size;
}

static bool is_space(uint32_t code)
{
    return code == ' ' || (code >= '\t' && code <= '\r') || code == 0x85 || code == 0xA0 ||
           code == 0x1680 || (code >= 0x2000 && code <= 0x200A) || code == 0x2028 ||
           code == 0x2029 || code == 0x202F || code == 0x205F || code == 0x3000;
}

/* Control characters, marks that change the direction (UAX #9), and what XML 1.0 has no place for.
 */
static bool is_hidden(uint32_t code)
{
    return code < 0x20 || (code >= 0x7F && code <= 0x9F) || code == 0x061C ||
           (code >= 0x200E && code <= 0x200F) || (code >= 0x202A && code <= 0x202E) ||
           (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF || code == 0xFFFE || code == 0xFFFF;
}

/* The next character to show, white space as one ' '; false at the end. */
static bool next_character(const char *text, size_t length, size_t *at, uint32_t *ret_code)
{
    if (*at >= length)
        return false;
    *at += decode(text + *at, length - *at, ret_code);
    if (!is_space(*ret_code)) {
        if (is_hidden(*ret_code))
            *ret_code = REPLACEMENT;
        return true;
    }
    uint32_t code = ' ';
    while (*at < length) {
        size_t size = decode(text + *at, length - *at, &code);
        if (!is_space(code))
            break;
        *at += size;
    }
    *ret_code = ' ';
    return *at < length; /* none at the end */
}

static void append_code(buffer *out, uint32_t code)
{
    static const unsigned char lead[5] = {0, 0, 0xC0, 0xE0, 0xF0};
    char bytes[4];
    size_t size = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = size - 1; i > 0; i--, code >>= 6)
        bytes[i] = (char)(0x80 | (code & 0x3F));
    bytes[0] = (char)(lead[size] | code);
    buffer_append(out, bytes, size);
}

static void append_escaped(buffer *out, uint32_t code)
{
    switch (code) {
    case '&': buffer_append_text(out, "&amp;"); break;
    case '<': buffer_append_text(out, "&lt;"); break;
    case '>': buffer_append_text(out, "&gt;"); break;
    case '"': buffer_append_text(out, "&quot;"); break;
    case '\'': buffer_append_text(out, "&#39;"); break;
    default: append_code(out, code); break;
    }
}

static size_t append_snippet(buffer *out, const char *text, size_t length, size_t max_characters,
                             void (*append)(buffer *out, uint32_t code))
{
    size_t n = 0, at = 0;
    size_t last_start = out->length; /* where the last character that fits begins */
    uint32_t code;
    while (next_character(text, length, &at, &code)) {
        if (n == 0 && code == ' ')
            continue;
        if (n == max_characters) {
            out->length = last_start;
            append_code(out, ELLIPSIS);
            return n;
        }
        last_start = out->length;
        append(out, code);
        n++;
    }
    return n;
}

size_t snippet_append(buffer *out, const char *text, size_t length, size_t max_characters)
{
    return append_snippet(out, text, length, max_characters, append_code);
}

size_t snippet_append_escaped(buffer *out, const char *text, size_t length, size_t max_characters)
{
    return append_snippet(out, text, length, max_characters, append_escaped);
}
