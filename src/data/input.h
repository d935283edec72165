/* SPDX-License-Identifier: MIT */
/*
 * A stream of bytes: a file, standard input, or memory; gzip and zstd are decompressed on the way.
 * Compression is recognised by its first bytes, so that it works on standard input, too. Holds a
 * fixed amount of memory whatever the length of the stream. Thread-owned.
 */
#ifndef DATA_INPUT_H
#define DATA_INPUT_H

#include "triage/status.h"

#include <stdint.h>

typedef struct input input;

/*
 * Opens the file `path`, "-" for standard input. ERROR_IO, ERROR_PERMISSION, ERROR_MEMORY, and
 * ERROR_DATA for a name that promises .gz or .zst where the content is neither.
 */
triage_status input_open(const char *path, input **ret_input, triage_error *err) TRIAGE_CHECKED;

/*
 * `length` bytes at `bytes` (borrowed) as if they were the file `name`, given out in pieces of at
 * most `piece` bytes (0: as large as asked for), as a pipe does.
 */
triage_status input_open_memory(const char *name, const void *bytes, size_t length, size_t piece,
                                input **ret_input, triage_error *err) TRIAGE_CHECKED;

/*
 * Reads up to `size` (at least 1) bytes into `bytes`; `*ret_length` is 0 only at the end. Cut-off
 * or damaged compressed data is ERROR_DATA with the name of the file; ERROR_IO.
 */
triage_status input_read(input *in, char *bytes, size_t size, size_t *ret_length,
                         triage_error *err) TRIAGE_CHECKED;

/* The path as given. */
const char *input_name(const input *in);

/* Bytes of the file (as stored: compressed) that have been read, and its size or 0 if unknown. */
uint64_t input_bytes_done(const input *in);
uint64_t input_bytes_total(const input *in);

/* Closes; NULL is fine. Standard input stays open. */
void input_close(input *in);

#endif
