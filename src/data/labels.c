/* SPDX-License-Identifier: MIT */
/* The labels of one field: trimming, counting, merging, numbering. */
#include "data/labels.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/limits.h"

#include <stdlib.h>
#include <utf8proc.h>

/* A spelling and the form in which it equals those that it is merged with. */
typedef struct folded {
    char *key; /* owned, NUL-terminated */
    label_spelling spelling;
    uint32_t number; /* in order of appearance */
} folded;

void labels_free(label_table *table)
{
    for (size_t i = 0; i < table->n; i++)
        free(table->spellings[i].text);
    free(table->spellings);
    free(table->slots);
    *table = (label_table){0};
}

static bool is_ascii_space(unsigned char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_wide_space(int32_t point)
{
    utf8proc_category_t category = utf8proc_category(point);
    return point == 0x85 || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

/* The length of the white space character at the start of `s`, or 0. */
static size_t leading_space(slice s)
{
    if (s.length == 0)
        return 0;
    unsigned char first = (unsigned char)s.data[0];
    if (first < 0x80)
        return is_ascii_space(first);
    utf8proc_int32_t point;
    utf8proc_ssize_t length =
        utf8proc_iterate((const utf8proc_uint8_t *)s.data, (utf8proc_ssize_t)s.length, &point);
    return length > 0 && is_wide_space(point) ? (size_t)length : 0;
}

static size_t trailing_space(slice s)
{
    size_t length = 0;
    if (s.length == 0)
        return 0;
    while (length < 4 && length < s.length) {
        length++;
        if (((unsigned char)s.data[s.length - length] & 0xC0) != 0x80)
            break;
    }
    return leading_space((slice){s.data + s.length - length, length}) == length ? length : 0;
}

slice label_trim(slice s)
{
    for (size_t n = leading_space(s); n > 0; n = leading_space(s)) {
        s.data += n;
        s.length -= n;
    }
    for (size_t n = trailing_space(s); n > 0; n = trailing_space(s))
        s.length -= n;
    return s;
}

bool slice_is_blank(slice s)
{
    for (size_t n = leading_space(s); n > 0; n = leading_space(s)) {
        s.data += n;
        s.length -= n;
    }
    return s.length == 0;
}

const char *label_problem(slice label)
{
    if (label.length > MAX_LABEL_BYTES)
        return "is longer than 1024 bytes";
    if (label.length > 0 && memchr(label.data, '\0', label.length))
        return "has a NUL character";
    return utf8_is_valid(label.data, label.length) ? NULL : "is not valid UTF-8";
}

static slice spelling_text(const label_spelling *spelling)
{
    return (slice){spelling->text, spelling->length};
}

/* The slot of `label`, or the free one where it belongs. The table is never full. */
static uint32_t *find_slot(const label_table *table, slice label, uint64_t hash)
{
    size_t at = hash & (table->n_slots - 1);
    for (;; at = (at + 1) & (table->n_slots - 1)) {
        uint32_t *slot = &table->slots[at];
        if (*slot == 0)
            return slot;
        const label_spelling *spelling = &table->spellings[*slot - 1];
        if (spelling->hash == hash && slice_equal(spelling_text(spelling), label))
            return slot;
    }
}

static bool grow_slots(label_table *table)
{
    size_t n_slots = table->n_slots ? table->n_slots * 2 : 64;
    uint32_t *slots = mem_new_zeroed(n_slots, sizeof *slots);
    if (!slots)
        return false;
    free(table->slots);
    table->slots = slots;
    table->n_slots = n_slots;
    for (size_t i = 0; i < table->n; i++) {
        const label_spelling *spelling = &table->spellings[i];
        *find_slot(table, spelling_text(spelling), spelling->hash) = (uint32_t)i + 1;
    }
    return true;
}

static triage_status add_spelling(label_table *table, slice label, uint64_t hash, triage_error *err)
{
    if (table->n == MAX_LABELS)
        return error_set(err, TRIAGE_ERROR_DATA, "more than %d different labels", MAX_LABELS);
    if (!mem_reserve((void **)&table->spellings, &table->capacity, table->n + 1,
                     sizeof *table->spellings))
        return error_memory(err);
    char *text = mem_copy_string(label.data, label.length);
    if (!text)
        return error_memory(err);
    table->spellings[table->n++] =
        (label_spelling){.text = text, .length = label.length, .hash = hash};
    return TRIAGE_OK;
}

triage_status labels_add(label_table *table, slice label, int32_t *ret_number, triage_error *err)
{
    if (table->n == 0 || !slice_equal(spelling_text(&table->spellings[table->last]), label)) {
        if (table->n_slots < 2 * (table->n + 1) && !grow_slots(table))
            return error_memory(err);
        uint64_t hash = hash_bytes(label.data, label.length);
        uint32_t *slot = find_slot(table, label, hash);
        if (*slot == 0) {
            triage_status status = add_spelling(table, label, hash, err);
            if (status != TRIAGE_OK)
                return status;
            *slot = (uint32_t)table->n;
        }
        table->last = *slot - 1;
    }
    table->spellings[table->last].count++;
    *ret_number = (int32_t)table->last;
    return TRIAGE_OK;
}

/* Runs of white space become one space, in place. */
static void collapse_spaces(char *text)
{
    char *out = text;
    slice rest = {text, strlen(text)};
    while (rest.length > 0) {
        size_t space = leading_space(rest), n = space ? space : 1;
        if (!space)
            *out++ = *rest.data;
        else if (out == text || out[-1] != ' ')
            *out++ = ' ';
        rest.data += n;
        rest.length -= n;
    }
    *out = '\0';
}

/* Case folded and composed (NFC); NULL if out of memory: a label is valid UTF-8, nothing else can
 * fail. */
static char *fold(const label_spelling *spelling)
{
    utf8proc_uint8_t *key;
    utf8proc_ssize_t length =
        utf8proc_map((const utf8proc_uint8_t *)spelling->text, (utf8proc_ssize_t)spelling->length,
                     &key, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
    if (length < 0)
        return NULL;
    collapse_spaces((char *)key);
    return (char *)key;
}

/* By key; within a key the spelling that stays comes first. */
static int compare_folded(const void *left, const void *right)
{
    const folded *a = left, *b = right;
    int order = strcmp(a->key, b->key);
    if (order != 0)
        return order;
    if (a->spelling.count != b->spelling.count)
        return a->spelling.count < b->spelling.count ? 1 : -1;
    return strcmp(a->spelling.text, b->spelling.text);
}

static int compare_texts(const void *left, const void *right)
{
    const label_spelling *a = left, *b = right;
    return strcmp(a->text, b->text);
}

static void free_folded(folded *items, size_t n)
{
    for (size_t i = 0; items && i < n; i++)
        free(items[i].key);
    free(items);
}

/* All spellings with their keys, sorted; NULL if out of memory. */
static folded *fold_all(const label_table *table)
{
    folded *items = mem_new_zeroed(table->n, sizeof *items);
    for (size_t i = 0; items && i < table->n; i++) {
        items[i] = (folded){.key = fold(&table->spellings[i]),
                            .spelling = table->spellings[i],
                            .number = (uint32_t)i};
        if (!items[i].key) {
            free_folded(items, i);
            return NULL;
        }
    }
    if (items)
        qsort(items, table->n, sizeof *items, compare_folded);
    return items;
}

/* Replaces the spellings by one for each key, in byte order. */
static void keep_first_of_each(label_table *table, const folded *items, label_merged on_merge,
                               void *context)
{
    size_t n_labels = 0, n = table->n;
    for (size_t i = 0; i < n; i++) {
        const label_spelling *spelling = &items[i].spelling;
        if (i == 0 || strcmp(items[i].key, items[i - 1].key) != 0) {
            table->spellings[n_labels++] = *spelling;
            continue;
        }
        label_spelling *into = &table->spellings[n_labels - 1];
        if (on_merge)
            on_merge(context, spelling, into);
        into->count += spelling->count;
    }
    table->n = n_labels;
    if (n_labels > 0)
        qsort(table->spellings, n_labels, sizeof *table->spellings, compare_texts);
}

/* Where the spelling that stays is among the sorted labels. */
static int32_t index_of(const label_table *table, const char *text)
{
    label_spelling wanted = {.text = (char *)(uintptr_t)text};
    const label_spelling *found =
        bsearch(&wanted, table->spellings, table->n, sizeof *table->spellings, compare_texts);
    return (int32_t)(found - table->spellings);
}

triage_status labels_merge(label_table *table, label_merged on_merge, void *context,
                           int32_t **ret_index, triage_error *err)
{
    size_t n = table->n;
    int32_t *index = mem_new(n, sizeof *index);
    folded *items = fold_all(table);
    if (!index || !items) {
        free(index);
        free_folded(items, n);
        return error_memory(err);
    }
    keep_first_of_each(table, items, on_merge, context);
    const char *kept = NULL;
    for (size_t i = 0; i < n; i++) {
        bool is_first = i == 0 || strcmp(items[i].key, items[i - 1].key) != 0;
        if (is_first)
            kept = items[i].spelling.text;
        index[items[i].number] = index_of(table, kept);
        if (!is_first)
            free(items[i].spelling.text);
    }
    free_folded(items, n);
    free(table->slots);
    table->slots = NULL;
    table->n_slots = 0;
    *ret_index = index;
    return TRIAGE_OK;
}
