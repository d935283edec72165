/* SPDX-License-Identifier: MIT */
/*
 * Byte streams: files, memory, gzip with several members, zstd with several frames; compressed data
 * that is cut off at every byte, damaged, or followed by something else.
 */
#include "data/input.h"

#include "base/buffer.h"
#include "base/rng.h"
#include "temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <zlib.h>
#include <zstd.h>

#include <cmocka.h>

/* A pipe's worth of reads of at most `size` bytes into `out`. */
static triage_status read_all(input *in, size_t size, buffer *out, triage_error *err)
{
    size_t length = 1;
    triage_status status = TRIAGE_OK;
    while (status == TRIAGE_OK && length > 0) {
        assert_true(buffer_reserve(out, size));
        status = input_read(in, out->data + out->length, size, &length, err);
        if (status == TRIAGE_OK)
            out->length += length;
    }
    return status;
}

static triage_status read_memory(const char *name, const buffer *bytes, size_t piece, size_t size,
                                 buffer *out, triage_error *err)
{
    input *in;
    buffer_clear(out);
    triage_status status = input_open_memory(name, bytes->data, bytes->length, piece, &in, err);
    if (status != TRIAGE_OK)
        return status;
    status = read_all(in, size, out, err);
    if (status == TRIAGE_OK)
        assert_int_equal(input_bytes_done(in), bytes->length);
    input_close(in);
    return status;
}

static void append_gzip(buffer *out, const void *bytes, size_t length)
{
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    size_t room = deflateBound(&z, length);
    assert_true(buffer_reserve(out, room));
    z.next_in = (Bytef *)(uintptr_t)bytes;
    z.avail_in = (uInt)length;
    z.next_out = (Bytef *)out->data + out->length;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out->length += room - z.avail_out;
    deflateEnd(&z);
}

static void append_zstd(buffer *out, const void *bytes, size_t length)
{
    size_t room = ZSTD_compressBound(length);
    assert_true(buffer_reserve(out, room));
    size_t written = ZSTD_compress(out->data + out->length, room, bytes, length, 3);
    assert_false(ZSTD_isError(written));
    out->length += written;
}

typedef void (*append_compressed)(buffer *out, const void *bytes, size_t length);

static const struct {
    append_compressed append;
    const char *name, *kind;
} compressions[] = {{append_gzip, "f.gz", "gzip"}, {append_zstd, "f.zst", "zstd"}};

/* Half compressible, and larger than any block inside. */
static void make_content(buffer *out, size_t length)
{
    rng r = {.state = 9};
    buffer_clear(out);
    while (out->length < length) {
        uint64_t word = rng_next(&r);
        if (rng_below(&r, 2))
            buffer_append(out, &word, sizeof word);
        else
            buffer_append_text(out, "the same old words ");
    }
    out->length = length;
}

static void test_plain_bytes_come_as_they_are(void **state)
{
    (void)state;
    triage_error err;
    buffer content = {0}, out = {0};
    for (size_t length = 0; length < 1000000; length = length * 7 + 1) {
        make_content(&content, length);
        for (size_t piece = 0; piece < 70000; piece = piece * 40 + 3) {
            assert_int_equal(read_memory("f.csv", &content, piece, 5000, &out, &err), TRIAGE_OK);
            assert_int_equal(out.length, length);
            if (length > 0)
                assert_memory_equal(out.data, content.data, length);
        }
    }
    buffer_free(&content);
    buffer_free(&out);
}

