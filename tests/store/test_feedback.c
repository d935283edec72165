/* SPDX-License-Identifier: MIT */
/* Corrections: added once, in an order readers can rely on, superseded, held, decided, imported. */
#include "fixture.h"

#include "base/clock.h"

static store_feedback_result add(store *s, const store_feedback *f, const char *key, uint64_t hash)
{
    store_feedback_result result;
    OK(store_add_feedback(s, f, key, hash, 0, &result, &ok_error));
    return result;
}

typedef struct listed {
    char lines[512]; /* "label:status " */
    char last_id[STORE_ID_SIZE];
    uint64_t last_sequence;
    size_t n;
} listed;

static bool list_one(void *context, const store_feedback *f)
{
    listed *l = context;
    size_t length = strlen(l->lines);
    snprintf(l->lines + length, sizeof l->lines - length, "%.*s:%s ", (int)f->label.length,
             f->label.data, store_feedback_status_name(f->status));
    memcpy(l->last_id, f->id, sizeof l->last_id);
    l->last_sequence = f->sequence;
    l->n++;
    return true;
}

static listed list(store *s, store_feedback_filter filter)
{
    listed l = {0};
    OK(store_each_feedback(s, &filter, list_one, &l, &ok_error));
    return l;
}

static void expect_list(store *s, store_feedback_filter filter, const char *lines)
{
    listed l = list(s, filter);
    assert_string_equal(l.lines, lines);
}

static void statuses_have_names(void **state)
{
    (void)state;
    store_feedback_status status = STORE_FEEDBACK_HELD;
    for (int i = STORE_FEEDBACK_ACCEPTED; i <= STORE_FEEDBACK_SUPERSEDED; i++) {
        assert_true(store_feedback_status_parse(
            store_feedback_status_name((store_feedback_status)i), &status));
        assert_int_equal(status, i);
    }
    assert_false(store_feedback_status_parse("Accepted", &status));
    assert_false(store_feedback_status_parse("", &status));
    assert_int_equal(status, STORE_FEEDBACK_SUPERSEDED);
}

static bool compare_all(void *context, const store_feedback *f)
{
    const store_feedback *expected = context;
    assert_int_equal(f->created_at, expected->created_at);
    assert_true(f->text_hash == expected->text_hash && f->sequence == 1);
    assert_true(f->confidence == 0.75 && f->surprise == 0.5);
    expect_text(f->text, "the printer is on fire");
    expect_text(f->field, "category");
    expect_text(f->label, "Network");
    expect_text(f->predicted, "Hardware");
    expect_text(f->model_version, "v000001");
    expect_text(f->prediction_id, "01ABC");
    expect_text(f->source, NULL);
    expect_text(f->comment, "it's \"on fire\"");
    expect_text(f->key_id, "agent");
    expect_text(f->reason, "flood");
    assert_int_equal(f->status, STORE_FEEDBACK_HELD);
    return true;
}

static void what_was_added_comes_back(void **state)
{
    fixture *fix = *state;
    store_feedback f = correction(UINT64_MAX, "Network");
    f.predicted = text_of("Hardware");
    f.confidence = 0.75;
    f.surprise = 0.5;
    f.model_version = text_of("v000001");
    f.prediction_id = text_of("01ABC");
    f.comment = text_of("it's \"on fire\"");
    f.reason = text_of("flood");
    f.status = STORE_FEEDBACK_HELD;
    store_feedback_result result = add(fix->s, &f, NULL, 0);
    assert_int_equal(strlen(result.id), 26);
    assert_int_equal(result.status, STORE_FEEDBACK_HELD);
    assert_false(result.is_repeated || result.is_key_reused);
    assert_int_equal(result.n_answered, 0);
    fixture_reopen(fix);
    store_feedback_filter all = {0};
    OK(store_each_feedback(fix->s, &all, compare_all, &f, &ok_error));
    assert_string_equal(list(fix->s, all).last_id, result.id);
}

