/* SPDX-License-Identifier: MIT */
/* The holder: which model a reader sees while others are published, and when the old ones go. */
#include "registry/holder.h"

#include "registry_support.h"

#include <pthread.h>
#include <stdatomic.h>

/* What was computed of a model; counts itself. */
typedef struct extra {
    char label[32]; /* the model's first */
    atomic_int *n_alive;
} extra;

static void free_extra(void *context)
{
    extra *e = context;
    atomic_fetch_sub(e->n_alive, 1);
    free(e);
}

/* A model to be published, opened from a file as in life. */
static live_model *live_of(const char *path, const char *version, atomic_int *n_alive)
{
    triage_error err;
    live_model *live = calloc(1, sizeof *live);
    extra *e = calloc(1, sizeof *e);
    if (!live || !e)
        abort();
    if (triage_model_open(path, &live->model, &err) != TRIAGE_OK)
        abort();
    snprintf(live->version, sizeof live->version, "%s", version);
    snprintf(e->label, sizeof e->label, "%s", triage_model_label_name(live->model, 0, 0));
    e->n_alive = n_alive;
    atomic_fetch_add(n_alive, 1);
    live->extra = e;
    live->free_extra = free_extra;
    return live;
}

/* Two model files whose labels begin with A and B. */
typedef struct pair {
    place *p;
    char paths[2][PLACE_PATH_SIZE];
    atomic_int n_alive;
    holder *h;
} pair;

static int pair_make(void **state)
{
    void *inner = NULL;
    pair *two = calloc(1, sizeof *two);
    if (!two || place_make(&inner) != 0 || holder_new(&two->h, NULL) != TRIAGE_OK)
        return -1;
    two->p = inner;
    for (int i = 0; i < 2; i++) {
        triage_model *model = named_model(i ? "B" : "A");
        snprintf(two->paths[i], PLACE_PATH_SIZE, "%s/%d.triage", two->p->root, i);
        if (triage_model_save(model, two->paths[i], NULL) != TRIAGE_OK)
            return -1;
        triage_model_free(model);
    }
    *state = two;
    return 0;
}

static int pair_clear(void **state)
{
    pair *two = *state;
    void *inner = two->p;
    holder_free(two->h);
    int n_alive = atomic_load(&two->n_alive);
    free(two);
    return place_clear(&inner) != 0 || n_alive != 0;
}

static void publish(pair *two, int which)
{
    holder_publish(two->h,
                   live_of(two->paths[which], which ? "v000002" : "v000001", &two->n_alive));
}

static holder_slot *join(pair *two)
{
    holder_slot *slot = NULL;
    assert_int_equal(holder_join(two->h, &slot, NULL), TRIAGE_OK);
    return slot;
}

/* The first character of what is predicted. */
static char ask(holder_slot *slot, const live_model *live)
{
    triage_predictor *predictor = NULL;
    assert_int_equal(holder_predictor(slot, live, &predictor, NULL), TRIAGE_OK);
    triage_outcome o = predict(predictor, "the printer has no paper");
    return triage_model_label_name(live->model, 0, o.label)[0];
}

static void there_is_no_model_at_first(void **state)
{
    pair *two = *state;
    holder_slot *slot = join(two);
    assert_null(holder_acquire(two->h, slot));
    holder_release(slot);
    holder_collect(two->h);
    assert_int_equal(holder_n_models(two->h), 0);
    holder_leave(two->h, slot);
}

static void a_reader_keeps_its_model(void **state)
{
    pair *two = *state;
    holder_slot *early = join(two), *late = join(two);
    publish(two, 0);
    const live_model *old = holder_acquire(two->h, early);
    assert_int_equal(ask(early, old), 'A');
    publish(two, 1);
    const live_model *new = holder_acquire(two->h, late);
    assert_string_equal(new->version, "v000002");
    assert_int_equal(ask(late, new), 'B');
    assert_string_equal(old->version, "v000001");
    assert_int_equal(ask(early, old), 'A');
    assert_int_equal(holder_n_models(two->h), 2);
    holder_release(early);
    holder_collect(two->h);
    assert_int_equal(holder_n_models(two->h), 1);
    assert_int_equal(ask(early, holder_acquire(two->h, early)), 'B');
    holder_release(early);
    holder_release(late);
    holder_leave(two->h, early);
    holder_leave(two->h, late);
}

static void the_same_predictor_is_used_again(void **state)
{
    pair *two = *state;
    holder_slot *slot = join(two);
    triage_predictor *first = NULL, *again = NULL;
    publish(two, 0);
    assert_int_equal(holder_predictor(slot, holder_acquire(two->h, slot), &first, NULL), TRIAGE_OK);
    holder_release(slot);
    assert_int_equal(holder_predictor(slot, holder_acquire(two->h, slot), &again, NULL), TRIAGE_OK);
    assert_ptr_equal(first, again);
    holder_release(slot);
    holder_leave(two->h, slot);
}

