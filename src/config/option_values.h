/* SPDX-License-Identifier: MIT */
/* What is remembered of the values of a set: of this room alone. */
#ifndef CONFIG_OPTION_VALUES_H
#define CONFIG_OPTION_VALUES_H

#include "config/option_value.h"

/* Where one option has its value from. */
typedef struct option_state {
    option_origin origin;
    bool is_from_file; /* a secret: the value is the content of a file */
    uint32_t line;     /* OPTION_FROM_FILE: where in the configuration file it was first given */
    const char *file_path; /* is_from_file: that file's */
} option_state;

/* A text that was read from a file; wiped before it is freed. */
typedef struct owned_text {
    char *text;
    size_t length;
} owned_text;

struct option_values {
    const option_set *set;
    option_sources sources;
    char *settings;
    option_state *states; /* one an option, over all groups */
    const char *config_path;
    option_origin config_origin;
    owned_text *owned;
    size_t n_owned, owned_capacity;
};

/* Takes over `text`, which is freed if there is no memory to remember it. */
bool option_values_own(option_values *v, char *text) __attribute__((warn_unused_result));

#endif
