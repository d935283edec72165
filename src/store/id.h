/* SPDX-License-Identifier: MIT */
/* What is in an id beside its randomness. */
#ifndef STORE_ID_H
#define STORE_ID_H

#include <stdint.h>

/* When the id was made, in milliseconds since 1970; 0 if `id` is none of store_new_id()'s. */
int64_t id_time(const char *id);

#endif
