/* SPDX-License-Identifier: MIT */
/* A growing list of strings: borrowed ones, and parts cut out of a comma-separated one. */
#include "config/text_list.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

bool text_list_add(text_list *list, const char *text)
{
    if (!mem_reserve((void **)&list->items, &list->capacity, list->count + 1, sizeof *list->items))
        return false;
    list->items[list->count++] = text;
    return true;
}

bool text_list_add_part(text_list *list, const char *text, size_t length)
{
    if (!mem_reserve((void **)&list->copies, &list->copies_capacity, list->n_copies + 1,
                     sizeof *list->copies))
        return false;
    char *copy = mem_copy_string(text, length);
    if (!copy)
        return false;
    list->copies[list->n_copies++] = copy;
    return text_list_add(list, copy);
}

bool text_list_split(text_list *list, const char *text)
{
    while (true) {
        text += strspn(text, " \t");
        size_t whole = strcspn(text, ",");
        size_t length = whole;
        while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
            length--;
        if (length > 0 && !text_list_add_part(list, text, length))
            return false;
        if (text[whole] == '\0')
            return true;
        text += whole + 1;
    }
}

void text_list_free(text_list *list)
{
    for (size_t i = 0; i < list->n_copies; i++)
        free(list->copies[i]);
    free(list->copies);
    free((void *)list->items);
    *list = (text_list){0};
}
