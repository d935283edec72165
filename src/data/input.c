/* SPDX-License-Identifier: MIT */
/* Bytes from a file, standard input or memory, decompressed with zlib or libzstd. */
#include "data/input.h"

#include "base/error.h"
#include "base/mem.h"
#include "data/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* Compressed bytes read at once; what libzstd recommends (ZSTD_DStreamInSize) is half of it. */
#define RAW_SIZE ((size_t)256 << 10)

/* The longest of the first bytes by which a compression is known. */
#define MAGIC_SIZE 4

/* inflateInit2: a window of 32 KiB (15 bits), and 16 for the gzip wrapper alone. */
#define GZIP_WINDOW_BITS (15 + 16)

typedef enum compression { PLAIN, GZIP, ZSTD } compression;

struct input {
    char *name;
    int fd; /* -1: from memory */
    bool owns_fd;
    const char *memory; /* borrowed: what is left of it */
    size_t memory_length, piece;
    uint64_t bytes_done, bytes_total;
    compression kind;
    unsigned char
        *raw; /* bytes as stored that have been read and not used: from raw_at to raw_end */
    size_t raw_at, raw_end;
    bool is_at_end;    /* nothing is left behind raw_end */
    bool is_in_member; /* inside compressed data: an end here means that it is cut off */
    bool has_zlib;
    z_stream zlib;
    ZSTD_DStream *zstd;
};

/* Up to `size` bytes as they are stored; 0 only at the end. */
static triage_status read_stored(input *in, void *bytes, size_t size, size_t *ret_length,
                                 triage_error *err)
{
    size_t length;
    if (in->piece > 0 && size > in->piece)
        size = in->piece;
    if (in->fd < 0) {
        length = size < in->memory_length ? size : in->memory_length;
        if (length > 0) {
            memcpy(bytes, in->memory, length);
            in->memory += length;
            in->memory_length -= length;
        }
    } else {
        ssize_t got;
        do
            got = read(in->fd, bytes, size);
        while (got < 0 && errno == EINTR);
        if (got < 0)
            return error_errno(err, errno, "cannot read", in->name);
        length = (size_t)got;
    }
    in->bytes_done += length;
    *ret_length = length;
    return TRIAGE_OK;
}

/* More stored bytes behind raw_end, where the whole of `raw` before raw_at may be given up. */
static triage_status fill_raw(input *in, triage_error *err)
{
    size_t left = in->raw_end - in->raw_at, length;
    memmove(in->raw, in->raw + in->raw_at, left);
    in->raw_at = 0;
    in->raw_end = left;
    triage_status status = read_stored(in, in->raw + left, RAW_SIZE - left, &length, err);
    if (status != TRIAGE_OK)
        return status;
    in->raw_end += length;
    in->is_at_end = length == 0;
    return TRIAGE_OK;
}

static triage_status damaged(const input *in, const char *what, triage_error *err)
{
    return error_set(err, TRIAGE_ERROR_DATA, "cannot read '%s': the %s data is %s", in->name,
                     in->kind == GZIP ? "gzip" : "zstd", what);
}

static bool has_magic(const input *in, const char *magic, size_t length)
{
    return in->raw_end - in->raw_at >= length && memcmp(in->raw + in->raw_at, magic, length) == 0;
}

static bool has_gzip_magic(const input *in)
{
    return has_magic(in, "\x1F\x8B", 2);
}

static triage_status start_decompression(input *in, triage_error *err)
{
    slice name = {in->name, strlen(in->name)};
    if (has_gzip_magic(in)) {
        in->kind = GZIP;
        in->has_zlib = inflateInit2(&in->zlib, GZIP_WINDOW_BITS) == Z_OK;
        return in->has_zlib ? TRIAGE_OK : error_memory(err);
    }
    if (has_magic(in, "\x28\xB5\x2F\xFD", 4)) {
        in->kind = ZSTD;
        in->zstd = ZSTD_createDStream();
        return in->zstd ? TRIAGE_OK : error_memory(err);
    }
    if (slice_ends_with(name, ".gz") || slice_ends_with(name, ".zst"))
        return error_set(err, TRIAGE_ERROR_DATA, "cannot read '%s': it is not %s data", in->name,
                         slice_ends_with(name, ".gz") ? "gzip" : "zstd");
    return TRIAGE_OK;
}

/* Opens what `in` refers to by now; frees it on failure. */
static triage_status begin(input *in, input **ret_input, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    in->raw = mem_new(RAW_SIZE, 1);
    if (!in->raw)
        status = error_memory(err);
    while (status == TRIAGE_OK && !in->is_at_end && in->raw_end < MAGIC_SIZE)
        status = fill_raw(in, err);
    if (status == TRIAGE_OK)
        status = start_decompression(in, err);
    if (status == TRIAGE_OK)
        *ret_input = in;
    else
        input_close(in);
    return status;
}

static input *input_new(const char *name)
{
    input *in = mem_new_zeroed(1, sizeof *in);
    if (!in)
        return NULL;
    in->fd = -1;
    in->name = mem_copy_string(name, strlen(name));
    if (!in->name) {
        free(in);
        return NULL;
    }
    return in;
}

