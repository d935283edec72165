/* SPDX-License-Identifier: MIT */
/* Keys: list, create, revoke; and what the caller's own key may do. */
#include "services/backend/backend.h"
#include "services/backend/page.h"
#include "services/keys.h"
#include "services/note.h"

#include <stdio.h>
#include <string.h>

static bool add_row(void *context, const store_key *k)
{
    page *list = context;
    json_writer *w = page_row(list, NULL);
    if (!w)
        return false;
    json_begin_object(w);
    json_write_key(w, "key_id");
    backend_write_text(w, k->id);
    json_write_key(w, "name");
    backend_write_text(w, k->name);
    json_write_key(w, "role");
    backend_write_text(w, k->role);
    json_write_key(w, "created_at");
    backend_write_time(w, k->created_at);
    json_write_key(w, "revoked_at");
    backend_write_time(w, k->revoked_at);
    json_end_object(w);
    return true;
}

void keys_list(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    page list;
    if (!page_begin(&list, x, "keys", b->options.spool_folder))
        return;
    page_show_all(&list);
    page_end(&list, store_each_key(b->options.store, add_row, &list, &err), &err);
}

/* A role's name as the rows of keys have it, or NULL. */
static const char *find_role(const char *name, size_t length)
{
    for (size_t i = 0; name && key_roles[i]; i++)
        if (strlen(key_roles[i]) == length && memcmp(key_roles[i], name, length) == 0)
            return key_roles[i];
    return NULL;
}

static bool has_control(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7F)
            return true;
    return false;
}

/* {"role","name"?}. False with a problem sent. */
static bool read_key(http_exchange *x, const char **ret_role, const char **ret_name)
{
    static const char *const names[] = {"role", "name", NULL};
    const json_flat *body;
    request_fault fault;
    const char *role;
    size_t role_length, name_length;
    if (!http_body_flat(x, &body))
        return false;
    bool is_good = request_has_only(body, names, &fault) &&
                   request_string(body, "role", SIZE_MAX, &role, &role_length, &fault) &&
                   request_string(body, "name", KEY_NAME_MAX, ret_name, &name_length, &fault);
    if (is_good && !(*ret_role = find_role(role, role_length)))
        is_good =
            request_fault_set(&fault, "role", "'role' must be one of predict, agent and admin");
    if (is_good && has_control(*ret_name, name_length))
        is_good = request_fault_set(&fault, "name", "'name' holds a control character");
    if (!is_good)
        http_problem(x, 422, fault.pointer, "%s", fault.message);
    return is_good;
}

void keys_post(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    const char *role = NULL, *name = NULL;
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    note_of(x)->action = "key-create";
    if (!read_key(x, &role, &name))
        return;
    triage_status status =
        keys_create(b->options.store, role, name ? name : "", backend_caller(x), id, secret, &err);
    if (status == TRIAGE_OK)
        status = keys_reload(b->options.keys, &err);
    if (status != TRIAGE_OK) {
        http_problem_status(x, status, &err);
        return;
    }
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "key_id");
    json_write_text(&w, id);
    json_write_key(&w, "role");
    json_write_text(&w, role);
    json_write_key(&w, "key");
    json_write_text(&w, secret);
    json_end_object(&w);
    http_reply_json(x, 201, out);
}

void keys_delete(void *service, http_exchange *x)
{
    backend *b = service;
    triage_error err;
    bool is_found = false;
    note_of(x)->action = "key-revoke";
    triage_status status = store_revoke_key(b->options.store, http_path_value(x, "id"),
                                            backend_caller(x), &is_found, &err);
    if (status == TRIAGE_OK && is_found)
        status = keys_reload(b->options.keys, &err);
    if (status != TRIAGE_OK)
        http_problem_status(x, status, &err);
    else if (!is_found)
        http_problem(x, 404, NULL, "no valid key has this id");
    else
        http_reply_empty(x, 204);
}

static const char *role_name(http_role role)
{
    for (size_t i = 0; key_roles[i]; i++)
        if (key_role(i) == role)
            return key_roles[i];
    return "none";
}

void session_get(void *service, http_exchange *x)
{
    backend *b = service;
    const http_identity *caller = http_caller(x);
    buffer *out = http_scratch(x);
    json_writer w = {.out = out};
    buffer_clear(out);
    json_begin_object(&w);
    json_write_key(&w, "key_id");
    json_write_text(&w, caller->id[0] ? caller->id : NULL);
    json_write_key(&w, "role");
    json_write_text(&w, role_name(caller->role));
    json_write_key(&w, "keys_exist");
    json_write_bool(&w, keys_any(b->options.keys));
    json_end_object(&w);
    http_reply_json(x, 200, out);
}
