/* SPDX-License-Identifier: MIT */
/* What is told about model versions that come into this process's registry from elsewhere: from the
 * store (model_sync.h) or from the backend (inference/model_pull.h). */
#ifndef SERVICES_MODEL_COPY_H
#define SERVICES_MODEL_COPY_H

#include <stdbool.h>

typedef enum model_copy_kind {
    MODEL_COPY_DONE,  /* `version` is here now */
    MODEL_COPY_ASIDE, /* another model of that name was here, and was moved aside */
    MODEL_COPY_LIVE,  /* `version` was put live here */
    MODEL_COPY_FAULT, /* `message`; tried again */
} model_copy_kind;

/* Valid during the call only. */
typedef struct model_copy_event {
    model_copy_kind kind;
    const char *version; /* "" for a fault */
    const char *message; /* NULL but for a fault */
    bool is_repeated;    /* a fault right after the same one */
} model_copy_event;

typedef void (*model_copy_note)(void *context, const model_copy_event *event);

#endif
