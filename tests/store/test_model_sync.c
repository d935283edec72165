/* SPDX-License-Identifier: MIT */
/* Registries that follow a store: what one puts live, all put live, whatever was in their folders.
 */
#include "fixture.h"

#include "../unit/registry_support.h"
#include "services/model_sync.h"
#include "services/retrainer/prune.h"

#include <pthread.h>

/* What a sync told; its thread writes, the test waits. */
typedef struct diary {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t n_copied, n_aside, n_faults, n_repeated;
    char live[REGISTRY_VERSION_SIZE], fault[TRIAGE_ERROR_MESSAGE_SIZE];
} diary;

/* A process's part: its folder, its own connections to the store. */
typedef struct replica {
    void *place;
    registry *r; /* of the place */
    store *store;
    model_sync *sync;
    diary diary;
} replica;

static void note(void *context, const model_copy_event *event)
{
    diary *d = context;
    pthread_mutex_lock(&d->lock);
    switch (event->kind) {
    case MODEL_COPY_DONE: d->n_copied++; break;
    case MODEL_COPY_ASIDE: d->n_aside++; break;
    case MODEL_COPY_LIVE: snprintf(d->live, sizeof d->live, "%s", event->version); break;
    case MODEL_COPY_FAULT:
        d->n_faults++;
        d->n_repeated += event->is_repeated;
        snprintf(d->fault, sizeof d->fault, "%s", event->message);
        break;
    }
    pthread_cond_broadcast(&d->changed);
    pthread_mutex_unlock(&d->lock);
}

static void wait_for_live(replica *p, const char *version)
{
    pthread_mutex_lock(&p->diary.lock);
    while (strcmp(p->diary.live, version) != 0)
        pthread_cond_wait(&p->diary.changed, &p->diary.lock);
    pthread_mutex_unlock(&p->diary.lock);
}

static void replica_begin(replica *p, fixture *f)
{
    *p = (replica){
        .diary = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER}};
    assert_int_equal(place_make(&p->place), 0);
    p->r = ((place *)p->place)->r;
    OK(store_open(f->address, &p->store, &ok_error));
}

static void replica_join(replica *p)
{
    model_sync_options options = {.store = p->store,
                                  .registry = p->r,
                                  .retry_ms = 20,
                                  .on_event = note,
                                  .context = &p->diary};
    OK(model_sync_new(&options, &p->sync, &ok_error));
}

static void replica_end(replica *p)
{
    model_sync_free(p->sync);
    store_close(p->store);
    place_clear(&p->place);
}

/* As the retrainer does it. */
static void add_through(replica *p, const char *name, char ret_version[REGISTRY_VERSION_SIZE])
{
    triage_model *model = named_model(name);
    OK(model_sync_seed(p->sync, &ok_error));
    OK(model_sync_pull(p->sync, &ok_error));
    add_version(p->r, model, ret_version);
    OK(model_sync_put(p->sync, ret_version, &ok_error));
    triage_model_free(model);
}

typedef struct lines {
    buffer text;
} lines;

static bool add_line(void *context, const registry_event *e)
{
    lines *l = context;
    buffer_printf(&l->text, "%lld %s %s %s %s %s\n", (long long)e->at, e->action, e->version,
                  e->previous, e->who, e->reason);
    return true;
}

static void assert_same_history(replica *a, replica *b)
{
    lines of_a = {0}, of_b = {0};
    OK(registry_each_event(a->r, add_line, &of_a, &ok_error));
    OK(registry_each_event(b->r, add_line, &of_b, &ok_error));
    assert_string_equal(buffer_string(&of_a.text), buffer_string(&of_b.text));
    buffer_free(&of_a.text);
    buffer_free(&of_b.text);
}

