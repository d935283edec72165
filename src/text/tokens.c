/* SPDX-License-Identifier: MIT */
/*
 * Tokeniser: 64 bytes at a time for a text of ASCII; else a table for the ASCII words, and utf8proc
 * for every segment with other bytes in it.
 */
#include "text/tokens.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

/* The folded form of each ASCII byte that belongs to a token; 0 for all others, and from 0x80 on.
 */
static const unsigned char folded_ascii[256] = {
    ['0'] = '0', ['1'] = '1', ['2'] = '2', ['3'] = '3', ['4'] = '4', ['5'] = '5', ['6'] = '6',
    ['7'] = '7', ['8'] = '8', ['9'] = '9', ['a'] = 'a', ['b'] = 'b', ['c'] = 'c', ['d'] = 'd',
    ['e'] = 'e', ['f'] = 'f', ['g'] = 'g', ['h'] = 'h', ['i'] = 'i', ['j'] = 'j', ['k'] = 'k',
    ['l'] = 'l', ['m'] = 'm', ['n'] = 'n', ['o'] = 'o', ['p'] = 'p', ['q'] = 'q', ['r'] = 'r',
    ['s'] = 's', ['t'] = 't', ['u'] = 'u', ['v'] = 'v', ['w'] = 'w', ['x'] = 'x', ['y'] = 'y',
    ['z'] = 'z', ['A'] = 'a', ['B'] = 'b', ['C'] = 'c', ['D'] = 'd', ['E'] = 'e', ['F'] = 'f',
    ['G'] = 'g', ['H'] = 'h', ['I'] = 'i', ['J'] = 'j', ['K'] = 'k', ['L'] = 'l', ['M'] = 'm',
    ['N'] = 'n', ['O'] = 'o', ['P'] = 'p', ['Q'] = 'q', ['R'] = 'r', ['S'] = 's', ['T'] = 't',
    ['U'] = 'u', ['V'] = 'v', ['W'] = 'w', ['X'] = 'x', ['Y'] = 'y', ['Z'] = 'z',
};

/* Folding can change what a second folding would see (U+0345 and its kin): two rounds reach the
 * fixed point for every character there is (a test walks through all of them). */
#define FOLDING_ROUNDS 2

/* Real text stays far below (Stream-Safe Text Format, UAX #15, section 13); without a limit,
 * ordering a megabyte of marks would take quadratic time. */
#define MAX_MARKS_IN_A_ROW 30

#define FOLDING_OPTIONS (UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STABLE)

/* A token that is too long is cut at a character; the length that remains. */
static size_t cut_token(tokens *t, size_t start)
{
    size_t length = TOKEN_MAX_BYTES;
    while (length > 1 && ((unsigned char)t->folded.data[start + length] & 0xC0) == 0x80)
        length--;
    t->folded.length = start + length;
    return length;
}

/* Takes the bytes from `start` to the end of `folded` as a token; none is fine. */
static inline bool token_push(tokens *t, size_t start)
{
    size_t length = t->folded.length - start;
    if (length == 0)
        return true;
    if (length > TOKEN_MAX_BYTES)
        length = cut_token(t, start);
    if (t->n == t->capacity &&
        !mem_reserve((void **)&t->items, &t->capacity, t->n + 1, sizeof *t->items))
        return false;
    t->items[t->n++] = (token){.start = (uint32_t)start, .length = (uint32_t)length};
    return true;
}

static bool is_token_character(int32_t codepoint)
{
    switch (utf8proc_category(codepoint)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO: return true;
    default: return false;
    }
}

/* Scripts written without spaces: their characters are tokens, and pairs of tokens their words. */
static bool is_unspaced_script(int32_t c)
{
    return (c >= 0x3040 && c <= 0x30FF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0xF900 && c <= 0xFAFF) ||
           (c >= 0x20000 && c <= 0x3FFFF);
}

/* Whether `codepoint` is a mark too many; `n_marks`, at first 0, counts those in a row. */
static bool is_mark_too_many(int32_t codepoint, int *n_marks)
{
    *n_marks = utf8proc_get_property(codepoint)->combining_class > 0 ? *n_marks + 1 : 0;
    return *n_marks > MAX_MARKS_IN_A_ROW;
}

/*
 * Decodes `length` bytes into t->source, U+FFFD for what is not UTF-8; the number of characters, or
 * -1. Marks beyond MAX_MARKS_IN_A_ROW are dropped.
 */
static ptrdiff_t decode(tokens *t, const unsigned char *bytes, size_t length)
{
    if (!mem_reserve((void **)&t->source, &t->source_capacity, length, sizeof(int32_t)))
        return -1;
    ptrdiff_t n = 0;
    int n_marks = 0;
    for (size_t i = 0; i < length;) {
        int32_t codepoint;
        ptrdiff_t taken = utf8proc_iterate(bytes + i, (ptrdiff_t)(length - i), &codepoint);
        if (taken <= 0) {
            codepoint = 0xFFFD;
            taken = 1;
            t->n_invalid_utf8++;
        }
        i += (size_t)taken;
        if (!is_mark_too_many(codepoint, &n_marks))
            t->source[n++] = codepoint;
    }
    return n;
}

