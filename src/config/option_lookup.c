/* SPDX-License-Identifier: MIT */
/* Options by name: a walk over the rows, of which there are some dozens. */
#include "config/option_lookup.h"

#include <string.h>

static const char file_suffix[] = "-file";
#define SUFFIX_LENGTH (sizeof file_suffix - 1)

bool option_at(const option_set *set, size_t i, found_option *ret_found)
{
    size_t number = i;
    for (size_t g = 0; g < set->n_groups; g++) {
        const option_group *group = &set->groups[g];
        if (i < group->n_rows) {
            const option_row *row = &group->rows[i];
            *ret_found = (found_option){row, number, group->offset + row->offset, false};
            return true;
        }
        i -= group->n_rows;
    }
    return false;
}

static bool find_exactly(const option_set *set, const char *name, size_t length,
                         found_option *ret_found)
{
    found_option option;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        if (strlen(option.row->name) == length && memcmp(option.row->name, name, length) == 0) {
            *ret_found = option;
            return true;
        }
    }
    return false;
}

bool option_find_name(const option_set *set, const char *name, size_t length,
                      found_option *ret_found)
{
    found_option option;
    if (find_exactly(set, name, length, ret_found))
        return true;
    if (length <= SUFFIX_LENGTH ||
        memcmp(name + length - SUFFIX_LENGTH, file_suffix, SUFFIX_LENGTH) != 0 ||
        !find_exactly(set, name, length - SUFFIX_LENGTH, &option) || !option.row->is_secret)
        return false;
    option.names_file = true;
    *ret_found = option;
    return true;
}

bool option_find_letter(const option_set *set, char letter, found_option *ret_found)
{
    found_option option;
    for (size_t i = 0; option_at(set, i, &option); i++) {
        if (option.row->letter == letter) {
            *ret_found = option;
            return true;
        }
    }
    return false;
}

void option_offer_names(const option_set *set, suggestion *nearest)
{
    found_option option;
    for (size_t i = 0; option_at(set, i, &option); i++)
        suggestion_offer(nearest, option.row->name);
}
