/* SPDX-License-Identifier: MIT */
/* The review queue, against the same queue worked out from the list of all predictions. */
#include "fixture.h"

#include "base/rng.h"

#include <math.h>

#define MAX_ROWS 600

typedef struct row {
    char id[STORE_ID_SIZE];
    uint64_t cluster, n;
    double uncertainty;
} row;

typedef struct rows {
    row rows[MAX_ROWS];
    size_t n;
} rows;

static double score(const row *r)
{
    return r->uncertainty * (1 + log2((double)r->n));
}

static bool collect(void *context, const store_prediction *p)
{
    rows *all = context;
    if (!p->is_review || p->is_answered)
        return true;
    assert_true(all->n < MAX_ROWS);
    row *r = &all->rows[all->n++];
    memcpy(r->id, p->id, sizeof r->id);
    r->cluster = p->cluster;
    r->n = p->n_similar;
    r->uncertainty = p->uncertainty;
    return true;
}

static int by_cluster(const void *a, const void *b)
{
    const row *x = a, *y = b;
    if (x->cluster != y->cluster)
        return x->cluster < y->cluster ? -1 : 1;
    if (x->uncertainty != y->uncertainty)
        return x->uncertainty > y->uncertainty ? -1 : 1;
    return strcmp(x->id, y->id);
}

static int by_score(const void *a, const void *b)
{
    double x = score(a), y = score(b);
    if (x != y)
        return x > y ? -1 : 1;
    return strcmp(((const row *)a)->id, ((const row *)b)->id);
}

/* The queue as the header defines it; returns how many tickets are in it. */
static size_t work_out(store *s, rows *ret_queue)
{
    store_prediction_filter all = {0};
    rows *waiting_rows = calloc(1, sizeof *waiting_rows);
    assert_non_null(waiting_rows);
    OK(store_each_prediction(s, &all, collect, waiting_rows, &ok_error));
    qsort(waiting_rows->rows, waiting_rows->n, sizeof(row), by_cluster);
    ret_queue->n = 0;
    for (size_t i = 0; i < waiting_rows->n; i++) {
        row *last = ret_queue->n > 0 ? &ret_queue->rows[ret_queue->n - 1] : NULL;
        if (!last || last->cluster != waiting_rows->rows[i].cluster) {
            last = &ret_queue->rows[ret_queue->n++];
            *last = waiting_rows->rows[i];
            last->n = 0;
        }
        last->n++;
    }
    size_t n = waiting_rows->n;
    free(waiting_rows);
    qsort(ret_queue->rows, ret_queue->n, sizeof(row), by_score);
    return n;
}

static void read_queue(store *s, uint32_t page, rows *ret_queue)
{
    store_review_cursor cursor = {0};
    size_t before;
    ret_queue->n = 0;
    do {
        before = ret_queue->n;
        OK(store_each_review(s, page, &cursor, collect, ret_queue, &ok_error));
        assert_true(ret_queue->n - before <= page);
    } while (ret_queue->n > before);
}

static void expect_queue(store *s, uint32_t page)
{
    rows *expected = calloc(1, sizeof *expected), *found = calloc(1, sizeof *found);
    assert_non_null(expected);
    assert_non_null(found);
    uint64_t clusters = 0, tickets = 0;
    size_t n = work_out(s, expected);
    read_queue(s, page, found);
    assert_int_equal(found->n, expected->n);
    for (size_t i = 0; i < found->n; i++) {
        assert_string_equal(found->rows[i].id, expected->rows[i].id);
        assert_int_equal(found->rows[i].n, expected->rows[i].n);
    }
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    assert_int_equal(clusters, expected->n);
    assert_int_equal(tickets, n);
    free(expected);
    free(found);
}

/* Everything that changes the queue, in random order, with few different values so that there are
 * many ties. */
