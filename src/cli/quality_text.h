/* SPDX-License-Identifier: MIT */
/* The quality that a model's metadata states, in a few lines for a person. */
#ifndef CLI_QUALITY_TEXT_H
#define CLI_QUALITY_TEXT_H

#include "base/buffer.h"
#include "base/json.h"

/*
 * Appends two lines for each field in the metadata's "fields", such as
 *     category  accuracy 86.6 %, macro F1 86.8 %, log loss 0.412, ECE 0.011
 *               auto: 76.9 % of the tickets, 95.2 % of them right (target 95 %)
 * and nothing for figures that are not there.
 */
void quality_text_append(buffer *text, const json_value *metadata);

/* The number at `path` ("auto.coverage") in `object`; false if there is none. */
bool quality_number(const json_value *object, const char *path, double *ret_number);

#endif
