/* SPDX-License-Identifier: MIT */
/*
 * Each allocation of training, saving, opening, predicting and explaining fails once, and once with
 * all after it; each write, sync, close and rename of saving fails once. The answer is the right
 * status; nothing leaks; the file is the old one or the whole new one, with nothing beside it.
 */
#include "../unit/engine_support.h"
#include "../unit/temp_dir.h"
#include "faults.h"

static const ticket_row rows[] = {
    {"new printer please", {"hardware", "low"}},
    {"printers broken", {"hardware", "high"}},
    {"reset my password", {"access", "low"}},
    {"passwords reset again now", {"access", "high"}},
    {"Donaudampfschifffahrt", {"hardware", NULL}},
    {"", {"access", "low"}},
};

static const char *const text = "my new printer printerss \xC3\xBC"
                                "ber passwords reset, please";

typedef struct fixture {
    temp_dir *dir;
    triage_dataset *dataset;
    triage_model *old, *new; /* what is at a path, what is to be saved there */
} fixture;

static int setup(void **state)
{
    static fixture f;
    if (temp_dir_make((void **)&f.dir) != 0)
        return -1;
    f.dataset = dataset_of(rows, 6, 2);
    f.old = model_of(dataset_of(rows, 4, 1), TRIAGE_PRESET_WORDS);
    triage_dataset *many = new_dataset(2);
    for (size_t i = 0; i < 36; i++)
        add_ticket(many, rows[i % 6].text, rows[i % 6].labels);
    f.new = model_of(finished(many), TRIAGE_PRESET_AUTO);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    triage_model_free(f->old);
    triage_model_free(f->new);
    triage_dataset_free(f->dataset);
    return temp_dir_remove((void **)&f->dir);
}

/* What is tried while faults happen; on failure it frees all it has made. */
typedef triage_status (*attempt)(fixture *f, triage_error *err);

/* Lets allocation 0, 1, 2, ... of `run` fail until one is never reached; how many there were. */
static size_t fail_each_allocation(fixture *f, attempt run, bool lasts)
{
    for (size_t n = 0;; n++) {
        triage_error err = {0};
        long n_live = fault_live_blocks();
        fault_arm(FAULT_MEMORY, n, lasts);
        triage_status status = run(f, &err);
        bool has_failed = fault_disarm();
        assert_int_equal(fault_live_blocks(), n_live);
        if (!has_failed) {
            if (status != TRIAGE_OK)
                fail_msg("%s", err.message);
            return n;
        }
        if (status != TRIAGE_ERROR_MEMORY || err.status != TRIAGE_ERROR_MEMORY)
            fail_msg("allocation %zu: %s: %s", n, triage_status_text(status), err.message);
    }
}

static void expect_memory_errors(fixture *f, attempt run, size_t least)
{
    size_t n = fail_each_allocation(f, run, false);
    assert_true(n >= least);
    assert_int_equal(fail_each_allocation(f, run, true), n);
}

static triage_status train(fixture *f, triage_preset preset, triage_error *err)
{
    triage_train_options options = options_of(preset, 1);
    triage_model *model = NULL;
    triage_status status = triage_train(f->dataset, &options, &model, err);
    triage_model_free(model);
    return status;
}

static triage_status train_auto(fixture *f, triage_error *err)
{
    return train(f, TRIAGE_PRESET_AUTO, err);
}

static triage_status train_words(fixture *f, triage_error *err)
{
    return train(f, TRIAGE_PRESET_WORDS, err);
}

static triage_status train_seed(fixture *f, triage_error *err)
{
    return train(f, TRIAGE_PRESET_SEED, err);
}

static void training_survives_every_failed_allocation(void **state)
{
    expect_memory_errors(*state, train_words, 100);
    expect_memory_errors(*state, train_seed, 100);
    expect_memory_errors(*state, train_auto, 500);
}

static triage_status open_model(fixture *f, triage_error *err)
{
    triage_model *model = NULL;
    triage_status status = triage_model_open(temp_path(f->dir, "model"), &model, err);
    if (status == TRIAGE_OK)
        status = triage_model_verify(model, err);
    triage_model_free(model);
    return status;
}

static void opening_survives_every_failed_allocation(void **state)
{
    fixture *f = *state;
    assert_int_equal(triage_model_save(f->new, temp_path(f->dir, "model"), NULL), TRIAGE_OK);
    expect_memory_errors(f, open_model, 4);
}