/* Whoever predicted once and is idle keeps nothing in memory. */
static void idle_slots_keep_no_model(void **state)
{
    pair *two = *state;
    holder_slot *slots[5];
    for (int i = 0; i < 5; i++)
        slots[i] = join(two);
    for (int swap = 0; swap < 100; swap++) {
        publish(two, swap % 2);
        for (int i = 0; i < 5; i++)
            if (swap % (i + 1) == 0) {
                assert_int_equal(ask(slots[i], holder_acquire(two->h, slots[i])),
                                 swap % 2 ? 'B' : 'A');
                holder_release(slots[i]);
            }
        assert_int_equal(holder_n_models(two->h), 1);
        assert_int_equal(atomic_load(&two->n_alive), 1);
    }
    for (int i = 0; i < 5; i++)
        holder_leave(two->h, slots[i]);
}

static void a_slot_takes_its_predictors_with_it(void **state)
{
    pair *two = *state;
    publish(two, 0);
    for (int i = 0; i < 50; i++) {
        holder_slot *slot = join(two);
        assert_int_equal(ask(slot, holder_acquire(two->h, slot)), 'A');
        holder_release(slot);
        holder_leave(two->h, slot);
    }
    holder_slot *slot = join(two);
    const live_model *live = holder_acquire(two->h, slot);
    assert_null(live->predictors);
    holder_release(slot);
    holder_leave(two->h, slot);
}

/* --- under load ------------------------------------------------------------------------------- */

#define N_READERS 4
#define N_SWAPS   1000

typedef struct reader {
    pair *two;
    const atomic_bool *is_over;
    atomic_ulong n_answers;
    size_t n_wrong, n_changes;
} reader;

/* Version, label and extra must be those of one model. */
static void *read_on(void *argument)
{
    reader *r = argument;
    holder_slot *slot = NULL;
    char last = '?';
    if (holder_join(r->two->h, &slot, NULL) != TRIAGE_OK)
        abort();
    while (!atomic_load(r->is_over)) {
        const live_model *live = holder_acquire(r->two->h, slot);
        triage_predictor *predictor = NULL;
        triage_outcome outcome;
        if (holder_predictor(slot, live, &predictor, NULL) != TRIAGE_OK ||
            triage_predict(predictor, "the printer", 11, &outcome, NULL) != TRIAGE_OK)
            abort();
        char expected = live->version[6] == '1' ? 'A' : 'B';
        const extra *e = live->extra;
        r->n_wrong += triage_model_label_name(live->model, 0, outcome.label)[0] != expected ||
                      e->label[0] != expected;
        r->n_changes += expected != last;
        last = expected;
        holder_release(slot);
        atomic_fetch_add(&r->n_answers, 1);
    }
    holder_leave(r->two->h, slot);
    return NULL;
}

/* Waits until each reader has begun and ended an answer. */
static void let_all_answer(reader *readers)
{
    for (int i = 0; i < N_READERS; i++) {
        unsigned long n = atomic_load(&readers[i].n_answers);
        while (atomic_load(&readers[i].n_answers) < n + 2)
            sched_yield();
    }
}

static void readers_never_see_a_mixture(void **state)
{
    pair *two = *state;
    reader readers[N_READERS] = {0};
    pthread_t threads[N_READERS];
    atomic_bool is_over = false;
    size_t most = 0;
    publish(two, 0);
    for (int i = 0; i < N_READERS; i++) {
        readers[i].two = two;
        readers[i].is_over = &is_over;
        assert_int_equal(pthread_create(&threads[i], NULL, read_on, &readers[i]), 0);
    }
    for (int swap = 1; swap <= N_SWAPS; swap++) {
        publish(two, swap % 2);
        size_t n = holder_n_models(two->h);
        most = n > most ? n : most;
        if (swap % 51 == 0) {
            let_all_answer(readers);
            holder_collect(two->h);
        }
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < N_READERS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(readers[i].n_wrong, 0);
        assert_true(readers[i].n_changes > 1);
    }
    /* The live one, and one for each reader that is at work. */
    assert_true(most <= 1 + N_READERS);
    holder_collect(two->h);
    assert_int_equal(holder_n_models(two->h), 1);
    assert_int_equal(atomic_load(&two->n_alive), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, pair_make, pair_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(there_is_no_model_at_first),          TEST(a_reader_keeps_its_model),
        TEST(the_same_predictor_is_used_again),    TEST(idle_slots_keep_no_model),
        TEST(a_slot_takes_its_predictors_with_it), TEST(readers_never_see_a_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