/* One character's case-folded compatibility decomposition, put behind `n` others; the new n, or -1.
 */
static ptrdiff_t decompose(tokens *t, int32_t codepoint, ptrdiff_t n)
{
    int boundary_class = 0;
    for (;;) {
        ptrdiff_t room = (ptrdiff_t)t->codepoint_capacity - n;
        ptrdiff_t needed = utf8proc_decompose_char(codepoint, t->codepoints + n, room,
                                                   FOLDING_OPTIONS, &boundary_class);
        if (needed < 0)
            return -1;
        if (needed <= room)
            return n + needed;
        if (!mem_reserve((void **)&t->codepoints, &t->codepoint_capacity, (size_t)(n + needed),
                         sizeof(int32_t)))
            return -1;
    }
}

/* Canonical ordering of marks (Unicode 15, section 3.11, D109): a stable sort by combining class.
 */
static void order_marks(int32_t *codepoints, ptrdiff_t n)
{
    for (ptrdiff_t i = 1; i < n; i++) {
        int32_t held = codepoints[i];
        utf8proc_propval_t class = utf8proc_get_property(held)->combining_class;
        ptrdiff_t j = i;
        while (class > 0 && j > 0 &&
               utf8proc_get_property(codepoints[j - 1])->combining_class > class) {
            codepoints[j] = codepoints[j - 1];
            j--;
        }
        codepoints[j] = held;
    }
}

/* Folding takes some characters apart into marks that the limit has not seen: it holds again, so
 * that a second reading drops nothing. The marks that are left keep the characters before and
 * behind them from being composed. */
static ptrdiff_t limit_marks(int32_t *codepoints, ptrdiff_t n)
{
    ptrdiff_t n_kept = 0;
    int n_marks = 0;
    for (ptrdiff_t i = 0; i < n; i++)
        if (!is_mark_too_many(codepoints[i], &n_marks))
            codepoints[n_kept++] = codepoints[i];
    return n_kept;
}

/* NFKC with case folding of the `n` characters of t->source into t->codepoints; the new n, or -1.
 */
static ptrdiff_t fold(tokens *t, ptrdiff_t n)
{
    for (int round = 0; round < FOLDING_ROUNDS; round++) {
        if (round > 0) {
            int32_t *swapped = t->source;
            size_t swapped_capacity = t->source_capacity;
            t->source = t->codepoints;
            t->source_capacity = t->codepoint_capacity;
            t->codepoints = swapped;
            t->codepoint_capacity = swapped_capacity;
        }
        ptrdiff_t folded = 0;
        if (!mem_reserve((void **)&t->codepoints, &t->codepoint_capacity, (size_t)n,
                         sizeof *t->codepoints))
            return -1;
        for (ptrdiff_t i = 0; i < n && folded >= 0; i++)
            folded = decompose(t, t->source[i], folded);
        if (folded < 0)
            return -1;
        order_marks(t->codepoints, folded);
        n = utf8proc_normalize_utf32(t->codepoints, folded, FOLDING_OPTIONS);
        if (n < 0)
            return -1;
    }
    return limit_marks(t->codepoints, n);
}

static bool character_push(tokens *t, int32_t codepoint)
{
    if (!buffer_reserve(&t->folded, 4 + TOKEN_SLACK_BYTES))
        return false;
    t->folded.length += (size_t)utf8proc_encode_char(codepoint, (utf8proc_uint8_t *)t->folded.data +
                                                                    t->folded.length);
    return true;
}

/* Folds a segment that has bytes beyond ASCII in it and pushes its tokens. */
static bool read_segment(tokens *t, const unsigned char *bytes, size_t length)
{
    ptrdiff_t n = decode(t, bytes, length);
    if (n >= 0)
        n = fold(t, n);
    if (n < 0)
        return false;
    size_t start = t->folded.length;
    for (ptrdiff_t i = 0; i < n; i++) {
        int32_t codepoint = t->codepoints[i];
        bool is_alone = is_unspaced_script(codepoint), is_part = is_token_character(codepoint);
        if (is_alone || !is_part) {
            if (!token_push(t, start))
                return false;
            start = t->folded.length;
        }
        if (!is_part)
            continue;
        if (!character_push(t, codepoint) || (is_alone && !token_push(t, start)))
            return false;
        if (is_alone)
            start = t->folded.length;
    }
    return token_push(t, start);
}

/* The end of the segment that byte `i` is in: the next ASCII byte that separates tokens. */
static size_t segment_end(const unsigned char *bytes, size_t i, size_t length)
{
    while (i < length && (bytes[i] >= 0x80 || folded_ascii[bytes[i]]))
        i++;
    return i;
}

/* Eight bytes side by side in a word. */
#define EACH(byte) ((uint64_t)(byte)*0x0101010101010101u)

