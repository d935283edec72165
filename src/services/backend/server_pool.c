/* SPDX-License-Identifier: MIT */
/* A table of addresses, and a thread that keeps it true. */
#include "services/backend/server_pool.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Addresses of one name; further ones get no calls. */
#define MAX_ADDRESSES 64

/* So long a server that failed is left out: doubled with each failure in a row, up to the last. */
#define AVOID_SECONDS      1.0
#define AVOID_SECONDS_MOST 8.0

/* Names are looked up every so many seconds, and after a failure, but not more often than this. */
#define LOOK_UP_SECONDS       2
#define LOOK_UP_SECONDS_LEAST 0.1

typedef struct server {
    size_t url; /* index */
    char address[ADDRESS_AND_PORT_SIZE];
    double avoid;         /* clock_seconds() until which another one is preferred */
    double avoid_seconds; /* of the last failure; 0: the last call went well */
} server;

struct server_pool {
    char **urls; /* owned: with the path */
    size_t n_urls;
    pthread_t thread;
    bool has_thread;
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t wake;  /* counts CLOCK_MONOTONIC */
    server *servers;      /* of each URL at least one, those of a URL together */
    size_t n_servers, next;
    bool is_stopping, is_urgent;
};

/* --- calls ----------------------------------------------------------------------------------- */

void server_pool_pick(server_pool *pool, server_choice *ret_choice)
{
    double now = clock_seconds();
    pthread_mutex_lock(&pool->lock);
    size_t n = pool->n_servers, picked = pool->next++ % n;
    for (size_t i = 0; i < n && pool->servers[picked].avoid > now; i++)
        picked = (picked + 1) % n;
    const server *s = &pool->servers[picked];
    ret_choice->url = pool->urls[s->url];
    memcpy(ret_choice->address, s->address, sizeof s->address);
    pthread_mutex_unlock(&pool->lock);
}

static void judge(server *s, bool is_well)
{
    double longer = s->avoid_seconds > 0 ? 2 * s->avoid_seconds : AVOID_SECONDS;
    if (longer > AVOID_SECONDS_MOST)
        longer = AVOID_SECONDS_MOST;
    s->avoid_seconds = is_well ? 0 : longer;
    s->avoid = is_well ? 0 : clock_seconds() + longer;
}

void server_pool_tell(server_pool *pool, const server_choice *choice, bool is_well)
{
    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < pool->n_servers; i++) {
        server *s = &pool->servers[i];
        if (pool->urls[s->url] == choice->url && strcmp(s->address, choice->address) == 0)
            judge(s, is_well);
    }
    pool->is_urgent = pool->is_urgent || !is_well;
    pthread_mutex_unlock(&pool->lock);
    if (!is_well)
        pthread_cond_signal(&pool->wake);
}

size_t server_pool_count(server_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    size_t n = pool->n_servers;
    pthread_mutex_unlock(&pool->lock);
    return n;
}

/* --- looking up ------------------------------------------------------------------------------ */

/* Under the lock. A server that is known keeps what is known of it. */
static void keep_judgement(const server_pool *pool, server *s)
{
    for (size_t i = 0; i < pool->n_servers; i++)
        if (pool->servers[i].url == s->url && strcmp(pool->servers[i].address, s->address) == 0)
            *s = pool->servers[i];
}

/* Appends what is known already of a URL that cannot be looked up now. */
static size_t keep_known(const server_pool *pool, size_t url, server *out)
{
    size_t n = 0;
    for (size_t i = 0; i < pool->n_servers; i++)
        if (pool->servers[i].url == url) {
            out[n].url = url;
            memcpy(out[n++].address, pool->servers[i].address, sizeof out->address);
        }
    return n;
}

/* Looks all up, without the lock, and puts the new table in place of the old one. Only this thread
 * changes which servers there are; how they are judged is taken over at the end. */
static void look_all_up(server_pool *pool)
{
    char addresses[MAX_ADDRESSES][ADDRESS_AND_PORT_SIZE];
    server *table = mem_new_zeroed(pool->n_urls * MAX_ADDRESSES, sizeof *table), *old = table;
    size_t n = 0;
    for (size_t i = 0; table && i < pool->n_urls; i++) {
        size_t n_found = 0;
        if (address_look_up(pool->urls[i], addresses, MAX_ADDRESSES, &n_found, NULL) != TRIAGE_OK ||
            n_found == 0)
            n += keep_known(pool, i, &table[n]);
        for (size_t k = 0; k < n_found; k++, n++) {
            table[n].url = i;
            memcpy(table[n].address, addresses[k], sizeof table[n].address);
        }
    }
    pthread_mutex_lock(&pool->lock);
    for (size_t i = 0; i < n; i++)
        keep_judgement(pool, &table[i]);
    if (table) {
        old = pool->servers;
        pool->servers = table;
        pool->n_servers = n;
    }
    pthread_mutex_unlock(&pool->lock);
    free(old);
}