static void an_idempotency_key_counts_once(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[2] = {waiting(5, 5, 0.5), waiting(5, 5, 0.5)};
    OK(store_add_predictions(s, p, 2, &ok_error));
    store_feedback f = correction(5, "Network");
    store_feedback_result first = add(s, &f, "key", 1), again = add(s, &f, "key", 1);
    assert_false(first.is_repeated);
    assert_int_equal(first.n_answered, 2);
    assert_true(again.is_repeated && !again.is_key_reused);
    assert_string_equal(again.id, first.id);
    assert_int_equal(again.status, first.status);
    assert_int_equal(again.n_answered, 2);
    store_feedback_result reused = add(s, &f, "key", 2);
    assert_true(reused.is_key_reused && !reused.is_repeated);
    assert_string_equal(reused.id, "");
    assert_int_equal(list(s, (store_feedback_filter){0}).n, 1);
    f.key_id = text_of("other");
    assert_false(add(s, &f, "key", 2).is_key_reused);
    f.key_id = (store_text){0};
    assert_false(add(s, &f, "key", 3).is_repeated);
    assert_true(add(s, &f, "key", 3).is_repeated);
    assert_int_equal(list(s, (store_feedback_filter){0}).n, 3);
}

static void a_later_correction_supersedes(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_feedback one = correction(1, "A"), two = correction(1, "B"), three = correction(1, "C"),
                   other = correction(2, "D"), priority = correction(1, "P1");
    priority.field = text_of("priority");
    two.status = STORE_FEEDBACK_HELD;
    add(s, &one, NULL, 0);
    add(s, &two, NULL, 0);
    add(s, &other, NULL, 0);
    add(s, &priority, NULL, 0);
    expect_list(s, (store_feedback_filter){.is_oldest_first = true},
                "A:accepted B:held D:accepted P1:accepted ");
    add(s, &three, NULL, 0);
    expect_list(s, (store_feedback_filter){.is_oldest_first = true},
                "A:superseded B:held D:accepted P1:accepted C:accepted ");
}

static bool note_answered(void *context, const store_prediction *p)
{
    *(bool *)context = p->is_answered;
    return true;
}

static bool is_answered(store *s, const char *id)
{
    bool answered = false, found = false;
    OK(store_find_prediction(s, id, note_answered, &answered, &found, &ok_error));
    assert_true(found);
    return answered;
}

static void a_correction_answers_copies_and_near_copies(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_prediction p[6] = {waiting(1, 10, 0.5), waiting(2, 10, 0.5), waiting(1, 11, 0.5),
                             waiting(3, 12, 0.5), waiting(9, 13, 0.5), waiting(8, 14, 0.5)};
    p[4].is_review = false;
    OK(store_add_predictions(s, p, 6, &ok_error));
    store_feedback f = correction(1, "Network");
    store_feedback_result result;
    f.prediction_id = text_of(p[4].id);
    OK(store_add_feedback(s, &f, NULL, 0, 10, &result, &ok_error));
    assert_int_equal(result.n_answered, 3); /* the last was never in the queue */
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(is_answered(s, p[i].id), i != 3 && i != 5);
    f = correction(77, "Network");
    f.prediction_id = text_of(p[3].id);
    assert_int_equal(add(s, &f, NULL, 0).n_answered, 1);
    assert_true(is_answered(s, p[3].id));
}

