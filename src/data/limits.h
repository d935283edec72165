/* SPDX-License-Identifier: MIT */
/*
 * What the readers accept. A row beyond a limit is a bad row, and reading goes on behind it; a file
 * whose columns or labels are beyond one is refused.
 */
#ifndef DATA_LIMITS_H
#define DATA_LIMITS_H

/*
 * Bytes of a row. The longest real tickets (forwarded threads with pasted logs) are a few hundred
 * kilobytes; a longer row than this is a quote that was never closed or not a table at all. It is
 * what bounds the memory of reading a stream.
 */
#define MAX_ROW_BYTES ((size_t)16 << 20)

/* Columns of a CSV file. Help-desk exports have up to some hundred. */
#define MAX_COLUMNS 4096

/* Bytes of a label. A longer one is a text: the wrong column was named. */
#define MAX_LABEL_BYTES 1024

/*
 * Labels of a field, counted before spellings are merged. More means that the column holds numbers
 * or names and not labels; and label indices fit 16 bits in a model.
 */
#define MAX_LABELS 65535

/* Fields of a dataset. */
#define MAX_FIELDS 64

/* Progress is reported once in so many bytes of the file. */
#define PROGRESS_BYTES ((size_t)1 << 20)

#endif
