/* SPDX-License-Identifier: MIT */
/* Vault's HTTP interface: secrets, and the renewal of the token. */
#include "services/vault.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/secret.h"
#include "config/small_file.h"
#include "http/client.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* A secret has some dozens of members. */
#define MAX_ANSWER_BYTES ((size_t)1 << 20)
#define MAX_TOKEN_BYTES  ((size_t)4 << 10)

/* A failed renewal is tried again after this, or sooner if the lease is short. */
#define RETRY_MS UINT64_C(30000)

/* Leases beyond are looked at once a day. */
#define MAX_WAIT_MS (UINT64_C(24) * 60 * 60 * 1000)

struct vault {
    char *address, *token_file; /* the address without a slash at its end */
    text_list paths;
    void (*on_fault)(void *context, const triage_error *err);
    void *context;
    pthread_mutex_t calling; /* guards client and parser: a client makes one call at a time */
    http_client *client;
    json_parser *parser;
    pthread_mutex_t waiting; /* guards is_stopping; never held together with `calling` */
    pthread_cond_t stop;
    bool is_stopping, has_thread;
    pthread_t thread;
};

/* --- settings */

static triage_status check_address(const char *address, triage_error *err)
{
    size_t scheme = strncmp(address, "https://", 8) == 0  ? 8
                    : strncmp(address, "http://", 7) == 0 ? 7
                                                          : 0;
    if (scheme && address[scheme] && !strpbrk(address, " \t\r\n?#"))
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_ARGUMENT,
                     "--vault-addr: '%s' is not an address such as https://vault:8200", address);
}

static triage_status check_path(const char *path, triage_error *err)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_./";
    const char *slash = strchr(path, '/');
    size_t length = strlen(path);
    if (slash && slash > path && slash[1] && path[length - 1] != '/' && !strstr(path, "//") &&
        !strstr(path, "..") && strspn(path, allowed) == length)
        return TRIAGE_OK;
    return error_set(err, TRIAGE_ERROR_ARGUMENT,
                     "--vault-path: '%s' is not a mount and a path, such as secret/triage", path);
}

static triage_status check_settings(const vault_settings *s, triage_error *err)
{
    triage_status status = check_address(s->address, err);
    for (size_t i = 0; status == TRIAGE_OK && i < s->paths.count; i++)
        status = check_path(s->paths.items[i], err);
    if (status == TRIAGE_OK && s->paths.count == 0)
        status = error_set(err, TRIAGE_ERROR_ARGUMENT, "--vault-path names no path");
    if (status == TRIAGE_OK && !s->token_file)
        status = error_set(err, TRIAGE_ERROR_ARGUMENT,
                           "--vault-token-file FILE is missing; --vault-addr needs it");
    return status;
}

static void vault_free(vault *v)
{
    http_client_free(v->client);
    json_parser_free(v->parser);
    pthread_cond_destroy(&v->stop);
    pthread_mutex_destroy(&v->waiting);
    pthread_mutex_destroy(&v->calling);
    free(v->address);
    free(v->token_file);
    text_list_free(&v->paths);
    free(v);
}

static bool copy_settings(vault *v, const vault_settings *s)
{
    size_t length = strlen(s->address);
    while (length > 0 && s->address[length - 1] == '/')
        length--;
    v->address = mem_copy_string(s->address, length);
    v->token_file = mem_copy_string(s->token_file, strlen(s->token_file));
    v->parser = json_parser_new();
    for (size_t i = 0; i < s->paths.count; i++)
        if (!text_list_add_part(&v->paths, s->paths.items[i], strlen(s->paths.items[i])))
            return false;
    return v->address && v->token_file && v->parser;
}

static void init_locks(vault *v)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&v->stop, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&v->waiting, NULL);
    pthread_mutex_init(&v->calling, NULL);
}

triage_status vault_open(const vault_options *options, vault **ret_vault, triage_error *err)
{
    triage_status status = check_settings(options->settings, err);
    if (status != TRIAGE_OK)
        return status;
    vault *v = mem_new_zeroed(1, sizeof *v);
    if (!v)
        return error_memory(err);
    init_locks(v);
    v->on_fault = options->on_fault;
    v->context = options->context;
    http_client_options client = {.max_response_bytes = MAX_ANSWER_BYTES,
                                  .ca_file = options->settings->ca_file};
    status = copy_settings(v, options->settings) ? http_client_new(&client, &v->client, err)
                                                 : error_memory(err);
    if (status == TRIAGE_OK)
        *ret_vault = v;
    else
        vault_free(v);
    return status;
}

/* --- requests */

