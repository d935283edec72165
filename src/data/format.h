/* SPDX-License-Identifier: MIT */
/* File formats: their names, and which one a file has. */
#ifndef DATA_FORMAT_H
#define DATA_FORMAT_H

#include "data/slice.h"
#include "triage/dataset.h"

/*
 * The format of the file `path` that begins with `start`: by its extension (before .gz or .zst, in
 * any case), or by its first bytes where the extension leaves it open.
 */
triage_format format_guess(const char *path, slice start);

#endif
