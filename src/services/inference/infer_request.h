/* SPDX-License-Identifier: MIT */
/* The body of POST /v2/models/triage/infer (Open Inference Protocol, REST). */
#ifndef SERVICES_INFERENCE_INFER_REQUEST_H
#define SERVICES_INFERENCE_INFER_REQUEST_H

#include "base/json.h"

#include <stdbool.h>

/* Texts of one request. */
#define INFER_MAX_TEXTS 4096

/* Borrowed from the JSON value. */
typedef struct infer_request {
    const json_value *texts;   /* array of `n` strings */
    const json_value *outputs; /* array, or NULL: all */
    const char *id;            /* NULL: not given */
    size_t id_length, n;
    bool wants_explanation;
} infer_request;

/* False, with a sentence in `ret_fault` (`size` bytes), for what cannot be answered. */
bool infer_request_read(const json_value *body, infer_request *ret_request, char *ret_fault,
                        size_t size);

#endif
