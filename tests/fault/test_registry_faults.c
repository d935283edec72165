/* SPDX-License-Identifier: MIT */
/*
 * A registry's writer is killed before each of its calls of the system, and in the midst of each
 * write; and each call fails once. What is left is whole every time, and the next writer goes on
 * from there. Then memory and threads run out, for the registry, the holder, the watcher and
 * policies.
 */
#include "../unit/registry_support.h"
#include "faults.h"

#include "model/policy.h"
#include "registry/watcher.h"

#include <sys/wait.h>

typedef struct fixture {
    triage_model *model;
    place *p;
} fixture;

static int setup(void **state)
{
    static fixture f;
    f.model = named_model("A");
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    triage_model_free(((fixture *)*state)->model);
    return 0;
}

/* A registry with two versions that have both been live. */
static void begin(fixture *f)
{
    void *inner = NULL;
    char version[REGISTRY_VERSION_SIZE];
    assert_int_equal(place_make(&inner), 0);
    f->p = inner;
    for (int i = 0; i < 2; i++) {
        add_version(f->p->r, f->model, version);
        promote(f->p->r, version);
    }
}

static void end(fixture *f)
{
    void *inner = f->p;
    place_clear(&inner);
}

/* The next writer goes on: its numbers are new, its promotions and rollbacks work. */
static void expect_that_it_goes_on(fixture *f)
{
    char version[REGISTRY_VERSION_SIZE], champion[REGISTRY_VERSION_SIZE],
        back[REGISTRY_VERSION_SIZE];
    size_t n = assert_whole(f->p->r);
    assert_int_equal(registry_champion(f->p->r, champion, NULL), TRIAGE_OK);
    add_version(f->p->r, f->model, version);
    promote(f->p->r, version);
    assert_int_equal(assert_whole(f->p->r), n + 1);
    assert_int_equal(registry_rollback(f->p->r, "", "", back, NULL), TRIAGE_OK);
    assert_string_equal(back, champion);
    assert_whole(f->p->r);
}

/* All that writes; what stopped it. */
static triage_status write_all(fixture *f, triage_error *err)
{
    char back[REGISTRY_VERSION_SIZE];
    registry *r = NULL;
    registry_manifest m = {.trigger = "request"};
    triage_status status = registry_open(f->p->folder, true, &r, err);
    if (status == TRIAGE_OK)
        status = registry_add(r, f->model, &m, err);
    if (status == TRIAGE_OK)
        status = registry_reject(r, m.version, "gate", "too \"new\"", err);
    if (status == TRIAGE_OK)
        status = registry_promote(r, m.version, "v000002", "anna", "she likes it", err);
    if (status == TRIAGE_OK)
        status = registry_rollback(r, "anna", "not any more", back, err);
    if (status == TRIAGE_OK && strcmp(back, "v000002") != 0)
        status = TRIAGE_ERROR_DATA;
    registry_close(r);
    return status;
}

static void a_writer_may_be_killed_at_any_call(void **state)
{
    fixture *f = *state;
    size_t n = 0;
    for (int status = FAULT_KILLED; status == FAULT_KILLED; n++) {
        begin(f);
        pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            fault_arm(FAULT_KILL, n, false);
            triage_status result = write_all(f, NULL);
            fault_disarm();
            _exit(result == TRIAGE_OK ? 0 : 1);
        }
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_true(WIFEXITED(status));
        status = WEXITSTATUS(status);
        assert_true(status == 0 || status == FAULT_KILLED);
        expect_that_it_goes_on(f);
        end(f);
    }
    assert_true(n > 80);
}

/* How many calls of the kind there are; each fails once. */
static size_t fail_each(fixture *f, fault_kind kind)
{
    for (size_t n = 0;; n++) {
        triage_error err = {0};
        begin(f);
        long n_live = fault_live_blocks();
        fault_arm(kind, n, false);
        triage_status status = write_all(f, &err);
        bool has_failed = fault_disarm();
        assert_int_equal(fault_live_blocks(), n_live);
        if (!has_failed && status != TRIAGE_OK)
            fail_msg("%s", err.message);
        if (status != TRIAGE_OK)
            assert_true(err.message[0] && err.status == status);
        assert_int_equal(place_count(f->p, "tmp") + place_count(f->p, "champion."), 0);
        expect_that_it_goes_on(f);
        end(f);
        if (!has_failed)
            return n;
    }
}

static void any_call_may_fail(void **state)
{
    static const struct {
        fault_kind kind;
        size_t least; /* calls there must be */
    } rows[] = {{FAULT_WRITE, 7},  {FAULT_WRITE_NOTHING, 7}, {FAULT_WRITE_INTERRUPTED, 7},
                {FAULT_SYNC, 7},   {FAULT_DATA_SYNC, 3},     {FAULT_CLOSE, 20},
                {FAULT_RENAME, 5}, {FAULT_LOCK, 4},          {FAULT_MAKE, 1},
                {FAULT_OPEN, 20},  {FAULT_WRITE_SHORT, 7},   {FAULT_SYNC_UNSUPPORTED, 4}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = fail_each(*state, rows[i].kind);
        if (n < rows[i].least)
            fail_msg("fault %d: only %zu calls", (int)rows[i].kind, n);
    }
}

