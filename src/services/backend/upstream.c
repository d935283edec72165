/* SPDX-License-Identifier: MIT */
/* A queue, threads that empty it together, and a circuit that opens when nothing answers. */
#include "services/backend/upstream.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"
#include "http/client.h"
#include "services/backend/server_pool.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Texts of one call, and their bytes: well below what an inference server takes in one body. */
#define BATCH       64
#define BATCH_BYTES ((size_t)2 << 20)

/* Failures in a row that open the circuit, and for how long: doubled each time, up to the last. */
#define FAILURES_TO_OPEN  4
#define OPEN_SECONDS      0.5
#define OPEN_SECONDS_MOST 8.0

/* Who does not take a connection within this time is gone. */
#define CONNECT_MS 1000

/* A connection older than this is made anew, so that new servers behind a name get their share. */
#define CONNECTION_SECONDS 15

typedef struct job {
    char *text; /* owned */
    size_t length;
    bool wants_explanation;
    upstream_done done;
    void *context;
    struct job *next;
} job;

struct upstream {
    upstream_options options;
    server_pool *servers;
    char *authorization; /* owned: the header, or NULL */
    pthread_t *threads;
    size_t n_threads;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t added;
    job *first, **last;
    size_t n_waiting;
    bool is_stopping;
    unsigned n_failures;
    double open_until, open_seconds;
    char reason[256];
};

/* One thread's part. */
typedef struct caller {
    upstream *owner;
    http_client *client;
    json_parser *parser;
    buffer request, response;
    float *probabilities; /* of one text */
    size_t capacity;
} caller;

/* --- the circuit ----------------------------------------------------------------------------- */

/* Under the lock. Whether a request may wait for an answer now: while the circuit is open, one
 * after each pause, to see. */
static bool lets_through(upstream *u)
{
    double now = clock_seconds();
    if (u->n_failures < FAILURES_TO_OPEN)
        return true;
    if (now < u->open_until)
        return false;
    u->open_until = now + u->open_seconds; /* if it is still not answered then, another one */
    return true;
}

static void note_success(upstream *u)
{
    pthread_mutex_lock(&u->lock);
    u->n_failures = 0;
    u->open_seconds = OPEN_SECONDS;
    u->reason[0] = '\0';
    pthread_mutex_unlock(&u->lock);
}

static void note_failure(upstream *u, const char *reason)
{
    pthread_mutex_lock(&u->lock);
    u->n_failures++;
    snprintf(u->reason, sizeof u->reason, "%s", reason);
    if (u->n_failures >= FAILURES_TO_OPEN) {
        u->open_until = clock_seconds() + u->open_seconds;
        u->open_seconds =
            u->open_seconds * 2 < OPEN_SECONDS_MOST ? u->open_seconds * 2 : OPEN_SECONDS_MOST;
    }
    pthread_mutex_unlock(&u->lock);
}

bool upstream_is_up(upstream *u, char *ret_reason, size_t size)
{
    pthread_mutex_lock(&u->lock);
    bool is_up = u->n_failures < FAILURES_TO_OPEN;
    snprintf(ret_reason, size, "%s", u->reason);
    pthread_mutex_unlock(&u->lock);
    return is_up;
}

/* --- one call -------------------------------------------------------------------------------- */

static void write_request(caller *c, const job *jobs, size_t n)
{
    json_writer w = {.out = &c->request};
    buffer_clear(&c->request);
    json_begin_object(&w);
    if (jobs->wants_explanation) {
        json_write_key(&w, "parameters");
        json_begin_object(&w);
        json_write_key(&w, "explain");
        json_write_bool(&w, true);
        json_end_object(&w);
    }
    json_write_key(&w, "inputs");
    json_begin_array(&w);
    json_begin_object(&w);
    json_write_key(&w, "name");
    json_write_text(&w, "text");
    json_write_key(&w, "datatype");
    json_write_text(&w, "BYTES");
    json_write_key(&w, "shape");
    json_begin_array(&w);
    json_write_uint(&w, n);
    json_end_array(&w);
    json_write_key(&w, "data");
    json_begin_array(&w);
    for (const job *j = jobs; j; j = j->next)
        json_write_string(&w, j->text, j->length);
    json_end_array(&w);
    json_end_object(&w);
    json_end_array(&w);
    json_end_object(&w);
}

