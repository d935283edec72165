/* SPDX-License-Identifier: MIT */
/* What a handler leaves for the log line and the metrics of its request: kept in the exchange. */
#ifndef SERVICES_NOTE_H
#define SERVICES_NOTE_H

#include "http/request.h"

#include <stdbool.h>

typedef struct request_note {
    const char *action; /* event.action: "predict", "feedback"; static */
    bool has_prediction, is_auto;
    float confidence;
    char version[16];
    char label[64]; /* cut where longer */
} request_note;

/* The exchange's note, zeroed when the request begins. */
static inline request_note *note_of(http_exchange *x)
{
    _Static_assert(sizeof(request_note) <= HTTP_NOTE_SIZE, "a note fits an exchange");
    return http_note(x);
}

#endif