/* Until it is time to look again, or something has failed; false: to stop. */
static bool wait_for_turn(server_pool *pool)
{
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += LOOK_UP_SECONDS;
    pthread_mutex_lock(&pool->lock);
    while (!pool->is_stopping && !pool->is_urgent &&
           pthread_cond_timedwait(&pool->wake, &pool->lock, &until) == 0)
        ;
    pool->is_urgent = false;
    bool goes_on = !pool->is_stopping;
    pthread_mutex_unlock(&pool->lock);
    return goes_on;
}

static void *look_up_again_and_again(void *context)
{
    static const struct timespec least = {.tv_nsec = (long)(LOOK_UP_SECONDS_LEAST * 1e9)};
    server_pool *pool = context;
    do {
        look_all_up(pool);
        nanosleep(&least, NULL);
    } while (wait_for_turn(pool));
    return NULL;
}

/* --- life ------------------------------------------------------------------------------------ */

static triage_status copy_url(const char *base, const char *path, char **ret_url, triage_error *err)
{
    buffer url = {0};
    size_t length = strlen(base);
    if (strncmp(base, "http://", 7) != 0 && strncmp(base, "https://", 8) != 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "'%s' is no address of an inference server: http://HOST:PORT", base);
    while (length > 0 && base[length - 1] == '/')
        length--;
    buffer_append(&url, base, length);
    buffer_append_text(&url, path);
    if (!buffer_string(&url)) {
        buffer_free(&url);
        return error_memory(err);
    }
    *ret_url = url.data;
    return TRIAGE_OK;
}

/* The URLs, and for each a server whose address is not known yet. */
static triage_status copy_urls(server_pool *pool, const char *const *urls, size_t n_urls,
                               const char *path, triage_error *err)
{
    pool->urls = mem_new_zeroed(n_urls, sizeof *pool->urls);
    pool->servers = mem_new_zeroed(n_urls, sizeof *pool->servers);
    if (!pool->urls || !pool->servers)
        return error_memory(err);
    pool->n_urls = n_urls;
    for (size_t i = 0; i < n_urls; i++) {
        triage_status status = copy_url(urls[i], path, &pool->urls[i], err);
        if (status != TRIAGE_OK)
            return status;
        pool->servers[pool->n_servers++].url = i;
    }
    return TRIAGE_OK;
}

triage_status server_pool_new(const char *const *urls, size_t n_urls, const char *path,
                              server_pool **ret_pool, triage_error *err)
{
    pthread_condattr_t attributes;
    server_pool *pool = mem_new_zeroed(1, sizeof *pool);
    if (!pool)
        return error_memory(err);
    pthread_mutex_init(&pool->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&pool->wake, &attributes);
    pthread_condattr_destroy(&attributes);
    triage_status status = copy_urls(pool, urls, n_urls, path, err);
    if (status == TRIAGE_OK) {
        pool->has_thread = pthread_create(&pool->thread, NULL, look_up_again_and_again, pool) == 0;
        if (!pool->has_thread)
            status = error_set(err, TRIAGE_ERROR_IO, "cannot start the thread that looks up names");
    }
    if (status == TRIAGE_OK)
        *ret_pool = pool;
    else
        server_pool_free(pool);
    return status;
}

void server_pool_free(server_pool *pool)
{
    if (!pool)
        return;
    pthread_mutex_lock(&pool->lock);
    pool->is_stopping = true;
    pthread_mutex_unlock(&pool->lock);
    pthread_cond_signal(&pool->wake);
    if (pool->has_thread)
        pthread_join(pool->thread, NULL);
    for (size_t i = 0; i < pool->n_urls; i++)
        free(pool->urls[i]);
    free(pool->urls);
    free(pool->servers);
    pthread_cond_destroy(&pool->wake);
    pthread_mutex_destroy(&pool->lock);
    free(pool);
}
