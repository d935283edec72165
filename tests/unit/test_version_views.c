/* SPDX-License-Identifier: MIT */
/* Views of the versions that inference servers answer with. */
#include "registry_support.h"
#include "services/backend/version_views.h"

#include <pthread.h>

typedef struct shelf {
    place *place;
    view_source *source;
    version_views *views;
} shelf;

static int make(void **state)
{
    shelf *s = calloc(1, sizeof *s);
    triage_error err;
    void *p = NULL;
    if (!s || place_make(&p) != 0)
        return -1;
    s->place = p;
    assert_int_equal(view_source_new(NULL, &s->source, &err), TRIAGE_OK);
    assert_int_equal(version_views_new(s->place->r, s->source, &s->views, &err), TRIAGE_OK);
    for (int i = 0; i < 8; i++) {
        char name[8], version[REGISTRY_VERSION_SIZE];
        snprintf(name, sizeof name, "m%d", i);
        triage_model *model = named_model(name);
        add_version(s->place->r, model, version);
        triage_model_free(model);
    }
    *state = s;
    return 0;
}

static int unmake(void **state)
{
    shelf *s = *state;
    void *p = s->place;
    version_views_free(s->views);
    view_source_free(s->source);
    free(s);
    return place_clear(&p);
}

static const prediction_view *acquire(shelf *s, int number)
{
    triage_error err;
    char version[REGISTRY_VERSION_SIZE];
    const prediction_view *view = NULL;
    snprintf(version, sizeof version, "v%06d", number);
    if (version_views_acquire(s->views, version, &view, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    assert_string_equal(view->version, version);
    return view;
}

static void each_version_has_its_own(void **state)
{
    shelf *s = *state;
    const prediction_view *one = acquire(s, 1), *two = acquire(s, 2), *again = acquire(s, 1);
    assert_ptr_equal(one, again);
    assert_string_equal(triage_model_label_name(one->model, 0, 0), "m01");
    assert_string_equal(triage_model_label_name(two->model, 0, 0), "m11");
    version_views_release(s->views, one);
    version_views_release(s->views, two);
    version_views_release(s->views, again);
    version_views_free(NULL);
}

/* More than are kept: those in use stay, however many. */
static void many_in_use(void **state)
{
    shelf *s = *state;
    const prediction_view *views[8];
    for (int i = 0; i < 8; i++)
        views[i] = acquire(s, i + 1);
    for (int i = 0; i < 8; i++) {
        char name[8];
        snprintf(name, sizeof name, "m%d1", i);
        assert_string_equal(triage_model_label_name(views[i]->model, 0, 0), name);
    }
    for (int i = 0; i < 8; i++)
        version_views_release(s->views, views[i]);
    for (int i = 8; i > 0; i--)
        version_views_release(s->views, acquire(s, i));
}

static void forgotten_ones_serve_to_their_end(void **state)
{
    shelf *s = *state;
    triage_error err;
    bool is_changed;
    const prediction_view *old = acquire(s, 1);
    assert_int_equal(view_source_set(s->source, 0, "[{\"field\":\"category\",\"label\":\"m01\"}]",
                                     &is_changed, &err),
                     TRIAGE_OK);
    version_views_forget(s->views);
    const prediction_view *fresh = acquire(s, 1);
    assert_ptr_not_equal(old, fresh);
    assert_false(policy_is_retired(old->policy, 0, 0));
    assert_true(policy_is_retired(fresh->policy, 0, 0));
    version_views_release(s->views, old);
    version_views_release(s->views, fresh);
}

static void versions_that_are_none(void **state)
{
    static const char *const names[] = {"",
                                        "v000099",
                                        "../../etc",
                                        "v1",
                                        "v000001/../v000002",
                                        "v0000000000000000000000000000000000001"};
    shelf *s = *state;
    triage_error err;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const prediction_view *view = NULL;
        assert_int_not_equal(version_views_acquire(s->views, names[i], &view, &err), TRIAGE_OK);
        assert_null(view);
    }
    place_write(s->place, "v000003/model.triage", "damaged");
    const prediction_view *view = NULL;
    assert_int_equal(version_views_acquire(s->views, "v000003", &view, &err), TRIAGE_ERROR_MODEL);
    version_views_release(s->views, acquire(s, 1));
}

static void *use(void *argument)
{
    shelf *s = argument;
    for (int i = 0; i < 300; i++) {
        const prediction_view *view = acquire(s, 1 + i % 7);
        assert_int_equal(view->n_labels, 2);
        version_views_release(s->views, view);
        if (i % 50 == 0)
            version_views_forget(s->views);
    }
    return NULL;
}

static void by_many_threads(void **state)
{
    pthread_t threads[4];
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, use, *state), 0);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

int main(void)
{
#define ON_SHELF(TEST) cmocka_unit_test_setup_teardown(TEST, make, unmake)
    const struct CMUnitTest tests[] = {
        ON_SHELF(each_version_has_its_own),
        ON_SHELF(many_in_use),
        ON_SHELF(forgotten_ones_serve_to_their_end),
        ON_SHELF(versions_that_are_none),
        ON_SHELF(by_many_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