static void every_filter_filters(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_feedback f[6];
    char ids[6][STORE_ID_SIZE];
    for (size_t i = 0; i < 6; i++) {
        const char *const labels[] = {"A", "B", "C", "D", "E", "F"};
        f[i] = correction(i, labels[i]);
        f[i].field = text_of(i % 2 ? "priority" : "category");
        f[i].source = text_of(i < 3 ? "jira" : NULL);
        f[i].key_id = text_of(i == 4 ? "boss" : "agent");
        f[i].status = i == 2 ? STORE_FEEDBACK_HELD : STORE_FEEDBACK_ACCEPTED;
        memcpy(ids[i], add(s, &f[i], NULL, 0).id, STORE_ID_SIZE);
    }
    typedef store_feedback_filter filter;
    expect_list(s, (filter){0}, "F:accepted E:accepted D:accepted C:held B:accepted A:accepted ");
    expect_list(s, (filter){.limit = 1}, "F:accepted ");
    expect_list(s, (filter){.limit = 1, .is_oldest_first = true}, "A:accepted ");
    expect_list(s, (filter){.since = f[4].created_at}, "F:accepted E:accepted ");
    expect_list(s, (filter){.until = f[1].created_at}, "A:accepted ");
    expect_list(s, (filter){.field = "priority", .source = "jira"}, "B:accepted ");
    expect_list(s, (filter){.label = "D"}, "D:accepted ");
    expect_list(s, (filter){.key_id = "boss"}, "E:accepted ");
    expect_list(s, (filter){.has_status = true, .status = STORE_FEEDBACK_HELD}, "C:held ");
    expect_list(s, (filter){.has_text = true, .text_hash = 0}, "A:accepted ");
    expect_list(s, (filter){.after_sequence = 4, .is_oldest_first = true},
                "E:accepted F:accepted ");
    expect_list(s, (filter){.before = ids[2]}, "B:accepted A:accepted ");
    expect_list(s, (filter){.before = ids[4], .limit = 2}, "D:accepted C:held ");
}

static void expect_pending(store *s, uint64_t after, uint64_t n, uint64_t last)
{
    uint64_t found_n = 99, found_last = 99;
    OK(store_count_pending(s, after, &found_n, &found_last, &ok_error));
    assert_int_equal(found_n, n);
    assert_int_equal(found_last, last);
}

static void a_held_correction_waits_for_a_decision(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_feedback held = correction(1, "H"), accepted = correction(1, "A"),
                   rejected = correction(1, "R");
    held.status = rejected.status = STORE_FEEDBACK_HELD;
    expect_pending(s, 0, 0, 0);
    store_feedback_result h = add(s, &held, NULL, 0);
    store_feedback_result r = add(s, &rejected, NULL, 0);
    store_feedback_result a = add(s, &accepted, NULL, 0);
    expect_pending(s, 0, 1, 3);
    expect_pending(s, 3, 0, 3);
    bool found = true;
    OK(store_decide_feedback(s, a.id, STORE_FEEDBACK_ACCEPTED, "why", &found, &ok_error));
    assert_false(found);
    OK(store_decide_feedback(s, "nonsense", STORE_FEEDBACK_REJECTED, NULL, &found, &ok_error));
    assert_false(found);
    assert_int_equal(store_decide_feedback(s, h.id, STORE_FEEDBACK_HELD, "why", &found, NULL),
                     TRIAGE_ERROR_ARGUMENT);
    OK(store_decide_feedback(s, h.id, STORE_FEEDBACK_ACCEPTED, "checked", &found, &ok_error));
    assert_true(found);
    OK(store_decide_feedback(s, r.id, STORE_FEEDBACK_REJECTED, "wrong", &found, &ok_error));
    assert_true(found);
    expect_pending(s, 3, 1, 4); /* counts as new */
    expect_list(s, (store_feedback_filter){.is_oldest_first = true},
                "R:rejected A:superseded H:accepted ");
    OK(store_decide_feedback(s, h.id, STORE_FEEDBACK_REJECTED, "again", &found, &ok_error));
    assert_false(found);
}

