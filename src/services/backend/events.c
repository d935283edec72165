/* SPDX-License-Identifier: MIT */
/* GET /events: what happens, as server-sent events. */
#include "services/backend/backend.h"

void events_get(void *service, http_exchange *x)
{
    backend *b = service;
    event_hub_watch(b->events, x);
}
