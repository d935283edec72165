/* SPDX-License-Identifier: MIT */
/* The check that bytes are UTF-8, 32 at a time while they are ASCII. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

#define HIGH_BITS 0x8080808080808080u

static bool is_continuation(unsigned char c)
{
    return (c & 0xC0) == 0x80;
}

/* The length of the valid character of several bytes at `s`, or 0. Unicode 15, table 3-7. */
static size_t long_character_length(const unsigned char *s, size_t left)
{
    if (s[0] < 0xC2 || s[0] > 0xF4)
        return 0;
    size_t length = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (left < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!is_continuation(s[i]))
            return 0;
    bool is_overlong = (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xF0 && s[1] < 0x90);
    bool is_surrogate = s[0] == 0xED && s[1] > 0x9F;
    bool is_beyond = s[0] == 0xF4 && s[1] > 0x8F;
    return is_overlong || is_surrogate || is_beyond ? 0 : length;
}

size_t utf8_valid_length(const char *bytes, size_t length)
{
    const unsigned char *s = (const unsigned char *)bytes;
    size_t at = 0;
    while (at < length) {
        uint64_t words[4];
        while (length - at >= sizeof words) {
            memcpy(words, s + at, sizeof words);
            if ((words[0] | words[1] | words[2] | words[3]) & HIGH_BITS)
                break;
            at += sizeof words;
        }
        if (at == length)
            break;
        size_t character = s[at] < 0x80 ? 1 : long_character_length(s + at, length - at);
        if (character == 0)
            break;
        at += character;
    }
    return at;
}

void utf8_append_clean(buffer *out, const char *bytes, size_t length)
{
    while (length > 0) {
        size_t good = utf8_valid_length(bytes, length);
        const char *nul = good ? memchr(bytes, '\0', good) : NULL;
        if (nul)
            good = (size_t)(nul - bytes);
        buffer_append(out, bytes, good);
        if (good == length)
            return;
        buffer_append_text(out, "\xEF\xBF\xBD");
        bytes += good + 1;
        length -= good + 1;
    }
}