/* Tidying up is left out without memory; all else says so. */
static void memory_may_run_out(void **state)
{
    fixture *f = *state;
    size_t n = 0;
    for (bool has_failed = true; has_failed; n++) {
        triage_error err = {0};
        begin(f);
        long n_live = fault_live_blocks();
        fault_arm(FAULT_MEMORY, n, false);
        triage_status status = write_all(f, &err);
        has_failed = fault_disarm();
        assert_int_equal(fault_live_blocks(), n_live);
        assert_true(status == TRIAGE_OK || (has_failed && status == TRIAGE_ERROR_MEMORY &&
                                            err.status == TRIAGE_ERROR_MEMORY));
        expect_that_it_goes_on(f);
        end(f);
    }
    assert_true(n > 50);
}

/* Reads all that can be read. */
static triage_status read_all(fixture *f, triage_error *err)
{
    registry_manifest *list = NULL, m = {0};
    size_t n = 0;
    triage_model *model = NULL;
    char live[REGISTRY_VERSION_SIZE];
    triage_status status = registry_list(f->p->r, &list, &n, err);
    if (status == TRIAGE_OK)
        status = registry_open_model(f->p->r, "v000001", &model, &m, err);
    if (status == TRIAGE_OK)
        status = registry_live_at(f->p->r, 0, live, err);
    registry_manifests_free(list, n);
    registry_manifest_free(&m);
    triage_model_free(model);
    return status;
}

static triage_status make_policy(fixture *f, triage_error *err)
{
    policy *p = NULL;
    policy_options options = {.target_precision = 0.5};
    triage_status status = policy_new(f->model, &options, &p, err);
    policy_free(p);
    return status;
}

static triage_status hold(fixture *f, triage_error *err)
{
    holder *h = NULL;
    holder_slot *slot = NULL;
    triage_predictor *predictor = NULL;
    live_model *live = calloc(1, sizeof *live);
    (void)f;
    if (!live)
        return err->status = TRIAGE_ERROR_MEMORY;
    triage_status status = holder_new(&h, err);
    if (status == TRIAGE_OK)
        status = registry_open_model(f->p->r, "v000001", &live->model, NULL, err);
    if (status == TRIAGE_OK) {
        holder_publish(h, live);
        live = NULL;
        status = holder_join(h, &slot, err);
    }
    if (status == TRIAGE_OK) {
        status = holder_predictor(slot, holder_acquire(h, slot), &predictor, err);
        holder_release(slot);
        holder_leave(h, slot);
    }
    free(live);
    holder_free(h);
    return status;
}

static void readers_may_run_out_of_memory(void **state)
{
    fixture *f = *state;
    static const struct {
        triage_status (*run)(fixture *f, triage_error *err);
        size_t least;
    } rows[] = {{read_all, 15}, {make_policy, 5}, {hold, 10}};
    begin(f);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n = 0;
        for (bool has_failed = true; has_failed; n++) {
            triage_error err = {0};
            long n_live = fault_live_blocks();
            fault_arm(FAULT_MEMORY, n, false);
            triage_status status = rows[i].run(f, &err);
            has_failed = fault_disarm();
            assert_int_equal(fault_live_blocks(), n_live);
            assert_int_equal(status, has_failed ? TRIAGE_ERROR_MEMORY : TRIAGE_OK);
            assert_int_equal(err.status, status);
        }
        assert_true(n > rows[i].least);
    }
    end(f);
}

/* Without a thread there is no watcher; a load without memory is a fault that is told. */
static void a_watcher_may_not_start(void **state)
{
    fixture *f = *state;
    triage_error err;
    begin(f);
    for (size_t n = 0; n < 30; n++) {
        holder *h = NULL;
        watcher *w = NULL;
        long n_live = fault_live_blocks();
        assert_int_equal(holder_new(&h, NULL), TRIAGE_OK);
        watcher_options options = {.registry = f->p->r, .holder = h, .poll_ms = 3600000};
        fault_arm(n == 0 ? FAULT_THREAD : FAULT_MEMORY, n == 0 ? 0 : n - 1, false);
        triage_status status = watcher_start(&options, &w, &err);
        bool has_failed = fault_disarm();
        assert_int_equal(status, n == 0   ? TRIAGE_ERROR_IO
                                 : n == 1 ? TRIAGE_ERROR_MEMORY
                                          : TRIAGE_OK);
        if (status == TRIAGE_OK) {
            char fault[TRIAGE_ERROR_MESSAGE_SIZE];
            watcher_fault(w, fault, sizeof fault);
            assert_int_equal(holder_n_models(h), has_failed ? 0 : 1);
            assert_int_equal(fault[0] != '\0', has_failed);
        }
        watcher_stop(w);
        holder_free(h);
        assert_int_equal(fault_live_blocks(), n_live);
    }
    end(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_writer_may_be_killed_at_any_call),
        cmocka_unit_test(any_call_may_fail),
        cmocka_unit_test(memory_may_run_out),
        cmocka_unit_test(readers_may_run_out_of_memory),
        cmocka_unit_test(a_watcher_may_not_start),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
