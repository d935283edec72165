/* SPDX-License-Identifier: MIT */
/* Predictions as members behind those of the JSON object that was read, which stays as it was. */
#include "base/decimal.h"
#include "cli/prediction_worker.h"
#include "base/mem.h"

#include <string.h>

#define JSON_DECIMALS 6

/* Behind the closing quote of the string that begins at `at`. */
static size_t skip_string(slice json, size_t at)
{
    for (at++; at < json.length && json.data[at] != '"'; at++) {
        if (json.data[at] == '\\')
            at++;
    }
    return at < json.length ? at + 1 : json.length;
}

/*
 * Notes the keys of the outermost object. The reader has seen to it that the row is JSON, so a
 * string at depth 1 that follows '{' or ',' is a key.
 */
static bool find_keys(prediction_worker *w, slice json)
{
    unsigned depth = 0;
    bool may_be_key = false;
    w->n_keys = 0;
    for (size_t at = 0; at < json.length;) {
        char c = json.data[at];
        if (c == '"') {
            size_t end = skip_string(json, at);
            if (may_be_key && depth == 1) {
                if (!mem_reserve((void **)&w->keys, &w->keys_capacity, w->n_keys + 1,
                                 sizeof *w->keys))
                    return false;
                w->keys[w->n_keys++] = (slice){json.data + at + 1, end - at - 2};
            }
            may_be_key = false;
            at = end;
            continue;
        }
        if (c == '{' || c == '[')
            depth++;
        else if ((c == '}' || c == ']') && depth > 0)
            depth--;
        may_be_key = c == '{' || c == ',' || (may_be_key && strchr(" \t\r\n", c));
        at++;
    }
    return true;
}

/* Whether the row has a key that is `n_prefixes` prefixes and then `name`. */
static bool has_key(const prediction_worker *w, size_t n_prefixes, slice name)
{
    const size_t prefix_length = strlen(TAKEN_NAME_PREFIX);
    for (size_t i = 0; i < w->n_keys; i++) {
        slice key = w->keys[i];
        size_t left = n_prefixes;
        for (; left > 0 && slice_starts_with(key, TAKEN_NAME_PREFIX); left--) {
            key.data += prefix_length;
            key.length -= prefix_length;
        }
        if (left == 0 && slice_equal(key, name))
            return true;
    }
    return false;
}

static void append_key(prediction_worker *w, const prediction_field *field, size_t column)
{
    slice name = field->columns[column];
    size_t n_prefixes = 0;
    while (has_key(w, n_prefixes, name))
        n_prefixes++;
    /* A comma, unless the row was an empty object. */
    buffer_append_text(&w->text, w->text.data[w->text.length - 1] == '{' ? "\"" : ",\"");
    for (size_t i = 0; i < n_prefixes; i++)
        buffer_append_text(&w->text, TAKEN_NAME_PREFIX);
    buffer_append(&w->text, name.data, name.length);
    buffer_append_text(&w->text, "\":");
}

static bool append_field(prediction_worker *w, size_t f)
{
    const prediction_field *field = &w->layout->fields[f];
    const triage_outcome *outcome = &w->outcomes[f];
    append_key(w, field, COLUMN_LABEL);
    buffer_append(&w->text, field->labels[outcome->label].data,
                  field->labels[outcome->label].length);
    append_key(w, field, COLUMN_CONFIDENCE);
    decimal_append(&w->text, (double)outcome->confidence, JSON_DECIMALS);
    append_key(w, field, COLUMN_DECISION);
    buffer_append_text(&w->text, outcome->decision == TRIAGE_AUTO ? "\"auto\"" : "\"review\"");
    if (field->n_alternatives > 0) {
        append_key(w, field, COLUMN_ALTERNATIVES);
        prediction_append_alternatives(w, f);
    }
    if (!w->layout->has_explanations)
        return true;
    triage_explanation explanation;
    if (!prediction_worker_explain(w, f, &explanation))
        return false;
    append_key(w, field, COLUMN_EXPLANATION);
    prediction_append_terms(w, &explanation);
    return true;
}

bool prediction_write_jsonl(prediction_worker *w, slice kept)
{
    if (!find_keys(w, kept)) {
        w->text.failed = true;
        return false;
    }
    /* Up to the last brace, and the white space before it. */
    size_t length = kept.length;
    while (length > 0 && kept.data[length - 1] != '}')
        length--;
    length -= length > 0;
    while (length > 0 && strchr(" \t\r\n", kept.data[length - 1]))
        length--;
    buffer_append(&w->text, kept.data, length);
    bool explained = !w->text.failed && length > 0;
    for (size_t f = 0; explained && f < w->layout->n_fields; f++)
        explained = append_field(w, f);
    buffer_append_text(&w->text, "}\n");
    return explained;
}
