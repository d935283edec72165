/* SPDX-License-Identifier: MIT */
/* JSONL: one JSON object a line. Empty lines are skipped. */
#ifndef DATA_JSONL_H
#define DATA_JSONL_H

#include "base/json.h"
#include "data/window.h"

#include <stdint.h>

typedef struct jsonl {
    window *w; /* borrowed */
    json_parser *parser;
    json_value *object; /* of the last row */
} jsonl;

typedef struct jsonl_row {
    const json_value *object; /* valid, as `raw`, until the next row is read */
    slice raw;
    uint64_t line;
    char reason[TRIAGE_ERROR_MESSAGE_SIZE]; /* of RECORD_BAD */
} jsonl_row;

triage_status jsonl_open(jsonl *j, window *w, triage_error *err) TRIAGE_CHECKED;
void jsonl_close(jsonl *j);

/* The next line that is not empty; RECORD_BAD if it is not a JSON object. */
triage_status jsonl_next(jsonl *j, jsonl_row *ret_row, record_kind *ret_kind,
                         triage_error *err) TRIAGE_CHECKED;

typedef enum jsonl_member {
    JSONL_MISSING,  /* no such member, or null */
    JSONL_TEXT,     /* a string, number or bool, as text */
    JSONL_NOT_TEXT, /* an object or array */
} jsonl_member;

/* The member `name` as text, into `*ret_text` if it is one. */
jsonl_member jsonl_text(const json_value *object, const char *name, slice *ret_text);

#endif
