/* SPDX-License-Identifier: MIT */
/* Predictions: what was added is found, listed by every filter, counted and deleted. */
#include "fixture.h"

#include <math.h>

static const int64_t hour = 3600000;

static bool copy_one(void *context, const store_prediction *p)
{
    *(store_prediction *)context = *p;
    expect_text(p->source, "jira");
    expect_text(p->ticket_id, "IT-1");
    expect_text(p->text, "the printer is on fire");
    expect_text(p->model_version, "v000001");
    expect_text(p->outcomes, "{\"category\":{}}");
    expect_text(p->label, "Hardware");
    expect_text(p->decision, "auto");
    return true;
}

static void what_was_added_is_found(void **state)
{
    fixture *f = *state;
    store_prediction p = waiting(UINT64_MAX, UINT64_MAX - 1, 0.5), found;
    p.source = text_of("jira");
    p.ticket_id = text_of("IT-1");
    p.outcomes = text_of("{\"category\":{}}");
    p.decision = text_of("auto");
    OK(store_add_predictions(f->s, &p, 1, &ok_error));
    OK(store_add_predictions(f->s, NULL, 0, &ok_error));
    fixture_reopen(f);
    bool is_found = false;
    OK(store_find_prediction(f->s, p.id, copy_one, &found, &is_found, &ok_error));
    assert_true(is_found);
    assert_string_equal(found.id, p.id);
    assert_int_equal(found.created_at, p.created_at);
    assert_true(found.text_hash == UINT64_MAX && found.cluster == UINT64_MAX - 1);
    assert_true(found.confidence == 0.25 && found.uncertainty == 0.5);
    assert_true(found.is_review && !found.is_answered);
}

static bool must_not_be(void *context, const store_prediction *p)
{
    (void)context;
    (void)p;
    fail();
    return true;
}

static void an_unknown_id_is_not_found(void **state)
{
    store *s = ((fixture *)*state)->s;
    const char *const ids[] = {"", "x", "'", "\xFF\xFE", "01HXXXXXXXXXXXXXXXXXXXXXXXX and more"};
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        bool is_found = true;
        OK(store_find_prediction(s, ids[i], must_not_be, NULL, &is_found, &ok_error));
        assert_false(is_found);
    }
}

static bool copy_missing(void *context, const store_prediction *p)
{
    (void)context;
    expect_text(p->source, NULL);
    expect_text(p->ticket_id, NULL);
    expect_text(p->text, "");
    expect_text(p->outcomes, NULL);
    expect_text(p->label, NULL);
    expect_text(p->decision, "review");
    assert_true(p->cluster == 77); /* the text's */
    return true;
}

static void what_a_prediction_does_not_have_is_null(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p = {.text_hash = 77, .is_review = true};
    bool is_found = false;
    store_new_id(p.id);
    OK(store_add_predictions(s, &p, 1, &ok_error));
    OK(store_find_prediction(s, p.id, copy_missing, NULL, &is_found, &ok_error));
    assert_true(is_found);
}

typedef struct listed {
    size_t n;
    char ids[64][STORE_ID_SIZE];
    size_t stop_after;
} listed;

static bool list_one(void *context, const store_prediction *p)
{
    listed *l = context;
    assert_true(l->n < 64);
    memcpy(l->ids[l->n++], p->id, STORE_ID_SIZE);
    return l->n != l->stop_after;
}

static listed list(store *s, store_prediction_filter filter)
{
    listed l = {0};
    OK(store_each_prediction(s, &filter, list_one, &l, &ok_error));
    return l;
}

