/* SPDX-License-Identifier: MIT */
/* A growing list of borrowed strings, such as the values of an option that may be repeated. */
#ifndef CONFIG_TEXT_LIST_H
#define CONFIG_TEXT_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* Zero-initialised is empty. The array is owned; an item is owned only if it is a copy. */
typedef struct text_list {
    const char **items;
    size_t count, capacity;
    char **copies; /* owned */
    size_t n_copies, copies_capacity;
} text_list;

/* Adds `text`, which must outlive the list. False if out of memory. */
bool text_list_add(text_list *list, const char *text) __attribute__((warn_unused_result));

/* Adds a copy of the `length` bytes at `text`. False if out of memory. */
bool text_list_add_part(text_list *list, const char *text, size_t length)
    __attribute__((warn_unused_result));

/* Adds the parts of `text` between commas, copied, without the blanks around them; leaves out empty
 * parts. False if out of memory. */
bool text_list_split(text_list *list, const char *text) __attribute__((warn_unused_result));

void text_list_free(text_list *list);

#endif
