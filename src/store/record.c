/* SPDX-License-Identifier: MIT */
/* Structs to values, rows to structs, and the lists of columns. */
#include "store/record.h"

#include <assert.h>
#include <string.h>

sql_value record_value(const record *r, const void *object, size_t field_index)
{
    const field *f = &r->fields[field_index];
    const void *member = (const char *)object + f->offset;
    switch (f->kind) {
    case FIELD_ID: return value_text(member);
    case FIELD_INT: return value_int(*(const int64_t *)member);
    case FIELD_UINT: return value_uint(*(const uint64_t *)member);
    case FIELD_REAL: return value_real(*(const double *)member);
    case FIELD_BOOL: return value_int(*(const bool *)member);
    case FIELD_TEXT: return value_bytes(*(const store_text *)member);
    case FIELD_STATUS: return value_int(*(const store_feedback_status *)member);
    }
    return value_text(NULL);
}

void record_values(const record *r, const void *object, sql_value *ret_values)
{
    assert(r->n_fields <= DATABASE_MAX_VALUES);
    for (size_t i = 0; i < r->n_fields; i++)
        ret_values[i] = record_value(r, object, i);
}

void record_set_id(char id[STORE_ID_SIZE], store_text text)
{
    size_t length = text.length < STORE_ID_SIZE ? text.length : STORE_ID_SIZE - 1;
    if (text.data)
        memcpy(id, text.data, length);
    id[text.data ? length : 0] = '\0';
}

static void read_field(const field *f, const connection *c, int column, void *member)
{
    switch (f->kind) {
    case FIELD_ID: record_set_id(member, column_bytes(c, column)); break;
    case FIELD_INT: *(int64_t *)member = column_int(c, column); break;
    case FIELD_UINT: *(uint64_t *)member = (uint64_t)column_int(c, column); break;
    case FIELD_REAL: *(double *)member = column_real(c, column); break;
    case FIELD_BOOL: *(bool *)member = column_int(c, column) != 0; break;
    case FIELD_TEXT: *(store_text *)member = column_bytes(c, column); break;
    case FIELD_STATUS:
        *(store_feedback_status *)member = (store_feedback_status)column_int(c, column);
        break;
    }
}

void record_read(const record *r, const connection *c, int first, void *object)
{
    for (size_t i = 0; i < r->n_fields; i++)
        read_field(&r->fields[i], c, first + (int)i, (char *)object + r->fields[i].offset);
}

void record_columns(const record *r, const char *prefix, query *q)
{
    for (size_t i = 0; i < r->n_fields; i++) {
        query_add(q, i > 0 ? ", " : "");
        query_add(q, prefix);
        query_add(q, r->fields[i].column);
    }
}

void record_insert(const record *r, query *q)
{
    query_add(q, "INSERT INTO ");
    query_add(q, r->table);
    query_add(q, " (");
    record_columns(r, "", q);
    query_add(q, ") VALUES (");
    for (size_t i = 0; i < r->n_fields; i++)
        buffer_printf(&q->sql, i > 0 ? ", $%zu" : "$%zu", i + 1);
    query_add(q, ")");
}