triage_status input_open(const char *path, input **ret_input, triage_error *err)
{
    input *in = input_new(path);
    if (!in)
        return error_memory(err);
    in->owns_fd = strcmp(path, "-") != 0;
    in->fd = in->owns_fd ? open(path, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
    if (in->fd < 0) {
        triage_status status = error_errno(err, errno, "cannot open", path);
        input_close(in);
        return status;
    }
    struct stat facts;
    if (fstat(in->fd, &facts) == 0 && S_ISREG(facts.st_mode))
        in->bytes_total = (uint64_t)facts.st_size;
    return begin(in, ret_input, err);
}

triage_status input_open_memory(const char *name, const void *bytes, size_t length, size_t piece,
                                input **ret_input, triage_error *err)
{
    input *in = input_new(name);
    if (!in)
        return error_memory(err);
    in->memory = bytes;
    in->memory_length = length;
    in->bytes_total = length;
    in->piece = piece;
    return begin(in, ret_input, err);
}

static triage_status read_plain(input *in, char *bytes, size_t size, size_t *ret_length,
                                triage_error *err)
{
    size_t held = in->raw_end - in->raw_at;
    if (held == 0) {
        if (!in->is_at_end)
            return read_stored(in, bytes, size, ret_length, err);
        *ret_length = 0;
        return TRIAGE_OK;
    }
    if (held > size)
        held = size;
    memcpy(bytes, in->raw + in->raw_at, held);
    in->raw_at += held;
    *ret_length = held;
    return TRIAGE_OK;
}

/* One step of inflate(): `*ret_length` bytes come out, perhaps 0. */
static triage_status inflate_step(input *in, char *bytes, size_t size, size_t *ret_length,
                                  triage_error *err)
{
    z_stream *z = &in->zlib;
    uInt room = size < UINT32_MAX ? (uInt)size : UINT32_MAX;
    z->next_in = in->raw + in->raw_at;
    z->avail_in = (uInt)(in->raw_end - in->raw_at);
    z->next_out = (Bytef *)bytes;
    z->avail_out = room;
    int code = inflate(z, Z_NO_FLUSH);
    in->raw_at = in->raw_end - z->avail_in;
    if (code == Z_MEM_ERROR)
        return error_memory(err);
    if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR)
        return damaged(in, "damaged", err);
    if (code == Z_STREAM_END) {
        in->is_in_member = false;
        inflateReset(z);
    }
    *ret_length = room - z->avail_out;
    return TRIAGE_OK;
}

static triage_status zstd_step(input *in, char *bytes, size_t size, size_t *ret_length,
                               triage_error *err)
{
    ZSTD_outBuffer out = {bytes, size, 0};
    ZSTD_inBuffer stored = {in->raw, in->raw_end, in->raw_at};
    size_t left = ZSTD_decompressStream(in->zstd, &out, &stored);
    if (ZSTD_isError(left))
        return damaged(in, "damaged", err);
    in->raw_at = stored.pos;
    in->is_in_member = left != 0;
    *ret_length = out.pos;
    return TRIAGE_OK;
}

/* Behind a gzip member: another one, zeros (which tape drives and gzip itself allow), or the end.
 */
static triage_status skip_padding(input *in, triage_error *err)
{
    while (in->raw_at < in->raw_end && in->raw[in->raw_at] == 0)
        in->raw_at++;
    while (in->raw_end - in->raw_at < 2 && !in->is_at_end) {
        triage_status status = fill_raw(in, err);
        if (status != TRIAGE_OK)
            return status;
        while (in->raw_at < in->raw_end && in->raw[in->raw_at] == 0)
            in->raw_at++;
    }
    if (in->raw_at < in->raw_end && !has_gzip_magic(in))
        return damaged(in, "followed by something else", err);
    return TRIAGE_OK;
}

static triage_status read_compressed(input *in, char *bytes, size_t size, size_t *ret_length,
                                     triage_error *err)
{
    size_t length = 0;
    while (length == 0) {
        triage_status status = TRIAGE_OK;
        if (!in->is_in_member && in->kind == GZIP)
            status = skip_padding(in, err);
        bool was_at_end = in->is_at_end;
        if (status == TRIAGE_OK && in->raw_at == in->raw_end && !in->is_at_end)
            status = fill_raw(in, err);
        if (status != TRIAGE_OK)
            return status;
        bool is_empty = in->raw_at == in->raw_end;
        if (is_empty && !in->is_in_member)
            break;
        if (!is_empty)
            in->is_in_member = true;
        status = in->kind == GZIP ? inflate_step(in, bytes, size, &length, err)
                                  : zstd_step(in, bytes, size, &length, err);
        if (status != TRIAGE_OK)
            return status;
        if (length == 0 && is_empty && was_at_end && in->is_in_member)
            return damaged(in, "cut off", err);
    }
    *ret_length = length;
    return TRIAGE_OK;
}

triage_status input_read(input *in, char *bytes, size_t size, size_t *ret_length, triage_error *err)
{
    return in->kind == PLAIN ? read_plain(in, bytes, size, ret_length, err)
                             : read_compressed(in, bytes, size, ret_length, err);
}

const char *input_name(const input *in)
{
    return in->name;
}

uint64_t input_bytes_done(const input *in)
{
    return in->bytes_done;
}

uint64_t input_bytes_total(const input *in)
{
    return in->bytes_total;
}

void input_close(input *in)
{
    if (!in)
        return;
    if (in->owns_fd && in->fd >= 0)
        close(in->fd);
    if (in->has_zlib)
        inflateEnd(&in->zlib);
    ZSTD_freeDStream(in->zstd);
    free(in->raw);
    free(in->name);
    free(in);
}