/* The upper bit of each byte of `x` (ASCII) that is in first .. last. */
static inline uint64_t bytes_between(uint64_t x, unsigned char first, unsigned char last)
{
    return ((x + EACH(0x80 - first)) ^ (x + EACH(0x7F - last))) & EACH(0x80);
}

/* Eight bytes in lower case, and a bit for each that belongs to a token. */
static inline uint64_t fold_eight(uint64_t x, uint64_t *ret_bits)
{
    uint64_t lower = x | bytes_between(x, 'A', 'Z') >> 2;
    uint64_t is_part = bytes_between(lower, 'a', 'z') | bytes_between(lower, '0', '9');
    /* The multiplication moves the eight bits side by side. */
    *ret_bits = ((is_part >> 7) * 0x0102040810204080u) >> 56;
    return lower;
}

/* Folds 64 bytes (`n` of them text, the rest ignored) from `text` to `out`; a bit for each in a
 * token. */
static inline uint64_t fold_block(const char *text, size_t n, char *out)
{
    char padded[64];
    uint64_t bits = 0;
    if (n < 64) {
        memset(padded, 0, sizeof padded);
        memcpy(padded, text, n);
        text = padded;
    }
    for (unsigned i = 0; i < 64; i += 8) {
        uint64_t eight, part;
        memcpy(&eight, text + i, 8);
        eight = fold_eight(eight, &part);
        memcpy(out + i, &eight, 8);
        bits |= part << i;
    }
    return bits;
}

static bool is_ascii(const char *text, size_t length)
{
    uint64_t any = 0;
    size_t i = 0;
    for (; i + 8 <= length; i += 8) {
        uint64_t eight;
        memcpy(&eight, text + i, 8);
        any |= eight;
    }
    for (; i < length; i++)
        any |= (unsigned char)text[i];
    return (any & EACH(0x80)) == 0;
}

/* More tokens than this cannot begin in a block of 64 bytes. */
#define BLOCK_MAX_TOKENS 32

static inline void token_end(token *item, size_t end)
{
    size_t length = end - item->start;
    item->length = (uint32_t)(length < TOKEN_MAX_BYTES ? length : TOKEN_MAX_BYTES);
}

/*
 * The tokens of an ASCII text: `folded` becomes the text in lower case as it is, separators and
 * all, and the tokens are the runs of set bits, found 64 bytes at a time.
 */
static bool read_ascii(tokens *t, const char *text, size_t length)
{
    size_t n_begun = 0, n_ended = 0;
    uint64_t is_inside = 0; /* whether the byte before the block is part of a token */
    for (size_t at = 0; at < length; at += 64) {
        if (t->capacity - n_begun < BLOCK_MAX_TOKENS &&
            !mem_reserve((void **)&t->items, &t->capacity, n_begun + BLOCK_MAX_TOKENS,
                         sizeof *t->items))
            return false;
        uint64_t bits =
            fold_block(text + at, length - at < 64 ? length - at : 64, t->folded.data + at);
        uint64_t before = bits << 1 | is_inside;
        for (uint64_t begins = bits & ~before; begins; begins &= begins - 1)
            t->items[n_begun++].start = (uint32_t)(at + (size_t)__builtin_ctzll(begins));
        for (uint64_t ends = before & ~bits; ends; ends &= ends - 1)
            token_end(&t->items[n_ended++], at + (size_t)__builtin_ctzll(ends));
        is_inside = bits >> 63;
    }
    if (is_inside)
        token_end(&t->items[n_ended++], length);
    t->n = n_ended;
    t->folded.length = length;
    return true;
}

/* The tokens of any text: ASCII words byte by byte, all else segment by segment. */
static bool read_unicode(tokens *t, const char *text, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)text;
    for (size_t i = 0; i < length;) {
        while (i < length && bytes[i] < 0x80 && !folded_ascii[bytes[i]])
            i++;
        size_t segment = i, start = t->folded.length;
        unsigned char *out = (unsigned char *)t->folded.data + start, c;
        while (i < length && (c = folded_ascii[bytes[i]]) != 0) {
            *out++ = c;
            i++;
        }
        if (i < length && bytes[i] >= 0x80) {
            i = segment_end(bytes, i, length);
            if (!read_segment(t, bytes + segment, i - segment) ||
                !buffer_reserve(&t->folded, length - i + TOKEN_SLACK_BYTES))
                return false;
        } else {
            t->folded.length = start + (i - segment);
            if (!token_push(t, start))
                return false;
        }
    }
    return true;
}

bool tokens_read(tokens *t, const char *text, size_t length)
{
    buffer_clear(&t->folded);
    t->n = 0;
    t->n_invalid_utf8 = 0;
    /* ASCII folds to as many bytes, written in blocks of 64. */
    if (length > TEXT_MAX_BYTES || !buffer_reserve(&t->folded, length + 64 + TOKEN_SLACK_BYTES))
        return false;
    return is_ascii(text, length) ? read_ascii(t, text, length) : read_unicode(t, text, length);
}

void tokens_free(tokens *t)
{
    buffer_free(&t->folded);
    free(t->items);
    free(t->codepoints);
    free(t->source);
    *t = (tokens){0};
}
