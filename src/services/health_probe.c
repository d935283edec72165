/* SPDX-License-Identifier: MIT */
/* One request. */
#include "services/health_probe.h"

#include "base/error.h"
#include "http/address.h"
#include "http/client.h"

/* Some lines; who answers with more is none of our services. */
#define MAX_ANSWER_BYTES ((size_t)64 << 10)

triage_status health_probe(const char *listen, bool only_alive, uint32_t timeout_ms,
                           bool *ret_is_well, buffer *ret_text, triage_error *err)
{
    char base[300];
    buffer url = {0};
    http_client *client = NULL;
    unsigned code = 0;
    http_client_options options = {
        .connect_ms = timeout_ms, .total_ms = timeout_ms, .max_response_bytes = MAX_ANSWER_BYTES};
    triage_status status = address_reach(listen, base, sizeof base, err);
    if (status != TRIAGE_OK)
        return status;
    buffer_printf(&url, "%s/%s", base, only_alive ? "livez" : "readyz");
    http_call call = {.method = "GET", .url = buffer_string(&url)};
    status = call.url ? http_client_new(&options, &client, err) : error_memory(err);
    if (status == TRIAGE_OK)
        status = http_client_call(client, &call, &code, ret_text, NULL, err);
    if (status == TRIAGE_OK)
        *ret_is_well = code == 200;
    http_client_free(client);
    buffer_free(&url);
    return status;
}
