/* SPDX-License-Identifier: MIT */
/*
 * From the bytes of a ticket to its tokens: the words, case-folded and normalised.
 *
 * A token is a longest run of letters, marks and numbers (Unicode general categories L*, M*, N*) of
 * the text in Unicode NFKC with full case folding. Everything else (punctuation, symbols, white
 * space, control characters) separates tokens and is dropped. A byte sequence that is not UTF-8 is
 * replaced by U+FFFD, which separates, and counted. Scripts that write no spaces (Han, Hiragana,
 * Katakana) give one token a character. Tokenising the tokens, joined by spaces, gives them again.
 */
#ifndef TEXT_TOKENS_H
#define TEXT_TOKENS_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stdint.h>

/* A longer run is cut here, at a character boundary: nothing of that length is a word, and a
 * megabyte of base64 must not become one. In bytes. */
#define TOKEN_MAX_BYTES 128

/* Bytes that may be read (not used) behind the last token: lets a reader load 16 bytes at once. */
#define TOKEN_SLACK_BYTES 16

typedef struct token {
    uint32_t start;  /* byte offset in `folded` */
    uint32_t length; /* in bytes, 1 .. TOKEN_MAX_BYTES */
} token;

/* Tokens of one text, and the memory to make them. Zero-initialised is ready; thread-owned; reused.
 */
typedef struct tokens {
    buffer folded; /* the tokens' bytes, perhaps with others between, and TOKEN_SLACK_BYTES more */
    token *items;  /* owned */
    size_t n, capacity;
    uint32_t n_invalid_utf8;
    int32_t *codepoints, *source; /* owned: scratch for normalisation */
    size_t codepoint_capacity, source_capacity;
} tokens;

/*
 * Replaces the content of `t` by the tokens of `text` (`length` bytes, at most TEXT_MAX_BYTES, any
 * bytes). False if out of memory or too long.
 */
bool tokens_read(tokens *t, const char *text, size_t length) __attribute__((warn_unused_result));

/* Offsets are 32-bit, and folding can triple a text (U+FDFA aside, whose 18 characters still fit).
 */
#define TEXT_MAX_BYTES ((size_t)64 << 20)

/* Frees the memory; a zero-initialised one is fine. */
void tokens_free(tokens *t);

/* The bytes of token `i`. */
static inline const char *token_bytes(const tokens *t, size_t i)
{
    return t->folded.data + t->items[i].start;
}

#endif
