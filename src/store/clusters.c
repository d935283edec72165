/* SPDX-License-Identifier: MIT */
/* The review queue by cluster. */
#include "store/clusters.h"

#include "base/error.h"
#include "base/mem.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The lower, the earlier: the negative of uncertainty * (1 + log2(n)), so that places and ids of
 * the queue ascend together and one comparison of pairs finds where a page goes on. */
static double place_of(double uncertainty, uint64_t n)
{
    return -(uncertainty * (1 + log2((double)n)));
}

static const char grow_sql[] =
    "INSERT INTO clusters (cluster, n_waiting, best_id, best_uncertainty, place)"
    " VALUES ($1, $2, $3, $4, $5)"
    " ON CONFLICT (cluster) DO UPDATE SET n_waiting = clusters.n_waiting + excluded.n_waiting,"
    " best_id = CASE WHEN excluded.best_uncertainty > clusters.best_uncertainty"
    " OR (excluded.best_uncertainty = clusters.best_uncertainty"
    " AND excluded.best_id < clusters.best_id) THEN excluded.best_id ELSE clusters.best_id END,"
    " best_uncertainty = CASE WHEN excluded.best_uncertainty > clusters.best_uncertainty"
    " THEN excluded.best_uncertainty ELSE clusters.best_uncertainty END"
    " RETURNING n_waiting, best_uncertainty";

static const char place_sql[] = "UPDATE clusters SET place = $1 WHERE cluster = $2";

typedef struct moved {
    uint64_t cluster;
    double place;
} moved;

typedef struct growing {
    const cluster_growth *growth;
    moved *moved; /* clusters that were there before */
    size_t n_moved;
} growing;

static triage_status bind_growth(void *context, size_t i, sql_value *values, triage_error *err)
{
    (void)err;
    const cluster_growth *g = &((growing *)context)->growth[i];
    values[0] = value_uint(g->cluster);
    values[1] = value_uint(g->n);
    values[2] = value_text(g->id);
    values[3] = value_real(g->uncertainty);
    values[4] = value_real(place_of(g->uncertainty, g->n));
    return TRIAGE_OK;
}

static void note_growth(void *context, size_t i, connection *c)
{
    growing *work = context;
    uint64_t n = (uint64_t)column_int(c, 0);
    if (n != work->growth[i].n)
        work->moved[work->n_moved++] =
            (moved){work->growth[i].cluster, place_of(column_real(c, 1), n)};
}

static triage_status bind_moved(void *context, size_t i, sql_value *values, triage_error *err)
{
    (void)err;
    const moved *m = &((growing *)context)->moved[i];
    values[0] = value_real(m->place);
    values[1] = value_uint(m->cluster);
    return TRIAGE_OK;
}

/* As the database orders them. */
static int compare_signed(uint64_t a, uint64_t b)
{
    return ((int64_t)a > (int64_t)b) - ((int64_t)a < (int64_t)b);
}

static int compare_growth(const void *a, const void *b)
{
    return compare_signed(((const cluster_growth *)a)->cluster,
                          ((const cluster_growth *)b)->cluster);
}

static bool is_before(const cluster_growth *a, const cluster_growth *b)
{
    return a->uncertainty > b->uncertainty ||
           (a->uncertainty == b->uncertainty && strcmp(a->id, b->id) < 0);
}

static size_t merge_growth(cluster_growth *growth, size_t n)
{
    size_t n_merged = 0;
    qsort(growth, n, sizeof *growth, compare_growth);
    for (size_t i = 0; i < n; i++) {
        cluster_growth *last = n_merged > 0 ? &growth[n_merged - 1] : NULL;
        if (!last || last->cluster != growth[i].cluster) {
            growth[n_merged++] = growth[i];
            continue;
        }
        uint64_t sum = last->n + growth[i].n;
        if (is_before(&growth[i], last))
            *last = growth[i];
        last->n = sum;
    }
    return n_merged;
}

