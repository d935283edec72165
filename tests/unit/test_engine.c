/* SPDX-License-Identifier: MIT */
/* Predicting with what is live, from several threads, while it changes. */
#include "prediction_support.h"

#include <pthread.h>
#include <stdatomic.h>

static void nothing_is_live_at_first(void **state)
{
    live_engine e = live_engine_new();
    triage_error err;
    engine_thread *t = NULL, *again = NULL;
    const live_model *live;
    (void)state;
    assert_int_equal(engine_join(e.engine, &t, &err), TRIAGE_OK);
    assert_int_equal(engine_join(e.engine, &again, &err), TRIAGE_OK);
    assert_ptr_equal(t, again);
    assert_null(engine_acquire(t, &live));
    engine_release(t);
    engine_leave(e.engine);
    engine_leave(e.engine); /* none is fine */
    live_engine_free(&e);
    engine_free(NULL);
}

static void it_predicts_as_the_library(void **state)
{
    static const char *const texts[] = {"password", "laptop laptop", "wifi slow", "", "unheard of"};
    live_engine e = live_engine_new();
    triage_model *model = four_labels();
    triage_predictor *predictor = predictor_of(model);
    (void)state;
    live_engine_publish(&e, four_labels(), "v000001"); /* training is deterministic */
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        triage_outcome expected = predict(predictor, texts[i]);
        engine_thread *t = live_predict(&e, texts[i], false);
        assert_int_equal(t->prediction.outcomes[0].label, expected.label);
        assert_int_equal(t->prediction.outcomes[0].decision, expected.decision);
        assert_true(t->prediction.outcomes[0].confidence == expected.confidence);
        assert_null(t->prediction.explanations);
        engine_release(t);
    }
    triage_predictor_free(predictor);
    triage_model_free(model);
    live_engine_free(&e);
}

static void a_wider_model_follows(void **state)
{
    live_engine e = live_engine_new();
    (void)state;
    live_engine_publish(&e, four_labels(), "v000001");
    engine_thread *t = live_predict(&e, "laptop", true);
    assert_non_null(t->prediction.explanations);
    engine_release(t);
    live_engine_publish(&e, two_fields(), "v000002");
    t = live_predict(&e, "laptop", true);
    assert_string_equal(t->prediction.view->version, "v000002");
    assert_true(t->prediction.explanations[1].length > 0);
    engine_release(t);
    live_engine_publish(&e, four_labels(), "v000003");
    t = live_predict(&e, "laptop", false);
    assert_null(t->prediction.explanations);
    engine_release(t);
    live_engine_free(&e);
}

/* Probabilities that came from elsewhere are decided on here. */
static void taken_probabilities(void **state)
{
    live_engine e = live_engine_new();
    triage_error err;
    float given[4];
    (void)state;
    live_engine_publish(&e, four_labels(), "v000001");
    engine_thread *t = live_predict(&e, "laptop", false);
    const prediction_view *view = t->prediction.view;
    triage_outcome expected = t->prediction.outcomes[0];
    memcpy(given, t->prediction.probabilities, sizeof given);
    assert_int_equal(engine_take(t, view, given, 1, 1, 2, &err), TRIAGE_OK);
    assert_int_equal(t->prediction.outcomes[0].label, expected.label);
    assert_int_equal(t->prediction.outcomes[0].decision, expected.decision);
    assert_int_equal(t->prediction.top, 2);
    assert_int_equal(engine_take(t, view, given, 1, 0, 2, &err), TRIAGE_OK);
    assert_int_equal(t->prediction.outcomes[0].decision, TRIAGE_REVIEW); /* no known word */
    engine_release(t);
    live_engine_free(&e);
}

typedef struct crowd {
    live_engine *engine;
    atomic_bool is_over;
    atomic_uint n_wrong, n_done;
} crowd;

/* Under four_labels() there are four labels, under two_fields() two of the first field. */
static void *ask(void *argument)
{
    crowd *c = argument;
    while (!atomic_load(&c->is_over)) {
        engine_thread *t = live_predict(c->engine, "laptop screen", false);
        const prediction_view *view = t->prediction.view;
        const char *label =
            triage_model_label_name(view->model, 0, t->prediction.outcomes[0].label);
        bool is_odd = view->version[6] % 2 == 1;
        if (view->n_fields != (is_odd ? 1 : 2) || strcmp(label, "Hardware") != 0)
            atomic_fetch_add(&c->n_wrong, 1);
        engine_release(t);
        atomic_fetch_add(&c->n_done, 1);
    }
    return NULL;
}

static void models_change_under_threads(void **state)
{
    live_engine e = live_engine_new();
    crowd c = {.engine = &e};
    pthread_t threads[4];
    (void)state;
    live_engine_publish(&e, four_labels(), "v000001");
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask, &c), 0);
    for (int version = 2; version < 12; version++) {
        char name[16];
        snprintf(name, sizeof name, "v%06d", version);
        unsigned until = atomic_load(&c.n_done) + 20;
        while (atomic_load(&c.n_done) < until)
            ;
        live_engine_publish(&e, version % 2 ? four_labels() : two_fields(), name);
    }
    atomic_store(&c.is_over, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&c.n_wrong), 0);
    holder_collect(e.holder);
    assert_int_equal(holder_n_models(e.holder), 1);
    live_engine_free(&e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_live_at_first),    cmocka_unit_test(it_predicts_as_the_library),
        cmocka_unit_test(a_wider_model_follows),       cmocka_unit_test(taken_probabilities),
        cmocka_unit_test(models_change_under_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