static void test_compressed_bytes_come_back_whatever_the_reads(void **state)
{
    (void)state;
    triage_error err;
    buffer content = {0}, packed = {0}, out = {0};
    make_content(&content, 700000);
    for (size_t k = 0; k < 2; k++) {
        buffer_clear(&packed);
        compressions[k].append(&packed, content.data, content.length);
        for (size_t piece = 0; piece < 70000; piece = piece * 40 + 3)
            for (size_t size = 100; size < 2000000; size *= 100) {
                assert_int_equal(read_memory("-", &packed, piece, size, &out, &err), TRIAGE_OK);
                assert_int_equal(out.length, content.length);
                assert_memory_equal(out.data, content.data, content.length);
            }
    }
    buffer_free(&content);
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_members_and_frames_in_a_row_are_one_stream(void **state)
{
    (void)state;
    triage_error err;
    buffer packed = {0}, out = {0};
    for (size_t k = 0; k < 2; k++) {
        buffer_clear(&packed);
        compressions[k].append(&packed, "one,", 4);
        compressions[k].append(&packed, "", 0);
        compressions[k].append(&packed, "two", 3);
        for (size_t piece = 0; piece < 5; piece++) {
            assert_int_equal(read_memory("f", &packed, piece, 100, &out, &err), TRIAGE_OK);
            assert_string_equal(buffer_string(&out), "one,two");
        }
    }
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_data_cut_off_anywhere_is_an_error_with_the_name(void **state)
{
    (void)state;
    triage_error err;
    buffer packed = {0}, out = {0};
    for (size_t k = 0; k < 2; k++) {
        char message[100];
        snprintf(message, sizeof message, "cannot read '%s': the %s data is cut off",
                 compressions[k].name, compressions[k].kind);
        buffer_clear(&packed);
        compressions[k].append(&packed, "some words some words", 21);
        size_t whole = packed.length;
        for (packed.length = 4; packed.length < whole; packed.length++)
            for (size_t piece = 0; piece < 3; piece++) {
                assert_int_equal(read_memory(compressions[k].name, &packed, piece, 9, &out, &err),
                                 TRIAGE_ERROR_DATA);
                assert_string_equal(err.message, message);
            }
    }
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_damaged_gzip_is_an_error(void **state)
{
    (void)state;
    triage_error err;
    buffer packed = {0}, out = {0};
    append_gzip(&packed, "some words some words", 21);
    packed.data[packed.length - 6] ^= 1; /* the checksum */
    assert_int_equal(read_memory("f.gz", &packed, 0, 100, &out, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "cannot read 'f.gz': the gzip data is damaged");
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_damaged_zstd_is_an_error(void **state)
{
    (void)state;
    triage_error err;
    buffer packed = {0}, out = {0};
    append_zstd(&packed, "some words some words", 21);
    packed.data[6] = '\xFF';
    assert_int_equal(read_memory("f.zst", &packed, 0, 100, &out, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "cannot read 'f.zst': the zstd data is damaged");
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_something_else_behind_gzip_is_an_error_but_zeros_are_not(void **state)
{
    (void)state;
    triage_error err;
    buffer packed = {0}, out = {0};
    static const char zeros[600] = {0};
    append_gzip(&packed, "words", 5);
    buffer_append(&packed, zeros, sizeof zeros);
    for (size_t piece = 0; piece < 4; piece++) {
        assert_int_equal(read_memory("f.gz", &packed, piece, 100, &out, &err), TRIAGE_OK);
        assert_string_equal(buffer_string(&out), "words");
    }
    buffer_append_char(&packed, 'x');
    assert_int_equal(read_memory("f.gz", &packed, 0, 100, &out, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "cannot read 'f.gz': the gzip data is followed by something "
                                     "else");
    buffer_free(&packed);
    buffer_free(&out);
}

static void test_a_name_that_promises_compression_must_keep_it(void **state)
{
    (void)state;
    triage_error err;
    buffer plain = {0}, out = {0};
    buffer_append_text(&plain, "a,b\n");
    assert_int_equal(read_memory("f.csv.gz", &plain, 0, 9, &out, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "cannot read 'f.csv.gz': it is not gzip data");
    assert_int_equal(read_memory("f.csv.zst", &plain, 0, 9, &out, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "cannot read 'f.csv.zst': it is not zstd data");
    plain.length = 0;
    assert_int_equal(read_memory("f.csv.gz", &plain, 0, 9, &out, &err), TRIAGE_ERROR_DATA);
    buffer_free(&plain);
    buffer_free(&out);
}

static void test_a_file_tells_its_name_and_size(void **state)
{
    triage_error err;
    input *in;
    buffer out = {0};
    const char *path = temp_text(*state, "f.csv", "a,b\n1,2\n");
    assert_int_equal(input_open(path, &in, &err), TRIAGE_OK);
    assert_string_equal(input_name(in), path);
    assert_int_equal(input_bytes_total(in), 8);
    assert_int_equal(read_all(in, 100, &out, &err), TRIAGE_OK);
    assert_string_equal(buffer_string(&out), "a,b\n1,2\n");
    assert_int_equal(input_bytes_done(in), 8);
    input_close(in);
    buffer_free(&out);
}

static void test_a_file_that_cannot_be_read_is_an_error_with_the_reason(void **state)
{
    triage_error err;
    input *in = NULL;
    const char *path = temp_path(*state, "none.csv");
    assert_int_equal(input_open(path, &in, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, path));
    assert_non_null(strstr(err.message, "No such file"));
    assert_int_equal(input_open(((temp_dir *)*state)->path, &in, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, "cannot read"));
    assert_null(in);
}

static void test_a_closed_input_may_be_none(void **state)
{
    (void)state;
    input_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plain_bytes_come_as_they_are),
        cmocka_unit_test(test_compressed_bytes_come_back_whatever_the_reads),
        cmocka_unit_test(test_members_and_frames_in_a_row_are_one_stream),
        cmocka_unit_test(test_data_cut_off_anywhere_is_an_error_with_the_name),
        cmocka_unit_test(test_damaged_gzip_is_an_error),
        cmocka_unit_test(test_damaged_zstd_is_an_error),
        cmocka_unit_test(test_something_else_behind_gzip_is_an_error_but_zeros_are_not),
        cmocka_unit_test(test_a_name_that_promises_compression_must_keep_it),
        cmocka_unit_test_setup_teardown(test_a_file_tells_its_name_and_size, temp_dir_make,
                                        temp_dir_remove),
        cmocka_unit_test_setup_teardown(test_a_file_that_cannot_be_read_is_an_error_with_the_reason,
                                        temp_dir_make, temp_dir_remove),
        cmocka_unit_test(test_a_closed_input_may_be_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
