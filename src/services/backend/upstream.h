/* SPDX-License-Identifier: MIT */
/*
 * Predictions by inference servers, over the Open Inference Protocol (v2). Requests that wait at
 * the same time travel together: a few threads each take what waits, up to a batch, send one call
 * over a connection that stays open, and hand out the answers.
 *
 * A call that failed is tried again elsewhere: predicting twice changes nothing. After several
 * failures in a row the circuit is open: requests are refused at once for a while, then one is let
 * through to see.
 *
 * Thread-safety: shared.
 */
#ifndef SERVICES_BACKEND_UPSTREAM_H
#define SERVICES_BACKEND_UPSTREAM_H

#include "services/observer.h"
#include "services/prediction/engine.h"

typedef struct upstream upstream;

typedef struct upstream_options {
    const char *const *urls; /* "http://inference:8081"; calls go to each in turn, and to each
                              * address of a name */
    size_t n_urls;
    const char *key; /* sent as a bearer token; NULL: none; borrowed */
    uint32_t timeout_ms, n_connections;
    uint32_t queue_length; /* requests that may wait; further ones are refused */
    observer *observer;    /* borrowed */
} upstream_options;

/* One ticket's answer. */
typedef struct upstream_answer {
    const char *model_version;
    const float *probabilities; /* of all labels of all fields */
    size_t n_probabilities;
    uint32_t n_words, n_known_words;
    const char *explanations; /* JSON array, a string of members for each field; NULL: none */
    size_t explanations_length;
} upstream_answer;

/* Called once for each request, from a thread of the upstream: `answer` NULL and `reason` set if
 * there is none. What they point to is valid during the call. */
typedef void (*upstream_done)(void *context, const upstream_answer *answer, const char *reason);

triage_status upstream_start(const upstream_options *options, upstream **ret_upstream,
                             triage_error *err) TRIAGE_CHECKED;
/* Refuses what still waits and ends the threads; NULL is fine. */
void upstream_stop(upstream *u);

/* Asks for one ticket; `text` is copied. False: refused at once, `done` is not called. */
bool upstream_ask(upstream *u, const char *text, size_t length, bool wants_explanation,
                  upstream_done done, void *context);

/* Whether calls are let through, and the last failure's reason ("" if none). */
bool upstream_is_up(upstream *u, char *ret_reason, size_t size);

#endif
