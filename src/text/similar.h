/* SPDX-License-Identifier: MIT */
/* temporary shim */
#ifndef TEXT_SIMILAR_H
#define TEXT_SIMILAR_H
#include <stddef.h>
#include <stdint.h>
uint64_t similar_text_hash(const char *text, size_t length);
#endif
