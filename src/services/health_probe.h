/* SPDX-License-Identifier: MIT */
/* Asking a service of this machine how it is, as a container's health check does. */
#ifndef SERVICES_HEALTH_PROBE_H
#define SERVICES_HEALTH_PROBE_H

#include "base/buffer.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>

/*
 * Asks who listens on `listen` ("0.0.0.0:8081": by the loopback) whether it is ready, or only
 * whether it is alive. `*ret_is_well` tells, and the answer's text is appended to `ret_text`.
 * ERROR_ARGUMENT: no such address. ERROR_IO: nobody answers in time. ERROR_MEMORY.
 */
triage_status health_probe(const char *listen, bool only_alive, uint32_t timeout_ms,
                           bool *ret_is_well, buffer *ret_text, triage_error *err) TRIAGE_CHECKED;

#endif
