/* SPDX-License-Identifier: MIT */
/* Manifests: written, and read with suspicion. */
#include "registry/manifest.h"

#include "base/error.h"
#include "base/json.h"
#include "base/utf8.h"
#include "registry/version_name.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FORMAT 1

#define HASH_DIGITS 16

void registry_manifest_free(registry_manifest *m)
{
    free(m->comparison);
    m->comparison = NULL;
}

void registry_manifests_free(registry_manifest *manifests, size_t n)
{
    for (size_t i = 0; i < n; i++)
        registry_manifest_free(&manifests[i]);
    free(manifests);
}

static bool is_json(const char *text, triage_error *err)
{
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    if (!parser)
        return error_memory(err) == TRIAGE_OK;
    triage_status status = json_parse(parser, text, strlen(text), &value, err);
    json_parser_free(parser);
    json_free(value);
    return status == TRIAGE_OK;
}

/* NUL-terminated UTF-8 within its array. */
static bool is_text(const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    return length < size && utf8_is_valid(text, length);
}

triage_status manifest_check(const registry_manifest *m, triage_error *err)
{
    uint64_t number;
    if (m->parent[0] && !version_name_parse(m->parent, &number))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the manifest's parent is no version's name");
    if (!is_text(m->trigger, sizeof m->trigger) || !is_text(m->state, sizeof m->state))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the manifest has a text that is none");
    if (m->created_at < 0 || m->n_tickets > INT64_MAX || m->n_feedback > INT64_MAX ||
        m->feedback_sequence > INT64_MAX)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the manifest has a number out of range");
    triage_error cause = {0};
    if (m->comparison && !is_json(m->comparison, &cause))
        return error_set(err,
                         cause.status == TRIAGE_ERROR_MEMORY ? cause.status : TRIAGE_ERROR_ARGUMENT,
                         "the manifest's comparison: %s", cause.message);
    return TRIAGE_OK;
}

static void write_text(json_writer *w, const char *key, const char *value)
{
    json_write_key(w, key);
    json_write_text(w, value);
}

static void write_count(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_uint(w, value);
}

triage_status manifest_write(const registry_manifest *m, buffer *ret_text, triage_error *err)
{
    char hash[HASH_DIGITS + 1];
    snprintf(hash, sizeof hash, "%016" PRIx64, m->data_hash);
    buffer_clear(ret_text);
    json_writer w = {.out = ret_text};
    json_begin_object(&w);
    write_count(&w, "format", FORMAT);
    write_text(&w, "version", m->version);
    write_text(&w, "parent", m->parent);
    write_text(&w, "sha256", m->sha256);
    write_count(&w, "bytes", m->size_bytes);
    json_write_key(&w, "created_at");
    json_write_int(&w, m->created_at);
    write_text(&w, "trigger", m->trigger);
    write_text(&w, "state", m->state);
    write_count(&w, "tickets", m->n_tickets);
    write_count(&w, "feedback", m->n_feedback);
    write_count(&w, "feedback_sequence", m->feedback_sequence);
    write_text(&w, "data_hash", hash);
    json_write_key(&w, "comparison");
    if (m->comparison)
        json_write_raw(&w, m->comparison, strlen(m->comparison));
    else
        json_write_null(&w);
    json_end_object(&w);
    buffer_append_char(ret_text, '\n');
    if (ret_text->failed)
        return error_memory(err);
    if (ret_text->length > MANIFEST_MAX_BYTES)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the manifest's comparison is too long");
    return TRIAGE_OK;
}

/* A string member that fits and has no NUL; `*ret` stays as it is if it is missing and may be. */
static bool read_text(const json_value *object, const char *name, bool is_needed, char *ret,
                      size_t size)
{
    const json_value *value;
    const char *text;
    size_t length;
    if (!json_member(object, name, &value))
        return !is_needed;
    if (!json_string(value, &text, &length) || length >= size || strlen(text) != length)
        return false;
    memcpy(ret, text, length + 1);
    return true;
}

static bool read_count(const json_value *object, const char *name, bool is_needed, uint64_t *ret)
{
    const json_value *value;
    int64_t number;
    if (!json_member(object, name, &value))
        return !is_needed;
    if (!json_int(value, 0, INT64_MAX, &number))
        return false;
    *ret = (uint64_t)number;
    return true;
}

