/* SPDX-License-Identifier: MIT */
/* Checking rows of routes and finding the one for a request. */
#include "http/router.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

#define NO_ROW UINT32_MAX

struct router {
    router_row *rows; /* sorted: those without names first */
    uint32_t n_rows, n_literal;
    uint32_t *slots; /* open addressing over the paths of the first n_literal rows; the row's
                      * number, rows with the same path one after the other, or NO_ROW */
    uint32_t slot_mask;
};

/* --- checking ------------------------------------------------------------------------------- */

static bool is_word(const char *text, size_t length, const char *others)
{
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!is_plain && !strchr(others, c))
            return false;
    }
    return length > 0;
}

/* What is wrong with the row itself, or NULL. */
static const char *fault_of(const http_route *route)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    bool is_method = false;
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        is_method = is_method || (route->method && strcmp(route->method, methods[i]) == 0);
    if (!is_method)
        return "its method is none of those that are served";
    if (route->role < HTTP_ROLE_PUBLIC || route->role > HTTP_ROLE_ADMIN)
        return "it has no role";
    if (route->rate < HTTP_RATE_NONE || route->rate >= HTTP_N_RATES)
        return "it has no rate";
    switch (route->kind) {
    case HTTP_INLINE:
    case HTTP_BLOCKING: return route->handle && !route->upload ? NULL : "it has no handler";
    case HTTP_UPLOAD: {
        const http_upload *u = route->upload;
        return !route->handle && u && u->begin && u->data && u->end && u->free ? NULL
                                                                               : "it has no upload";
    }
    }
    return "it has no kind";
}

/* Notes the names of the path; what is wrong with it, or NULL. */
static const char *find_names(router_row *row)
{
    const char *at = row->path;
    if (*at != '/')
        return "its path does not begin with a slash";
    while (*at) {
        const char *segment = ++at;
        at += strcspn(segment, "/");
        size_t length = (size_t)(at - segment);
        bool is_last = *at == '\0';
        if (length == 0) {
            if (is_last && row->path_length == 1)
                return NULL; /* "/" itself */
            return "its path has an empty segment";
        }
        if (segment[0] != '{') {
            if (!is_word(segment, length, "-._"))
                return "its path has a character that is not plain";
            continue;
        }
        if (length < 3 || segment[length - 1] != '}' || !is_word(segment + 1, length - 2, "_"))
            return "a name in its path is malformed";
        if (row->n_names == ROUTER_MAX_VALUES)
            return "its path has too many names";
        row->names[row->n_names++] = segment + 1;
    }
    return NULL;
}

/* --- building ------------------------------------------------------------------------------- */

static bool make_row(const http_routes *group, const http_route *route, router_row *ret_row)
{
    size_t prefix = strlen(group->prefix), path = strlen(route->path);
    char *text = mem_new(prefix + path + 1, 1);
    if (!text)
        return false;
    memcpy(text, group->prefix, prefix);
    memcpy(text + prefix, route->path, path + 1);
    *ret_row = (router_row){
        .route = route, .service = group->service, .path = text, .path_length = prefix + path};
    return true;
}

static triage_status add_row(router *r, const http_routes *group, const http_route *route,
                             triage_error *err)
{
    if (!route->path || !group->prefix)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a route has no path");
    router_row *row = &r->rows[r->n_rows];
    if (!make_row(group, route, row))
        return error_memory(err);
    r->n_rows++;
    const char *fault = fault_of(route);
    if (!fault)
        fault = find_names(row);
    if (fault)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "route %s %s: %s",
                         route->method ? route->method : "?", row->path, fault);
    return TRIAGE_OK;
}

/* A path up to the name of a {name}, so that two names in the same place are the same path. */
static int compare_shapes(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        if (*a == '{') {
            a += strcspn(a, "}");
            b += strcspn(b, "}");
        }
    return (unsigned char)*a - (unsigned char)*b;
}

/* Rows without names first; then paths by their shape; a literal segment before a name, because
 * '{' is behind all characters that a literal one may have. */
static int compare_rows(const void *first, const void *second)
{
    const router_row *a = first, *b = second;
    if ((a->n_names == 0) != (b->n_names == 0))
        return a->n_names == 0 ? -1 : 1;
    int order = compare_shapes(a->path, b->path);
    return order ? order : strcmp(a->route->method, b->route->method);
}

static triage_status check_for_doubles(const router *r, triage_error *err)
{
    for (uint32_t i = 1; i < r->n_rows; i++)
        if (compare_rows(&r->rows[i - 1], &r->rows[i]) == 0)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "route %s %s: there are two of it",
                             r->rows[i].route->method, r->rows[i].path);
    return TRIAGE_OK;
}

static uint32_t slot_of(const router *r, const char *path, size_t length)
{
    return (uint32_t)hash_bytes(path, length) & r->slot_mask;
}

/* Twice as many slots as rows at least, so that a search ends soon. */
static bool build_slots(router *r)
{
    uint32_t n_slots = 8;
    while (r->n_literal < r->n_rows && r->rows[r->n_literal].n_names == 0)
        r->n_literal++;
    while (n_slots < 2 * r->n_literal)
        n_slots *= 2;
    r->slots = mem_new(n_slots, sizeof *r->slots);
    if (!r->slots)
        return false;
    r->slot_mask = n_slots - 1;
    for (uint32_t i = 0; i < n_slots; i++)
        r->slots[i] = NO_ROW;
    for (uint32_t i = 0; i < r->n_literal; i++) {
        if (i > 0 && strcmp(r->rows[i].path, r->rows[i - 1].path) == 0)
            continue;
        uint32_t slot = slot_of(r, r->rows[i].path, r->rows[i].path_length);
        while (r->slots[slot] != NO_ROW)
            slot = (slot + 1) & r->slot_mask;
        r->slots[slot] = i;
    }
    return true;
}