static void all_or_none_is_added(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[3] = {waiting(1, 1, 1), waiting(2, 2, 1), waiting(3, 3, 1)};
    triage_error err = {0};
    memcpy(p[2].id, p[0].id, STORE_ID_SIZE);
    assert_int_equal(store_add_predictions(s, p, 3, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(err.status, TRIAGE_ERROR_ARGUMENT);
    store_new_id(p[2].id);
    p[2].uncertainty = NAN;
    assert_int_equal(store_add_predictions(s, p, 3, &err), TRIAGE_ERROR_ARGUMENT);
    p[2].uncertainty = 1;
    p[1].confidence = INFINITY;
    assert_int_equal(store_add_predictions(s, p, 3, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(list(s, (store_prediction_filter){0}).n, 0);
    uint64_t clusters = 9, tickets = 9;
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    assert_int_equal(clusters + tickets, 0);
    p[1].confidence = 0.5;
    OK(store_add_predictions(s, p, 3, &ok_error));
    assert_int_equal(list(s, (store_prediction_filter){0}).n, 3);
}

/* Twelve, an hour apart, the later ones first in the list. */
static void add_twelve(store *s, store_prediction p[12])
{
    for (size_t i = 0; i < 12; i++) {
        p[i] = waiting(i, i, 0.5);
        p[i].created_at = 1700000000000 + (int64_t)i * hour;
        p[i].is_review = i % 2 == 0;
        p[i].label = text_of(i % 3 == 0 ? "A" : "B");
        p[i].source = text_of(i < 6 ? "jira" : NULL);
        p[i].model_version = text_of(i < 4 ? "v000001" : "v000002");
    }
    OK(store_add_predictions(s, p, 12, &ok_error));
}

static void expect_listed(store *s, store_prediction_filter filter, const store_prediction p[12],
                          const char *letters)
{
    listed l = list(s, filter);
    assert_int_equal(l.n, strlen(letters));
    for (size_t i = 0; i < l.n; i++)
        assert_string_equal(l.ids[i], p[letters[i] - 'a'].id);
}

static void every_filter_filters(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[12];
    add_twelve(s, p);
    typedef store_prediction_filter filter;
    expect_listed(s, (filter){0}, p, "lkjihgfedcba");
    expect_listed(s, (filter){.since = p[9].created_at}, p, "lkj");
    expect_listed(s, (filter){.until = p[2].created_at}, p, "ba");
    expect_listed(s, (filter){.since = p[2].created_at, .until = p[4].created_at}, p, "dc");
    expect_listed(s, (filter){.label = "A"}, p, "jgda");
    expect_listed(s, (filter){.label = "A' OR 1=1 --"}, p, "");
    expect_listed(s, (filter){.decision = "auto"}, p, "ljhfdb");
    expect_listed(s, (filter){.model_version = "v000001"}, p, "dcba");
    expect_listed(s, (filter){.source = "jira"}, p, "fedcba");
    expect_listed(s, (filter){.limit = 2}, p, "lk");
    expect_listed(s, (filter){.before = p[3].id}, p, "cba");
    expect_listed(s, (filter){.before = p[8].id, .limit = 3, .decision = "review"}, p, "gec");
    expect_listed(s,
                  (filter){.since = p[1].created_at,
                           .until = p[11].created_at,
                           .label = "A",
                           .decision = "review",
                           .model_version = "v000002",
                           .source = "jira",
                           .before = p[11].id,
                           .limit = 5},
                  p, "");
    expect_listed(s, (filter){.before = "nonsense"}, p, "");
}

static void a_visitor_may_stop(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[12];
    add_twelve(s, p);
    store_prediction_filter all = {0}, few = {.limit = 9};
    listed l = {.stop_after = 2};
    OK(store_each_prediction(s, &all, list_one, &l, &ok_error));
    assert_int_equal(l.n, 2);
    l = (listed){.stop_after = 1};
    OK(store_each_prediction(s, &few, list_one, &l, &ok_error));
    assert_int_equal(l.n, 1);
    OK(store_check(s, true, &ok_error));
}

/* Ids are in the order of time, so that a cursor goes on where its row is gone. */
static void paging_goes_on_behind_a_deleted_row(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[2] = {waiting(1, 1, 1), waiting(2, 2, 1)};
    char newer[STORE_ID_SIZE];
    OK(store_add_predictions(s, p, 2, &ok_error));
    store_new_id(newer);
    listed l = list(s, (store_prediction_filter){.before = newer});
    assert_int_equal(l.n, 2);
}

typedef struct counted {
    char lines[512];
    size_t n;
} counted;

static bool note_count(void *context, const store_prediction_count *c)
{
    counted *all = context;
    size_t length = strlen(all->lines);
    snprintf(all->lines + length, sizeof all->lines - length, "%lld %.*s %.*s %.*s %llu %.2f\n",
             (long long)((c->hour - 1699999200000) / hour), (int)c->model_version.length,
             c->model_version.data, (int)c->label.length, c->label.data, (int)c->decision.length,
             c->decision.data, (unsigned long long)c->n, c->sum_confidence);
    return ++all->n < 20;
}

static void counts_are_by_hour_model_label_and_decision(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[12];
    add_twelve(s, p);
    for (size_t i = 0; i < 3; i++) {
        store_new_id(p[i].id);
        p[i].created_at = p[4].created_at + (int64_t)i * hour / 4;
        p[i].model_version = p[4].model_version;
    }
    OK(store_add_predictions(s, p, 3, &ok_error));
    counted c = {0};
    OK(store_each_prediction_count(s, p[4].created_at, p[6].created_at, note_count, &c, &ok_error));
    assert_string_equal(c.lines, "4 v000002 A review 1 0.25\n"
                                 "4 v000002 B auto 1 0.25\n"
                                 "4 v000002 B review 2 0.50\n"
                                 "5 v000002 B auto 1 0.25\n");
    c = (counted){0};
    OK(store_each_prediction_count(s, 0, 0, note_count, &c, &ok_error));
    assert_int_equal(c.n, 14);
}

static void old_predictions_are_deleted_oldest_first(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[12];
    uint64_t n = 9, clusters = 0, tickets = 0;
    add_twelve(s, p);
    OK(store_delete_predictions(s, p[5].created_at, 3, &n, &ok_error));
    assert_int_equal(n, 3);
    expect_listed(s, (store_prediction_filter){0}, p, "lkjihgfed");
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    assert_int_equal(clusters, 4);
    OK(store_delete_predictions(s, p[5].created_at, 100, &n, &ok_error));
    assert_int_equal(n, 2);
    OK(store_delete_predictions(s, p[5].created_at, 100, &n, &ok_error));
    assert_int_equal(n, 0);
    expect_listed(s, (store_prediction_filter){0}, p, "lkjihgf");
    OK(store_count_review(s, &clusters, &tickets, &ok_error));
    assert_int_equal(clusters, 3);
    assert_int_equal(tickets, 3);
}

static void ids_are_in_the_order_of_their_making(void **state)
{
    (void)state;
    char before[STORE_ID_SIZE], id[STORE_ID_SIZE];
    store_new_id(before);
    for (int i = 0; i < 10000; i++) {
        store_new_id(id);
        assert_int_equal(strlen(id), 26);
        assert_int_equal(strspn(id, "0123456789ABCDEFGHJKMNPQRSTVWXYZ"), 26);
        assert_true(strcmp(before, id) < 0);
        memcpy(before, id, sizeof before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_was_added_is_found),
        STORE_TEST(an_unknown_id_is_not_found),
        STORE_TEST(what_a_prediction_does_not_have_is_null),
        STORE_TEST(all_or_none_is_added),
        STORE_TEST(every_filter_filters),
        STORE_TEST(a_visitor_may_stop),
        STORE_TEST(paging_goes_on_behind_a_deleted_row),
        STORE_TEST(counts_are_by_hour_model_label_and_decision),
        STORE_TEST(old_predictions_are_deleted_oldest_first),
        cmocka_unit_test(ids_are_in_the_order_of_their_making),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