/* The value of `n_digits` lower-case hexadecimal digits, its last 64 bits. */
static bool read_hex(const char *text, size_t n_digits, uint64_t *ret_value)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; text[i]; i++) {
        static const char digits[] = "0123456789abcdef";
        const char *digit = strchr(digits, text[i]);
        if (!digit)
            return false;
        value = value << 4 | (uint64_t)(digit - digits);
    }
    *ret_value = value;
    return i == n_digits;
}

/* The names of members that are missing or wrong go into the message. */
static const char *find_fault(const json_value *object, const char *version, registry_manifest *m)
{
    char hash[HASH_DIGITS + 1] = "0000000000000000";
    uint64_t created_at = 0, ignored;
    if (!read_text(object, "version", true, m->version, sizeof m->version) ||
        strcmp(m->version, version) != 0)
        return "version";
    if (!read_text(object, "parent", false, m->parent, sizeof m->parent) ||
        (m->parent[0] && !version_name_parse(m->parent, &ignored)))
        return "parent";
    if (!read_text(object, "sha256", true, m->sha256, sizeof m->sha256) ||
        !read_hex(m->sha256, sizeof m->sha256 - 1, &ignored))
        return "sha256";
    if (!read_count(object, "bytes", true, &m->size_bytes))
        return "bytes";
    if (!read_count(object, "created_at", true, &created_at))
        return "created_at";
    m->created_at = (int64_t)created_at;
    if (!read_text(object, "trigger", false, m->trigger, sizeof m->trigger))
        return "trigger";
    if (!read_text(object, "state", false, m->state, sizeof m->state))
        return "state";
    if (!read_count(object, "tickets", false, &m->n_tickets))
        return "tickets";
    if (!read_count(object, "feedback", false, &m->n_feedback))
        return "feedback";
    if (!read_count(object, "feedback_sequence", false, &m->feedback_sequence))
        return "feedback_sequence";
    if (!read_text(object, "data_hash", false, hash, sizeof hash) ||
        !read_hex(hash, HASH_DIGITS, &m->data_hash))
        return "data_hash";
    return NULL;
}

/* A manifest that is an object of this format. */
static triage_status check_format(const json_value *object, const char *place, triage_error *err)
{
    const json_value *value;
    int64_t format;
    if (json_kind_of(object) != JSON_OBJECT || !json_member(object, "format", &value) ||
        !json_int(value, 1, INT64_MAX, &format))
        return error_set(err, TRIAGE_ERROR_DATA, "%s: this is not a manifest", place);
    if (format > FORMAT)
        return error_set(err, TRIAGE_ERROR_VERSION,
                         "%s: this manifest is of format %" PRId64 ", and %d is known", place,
                         format, FORMAT);
    return TRIAGE_OK;
}

static triage_status read_comparison(const json_value *object, registry_manifest *m,
                                     triage_error *err)
{
    const json_value *value;
    buffer text = {0};
    if (!json_member(object, "comparison", &value) || json_kind_of(value) == JSON_NULL)
        return TRIAGE_OK;
    json_writer w = {.out = &text};
    json_write_value(&w, value);
    if (!buffer_string(&text)) {
        buffer_free(&text);
        return error_memory(err);
    }
    m->comparison = text.data;
    return TRIAGE_OK;
}

triage_status manifest_read(const char *text, size_t length, const char *version, const char *place,
                            registry_manifest *ret_manifest, triage_error *err)
{
    json_parser *parser = json_parser_new();
    if (!parser)
        return error_memory(err);
    json_value *object = NULL;
    triage_error cause = {0};
    triage_status status = json_parse(parser, text, length, &object, &cause);
    json_parser_free(parser);
    if (status != TRIAGE_OK)
        return error_set(err, status, "%s: %s", place, cause.message);
    registry_manifest m = {0};
    status = check_format(object, place, err);
    if (status == TRIAGE_OK) {
        const char *fault = find_fault(object, version, &m);
        if (fault)
            status = error_set(err, TRIAGE_ERROR_DATA, "%s: the member \"%s\" is missing or wrong",
                               place, fault);
    }
    if (status == TRIAGE_OK)
        status = read_comparison(object, &m, err);
    json_free(object);
    if (status == TRIAGE_OK)
        *ret_manifest = m;
    return status;
}