static void the_queue_is_always_right(void **state)
{
    store *s = ((fixture *)*state)->s;
    rng r = {42};
    int64_t first = waiting(0, 0, 0).created_at;
    size_t n_rows = 0;
    for (int round = 0; round < 30; round++) {
        store_prediction p[15];
        size_t n = 1 + rng_below(&r, 15);
        for (size_t i = n; i-- > 0;) { /* the later ids first */
            p[i] = waiting(100 + rng_below(&r, 40), rng_below(&r, 12), rng_below(&r, 4) * 0.25);
            p[i].cluster = p[i].cluster > 5 ? UINT64_MAX - p[i].cluster : p[i].cluster;
            p[i].is_review = rng_below(&r, 5) > 0;
            p[i].is_answered = rng_below(&r, 9) == 0;
        }
        OK(store_add_predictions(s, p, n, &ok_error));
        n_rows += n;
        store_feedback f = correction(100 + rng_below(&r, 40), "Network");
        store_feedback_result result;
        uint64_t cluster = rng_below(&r, 12);
        OK(store_add_feedback(s, &f, NULL, 0, round % 3 == 0 ? cluster : 0, &result, &ok_error));
        if (round % 7 == 6) {
            uint64_t n_deleted = 0;
            OK(store_delete_predictions(s, first + (int64_t)n_rows / 2, 5, &n_deleted, &ok_error));
            assert_true(n_deleted > 0);
        }
        expect_queue(s, 1 + (uint32_t)round % 4);
    }
    expect_queue(s, 500);
}

static void a_page_of_none_moves_nothing(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p = waiting(1, 1, 0.5);
    store_review_cursor cursor = {0};
    rows none = {0};
    OK(store_each_review(s, 10, &cursor, collect, &none, &ok_error));
    assert_false(cursor.is_started);
    OK(store_add_predictions(s, &p, 1, &ok_error));
    OK(store_each_review(s, 0, &cursor, collect, &none, &ok_error));
    assert_int_equal(none.n, 0);
    assert_false(cursor.is_started);
    expect_queue(s, 1);
}

static bool take_one(void *context, const store_prediction *p)
{
    (void)p;
    ++*(size_t *)context;
    return false;
}

static void the_cursor_stays_at_the_one_that_stopped_it(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[3] = {waiting(1, 1, 0.9), waiting(2, 2, 0.8), waiting(3, 3, 0.7)};
    store_review_cursor cursor = {0};
    size_t n = 0;
    OK(store_add_predictions(s, p, 3, &ok_error));
    OK(store_each_review(s, 10, &cursor, take_one, &n, &ok_error));
    assert_int_equal(n, 1);
    assert_string_equal(cursor.id, p[0].id);
    OK(store_each_review(s, 10, &cursor, take_one, &n, &ok_error));
    assert_string_equal(cursor.id, p[1].id);
}

static bool list_hash(void *context, const store_prediction *p)
{
    char *hashes = context;
    size_t length = strlen(hashes);
    expect_text(p->text, "the printer is on fire");
    snprintf(hashes + length, 64 - length, "%u/%u ", (unsigned)p->text_hash, (unsigned)p->cluster);
    return true;
}

static void what_waits_comes_newest_first(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[5] = {waiting(1, 7, 0.9), waiting(2, 7, 0.8), waiting(3, 8, 0.7),
                             waiting(4, 9, 0.7), waiting(5, 9, 0.7)};
    char hashes[64] = "";
    p[1].is_review = false;
    p[4].is_answered = true;
    OK(store_add_predictions(s, p, 5, &ok_error));
    OK(store_each_waiting(s, 10, list_hash, hashes, &ok_error));
    assert_string_equal(hashes, "4/9 3/8 1/7 ");
    hashes[0] = '\0';
    OK(store_each_waiting(s, 2, list_hash, hashes, &ok_error));
    assert_string_equal(hashes, "4/9 3/8 ");
    hashes[0] = '\0';
    OK(store_each_waiting(s, 0, list_hash, hashes, &ok_error));
    assert_string_equal(hashes, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(the_queue_is_always_right),
        STORE_TEST(a_page_of_none_moves_nothing),
        STORE_TEST(the_cursor_stays_at_the_one_that_stopped_it),
        STORE_TEST(what_waits_comes_newest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