static void what_was_here_is_given_to_the_store_once(void **state)
{
    fixture *f = *state;
    replica a, b;
    char v[REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("a"), *other = named_model("b");
    replica_begin(&a, f);
    replica_begin(&b, f);
    for (int i = 0; i < 3; i++) {
        add_version(a.r, model, v);
        promote(a.r, v);
    }
    OK(registry_reject(a.r, "v000002", "bob", "no", &ok_error));
    add_version(b.r, other, v);
    promote(b.r, v);
    replica_join(&a);
    assert_champion(a.r, "v000003"); /* the store was empty: nothing to follow */
    OK(model_sync_seed(a.sync, &ok_error));
    OK(model_sync_pull(a.sync, &ok_error));
    replica_join(&b);
    OK(model_sync_seed(b.sync, &ok_error));
    OK(model_sync_pull(b.sync, &ok_error));
    assert_champion(b.r, "v000003");
    assert_int_equal(assert_whole(b.r), 3);
    assert_same_history(&a, &b);
    /* Its own v000001 was another one, and is not lost. */
    assert_int_equal(b.diary.n_aside, 1);
    assert_int_equal(place_count(b.place, "aside-v000001-"), 1);
    assert_int_equal(a.diary.n_faults + b.diary.n_faults, 0);
    triage_model_free(model);
    triage_model_free(other);
    replica_end(&a);
    replica_end(&b);
}

static void changes_are_followed_either_way(void **state)
{
    replica a, b;
    triage_error err;
    char first[REGISTRY_VERSION_SIZE], second[REGISTRY_VERSION_SIZE], old[REGISTRY_VERSION_SIZE],
        back[REGISTRY_VERSION_SIZE], live[REGISTRY_VERSION_SIZE];
    replica_begin(&a, *state);
    replica_begin(&b, *state);
    replica_join(&a);
    replica_join(&b);
    add_through(&a, "a", first);
    OK(model_sync_promote(a.sync, first, "", "gate", "the first", &ok_error));
    assert_champion(a.r, first);
    assert_champion(b.r, "");
    add_through(&b, "b", second); /* pulls, so that no number is given out twice */
    assert_string_equal(second, "v000002");
    assert_champion(b.r, first);
    OK(model_sync_reject(b.sync, second, first, "gate", "worse", &ok_error));
    /* A has not got the version yet; and what is live already need not be put live. */
    assert_int_equal(model_sync_promote(a.sync, second, first, "x", "y", &err),
                     TRIAGE_ERROR_ARGUMENT);
    OK(model_sync_promote(a.sync, first, second, "x", "y", &ok_error));
    OK(model_sync_pull(a.sync, &ok_error));
    OK(model_sync_promote(a.sync, second, NULL, "anna", "by hand", &ok_error));
    /* B still takes the first for the champion, as an admin might who looks at B. */
    assert_champion(b.r, first);
    char third[REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("c");
    add_version(b.r, model, third);
    OK(model_sync_put(b.sync, third, &ok_error));
    triage_model_free(model);
    assert_int_equal(model_sync_promote(b.sync, third, first, "x", "y", &err),
                     TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "the champion has changed: it is v000002 now");
    OK(model_sync_rollback(b.sync, "bob", "too soon", old, back, &ok_error));
    assert_string_equal(old, second);
    assert_string_equal(back, first);
    assert_champion(b.r, first);
    OK(model_sync_pull(a.sync, &ok_error));
    assert_champion(a.r, first);
    assert_same_history(&a, &b);
    OK(registry_live_at(a.r, INT64_MAX, live, &ok_error));
    assert_string_equal(live, first);
    assert_int_equal(model_sync_rollback(a.sync, "x", "y", old, back, &err), TRIAGE_ERROR_ARGUMENT);
    replica_end(&a);
    replica_end(&b);
}

/* What the store has no more goes everywhere, but for what the store never had. */
static void a_deleted_version_goes_everywhere(void **state)
{
    fixture *f = *state;
    replica a, b;
    char v[REGISTRY_VERSION_SIZE];
    replica_begin(&a, f);
    replica_begin(&b, f);
    replica_join(&a);
    for (int i = 0; i < 4; i++) {
        add_through(&a, "a", v);
        OK(model_sync_promote(a.sync, v, NULL, "test", "", &ok_error));
    }
    replica_join(&b);
    triage_model *own = named_model("b");
    add_version(b.r, own, v); /* v000005, of which nobody else knows */
    size_t n_gone = 0;
    OK(prune_versions(a.r, a.sync, 2, &n_gone, &ok_error));
    assert_int_equal(n_gone, 2);
    OK(model_sync_pull(b.sync, &ok_error));
    assert_int_equal(assert_whole(a.r), 2);
    assert_int_equal(assert_whole(b.r), 3);
    assert_champion(b.r, "v000004");
    assert_true(place_has(b.place, "v000003"));
    assert_true(place_has(b.place, "v000005"));
    assert_int_equal(b.diary.n_faults, 0);
    triage_model_free(own);
    replica_end(&a);
    replica_end(&b);
}

static void the_threads_follow(void **state)
{
    replica a, b;
    char v[REGISTRY_VERSION_SIZE], old[REGISTRY_VERSION_SIZE], back[REGISTRY_VERSION_SIZE];
    replica_begin(&a, *state);
    replica_begin(&b, *state);
    replica_join(&a);
    replica_join(&b);
    OK(model_sync_start(a.sync, &ok_error));
    OK(model_sync_start(b.sync, &ok_error));
    add_through(&a, "a", v);
    OK(model_sync_promote(a.sync, v, "", "gate", "", &ok_error));
    wait_for_live(&b, "v000001");
    add_through(&a, "b", v);
    OK(model_sync_promote(a.sync, v, "v000001", "gate", "", &ok_error));
    wait_for_live(&b, "v000002");
    OK(model_sync_rollback(b.sync, "x", "y", old, back, &ok_error));
    wait_for_live(&a, "v000001");
    assert_same_history(&a, &b);
    replica_end(&a);
    replica_end(&b);
}

static void what_changes_here_alone_is_put_right(void **state)
{
    replica a;
    char v[REGISTRY_VERSION_SIZE];
    triage_model *own = named_model("own");
    replica_begin(&a, *state);
    replica_join(&a);
    add_through(&a, "a", v);
    OK(model_sync_promote(a.sync, v, "", "gate", "", &ok_error));
    add_version(a.r, own, v);
    promote(a.r, v);
    OK(model_sync_pull(a.sync, &ok_error));
    assert_champion(a.r, "v000001");
    place_write(a.place, "v000001/manifest.json", "{");
    OK(model_sync_pull(a.sync, &ok_error));
    assert_int_equal(assert_whole(a.r), 2);
    assert_int_equal(place_count(a.place, "aside-v000001-"), 1);
    triage_model_free(own);
    replica_end(&a);
}

/* Puts a version into the store whose model is not what its manifest says. */
static void put_broken(replica *a, const char *version)
{
    buffer manifest = {0};
    OK(registry_read(a->r, version, &manifest, NULL, &ok_error));
    store_model model = {text_of(version), {manifest.data, manifest.length}, text_of("no model")};
    OK(store_put_model(a->store, &model, &ok_error));
    buffer_free(&manifest);
}

static void a_broken_version_changes_nothing(void **state)
{
    replica a, b;
    char v[REGISTRY_VERSION_SIZE];
    triage_error err;
    triage_model *model = named_model("broken");
    replica_begin(&a, *state);
    replica_begin(&b, *state);
    replica_join(&a);
    replica_join(&b);
    add_through(&a, "a", v);
    OK(model_sync_promote(a.sync, v, "", "gate", "", &ok_error));
    add_version(a.r, model, v);
    put_broken(&a, v);
    add_through(&a, "c", v);
    assert_string_equal(v, "v000003");
    /* The others come in nevertheless; a fault is told as one that is known. */
    assert_int_equal(model_sync_pull(b.sync, &err), TRIAGE_ERROR_DATA);
    assert_int_equal(model_sync_pull(b.sync, NULL), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "v000002: the model is not the one of the manifest");
    assert_champion(b.r, "v000001");
    assert_int_equal(assert_whole(b.r), 2);
    assert_int_equal(b.diary.n_faults, 2);
    assert_int_equal(b.diary.n_repeated, 1);
    char fault[TRIAGE_ERROR_MESSAGE_SIZE];
    model_sync_fault(b.sync, fault, sizeof fault);
    assert_string_equal(fault, err.message);
    /* Live it could only become elsewhere: here the one before stays. */
    OK(model_sync_promote(a.sync, "v000002", "v000001", "anna", "", &ok_error));
    assert_int_equal(model_sync_pull(b.sync, &err), TRIAGE_ERROR_DATA);
    assert_champion(b.r, "v000001");
    assert_int_equal(model_sync_promote(a.sync, "v000003", "v000002", "anna", "", &err), TRIAGE_OK);
    assert_int_equal(model_sync_pull(b.sync, &err), TRIAGE_ERROR_DATA);
    assert_champion(b.r, "v000003");
    triage_model_free(model);
    replica_end(&a);
    replica_end(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(what_was_here_is_given_to_the_store_once),
        STORE_TEST(changes_are_followed_either_way),
        STORE_TEST(a_deleted_version_goes_everywhere),
        STORE_TEST(the_threads_follow),
        STORE_TEST(what_changes_here_alone_is_put_right),
        STORE_TEST(a_broken_version_changes_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
