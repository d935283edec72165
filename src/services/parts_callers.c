/* SPDX-License-Identifier: MIT */
/* Who may call: keys, and the one key between services. */
#include "services/parts.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/secret.h"
#include "http/address.h"

#include <string.h>

static void tell_keys_fault(void *context, const triage_error *err)
{
    observer_say(context, LOG_ERROR, "keys", "the keys stay as they were: %s", err->message);
}

triage_status parts_open_keys(parts *p, const caller_settings *callers, const char *listen,
                              triage_error *err)
{
    keys_options options = {.store = p->store,
                            .admin_key = callers->admin_key,
                            .is_open_without_keys =
                                !callers->is_key_required && address_is_loopback(listen),
                            .on_fault = tell_keys_fault,
                            .context = &p->observer};
    triage_status status = keys_new(&options, &p->keys, err);
    if (status == TRIAGE_OK && !keys_any(p->keys) && !address_is_loopback(listen))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "without a key only this machine may call: listen on 127.0.0.1, or make a "
                         "key with 'triage keys create admin' or --admin-key-file");
    return status;
}

triage_status parts_open_single_key(parts *p, const char *key, const char *listen,
                                    triage_error *err)
{
    if (!key && !address_is_loopback(listen))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "without a key only this machine may call: listen on 127.0.0.1, or give "
                         "a key with --inference-key-file");
    if (key && strlen(key) < KEY_MIN_LENGTH)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the key has fewer than %d characters",
                         KEY_MIN_LENGTH);
    p->single_key = key ? mem_copy_string(key, strlen(key)) : NULL;
    return key && !p->single_key ? error_memory(err) : TRIAGE_OK;
}

triage_status parts_open_peer_key(parts *p, const char *key, triage_error *err)
{
    if (key && strlen(key) < KEY_MIN_LENGTH)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the key has fewer than %d characters",
                         KEY_MIN_LENGTH);
    p->peer_key = key ? mem_copy_string(key, strlen(key)) : NULL;
    return key && !p->peer_key ? error_memory(err) : TRIAGE_OK;
}

/* Without a key everyone who reaches this server may predict. */
static bool authenticate_single(const char *key, const char *token, size_t length,
                                http_identity *ret_identity)
{
    bool is_right = key ? token && length == strlen(key) && secret_equal(key, token, length) : true;
    if (is_right || !token)
        *ret_identity = (http_identity){.role = is_right ? HTTP_ROLE_PREDICT : HTTP_ROLE_PUBLIC};
    return is_right || !token;
}

bool parts_authenticate(void *context, const char *token, size_t length,
                        http_identity *ret_identity)
{
    parts *p = context;
    /* Whoever has this key may predict in any case: at the inference servers. */
    if (p->peer_key && token && length == strlen(p->peer_key) &&
        secret_equal(p->peer_key, token, length)) {
        *ret_identity =
            (http_identity){.id = "inference", .role = HTTP_ROLE_PREDICT, .is_peer = true};
        return true;
    }
    if (p->keys)
        return keys_authenticate(p->keys, token, length, ret_identity);
    return authenticate_single(p->single_key, token, length, ret_identity);
}