triage_status clusters_grow(connection *c, cluster_growth *growth, size_t n, triage_error *err)
{
    if (n == 0)
        return TRIAGE_OK;
    n = merge_growth(growth, n);
    growing work = {.growth = growth, .moved = mem_new(n, sizeof(moved))};
    if (!work.moved)
        return error_memory(err);
    batch grow = {.sql = grow_sql,
                  .n_values = 5,
                  .n_rows = n,
                  .bind = bind_growth,
                  .visit = note_growth,
                  .context = &work};
    triage_status status = connection_run_batch(c, &grow, err);
    batch move = {.sql = place_sql,
                  .n_values = 2,
                  .n_rows = work.n_moved,
                  .bind = bind_moved,
                  .context = &work};
    if (status == TRIAGE_OK)
        status = connection_run_batch(c, &move, err);
    free(work.moved);
    return status;
}

/* --- shrinking ------------------------------------------------------------------------------ */

void cluster_list_add(cluster_list *list, uint64_t cluster)
{
    if (list->n > 0 && list->clusters[list->n - 1] == cluster)
        return;
    if (!mem_reserve((void **)&list->clusters, &list->capacity, list->n + 1,
                     sizeof *list->clusters)) {
        list->failed = true;
        return;
    }
    list->clusters[list->n++] = cluster;
}

void cluster_list_free(cluster_list *list)
{
    free(list->clusters);
    *list = (cluster_list){0};
}

typedef struct counted {
    uint64_t n;
    char id[STORE_ID_SIZE];
    double uncertainty;
} counted;

static bool take_best(void *context, const connection *c)
{
    counted *best = context;
    store_text id = column_bytes(c, 0);
    if (id.length < STORE_ID_SIZE && id.data) {
        memcpy(best->id, id.data, id.length);
        best->id[id.length] = '\0';
    }
    best->uncertainty = column_real(c, 1);
    best->n = (uint64_t)column_int(c, 2);
    return false;
}

static triage_status refresh(connection *c, uint64_t cluster, triage_error *err)
{
    sql_value key = value_uint(cluster);
    counted best = {0};
    /* Holds off those that add to the cluster, so that what is counted next stays true. */
    triage_status status = connection_run(
        c, "UPDATE clusters SET n_waiting = n_waiting WHERE cluster = $1", &key, 1, NULL, err);
    if (status == TRIAGE_OK)
        status = connection_each(
            c,
            "SELECT id, uncertainty, (SELECT count(*) FROM predictions WHERE is_review = 1"
            " AND is_answered = 0 AND cluster = $1) FROM predictions WHERE is_review = 1"
            " AND is_answered = 0 AND cluster = $1 ORDER BY uncertainty DESC, id LIMIT 1",
            &key, 1, false, take_best, &best, err);
    if (status != TRIAGE_OK)
        return status;
    if (best.n == 0)
        return connection_run(c, "DELETE FROM clusters WHERE cluster = $1", &key, 1, NULL, err);
    sql_value values[] = {value_uint(best.n), value_text(best.id), value_real(best.uncertainty),
                          value_real(place_of(best.uncertainty, best.n)), key};
    return connection_run(c,
                          "UPDATE clusters SET n_waiting = $1, best_id = $2, best_uncertainty = $3,"
                          " place = $4 WHERE cluster = $5",
                          values, 5, NULL, err);
}

static int compare_clusters(const void *a, const void *b)
{
    return compare_signed(*(const uint64_t *)a, *(const uint64_t *)b);
}

triage_status clusters_refresh(connection *c, cluster_list *list, triage_error *err)
{
    triage_status status = list->failed ? error_memory(err) : TRIAGE_OK;
    if (list->n > 0)
        qsort(list->clusters, list->n, sizeof *list->clusters, compare_clusters);
    for (size_t i = 0; i < list->n && status == TRIAGE_OK; i++)
        if (i == 0 || list->clusters[i] != list->clusters[i - 1])
            status = refresh(c, list->clusters[i], err);
    return status;
}
