/* SPDX-License-Identifier: MIT */
/*
 * Which member of a struct is which column of a table, as rows: what is written, what is read and
 * the list of columns in SQL come from the same place.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "store/database.h"
#include "store/query.h"

#include <stddef.h>

typedef enum field_kind {
    FIELD_ID,   /* char[STORE_ID_SIZE] */
    FIELD_INT,  /* int64_t */
    FIELD_UINT, /* uint64_t */
    FIELD_REAL, /* double */
    FIELD_BOOL,
    FIELD_TEXT,   /* store_text */
    FIELD_STATUS, /* store_feedback_status */
} field_kind;

typedef struct field {
    const char *column;
    field_kind kind;
    size_t offset;
} field;

#define FIELD(TYPE, KIND, MEMBER)                                                                  \
    {                                                                                              \
#MEMBER, KIND, offsetof(TYPE, MEMBER)                                                      \
    }

typedef struct record {
    const char *table;
    const field *fields;
    size_t n_fields;
} record;

/* Fills in n_fields values that refer to `object`. */
void record_values(const record *r, const void *object, sql_value *ret_values);
sql_value record_value(const record *r, const void *object, size_t field);

/* Sets the members of `object` from the columns `first`, `first` + 1, ...; texts are the row's. */
void record_read(const record *r, const connection *c, int first, void *object);

/* "a, b, c", or "p.a, p.b, p.c" with the prefix "p.". */
void record_columns(const record *r, const char *prefix, query *q);
/* "INSERT INTO table (a, b, c) VALUES ($1, $2, $3)", without values. */
void record_insert(const record *r, query *q);

/* An id of the caller's; longer ones than STORE_ID_SIZE - 1 are cut, and found nowhere. */
void record_set_id(char id[STORE_ID_SIZE], store_text text);

#endif