/* Asks one server. True with the response there; else `reason` is told. */
static bool ask(caller *c, const server_choice *s, char *ret_reason, size_t size)
{
    triage_error err = {TRIAGE_OK, ""};
    unsigned status = 0;
    const char *headers[] = {"Content-Type: application/json", c->owner->authorization, NULL};
    http_call call = {.method = "POST",
                      .url = s->url,
                      .headers = headers,
                      .body = c->request.data,
                      .body_length = c->request.length,
                      .connect_to = s->address[0] ? s->address : NULL};
    buffer_clear(&c->response);
    bool is_done =
        http_client_call(c->client, &call, &status, &c->response, NULL, &err) == TRIAGE_OK;
    if (is_done && status == 200)
        return true;
    if (is_done)
        snprintf(ret_reason, size, "the inference server answered %u", status);
    else
        snprintf(ret_reason, size, "%.200s", err.message);
    return false;
}

static void observe(upstream *u, bool is_answered, double seconds)
{
    observer *o = u->options.observer;
    if (!o)
        return;
    metric_add(OBSERVER_AT(o, METER_UPSTREAM, is_answered ? "success" : "failure"), 1);
    metric_observe(OBSERVER_ONE(o, METER_UPSTREAM_SECONDS), seconds);
}

/* Asks, and if that failed asks others: twice at least, and further as long as time is left and
 * there have been fewer attempts than servers. Those that go meanwhile count, too: with five known,
 * four may be gone. Predicting twice changes nothing. */
static bool ask_in_turn(caller *c, char *ret_reason, size_t size)
{
    upstream *u = c->owner;
    double end = clock_seconds() + u->options.timeout_ms / 1000.0;
    size_t most = 0;
    for (size_t attempt = 0; attempt < 2 || (attempt <= most && clock_seconds() < end); attempt++) {
        server_choice s;
        double began = clock_seconds();
        size_t n = server_pool_count(u->servers);
        most = n > most ? n : most;
        server_pool_pick(u->servers, &s);
        bool is_answered = ask(c, &s, ret_reason, size);
        observe(u, is_answered, clock_seconds() - began);
        server_pool_tell(u->servers, &s, is_answered);
        if (is_answered)
            return true;
    }
    return false;
}

/* --- reading the answer ---------------------------------------------------------------------- */

static bool is_named(const json_value *output, const char *name, bool as_suffix)
{
    const json_value *value;
    const char *text;
    size_t length, wanted = strlen(name);
    if (!json_member(output, "name", &value) || !json_string(value, &text, &length))
        return false;
    if (length == wanted)
        return memcmp(text, name, wanted) == 0;
    return as_suffix && length > wanted && text[length - wanted - 1] == '.' &&
           memcmp(text + length - wanted, name, wanted) == 0;
}

static const json_value *find_output(const json_value *outputs, const char *name)
{
    const json_value *data = NULL;
    for (size_t i = 0; i < json_length(outputs); i++)
        if (is_named(json_element(outputs, i), name, false) &&
            json_member(json_element(outputs, i), "data", &data))
            return data;
    return NULL;
}

/* Appends the probabilities of text `k` of `n` from all tensors of scores: `*io_count` grows. */
static bool take_scores(caller *c, const json_value *outputs, size_t k, size_t n, size_t *io_count)
{
    for (size_t i = 0; i < json_length(outputs); i++) {
        const json_value *output = json_element(outputs, i), *data;
        if (!is_named(output, "scores", true) || !json_member(output, "data", &data))
            continue;
        size_t n_labels = json_length(data) / n;
        if (n_labels == 0 || n_labels * n != json_length(data) ||
            !mem_reserve((void **)&c->probabilities, &c->capacity, *io_count + n_labels,
                         sizeof *c->probabilities))
            return false;
        for (size_t label = 0; label < n_labels; label++) {
            double value;
            if (!json_double(json_element(data, k * n_labels + label), &value) || value < 0 ||
                value > 1)
                return false;
            c->probabilities[(*io_count)++] = (float)value;
        }
    }
    return *io_count > 0;
}