/* The literal rows of one path follow each other, and so do the patterns of one shape. */
static triage_status build(router *r, const http_routes *routes, size_t n_routes, triage_error *err)
{
    size_t n_rows = 0;
    for (size_t i = 0; i < n_routes; i++)
        if (!size_add(n_rows, routes[i].n_rows, &n_rows) || n_rows > UINT16_MAX)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "too many routes");
    r->rows = mem_new_zeroed(n_rows, sizeof *r->rows);
    if (!r->rows)
        return error_memory(err);
    for (size_t i = 0; i < n_routes; i++)
        for (size_t k = 0; k < routes[i].n_rows; k++) {
            triage_status status = add_row(r, &routes[i], &routes[i].rows[k], err);
            if (status != TRIAGE_OK)
                return status;
        }
    qsort(r->rows, r->n_rows, sizeof *r->rows, compare_rows);
    triage_status status = check_for_doubles(r, err);
    if (status == TRIAGE_OK && !build_slots(r))
        status = error_memory(err);
    return status;
}

triage_status router_new(const http_routes *routes, size_t n_routes, router **ret_router,
                         triage_error *err)
{
    router *r = mem_new_zeroed(1, sizeof *r);
    if (!r)
        return error_memory(err);
    triage_status status = build(r, routes, n_routes, err);
    if (status == TRIAGE_OK)
        *ret_router = r;
    else
        router_free(r);
    return status;
}

void router_free(router *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->n_rows; i++)
        free(r->rows[i].path);
    free(r->rows);
    free(r->slots);
    free(r);
}

/* --- finding -------------------------------------------------------------------------------- */

/* The first of the literal rows with that path, or NO_ROW. */
static uint32_t find_literal(const router *r, const char *path, size_t length)
{
    for (uint32_t slot = slot_of(r, path, length); r->slots[slot] != NO_ROW;
         slot = (slot + 1) & r->slot_mask) {
        const router_row *row = &r->rows[r->slots[slot]];
        if (row->path_length == length && memcmp(row->path, path, length) == 0)
            return r->slots[slot];
    }
    return NO_ROW;
}

/* Whether the path has the pattern's shape; an empty segment matches no name. */
static bool match_pattern(const router_row *row, const char *path, size_t length,
                          router_value *ret_values)
{
    const char *pattern = row->path, *end = path + length;
    unsigned n_values = 0;
    while (*pattern) {
        if (*pattern != '{') {
            if (path == end || *path++ != *pattern++)
                return false;
            continue;
        }
        const char *slash = memchr(path, '/', (size_t)(end - path));
        const char *value_end = slash ? slash : end;
        if (value_end == path)
            return false;
        ret_values[n_values++] = (router_value){path, (size_t)(value_end - path)};
        path = value_end;
        pattern += strcspn(pattern, "}") + 1;
    }
    return path == end;
}

/* The next row from `from` on that has the path, or NO_ROW. Literal ones are found by the table. */
static uint32_t next_with_path(const router *r, uint32_t from, const char *path, size_t length,
                               router_value *ret_values)
{
    if (from == 0 && r->n_literal > 0) {
        uint32_t row = find_literal(r, path, length);
        if (row != NO_ROW)
            return row;
    } else if (from < r->n_literal) {
        const router_row *row = &r->rows[from];
        if (row->path_length == length && memcmp(row->path, path, length) == 0)
            return from;
    }
    for (uint32_t i = from > r->n_literal ? from : r->n_literal; i < r->n_rows; i++)
        if (match_pattern(&r->rows[i], path, length, ret_values))
            return i;
    return NO_ROW;
}

static router_result find_method(const router *r, const char *method, const char *path,
                                 size_t length, router_match *ret_match)
{
    router_result result = ROUTER_NO_PATH;
    router_match match = {0};
    for (uint32_t i = next_with_path(r, 0, path, length, match.values); i != NO_ROW;
         i = next_with_path(r, i + 1, path, length, match.values)) {
        result = ROUTER_NO_METHOD;
        if (strcmp(r->rows[i].route->method, method) != 0)
            continue;
        match.row = &r->rows[i];
        *ret_match = match;
        return ROUTER_FOUND;
    }
    return result;
}

router_result router_find(const router *r, const char *method, const char *path, size_t length,
                          router_match *ret_match)
{
    router_result result = find_method(r, method, path, length, ret_match);
    if (result == ROUTER_NO_METHOD && strcmp(method, "HEAD") == 0)
        result = find_method(r, "GET", path, length, ret_match);
    return result;
}

void router_append_methods(const router *r, const char *path, size_t length, buffer *out)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
    bool is_all = length == 1 && path[0] == '*';
    for (size_t m = 0; m < sizeof methods / sizeof *methods; m++) {
        router_match match;
        bool is_taken = !is_all && router_find(r, methods[m], path, length, &match) == ROUTER_FOUND;
        for (uint32_t i = 0; is_all && !is_taken && i < r->n_rows; i++)
            is_taken = strcmp(r->rows[i].route->method, methods[m]) == 0 ||
                       (m == 1 && strcmp(r->rows[i].route->method, "GET") == 0);
        if (is_taken) {
            buffer_append_text(out, methods[m]);
            buffer_append_text(out, ", ");
        }
    }
    buffer_append_text(out, "OPTIONS");
}

const router_value *router_value_of(const router_match *match, const char *name)
{
    size_t length = strlen(name);
    for (unsigned i = 0; i < match->row->n_names; i++)
        if (strncmp(match->row->names[i], name, length) == 0 && match->row->names[i][length] == '}')
            return &match->values[i];
    return NULL;
}
