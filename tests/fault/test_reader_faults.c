/* SPDX-License-Identifier: MIT */
/*
 * Each allocation of reading a file fails once, and once with all after it, in each format and
 * compression; each system call that reading needs is refused once. The answer is the right status,
 * and nothing leaks.
 */
#include "../unit/engine_support.h"
#include "../unit/temp_dir.h"
#include "faults.h"
#include "triage/dataset.h"

#include <stdio.h>
#include <string.h>

#include <zlib.h>
#include <zstd.h>

static const char csv[] = "subject,body,category,priority\n"
                          "printer,\"it is\nbroken\",hardware,low\n"
                          "password,please reset it,access,high\n"
                          "too,few\n"
                          "mail,none arrives,Hardware,low\n";
static const char jsonl[] = "{\"text\": \"printer broken\", \"category\": \"hardware\"}\n"
                            "{\"text\": [1]}\n"
                            "{\"text\": \"reset \\u00fcber password\", \"category\": \"access\"}\n";
static const char fasttext[] = "__label__hardware printer broken\n__label__access reset it\n";

static const struct {
    const char *name, *bytes;
} files[] = {
    {"plain.csv", csv},          {"rows.jsonl", jsonl},    {"lines.txt", fasttext},
    {"packed.csv.gz", csv},      {"rows.jsonl.gz", jsonl}, {"packed.csv.zst", csv},
    {"lines.txt.zst", fasttext},
};
#define N_FILES (sizeof files / sizeof *files)

static void write_file(const char *path, const void *bytes, size_t length)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
}

static void write_packed(const char *path, const char *text)
{
    char packed[1024];
    size_t length = strlen(text);
    if (strstr(path, ".gz")) {
        gzFile file = gzopen(path, "wb");
        assert_int_equal(gzwrite(file, text, (unsigned)length), length);
        assert_int_equal(gzclose(file), Z_OK);
    } else if (strstr(path, ".zst")) {
        size_t n = ZSTD_compress(packed, sizeof packed, text, length, 3);
        assert_false(ZSTD_isError(n));
        write_file(path, packed, n);
    } else {
        write_file(path, text, length);
    }
}

/* What was read is counted, so that a row that a fault took along is noticed. */
static triage_status load(const char *path, size_t *ret_n_tickets, triage_error *err)
{
    triage_dataset *dataset = NULL;
    triage_read_options options = {0};
    if (strstr(path, ".txt"))
        options.format = TRIAGE_FORMAT_FASTTEXT;
    triage_status status = triage_dataset_load(&path, 1, &options, &dataset, err);
    if (status == TRIAGE_OK)
        *ret_n_tickets = triage_dataset_size(dataset);
    triage_dataset_free(dataset);
    return status;
}

static void expect_faults(const char *path, fault_kind kind, bool lasts, triage_status expected)
{
    size_t n_tickets = 0, n_whole = 0;
    assert_int_equal(load(path, &n_whole, NULL), TRIAGE_OK);
    for (size_t n = 0;; n++) {
        triage_error err = {0};
        long n_live = fault_live_blocks();
        fault_arm(kind, n, lasts);
        triage_status status = load(path, &n_tickets, &err);
        bool has_failed = fault_disarm();
        assert_int_equal(fault_live_blocks(), n_live);
        if (!has_failed) {
            assert_int_equal(status, TRIAGE_OK);
            assert_int_equal(n_tickets, n_whole);
            assert_true(n > 0);
            return;
        }
        /* Giving back what was reserved in vain may fail: then all has been read. */
        if (status == TRIAGE_OK && kind == FAULT_MEMORY && n_tickets == n_whole)
            continue;
        if (status != expected || err.status != expected)
            fail_msg("%s, call %zu: %s: %s", path, n, triage_status_text(status), err.message);
    }
}

static void reading_survives_every_failed_allocation(void **state)
{
    temp_dir *dir = *state;
    for (size_t i = 0; i < N_FILES; i++) {
        const char *path = temp_path(dir, files[i].name);
        write_packed(path, files[i].bytes);
        expect_faults(path, FAULT_MEMORY, false, TRIAGE_ERROR_MEMORY);
        expect_faults(path, FAULT_MEMORY, true, TRIAGE_ERROR_MEMORY);
    }
}

static void a_file_that_cannot_be_opened_is_named(void **state)
{
    temp_dir *dir = *state;
    const char *path = temp_path(dir, files[0].name);
    write_packed(path, files[0].bytes);
    expect_faults(path, FAULT_OPEN, false, TRIAGE_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(reading_survives_every_failed_allocation, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(a_file_that_cannot_be_opened_is_named, temp_dir_make,
                                        temp_dir_remove),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