/* Hands out the answer of job number `k`; false if it cannot be read. */
static bool hand_out(caller *c, const json_value *response, const job *j, size_t k, size_t n)
{
    const json_value *outputs, *value;
    upstream_answer answer = {0};
    size_t length;
    int64_t n_words = 0, n_known = 0;
    if (!json_member(response, "outputs", &outputs) ||
        !json_member(response, "model_version", &value) ||
        !json_string(value, &answer.model_version, &length) ||
        !take_scores(c, outputs, k, n, &answer.n_probabilities))
        return false;
    const json_value *words = find_output(outputs, "words");
    if (!json_int(json_element(words, 2 * k), 0, UINT32_MAX, &n_words) ||
        !json_int(json_element(words, 2 * k + 1), 0, UINT32_MAX, &n_known))
        return false;
    if (j->wants_explanation && !json_string(json_element(find_output(outputs, "explanation"), k),
                                             &answer.explanations, &answer.explanations_length))
        return false;
    answer.probabilities = c->probabilities;
    answer.n_words = (uint32_t)n_words;
    answer.n_known_words = (uint32_t)n_known;
    j->done(j->context, &answer, NULL);
    return true;
}

/* Ends the jobs and frees them: each with its answer, or with the reason why there is none. */
static void settle(caller *c, job *jobs, size_t n, const json_value *response, const char *reason)
{
    size_t k = 0;
    for (job *j = jobs, *next; j; j = next, k++) {
        next = j->next;
        if (!response)
            j->done(j->context, NULL, reason);
        else if (!hand_out(c, response, j, k, n))
            j->done(j->context, NULL, "its answer cannot be read");
        free(j->text);
        free(j);
    }
}

static void work_on(caller *c, job *jobs, size_t n)
{
    char reason[256] = "out of memory";
    json_value *response = NULL;
    triage_error err;
    write_request(c, jobs, n);
    bool is_answered = !c->request.failed && ask_in_turn(c, reason, sizeof reason);
    if (is_answered &&
        json_parse(c->parser, c->response.data, c->response.length, &response, &err) != TRIAGE_OK)
        snprintf(reason, sizeof reason, "its answer is no JSON: %.200s", err.message);
    if (response)
        note_success(c->owner);
    else
        note_failure(c->owner, reason);
    settle(c, jobs, n, response, reason);
    json_free(response);
}

/* --- the queue ------------------------------------------------------------------------------- */

/* Takes waiting jobs of one kind, up to a batch; waits for some. NULL when stopping. */
static job *take_jobs(upstream *u, size_t *ret_n)
{
    job *jobs = NULL, **last = &jobs;
    size_t n = 0, n_bytes = 0;
    pthread_mutex_lock(&u->lock);
    while (!u->first && !u->is_stopping)
        pthread_cond_wait(&u->added, &u->lock);
    bool wants_explanation = u->first && u->first->wants_explanation;
    while (!u->is_stopping && u->first && n < BATCH &&
           u->first->wants_explanation == wants_explanation &&
           (n == 0 || (n_bytes < BATCH_BYTES && u->first->length < BATCH_BYTES - n_bytes))) {
        n_bytes += u->first->length;
        *last = u->first;
        last = &u->first->next;
        u->first = u->first->next;
        n++;
    }
    *last = NULL;
    if (!u->first)
        u->last = &u->first;
    u->n_waiting -= n;
    pthread_mutex_unlock(&u->lock);
    *ret_n = n;
    return jobs;
}