/* The header with the token, as it is in the file now. To be wiped. */
static triage_status read_token(const vault *v, buffer *ret_header, triage_error *err)
{
    char *token = NULL;
    triage_status status = small_file_read(v->token_file, MAX_TOKEN_BYTES, &token, err);
    if (status != TRIAGE_OK)
        return status;
    size_t length = strlen(token);
    size_t n = strcspn(token, " \t\r\n");
    bool is_token = n > 0 && strspn(token + n, " \t\r\n") == length - n;
    for (size_t i = 0; i < n; i++)
        is_token = is_token && token[i] > ' ' && token[i] < 0x7F;
    if (is_token)
        buffer_printf(ret_header, "X-Vault-Token: %.*s", (int)n, token);
    secret_wipe(token, length);
    free(token);
    if (!is_token)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "'%s' does not hold a token", v->token_file);
    return buffer_string(ret_header) ? TRIAGE_OK : error_memory(err);
}

static void wipe_buffer(buffer *b)
{
    if (b->data)
        secret_wipe(b->data, b->capacity);
    buffer_free(b);
}

/* Appends the reasons of an answer {"errors": [...]}, if it has any. */
static void append_reasons(vault *v, const buffer *answer, buffer *text)
{
    json_value *value = NULL;
    const json_value *errors;
    if (json_parse(v->parser, answer->data, answer->length, &value, NULL) != TRIAGE_OK)
        return;
    for (size_t i = 0; json_member(value, "errors", &errors) && i < json_length(errors); i++) {
        const char *reason;
        size_t length;
        if (!json_string(json_element(errors, i), &reason, &length))
            continue;
        buffer_append_text(text, i ? ", " : ": ");
        for (size_t k = 0; k < length && k < 200; k++)
            buffer_append_char(text, (unsigned char)reason[k] < ' ' ? ' ' : reason[k]);
    }
    json_free(value);
}

/* The error for an answer other than 200. */
static triage_status refuse(vault *v, unsigned code, const buffer *answer, const char *path,
                            triage_error *err)
{
    buffer reasons = {0};
    append_reasons(v, answer, &reasons);
    const char *why = buffer_string(&reasons);
    if (!why)
        why = "";
    triage_status status;
    if (code == 403)
        status = error_set(err, TRIAGE_ERROR_PERMISSION,
                           "Vault refuses %s: the token is not valid or its policy does not allow "
                           "it%s",
                           path, why);
    else if (code == 404)
        status =
            error_set(err, TRIAGE_ERROR_ARGUMENT,
                      "Vault has nothing at %s: no such secret, or no KV version 2%s", path, why);
    else if (code == 503)
        status = error_set(err, TRIAGE_ERROR_IO, "Vault at %s is sealed or not ready%s", v->address,
                           why);
    else
        status = error_set(err, TRIAGE_ERROR_IO, "Vault answered %u to %s%s", code, path, why);
    buffer_free(&reasons);
    return status;
}

/* Makes a call and reads the JSON of its answer. Called with `calling` held. */
static triage_status call(vault *v, const char *method, const char *path, json_value **ret_value,
                          triage_error *err)
{
    buffer header = {0}, url = {0}, answer = {0};
    unsigned code = 0;
    triage_status status = read_token(v, &header, err);
    buffer_printf(&url, "%s/v1/%s", v->address, path);
    if (status == TRIAGE_OK && !buffer_string(&url))
        status = error_memory(err);
    if (status == TRIAGE_OK) {
        const char *const headers[] = {header.data, "Content-Type: application/json", NULL};
        bool is_post = strcmp(method, "POST") == 0;
        http_call request = {.method = method,
                             .url = url.data,
                             .headers = headers,
                             .body = is_post ? "{}" : NULL,
                             .body_length = is_post ? 2 : 0};
        status = http_client_call(v->client, &request, &code, &answer, NULL, err);
    }
    if (status == TRIAGE_OK && code != 200)
        status = refuse(v, code, &answer, path, err);
    if (status == TRIAGE_OK &&
        json_parse(v->parser, answer.data, answer.length, ret_value, NULL) != TRIAGE_OK)
        status = error_set(err, TRIAGE_ERROR_DATA, "what answers at %s is no Vault", v->address);
    wipe_buffer(&header);
    wipe_buffer(&answer);
    buffer_free(&url);
    return status;
}

/* --- the secrets */

/* Adds to `*n_used` how many members are options. */
static triage_status apply_members(const char *secret, const json_value *data,
                                   option_values *values, size_t *n_used, triage_error *err)
{
    json_cursor cursor = {0};
    const char *name, *text;
    const json_value *value;
    size_t length;
    while (json_next_member(data, &cursor, &name, &value)) {
        bool is_used = false;
        if (!json_scalar_text(value, &text, &length))
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "Vault, %s: '%s' is not a text", secret,
                             name);
        triage_status status = options_set_secret(values, name, text, length, &is_used, err);
        if (status != TRIAGE_OK)
            return status;
        *n_used += is_used;
    }
    return TRIAGE_OK;
}

