/* SPDX-License-Identifier: MIT */
/* How fast the store is where it matters. The figures are printed and not judged: they are this
 * machine's. What is judged is that all rows are there. */
#include "fixture.h"

#include "base/clock.h"

#include <time.h>

#define N_ROWS     100000
#define N_BATCH    2000
#define N_TEXT     300
#define N_PAGE     50
#define N_FEEDBACK 100

static char text[N_TEXT];

/* Of this process: what a busy machine does not change. */
static double cpu_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* `near_copies` tickets share a cluster. */
static void fill(store *s, uint64_t n, uint64_t near_copies, bool is_review)
{
    store_prediction *p = calloc(N_BATCH, sizeof *p);
    assert_non_null(p);
    memset(text, 'x', sizeof text);
    double start = clock_seconds(), cpu = cpu_seconds();
    for (uint64_t i = 0; i < n; i += N_BATCH) {
        for (uint64_t j = 0; j < N_BATCH; j++) {
            uint64_t hash = (i + j) * 0x9E3779B97F4A7C15u;
            p[j] = waiting(hash, (i + j) / near_copies * 0xD6E8FEB86659FD93u,
                           (double)(hash >> 40) / (1 << 24));
            p[j].text = (store_text){text, sizeof text};
            p[j].is_review = is_review;
            p[j].outcomes = text_of("{\"category\":{\"label\":\"Hardware\",\"confidence\":0.87,"
                                    "\"decision\":\"auto\"}}");
        }
        OK(store_add_predictions(s, p, N_BATCH, &ok_error));
    }
    printf("%s: %.0f predictions a second into %s, %.0f by the time of one core\n", store_kind(s),
           (double)n / (clock_seconds() - start), is_review ? "the queue" : "the store",
           (double)n / (cpu_seconds() - cpu));
    free(p);
}

static bool count(void *context, const store_prediction *p)
{
    assert_int_equal(p->text.length, N_TEXT);
    ++*(uint64_t *)context;
    return true;
}

static bool count_counts(void *context, const store_prediction_count *c)
{
    *(uint64_t *)context += c->n;
    return true;
}

static void report(const store *s, const char *what, double start)
{
    printf("%s: %7.2f ms %s\n", store_kind(s), (clock_seconds() - start) * 1000, what);
}

static void read_pages(store *s)
{
    store_review_cursor cursor = {0};
    uint64_t n = 0, clusters = 0, tickets = 0;
    for (int page = 0; page < 3; page++) {
        double start = clock_seconds();
        OK(store_each_review(s, N_PAGE, &cursor, count, &n, &ok_error));
        report(s, "a page of the queue", start);
    }
    assert_int_equal(n, 3 * N_PAGE);
    double start = clock_seconds();
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    report(s, "the size of the queue", start);
    assert_int_equal(tickets, N_ROWS);
    n = 0;
    start = clock_seconds();
    OK(store_each_waiting(s, 10000, count, &n, &ok_error));
    report(s, "10,000 waiting texts", start);
    assert_int_equal(n, 10000);
}

static void read_lists(store *s)
{
    uint64_t n = 0;
    store_prediction_filter newest = {.limit = N_PAGE}, all = {0};
    double start = clock_seconds();
    OK(store_each_prediction(s, &newest, count, &n, &ok_error));
    report(s, "a page of predictions", start);
    n = 0;
    start = clock_seconds();
    OK(store_each_prediction_count(s, 0, 0, count_counts, &n, &ok_error));
    report(s, "counts of all by hour", start);
    assert_int_equal(n, 2 * N_ROWS);
    n = 0;
    start = clock_seconds();
    OK(store_each_prediction(s, &all, count, &n, &ok_error));
    report(s, "all predictions", start);
    assert_int_equal(n, 2 * N_ROWS);
}

static void correct(store *s)
{
    double start = clock_seconds();
    for (uint64_t i = 0; i < N_FEEDBACK; i++) {
        store_feedback f = correction(i * 0x9E3779B97F4A7C15u, "Network");
        store_feedback_result result;
        OK(store_add_feedback(s, &f, NULL, 0, 0, &result, &ok_error));
    }
    printf("%s: %7.2f ms a correction\n", store_kind(s),
           (clock_seconds() - start) * 1000 / N_FEEDBACK);
}

static void a_hundred_thousand_wait(void **state)
{
    store *s = ((fixture *)*state)->s;
    uint64_t n = 0;
    fill(s, N_ROWS, 1, false);
    fill(s, N_ROWS, 4, true);
    read_pages(s);
    read_lists(s);
    correct(s);
    double start = clock_seconds();
    OK(store_delete_predictions(s, INT64_MAX, 5000, &n, &ok_error));
    report(s, "to delete 5,000", start);
    assert_int_equal(n, 5000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {STORE_TEST(a_hundred_thousand_wait)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
