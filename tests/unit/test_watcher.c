/* SPDX-License-Identifier: MIT */
/* The watcher: swaps, faults that change nothing, folders that come late; with inotify and without.
 */
#include "registry/watcher.h"

#include "registry_support.h"

#include "base/file.h"
#include "model_bytes.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

/* What the watcher has told, for whoever waits for it. */
typedef struct told {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    size_t n_loaded, n_faults, n_prepared;
    char version[REGISTRY_VERSION_SIZE], message[TRIAGE_ERROR_MESSAGE_SIZE];
    const char *refused; /* the version that `prepare` does not let through; set before the start */
    atomic_int n_extras;
} told;

typedef struct room {
    place *p;
    triage_model *a, *b;
    holder *h;
    holder_slot *slot;
    watcher *w;
    told t;
} room;

static void on_event(void *context, const watcher_event *event)
{
    told *t = context;
    pthread_mutex_lock(&t->mutex);
    t->n_loaded += event->is_loaded;
    t->n_faults += !event->is_loaded;
    snprintf(t->version, sizeof t->version, "%s", event->version);
    snprintf(t->message, sizeof t->message, "%s", event->message ? event->message : "");
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->mutex);
}

static void free_extra(void *extra)
{
    atomic_fetch_sub((atomic_int *)extra, 1);
}

static triage_status prepare(void *context, live_model *live, triage_error *err)
{
    told *t = context;
    pthread_mutex_lock(&t->mutex);
    bool refuses = t->refused && strcmp(live->version, t->refused) == 0;
    t->n_prepared++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->mutex);
    atomic_fetch_add(&t->n_extras, 1);
    live->extra = &t->n_extras;
    live->free_extra = free_extra;
    if (!refuses)
        return TRIAGE_OK;
    if (err)
        snprintf(err->message, sizeof err->message, "not this one");
    return TRIAGE_ERROR_MODEL;
}

/* Waits until there were so many loads and faults. */
static void await(room *m, size_t n_loaded, size_t n_faults)
{
    pthread_mutex_lock(&m->t.mutex);
    while (m->t.n_loaded < n_loaded || m->t.n_faults < n_faults)
        pthread_cond_wait(&m->t.changed, &m->t.mutex);
    assert_int_equal(m->t.n_loaded, n_loaded);
    assert_int_equal(m->t.n_faults, n_faults);
    pthread_mutex_unlock(&m->t.mutex);
}

/* Pokes, and waits until the model has been prepared once more. */
static void poke_and_await(room *m)
{
    pthread_mutex_lock(&m->t.mutex);
    size_t n = m->t.n_prepared;
    watcher_poke(m->w);
    while (m->t.n_prepared == n)
        pthread_cond_wait(&m->t.changed, &m->t.mutex);
    pthread_mutex_unlock(&m->t.mutex);
}

/* A poll of an hour: then only inotify and pokes wake the watcher. */
#define NEVER_MS 3600000