static void *call_servers(void *argument)
{
    upstream *u = argument;
    triage_error err;
    size_t n;
    caller c = {.owner = u, .parser = json_parser_new()};
    uint32_t half = u->options.timeout_ms / 2 + 1;
    http_client_options options = {.connect_ms = half < CONNECT_MS ? half : CONNECT_MS,
                                   .total_ms = u->options.timeout_ms,
                                   .connection_seconds = CONNECTION_SECONDS};
    bool is_ready = c.parser && http_client_new(&options, &c.client, &err) == TRIAGE_OK;
    for (job *jobs = take_jobs(u, &n); jobs; jobs = take_jobs(u, &n)) {
        if (is_ready)
            work_on(&c, jobs, n);
        else
            settle(&c, jobs, n, NULL, "out of memory");
    }
    http_client_free(c.client);
    json_parser_free(c.parser);
    buffer_free(&c.request);
    buffer_free(&c.response);
    free(c.probabilities);
    return NULL;
}

bool upstream_ask(upstream *u, const char *text, size_t length, bool wants_explanation,
                  upstream_done done, void *context)
{
    job *j = mem_new_zeroed(1, sizeof *j);
    char *copy = mem_copy_string(text, length);
    bool is_taken = false;
    if (j && copy) {
        *j = (job){copy, length, wants_explanation, done, context, NULL};
        pthread_mutex_lock(&u->lock);
        is_taken = !u->is_stopping && u->n_waiting < u->options.queue_length && lets_through(u);
        if (is_taken) {
            *u->last = j;
            u->last = &j->next;
            u->n_waiting++;
        }
        pthread_mutex_unlock(&u->lock);
    }
    if (is_taken) {
        pthread_cond_signal(&u->added);
        return true;
    }
    free(copy);
    free(j);
    return false;
}

/* --- life ------------------------------------------------------------------------------------ */

/* The header that carries the key. */
static triage_status make_authorization(upstream *u, triage_error *err)
{
    buffer header = {0};
    if (!u->options.key)
        return TRIAGE_OK;
    buffer_printf(&header, "Authorization: Bearer %s", u->options.key);
    if (!buffer_string(&header)) {
        buffer_free(&header);
        return error_memory(err);
    }
    u->authorization = header.data;
    return TRIAGE_OK;
}

static triage_status start_threads(upstream *u, triage_error *err)
{
    u->threads = mem_new(u->options.n_connections, sizeof *u->threads);
    if (!u->threads)
        return error_memory(err);
    while (u->n_threads < u->options.n_connections) {
        if (pthread_create(&u->threads[u->n_threads], NULL, call_servers, u) != 0)
            return error_set(err, TRIAGE_ERROR_IO, "cannot start the threads of the upstream");
        u->n_threads++;
    }
    return TRIAGE_OK;
}

triage_status upstream_start(const upstream_options *options, upstream **ret_upstream,
                             triage_error *err)
{
    upstream *u = mem_new_zeroed(1, sizeof *u);
    if (!u)
        return error_memory(err);
    u->options = *options;
    u->last = &u->first;
    u->open_seconds = OPEN_SECONDS;
    pthread_mutex_init(&u->lock, NULL);
    pthread_cond_init(&u->added, NULL);
    triage_status status = server_pool_new(options->urls, options->n_urls,
                                           "/v2/models/triage/infer", &u->servers, err);
    if (status == TRIAGE_OK)
        status = make_authorization(u, err);
    if (status == TRIAGE_OK)
        status = start_threads(u, err);
    if (status == TRIAGE_OK)
        *ret_upstream = u;
    else
        upstream_stop(u);
    return status;
}

void upstream_stop(upstream *u)
{
    if (!u)
        return;
    pthread_mutex_lock(&u->lock);
    u->is_stopping = true;
    pthread_mutex_unlock(&u->lock);
    pthread_cond_broadcast(&u->added);
    for (size_t i = 0; i < u->n_threads; i++)
        pthread_join(u->threads[i], NULL);
    settle(NULL, u->first, 0, NULL, "this server is stopping");
    server_pool_free(u->servers);
    free(u->authorization);
    free(u->threads);
    pthread_cond_destroy(&u->added);
    pthread_mutex_destroy(&u->lock);
    free(u);
}
