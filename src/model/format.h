/* SPDX-License-Identifier: MIT */
/* The layout of a model file, as docs/formats/model.md describes it. */
#ifndef MODEL_FORMAT_H
#define MODEL_FORMAT_H

#include <stdint.h>

#if __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "model files are used in place and are little-endian"
#endif

#define MODEL_MAGIC         "TRIAGE\x1A\n"
#define MODEL_MAGIC_SIZE    8u
#define MODEL_FORMAT        1u
#define MODEL_MAX_SECTIONS  32u
#define MODEL_SECTION_ALIGN 64u

typedef struct model_header {
    char magic[MODEL_MAGIC_SIZE];
    uint32_t format, n_sections;
    uint64_t file_length, body_hash, table_hash;
    uint64_t zero[2];
    uint64_t header_hash; /* of the bytes before */
} model_header;

typedef enum section_kind {
    SECTION_OPTIONS = 1,
    SECTION_LABELS,
    SECTION_NUMBERS,
    SECTION_METADATA,
    SECTION_WORD_BUCKETS,
    SECTION_WORD_ENTRIES,
    SECTION_WORD_POOL,
    SECTION_WORD_ROWS,
    SECTION_PAIR_BUCKETS,
    SECTION_PAIR_TAGS,
    SECTION_PAIR_RECORDS,
    SECTION_GRAM_BUCKETS,
    SECTION_GRAM_ENTRIES,
    SECTION_GRAM_POOL,
    SECTION_GRAM_ROWS,
    SECTION_END, /* one past the last kind */
} section_kind;

typedef struct model_section {
    uint32_t kind, zero;
    uint64_t offset, length, hash;
} model_section;

#define MODEL_FLAG_EDGES     1u
#define MODEL_FLAG_SUBLINEAR 2u

typedef struct model_options {
    uint32_t n_fields, n_lanes, flags, n_opening, char_min, char_max;
    float char_weight, rare_idf;
    uint32_t log2_word_buckets, log2_pair_buckets, log2_gram_buckets, has_pairs;
    uint64_t n_docs, zero;
} model_options;

/* What begins a row of a word or an n-gram; n_lanes 16-bit weights follow. */
typedef struct model_row {
    float idf, scale;
} model_row;

/* What begins the record of a pair; n_lanes 16-bit weights follow. */
typedef struct model_pair {
    uint64_t key;
    model_row row;
} model_pair;

_Static_assert(sizeof(model_header) == 64, "header");
_Static_assert(sizeof(model_section) == 32, "section table");
_Static_assert(sizeof(model_options) == 64, "options");
_Static_assert(sizeof(model_row) == 8 && sizeof(model_pair) == 16, "rows");

#endif
