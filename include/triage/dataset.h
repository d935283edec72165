/* SPDX-License-Identifier: MIT */
/*
 * Labelled tickets in memory: read from files, or added one by one.
 *
 * A dataset holds tickets in order. Each has a text and, for each field (category, priority, ...),
 * a label or none. Labels are numbered per field in byte order of their text, so that the numbering
 * does not depend on the order of the tickets.
 *
 * Thread-safety: while it is being filled, a dataset belongs to one thread. After
 * triage_dataset_finish() (which triage_dataset_load() calls) it is immutable and may be shared.
 */
#ifndef TRIAGE_DATASET_H
#define TRIAGE_DATASET_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct triage_dataset triage_dataset;

/* The label index of a ticket that has no label for a field. */
#define TRIAGE_NO_LABEL (-1)

typedef enum triage_format {
    TRIAGE_FORMAT_AUTO,     /* by the file's extension, before .gz or .zst */
    TRIAGE_FORMAT_CSV,      /* RFC 4180 with a header row */
    TRIAGE_FORMAT_JSONL,    /* one JSON object a line */
    TRIAGE_FORMAT_FASTTEXT, /* __label__X text, one ticket a line */
    TRIAGE_FORMAT_TEXT,     /* one ticket a line, no labels */
} triage_format;

/* Reads `name` ("csv", "jsonl", "fasttext", "text", "auto") into `ret_format`; false if unknown. */
TRIAGE_API TRIAGE_CHECKED bool triage_format_parse(const char *name, triage_format *ret_format);

/* A field of the dataset and the column that holds its labels. Both strings are borrowed. */
typedef struct triage_field_column {
    const char *name;   /* the field's name, for example "category"; NULL: the same as `column` */
    const char *column; /* the column in the file, for example "Topic_group" */
} triage_field_column;

typedef enum triage_read_event_kind {
    TRIAGE_READ_BAD_ROW,      /* a row was left out: file, line, message */
    TRIAGE_READ_GUESS,        /* columns were guessed: message says which */
    TRIAGE_READ_MERGED_LABEL, /* two spellings of a label were merged: message says which */
    TRIAGE_READ_PROGRESS,     /* bytes_done of bytes_total (0: unknown) have been read */
} triage_read_event_kind;

typedef struct triage_read_event {
    triage_read_event_kind kind;
    const char *file;    /* the path as given, "-" for standard input; NULL where none applies */
    uint64_t line;       /* 1-based line where the row starts; 0 where none applies */
    const char *message; /* one sentence, valid only during the call; NULL for progress */
    uint64_t bytes_done, bytes_total;
} triage_read_event;

/* Zero-initialise for the defaults. All pointers are borrowed and only read during the call. */
typedef struct triage_read_options {
    triage_format format;
    const char *const *text_columns; /* joined by a line feed, in this order; n = 0: guessed */
    size_t n_text_columns;
    const triage_field_column *fields; /* n = 0: guessed */
    size_t n_fields;
    bool strict; /* the first bad row is TRIAGE_ERROR_DATA instead of being left out */
    /* Called from the loading thread for each event; NULL: events are only counted. */
    void (*on_event)(void *context, const triage_read_event *event);
    void *context;
} triage_read_options;

/* What reading met. `n_rows` = `n_tickets` + `n_bad_rows`. */
typedef struct triage_read_report {
    uint64_t n_rows, n_tickets, n_bad_rows;
    uint64_t n_merged_labels; /* distinct spellings folded into another one */
    uint64_t n_invalid_utf8;  /* rows with bytes that are not UTF-8 (kept; replaced at use) */
    uint64_t n_empty_texts;   /* tickets whose text is empty or only white space (kept) */
} triage_read_report;

/*
 * Reads `n_paths` files ("-" is standard input) into one dataset. `.gz` and `.zst` are
 * decompressed. `options` may be NULL for the defaults. On success `*ret_dataset` is the caller's,
 * to be freed with triage_dataset_free(). A row that cannot be used is reported as an event and
 * left out. Errors: ERROR_IO, ERROR_PERMISSION, ERROR_DATA (no such column, no tickets, a bad row
 * if strict), ERROR_MEMORY, ERROR_ARGUMENT.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_dataset_load(const char *const *paths,
                                                            size_t n_paths,
                                                            const triage_read_options *options,
                                                            triage_dataset **ret_dataset,
                                                            triage_error *err);

/*
 * An empty dataset with `n_fields` (at least 1) fields of the given names, which are copied; to be
 * filled with triage_dataset_add() and closed with triage_dataset_finish().
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_dataset_new(const char *const *field_names,
                                                           size_t n_fields,
                                                           triage_dataset **ret_dataset,
                                                           triage_error *err);

/*
 * Adds one ticket. `text` (`text_length` bytes, any bytes, no NUL needed) is copied; `labels` has
 * one NUL-terminated string a field, copied and trimmed; NULL or an empty string means no label.
 * Errors: ERROR_MEMORY; ERROR_ARGUMENT after triage_dataset_finish() and for a label that is not
 * UTF-8 or longer than 1,024 bytes; ERROR_DATA if a field gets more than 65,535 labels.
 */
TRIAGE_API TRIAGE_CHECKED triage_status triage_dataset_add(triage_dataset *dataset,
                                                           const char *text, size_t text_length,
                                                           const char *const *labels,
                                                           triage_error *err);

/* Merges label spellings, numbers the labels and makes the dataset immutable. Idempotent. */
TRIAGE_API TRIAGE_CHECKED triage_status triage_dataset_finish(triage_dataset *dataset,
                                                              triage_error *err);

/* Frees `dataset` and all it holds; NULL is fine. */
TRIAGE_API void triage_dataset_free(triage_dataset *dataset);

/* The number of tickets. */
TRIAGE_API size_t triage_dataset_size(const triage_dataset *dataset);

/* The text of ticket `i` (not NUL-terminated) and its length in bytes; owned by the dataset. */
TRIAGE_API const char *triage_dataset_text(const triage_dataset *dataset, size_t i,
                                           size_t *ret_length);

/* The number of fields, at least 1. */
TRIAGE_API size_t triage_dataset_n_fields(const triage_dataset *dataset);

/* The name of field `field`; owned by the dataset. */
TRIAGE_API const char *triage_dataset_field_name(const triage_dataset *dataset, size_t field);

/* The number of distinct labels of field `field`. 0 before triage_dataset_finish(). */
TRIAGE_API size_t triage_dataset_n_labels(const triage_dataset *dataset, size_t field);

/* The text of label `label` of field `field`, NUL-terminated; owned by the dataset. */
TRIAGE_API const char *triage_dataset_label_name(const triage_dataset *dataset, size_t field,
                                                 size_t label);

/* The label index of ticket `i` for `field`, or TRIAGE_NO_LABEL. */
TRIAGE_API int32_t triage_dataset_label(const triage_dataset *dataset, size_t field, size_t i);

/* What reading met; all zero but the counts of tickets for a dataset filled by hand. */
TRIAGE_API triage_read_report triage_dataset_report(const triage_dataset *dataset);

#ifdef __cplusplus
}
#endif

#endif