static void an_import_leaves_out_what_is_there(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_feedback f[5] = {correction(1, "A"), correction(1, "B"), correction(2, "A"),
                           correction(1, "A"), correction(1, "A")};
    f[4].source = text_of("jira");
    store_import_counts counts = {0};
    OK(store_import_feedback(s, f, 5, &counts, &ok_error));
    assert_int_equal(counts.added, 4);
    assert_int_equal(counts.unchanged, 1);
    expect_list(s, (store_feedback_filter){.is_oldest_first = true},
                "A:superseded B:superseded A:accepted A:accepted ");
    OK(store_import_feedback(s, f, 5, &counts, &ok_error));
    assert_int_equal(counts.added, 4);
    assert_int_equal(counts.unchanged, 6);
    store_feedback older = correction(2, "Z");
    older.created_at = 1;
    OK(store_import_feedback(s, &older, 1, &counts, &ok_error));
    expect_list(s, (store_feedback_filter){.has_text = true, .text_hash = 2},
                "A:accepted Z:superseded ");
    f[1].text.length = (size_t)2 << 30;
    f[0].label = f[1].label = text_of("new");
    assert_int_equal(store_import_feedback(s, f, 2, &counts, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(list(s, (store_feedback_filter){0}).n, 5);
}

/* --- threads -------------------------------------------------------------------------------- */

#define N_WRITERS 4
#define N_EACH    25

typedef struct team {
    store *s;
    pthread_barrier_t start;
    char ids[N_WRITERS][STORE_ID_SIZE];
    _Atomic int next, n_repeated, n_failed;
} team;

static void *add_same_key(void *context)
{
    team *t = context;
    int me = t->next++;
    store_feedback f = {.created_at = 1, .text_hash = 1, .field = {"f", 1}, .label = {"l", 1}};
    store_feedback_result result = {0};
    pthread_barrier_wait(&t->start);
    if (store_add_feedback(t->s, &f, "one key", 7, 0, &result, NULL) == TRIAGE_OK) {
        memcpy(t->ids[me], result.id, STORE_ID_SIZE);
        t->n_repeated += result.is_repeated;
    }
    return NULL;
}

static void of_threads_with_one_key_one_adds(void **state)
{
    team t = {.s = ((fixture *)*state)->s};
    pthread_t threads[N_WRITERS];
    pthread_barrier_init(&t.start, NULL, N_WRITERS);
    for (size_t i = 0; i < N_WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_same_key, &t), 0);
    for (size_t i = 0; i < N_WRITERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&t.start);
    assert_int_equal(t.n_repeated, N_WRITERS - 1);
    for (size_t i = 0; i < N_WRITERS; i++)
        assert_string_equal(t.ids[i], t.ids[0]);
    assert_int_equal(list(t.s, (store_feedback_filter){0}).n, 1);
}

static void *add_some(void *context)
{
    team *t = context;
    uint64_t me = (uint64_t)t->next++;
    pthread_barrier_wait(&t->start);
    for (uint64_t i = 0; i < N_EACH; i++) {
        store_feedback f = {
            .created_at = 1, .text_hash = me << 32 | i, .field = {"f", 1}, .label = {"l", 1}};
        store_feedback_result result;
        if (store_add_feedback(t->s, &f, NULL, 0, 0, &result, NULL) != TRIAGE_OK)
            t->n_failed++;
    }
    return NULL;
}

/* One who reads on from the last sequence it has seen must never miss one. */
static void sequences_become_visible_in_their_order(void **state)
{
    team t = {.s = ((fixture *)*state)->s};
    pthread_t threads[N_WRITERS];
    uint64_t seen = 0;
    pthread_barrier_init(&t.start, NULL, N_WRITERS + 1);
    for (size_t i = 0; i < N_WRITERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, add_some, &t), 0);
    pthread_barrier_wait(&t.start);
    double deadline = clock_seconds() + 60;
    while (seen < N_WRITERS * N_EACH && t.n_failed == 0 && clock_seconds() < deadline) {
        listed l =
            list(t.s, (store_feedback_filter){.after_sequence = seen, .is_oldest_first = true});
        assert_true(l.n == 0 || l.last_sequence == seen + l.n);
        seen += l.n;
    }
    for (size_t i = 0; i < N_WRITERS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&t.start);
    assert_int_equal(t.n_failed, 0);
    assert_int_equal(seen, N_WRITERS * N_EACH);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(statuses_have_names),
        STORE_TEST(what_was_added_comes_back),
        STORE_TEST(an_idempotency_key_counts_once),
        STORE_TEST(a_later_correction_supersedes),
        STORE_TEST(a_correction_answers_copies_and_near_copies),
        STORE_TEST(every_filter_filters),
        STORE_TEST(a_held_correction_waits_for_a_decision),
        STORE_TEST(an_import_leaves_out_what_is_there),
        STORE_TEST(of_threads_with_one_key_one_adds),
        STORE_TEST(sequences_become_visible_in_their_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