/* What the system refuses is said of the file, and a path can be opened when it is better again. */
static void opening_names_the_file_that_the_system_refuses(void **state)
{
    static const struct {
        fault_kind kind;
        triage_status expected;
        const char *sentence;
    } refusals[] = {
        {FAULT_OPEN, TRIAGE_ERROR_IO, "cannot open"},
        {FAULT_STAT, TRIAGE_ERROR_IO, "cannot read"},
        {FAULT_MAP, TRIAGE_ERROR_MEMORY, "cannot map"},
    };
    fixture *f = *state;
    assert_int_equal(triage_model_save(f->new, temp_path(f->dir, "model"), NULL), TRIAGE_OK);
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        triage_error err = {0};
        long n_live = fault_live_blocks();
        fault_arm(refusals[i].kind, 0, false);
        triage_status status = open_model(f, &err);
        assert_true(fault_disarm());
        assert_int_equal(fault_live_blocks(), n_live);
        assert_int_equal(status, refusals[i].expected);
        assert_non_null(strstr(err.message, refusals[i].sentence));
        assert_non_null(strstr(err.message, f->dir->file));
        assert_int_equal(open_model(f, NULL), TRIAGE_OK);
    }
}

static triage_status predict_and_explain(fixture *f, triage_error *err)
{
    triage_predictor *predictor = NULL;
    triage_outcome outcomes[2];
    triage_explanation e;
    triage_status status = triage_predictor_new(f->new, &predictor, err);
    if (status == TRIAGE_OK)
        status = triage_predict(predictor, text, strlen(text), outcomes, err);
    if (status == TRIAGE_OK)
        status = triage_explain(predictor, 0, 0, 1, &e, err);
    triage_predictor_free(predictor);
    return status;
}

static void predicting_survives_every_failed_allocation(void **state)
{
    expect_memory_errors(*state, predict_and_explain, 10);
}

/* A predictor that ran out of memory has no prediction, but is as good as before. */
static void a_predictor_can_be_used_again(void **state)
{
    fixture *f = *state;
    float expected[2], found[2];
    triage_predictor *fresh = predictor_of(f->new);
    predict(fresh, text);
    memcpy(expected, triage_predictor_probabilities(fresh, 0), sizeof expected);
    triage_predictor_free(fresh);
    bool has_failed = true;
    for (size_t n = 0; has_failed; n++) {
        triage_outcome outcomes[2];
        triage_explanation e;
        triage_predictor *predictor = predictor_of(f->new);
        predict(predictor, "printer");
        fault_arm(FAULT_MEMORY, n, false);
        triage_status status = triage_predict(predictor, text, strlen(text), outcomes, NULL);
        has_failed = fault_disarm();
        assert_int_equal(status, has_failed ? TRIAGE_ERROR_MEMORY : TRIAGE_OK);
        assert_int_equal(triage_explain(predictor, 0, 0, 1, &e, NULL),
                         has_failed ? TRIAGE_ERROR_ARGUMENT : TRIAGE_OK);
        predict(predictor, text);
        memcpy(found, triage_predictor_probabilities(predictor, 0), sizeof found);
        assert_memory_equal(found, expected, sizeof found);
        triage_predictor_free(predictor);
    }
}

/* --- saving -------------------------------------------------------------------------------------
 */

typedef enum content { CONTENT_OTHER, CONTENT_OLD, CONTENT_NEW } content;