static void start(room *m, uint32_t poll_ms, uint32_t retry_ms, bool polls_only)
{
    triage_error err;
    watcher_options options = {.registry = m->p->r,
                               .holder = m->h,
                               .poll_ms = poll_ms,
                               .retry_ms = retry_ms,
                               .polls_only = polls_only,
                               .prepare = prepare,
                               .on_event = on_event,
                               .context = &m->t};
    if (watcher_start(&options, &m->w, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
}

static int room_make(void **state)
{
    void *inner = NULL;
    room *m = calloc(1, sizeof *m);
    if (!m || place_make(&inner) != 0 || holder_new(&m->h, NULL) != TRIAGE_OK ||
        holder_join(m->h, &m->slot, NULL) != TRIAGE_OK)
        return -1;
    m->p = inner;
    m->a = named_model("A");
    m->b = named_model("B");
    *state = m;
    return pthread_mutex_init(&m->t.mutex, NULL) || pthread_cond_init(&m->t.changed, NULL);
}

static int room_clear(void **state)
{
    room *m = *state;
    void *inner = m->p;
    watcher_stop(m->w);
    holder_leave(m->h, m->slot);
    holder_free(m->h);
    int n_extras = atomic_load(&m->t.n_extras);
    triage_model_free(m->a);
    triage_model_free(m->b);
    pthread_mutex_destroy(&m->t.mutex);
    pthread_cond_destroy(&m->t.changed);
    free(m);
    return place_clear(&inner) != 0 || n_extras != 0;
}

static void assert_live(room *m, const char *version, char label)
{
    const live_model *live = holder_acquire(m->h, m->slot);
    if (!version)
        assert_null(live);
    else {
        assert_non_null(live);
        assert_string_equal(live->version, version);
        assert_int_equal(triage_model_label_name(live->model, 0, 0)[0], label);
        assert_int_equal(strlen(live->sha256), 64);
        assert_true(live->loaded_at > 1600000000000);
    }
    holder_release(m->slot);
}

static void assert_fault(room *m, const char *part)
{
    char text[TRIAGE_ERROR_MESSAGE_SIZE];
    watcher_fault(m->w, text, sizeof text);
    if (part)
        assert_non_null(strstr(text, part));
    else
        assert_string_equal(text, "");
}

/* What is there is loaded before watcher_start() returns; then each promotion. */
static void check_swaps(room *m, uint32_t poll_ms, bool polls_only)
{
    char a[REGISTRY_VERSION_SIZE], b[REGISTRY_VERSION_SIZE], back[REGISTRY_VERSION_SIZE];
    add_version(m->p->r, m->a, a);
    promote(m->p->r, a);
    start(m, poll_ms, 0, polls_only);
    assert_int_equal(m->t.n_loaded, 1);
    assert_live(m, a, 'A');
    add_version(m->p->r, m->b, b);
    for (size_t i = 0; i < 5; i++) {
        promote(m->p->r, b);
        await(m, 2 * i + 2, 0);
        assert_live(m, b, 'B');
        assert_int_equal(registry_rollback(m->p->r, "", "", back, NULL), TRIAGE_OK);
        await(m, 2 * i + 3, 0);
        assert_live(m, a, 'A');
    }
    assert_fault(m, NULL);
    assert_int_equal(holder_n_models(m->h), 1);
}

static void inotify_tells_of_promotions(void **state)
{
    check_swaps(*state, NEVER_MS, false);
}

static void polling_sees_promotions_as_well(void **state)
{
    check_swaps(*state, 1, true);
}

static void a_poke_makes_it_look(void **state)
{
    room *m = *state;
    char a[REGISTRY_VERSION_SIZE];
    start(m, NEVER_MS, NEVER_MS, true);
    assert_live(m, NULL, 0);
    assert_fault(m, NULL);
    add_version(m->p->r, m->a, a);
    promote(m->p->r, a);
    watcher_poke(m->w);
    await(m, 1, 0);
    assert_live(m, a, 'A');
}

/* Past the registry, which would not promote it. */
static void name_champion(room *m, const char *version)
{
    char line[32];
    int length = snprintf(line, sizeof line, "%s\n", version);
    assert_int_equal(file_write_atomic(place_path(m->p, "champion"), line, (size_t)length, NULL),
                     TRIAGE_OK);
}

/* Damages the model of the version so that its checksum is wrong. */
static void damage(room *m, const char *version)
{
    char name[64];
    file_map map = {0};
    snprintf(name, sizeof name, "%s/model.triage", version);
    assert_int_equal(file_map_open(place_path(m->p, name), &map, NULL), TRIAGE_OK);
    char *copy = malloc(map.length);
    assert_non_null(copy);
    memcpy(copy, map.data, map.length);
    copy[map.length - 1] ^= 1;
    assert_int_equal(file_write_atomic(place_path(m->p, name), copy, map.length, NULL), TRIAGE_OK);
    file_unmap(&map);
    free(copy);
}

static void what_fails_changes_nothing(void **state)
{
    room *m = *state;
    char v[4][REGISTRY_VERSION_SIZE];
    for (int i = 0; i < 4; i++)
        add_version(m->p->r, i % 2 ? m->b : m->a, v[i]);
    promote(m->p->r, v[0]);
    damage(m, v[1]);
    m->t.refused = v[2];
    start(m, NEVER_MS, NEVER_MS, false);
    name_champion(m, "v000002");
    await(m, 1, 1);
    assert_string_equal(m->t.version, v[1]);
    assert_fault(m, "");
    assert_live(m, v[0], 'A');
    name_champion(m, "../../etc");
    await(m, 1, 2);
    assert_fault(m, "does not name a version");
    name_champion(m, "v000099");
    await(m, 1, 3);
    assert_fault(m, "v000099");
    name_champion(m, "v000003");
    await(m, 1, 4);
    assert_fault(m, "not this one");
    assert_live(m, v[0], 'A');
    assert_int_equal(holder_n_models(m->h), 1);
    /* The same again, and it is not told again; then all is well. */
    poke_and_await(m);
    poke_and_await(m);
    name_champion(m, "v000004");
    await(m, 2, 4);
    assert_live(m, v[3], 'B');
    assert_fault(m, NULL);
}

static void a_truncated_model_is_refused(void **state)
{
    room *m = *state;
    char a[REGISTRY_VERSION_SIZE], b[REGISTRY_VERSION_SIZE];
    add_version(m->p->r, m->a, a);
    add_version(m->p->r, m->b, b);
    promote(m->p->r, a);
    start(m, NEVER_MS, NEVER_MS, false);
    assert_int_equal(truncate(place_path(m->p, "v000002/model.triage"), 1000), 0);
    name_champion(m, "v000002");
    await(m, 1, 1);
    assert_fault(m, "length");
    assert_live(m, a, 'A');
}

/* A champion whose version has not arrived yet, as when it is copied in a wrong order. */
static void a_fault_is_tried_again(void **state)
{
    room *m = *state;
    char a[REGISTRY_VERSION_SIZE];
    char elsewhere[PLACE_PATH_SIZE], here[PLACE_PATH_SIZE];
    add_version(m->p->r, m->a, a);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", m->p->root);
    snprintf(here, sizeof here, "%s", place_path(m->p, a));
    assert_int_equal(rename(here, elsewhere), 0);
    name_champion(m, "v000001");
    for (int with_inotify = 0; with_inotify < 2; with_inotify++) {
        uint32_t wait_ms = with_inotify ? NEVER_MS : 1;
        start(m, wait_ms, wait_ms, !with_inotify);
        assert_int_equal(m->t.n_faults, 1);
        assert_fault(m, a);
        assert_int_equal(rename(elsewhere, here), 0);
        await(m, 1, 1);
        assert_live(m, a, 'A');
        assert_fault(m, NULL);
        watcher_stop(m->w);
        m->w = NULL;
        assert_int_equal(rename(here, elsewhere), 0);
        m->t.n_loaded = m->t.n_faults = 0;
    }
}

/* What lies in a version's folder is not watched; naming the champion again is enough. */
static void naming_the_champion_again_tries_again(void **state)
{
    room *m = *state;
    char a[REGISTRY_VERSION_SIZE], elsewhere[PLACE_PATH_SIZE];
    add_version(m->p->r, m->a, a);
    name_champion(m, a);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", m->p->root);
    assert_int_equal(rename(place_path(m->p, "v000001/model.triage"), elsewhere), 0);
    start(m, NEVER_MS, NEVER_MS, false);
    assert_int_equal(m->t.n_faults, 1);
    assert_int_equal(rename(elsewhere, place_path(m->p, "v000001/model.triage")), 0);
    name_champion(m, a);
    await(m, 1, 1);
    assert_live(m, a, 'A');
}

static void a_folder_may_come_late_or_again(void **state)
{
    room *m = *state;
    char a[REGISTRY_VERSION_SIZE], b[REGISTRY_VERSION_SIZE], elsewhere[PLACE_PATH_SIZE];
    add_version(m->p->r, m->a, a);
    add_version(m->p->r, m->b, b);
    promote(m->p->r, a);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", m->p->root);
    assert_int_equal(rename(m->p->folder, elsewhere), 0);
    start(m, 1, NEVER_MS, false);
    assert_int_equal(m->t.n_faults, 1);
    assert_fault(m, m->p->folder);
    assert_live(m, NULL, 0);
    assert_int_equal(rename(elsewhere, m->p->folder), 0);
    await(m, 1, 1);
    assert_live(m, a, 'A');
    /* Away again: the model stays. */
    assert_int_equal(rename(m->p->folder, elsewhere), 0);
    await(m, 1, 2);
    assert_live(m, a, 'A');
    assert_int_equal(rename(elsewhere, m->p->folder), 0);
    promote(m->p->r, b);
    await(m, 2, 2);
    assert_live(m, b, 'B');
}

/* Also where only inotify tells of changes. */
static void a_new_folder_is_watched(void **state)
{
    room *m = *state;
    char version[REGISTRY_VERSION_SIZE], elsewhere[PLACE_PATH_SIZE];
    add_version(m->p->r, m->a, version);
    promote(m->p->r, version);
    start(m, NEVER_MS, NEVER_MS, false);
    snprintf(elsewhere, sizeof elsewhere, "%s/elsewhere", m->p->root);
    assert_int_equal(rename(m->p->folder, elsewhere), 0);
    await(m, 1, 1);
    registry_close(place_open(m->p));
    add_version(m->p->r, m->a, version);
    add_version(m->p->r, m->b, version);
    promote(m->p->r, version);
    watcher_poke(m->w);
    await(m, 2, 1);
    assert_live(m, version, 'B');
    add_version(m->p->r, m->a, version);
    promote(m->p->r, version);
    await(m, 3, 1);
    assert_live(m, version, 'A');
}

/* Its checksum is right, and so the registry takes it. */
static void a_model_without_sense_is_refused(void **state)
{
    room *m = *state;
    char version[REGISTRY_VERSION_SIZE];
    triage_model *bad = model_bytes_with_number(m->a, 0, (float)NAN);
    assert_non_null(bad);
    add_version(m->p->r, bad, version);
    promote(m->p->r, version);
    start(m, NEVER_MS, NEVER_MS, false);
    assert_int_equal(m->t.n_faults, 1);
    assert_fault(m, "self-test");
    assert_live(m, NULL, 0);
    triage_model_free(bad);
}

static void it_stops_at_once(void **state)
{
    room *m = *state;
    for (int i = 0; i < 20; i++) {
        start(m, NEVER_MS, 0, i % 2);
        if (i % 3 == 0)
            watcher_poke(m->w);
        watcher_stop(m->w);
    }
    m->w = NULL;
    watcher_stop(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, room_make, room_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(inotify_tells_of_promotions),
        TEST(polling_sees_promotions_as_well),
        TEST(a_poke_makes_it_look),
        TEST(what_fails_changes_nothing),
        TEST(a_truncated_model_is_refused),
        TEST(a_fault_is_tried_again),
        TEST(naming_the_champion_again_tries_again),
        TEST(a_folder_may_come_late_or_again),
        TEST(a_new_folder_is_watched),
        TEST(a_model_without_sense_is_refused),
        TEST(it_stops_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
