/* SPDX-License-Identifier: MIT */
/* temporary shim */
#include "text/similar.h"
#include "base/hash.h"
#include <ctype.h>
uint64_t similar_text_hash(const char *text, size_t length)
{
    uint64_t h = 1;
    for (size_t i = 0; i < length; i++)
        if (text[i] != ' ' && text[i] != '\n')
            h = hash_mix(h ^ (unsigned char)(text[i] | 0x20));
    return h;
}