/* What is at the path; anything else in its folder is a failure. */
static content content_of(fixture *f)
{
    char old[65], new[65], found[65];
    triage_model *model = NULL;
    triage_error err;
    DIR *list = opendir(f->dir->path);
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, "model") != 0)
            fail_msg("left behind: %s", entry->d_name);
    closedir(list);
    if (triage_model_open(temp_path(f->dir, "model"), &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_model_sha256(f->old, old);
    triage_model_sha256(f->new, new);
    triage_model_sha256(model, found);
    triage_model_free(model);
    return strcmp(found, old) == 0   ? CONTENT_OLD
           : strcmp(found, new) == 0 ? CONTENT_NEW
                                     : CONTENT_OTHER;
}

/* Saves the new model over the old one while call `n` of a kind fails. */
static triage_status save_with(fixture *f, fault_kind kind, size_t n, bool lasts, content *ret_left,
                               bool *ret_has_failed)
{
    triage_error err = {0};
    assert_int_equal(triage_model_save(f->old, temp_path(f->dir, "model"), NULL), TRIAGE_OK);
    long n_live = fault_live_blocks();
    fault_arm(kind, n, lasts);
    triage_status status = triage_model_save(f->new, temp_path(f->dir, "model"), &err);
    *ret_has_failed = fault_disarm();
    assert_int_equal(fault_live_blocks(), n_live);
    assert_int_equal(err.status, status);
    if (status != TRIAGE_OK && status != TRIAGE_ERROR_MEMORY)
        assert_non_null(strstr(err.message, f->dir->file));
    *ret_left = content_of(f);
    assert_int_not_equal(*ret_left, CONTENT_OTHER);
    return status;
}

/* The first call fails; then what is expected. */
static void expect_save(fixture *f, fault_kind kind, size_t n, triage_status expected, content left)
{
    content found;
    bool has_failed;
    triage_status status = save_with(f, kind, n, false, &found, &has_failed);
    assert_true(has_failed);
    assert_int_equal(status, expected);
    assert_int_equal(found, left);
}

static void a_failed_write_leaves_the_old_file(void **state)
{
    expect_save(*state, FAULT_WRITE, 0, TRIAGE_ERROR_IO, CONTENT_OLD);
    expect_save(*state, FAULT_WRITE_NOTHING, 0, TRIAGE_ERROR_IO, CONTENT_OLD);
    expect_save(*state, FAULT_SYNC, 0, TRIAGE_ERROR_IO, CONTENT_OLD);
    expect_save(*state, FAULT_CLOSE, 0, TRIAGE_ERROR_IO, CONTENT_OLD);
    expect_save(*state, FAULT_RENAME, 0, TRIAGE_ERROR_PERMISSION, CONTENT_OLD);
}

static void short_and_interrupted_writes_go_on(void **state)
{
    fixture *f = *state;
    content left;
    bool has_failed;
    expect_save(f, FAULT_WRITE_SHORT, 0, TRIAGE_OK, CONTENT_NEW);
    expect_save(f, FAULT_WRITE_INTERRUPTED, 0, TRIAGE_OK, CONTENT_NEW);
    /* Every write takes half of what is left, down to single bytes. */
    assert_int_equal(save_with(f, FAULT_WRITE_SHORT, 0, true, &left, &has_failed), TRIAGE_OK);
    assert_int_equal(left, CONTENT_NEW);
}

/* The new file is there, but the machine may forget it: an error, and the file whole. */
static void a_directory_that_cannot_be_synced_is_an_error(void **state)
{
    expect_save(*state, FAULT_SYNC, 1, TRIAGE_ERROR_IO, CONTENT_NEW);
    expect_save(*state, FAULT_SYNC_UNSUPPORTED, 1, TRIAGE_OK, CONTENT_NEW);
}

static void saving_survives_every_failed_allocation(void **state)
{
    fixture *f = *state;
    bool has_failed = true;
    for (size_t n = 0; has_failed; n++) {
        content left;
        triage_status status = save_with(f, FAULT_MEMORY, n, false, &left, &has_failed);
        assert_int_equal(status, has_failed ? TRIAGE_ERROR_MEMORY : TRIAGE_OK);
        assert_true(n == 0 ? left == CONTENT_OLD : left != CONTENT_OTHER);
    }
}

/* --- threads ------------------------------------------------------------------------------------
 */

static void without_threads_the_caller_does_all_the_work(void **state)
{
    fixture *f = *state;
    char expected[65], found[65];
    for (size_t n = 0; n < 3; n++) {
        triage_train_options options = options_of(TRIAGE_PRESET_AUTO, 4);
        triage_model *model = NULL;
        if (n > 0)
            fault_arm(FAULT_THREAD, n - 1, true);
        triage_status status = triage_train(f->dataset, &options, &model, NULL);
        assert_int_equal(fault_disarm(), n > 0);
        assert_int_equal(status, TRIAGE_OK);
        triage_model_sha256(model, n == 0 ? expected : found);
        triage_model_free(model);
        if (n > 0)
            assert_string_equal(found, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(training_survives_every_failed_allocation),
        cmocka_unit_test(opening_survives_every_failed_allocation),
        cmocka_unit_test(opening_names_the_file_that_the_system_refuses),
        cmocka_unit_test(predicting_survives_every_failed_allocation),
        cmocka_unit_test(a_predictor_can_be_used_again),
        cmocka_unit_test(a_failed_write_leaves_the_old_file),
        cmocka_unit_test(short_and_interrupted_writes_go_on),
        cmocka_unit_test(a_directory_that_cannot_be_synced_is_an_error),
        cmocka_unit_test(saving_survives_every_failed_allocation),
        cmocka_unit_test(without_threads_the_caller_does_all_the_work),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
