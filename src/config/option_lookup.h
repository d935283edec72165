/* SPDX-License-Identifier: MIT */
/* Finding an option by its name, and the nearest one to a misspelt name. */
#ifndef CONFIG_OPTION_LOOKUP_H
#define CONFIG_OPTION_LOOKUP_H

#include "config/options.h"
#include "config/suggestion.h"

/* An option that was found. */
typedef struct found_option {
    const option_row *row;
    size_t number;   /* over all groups */
    size_t offset;   /* of its place in the command's settings */
    bool names_file; /* it was called NAME-file: its value is the path of the file of a secret */
} found_option;

/* Option number `i` over all groups; false behind the last. */
bool option_at(const option_set *set, size_t i, found_option *ret_found);

/* By `length` bytes of `name`, which may be a secret's NAME-file. */
bool option_find_name(const option_set *set, const char *name, size_t length,
                      found_option *ret_found);

bool option_find_letter(const option_set *set, char letter, found_option *ret_found);

/* Offers all names of the set. */
void option_offer_names(const option_set *set, suggestion *nearest);

#endif