static triage_status apply_secret(vault *v, const char *secret, option_values *values,
                                  size_t *n_used, triage_error *err)
{
    size_t mount_length = strcspn(secret, "/");
    buffer path = {0};
    json_value *answer = NULL;
    const json_value *outer, *data;
    buffer_printf(&path, "%.*s/data%s", (int)mount_length, secret, secret + mount_length);
    if (!buffer_string(&path))
        return error_memory(err);
    pthread_mutex_lock(&v->calling);
    triage_status status = call(v, "GET", path.data, &answer, err);
    pthread_mutex_unlock(&v->calling);
    if (status == TRIAGE_OK) {
        if (json_member(answer, "data", &outer) && json_member(outer, "data", &data) &&
            json_kind_of(data) == JSON_OBJECT)
            status = apply_members(secret, data, values, n_used, err);
        else
            status = error_set(err, TRIAGE_ERROR_DATA,
                               "Vault's answer for %s has no data of a KV version 2", path.data);
    }
    json_free(answer);
    buffer_free(&path);
    return status;
}

triage_status vault_apply(vault *v, option_values *values, size_t *ret_n_used, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    size_t n_used = 0;
    for (size_t i = 0; i < v->paths.count && status == TRIAGE_OK; i++)
        status = apply_secret(v, v->paths.items[i], values, &n_used, err);
    if (status == TRIAGE_OK)
        *ret_n_used = n_used;
    return status;
}

/* --- renewal */

/* `*ret_lease_ms` 0: the token never ends, or cannot be renewed. */
static triage_status renew(vault *v, uint64_t *ret_lease_ms, triage_error *err)
{
    json_value *answer = NULL;
    const json_value *auth, *value;
    int64_t seconds;
    bool is_renewable = false;
    pthread_mutex_lock(&v->calling);
    triage_status status = call(v, "POST", "auth/token/renew-self", &answer, err);
    pthread_mutex_unlock(&v->calling);
    if (status == TRIAGE_OK) {
        if (json_member(answer, "auth", &auth) && json_member(auth, "lease_duration", &value) &&
            json_int(value, 0, INT64_MAX / 1000, &seconds)) {
            if (json_member(auth, "renewable", &value))
                (void)json_boolean(value, &is_renewable);
            *ret_lease_ms = is_renewable ? (uint64_t)seconds * 1000 : 0;
        } else
            status = error_set(err, TRIAGE_ERROR_DATA,
                               "Vault's answer to the renewal has no lease_duration");
    }
    json_free(answer);
    return status;
}

/* Waits until the vault is closed (true) or the time is over. */
static bool wait_for_stop(vault *v, uint64_t ms)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += (time_t)(ms / 1000);
    until.tv_nsec += (long)(ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    pthread_mutex_lock(&v->waiting);
    while (!v->is_stopping && pthread_cond_timedwait(&v->stop, &v->waiting, &until) != ETIMEDOUT)
        continue;
    bool is_stopping = v->is_stopping;
    pthread_mutex_unlock(&v->waiting);
    return is_stopping;
}

/* After two thirds of the lease, so that a few failures can be made good. */
static void *keep_renewing(void *context)
{
    vault *v = context;
    uint64_t lease_ms = 0, wait_ms = 0;
    do {
        triage_error err = {0};
        if (renew(v, &lease_ms, &err) == TRIAGE_OK) {
            wait_ms = lease_ms ? lease_ms / 3 * 2 : MAX_WAIT_MS;
        } else {
            if (v->on_fault)
                v->on_fault(v->context, &err);
            wait_ms = lease_ms ? lease_ms / 10 : RETRY_MS;
            wait_ms = wait_ms < RETRY_MS ? wait_ms : RETRY_MS;
        }
        wait_ms = wait_ms < MAX_WAIT_MS ? wait_ms : MAX_WAIT_MS;
    } while (!wait_for_stop(v, wait_ms < 100 ? 100 : wait_ms));
    return NULL;
}

triage_status vault_start_renewing(vault *v, triage_error *err)
{
    if (pthread_create(&v->thread, NULL, keep_renewing, v) != 0)
        return error_set(err, TRIAGE_ERROR_MEMORY, "cannot start a thread");
    v->has_thread = true;
    return TRIAGE_OK;
}

void vault_close(vault *v)
{
    if (!v)
        return;
    pthread_mutex_lock(&v->waiting);
    v->is_stopping = true;
    pthread_cond_signal(&v->stop);
    pthread_mutex_unlock(&v->waiting);
    if (v->has_thread)
        pthread_join(v->thread, NULL);
    vault_free(v);
}
