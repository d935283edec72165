/* SPDX-License-Identifier: MIT */
/* temporary shim */
#ifndef TEXT_SIMILAR_H
#define TEXT_SIMILAR_H
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
uint64_t similar_text_hash(const char *text, size_t length);
typedef struct similar_index { int x; } similar_index;
static inline similar_index *similar_index_new(size_t n) { (void)n; return calloc(1, sizeof(similar_index)); }
static inline void similar_index_free(similar_index *i) { free(i); }
static inline uint64_t similar_index_place(similar_index *i, const char *t, size_t n, uint64_t own) { (void)i;(void)t;(void)n; return own; }
#endif
