/* SPDX-License-Identifier: MIT */
/* Corrections by text: a table of texts, each with a list of its corrected fields. */
#include "services/retrainer/corrections.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/mem.h"
#include "data/limits.h"
#include "text/similar.h"

#include <stdlib.h>

#define NO_ITEM SIZE_MAX

typedef struct correction {
    char *field, *label; /* owned */
    uint64_t sequence;
    size_t next; /* of the same text; NO_ITEM: the last */
} correction;

typedef struct corrected_text {
    char *text; /* owned */
    size_t length;
    uint64_t hash;
    size_t first; /* item */
} corrected_text;

void corrections_free(corrections *c)
{
    for (size_t i = 0; i < c->n_items; i++) {
        free(c->items[i].field);
        free(c->items[i].label);
    }
    for (size_t i = 0; i < c->n_texts; i++)
        free(c->texts[i].text);
    free(c->items);
    free(c->texts);
    free(c->slots);
    *c = (corrections){0};
}

/* The slot of the hash: the one that has it or the free one where it belongs. */
static uint32_t *find_slot(const corrections *c, uint64_t hash)
{
    size_t i = (size_t)hash_mix(hash) & (c->n_slots - 1);
    while (c->slots[i] != 0 && c->texts[c->slots[i] - 1].hash != hash)
        i = (i + 1) & (c->n_slots - 1);
    return &c->slots[i];
}

bool corrections_find(const corrections *c, uint64_t text_hash, size_t *ret_text)
{
    const uint32_t *slot = c->n_slots > 0 ? find_slot(c, text_hash) : NULL;
    if (!slot || *slot == 0)
        return false;
    *ret_text = *slot - 1;
    return true;
}

/* Keeps at least half of the slots free. */
static bool reserve_slot(corrections *c)
{
    if (2 * (c->n_texts + 1) <= c->n_slots)
        return true;
    corrections grown = *c;
    grown.n_slots = c->n_slots > 0 ? 2 * c->n_slots : 64;
    grown.slots = mem_new_zeroed(grown.n_slots, sizeof *grown.slots);
    if (!grown.slots)
        return false;
    for (size_t i = 0; i < c->n_texts; i++)
        *find_slot(&grown, c->texts[i].hash) = (uint32_t)(i + 1);
    free(c->slots);
    *c = grown;
    return true;
}

static corrected_text *text_of(corrections *c, const store_feedback *feedback)
{
    size_t i;
    if (corrections_find(c, feedback->text_hash, &i))
        return &c->texts[i];
    if (c->n_texts >= UINT32_MAX - 1 || !reserve_slot(c) ||
        !mem_reserve((void **)&c->texts, &c->texts_capacity, c->n_texts + 1, sizeof *c->texts))
        return NULL;
    corrected_text added = {.text = mem_copy_string(feedback->text.data, feedback->text.length),
                            .length = feedback->text.length,
                            .hash = feedback->text_hash,
                            .first = NO_ITEM};
    if (!added.text)
        return NULL;
    *find_slot(c, added.hash) = (uint32_t)(c->n_texts + 1);
    c->texts[c->n_texts] = added;
    return &c->texts[c->n_texts++];
}

static bool is_text(const char *text, store_text other)
{
    return strlen(text) == other.length && memcmp(text, other.data, other.length) == 0;
}

/* The text's correction of the field, or NULL. */
static correction *find_item(const corrections *c, const corrected_text *t, store_text field)
{
    for (size_t i = t->first; i != NO_ITEM; i = c->items[i].next)
        if (is_text(c->items[i].field, field))
            return &c->items[i];
    return NULL;
}

/* A later correction of the same text and field replaces the label. */
static bool replace_label(correction *item, const store_feedback *feedback)
{
    if (feedback->sequence < item->sequence)
        return true;
    char *label = mem_copy_string(feedback->label.data, feedback->label.length);
    if (!label)
        return false;
    free(item->label);
    item->label = label;
    item->sequence = feedback->sequence;
    return true;
}

static bool add_item(corrections *c, corrected_text *t, const store_feedback *feedback)
{
    if (!mem_reserve((void **)&c->items, &c->items_capacity, c->n_items + 1, sizeof *c->items))
        return false;
    correction added = {.field = mem_copy_string(feedback->field.data, feedback->field.length),
                        .label = mem_copy_string(feedback->label.data, feedback->label.length),
                        .sequence = feedback->sequence,
                        .next = t->first};
    if (!added.field || !added.label) {
        free(added.field);
        free(added.label);
        return false;
    }
    t->first = c->n_items;
    c->items[c->n_items++] = added;
    return true;
}

typedef struct corrections_reading {
    corrections *corrections;
    bool has_no_memory;
} corrections_reading;

static bool add_feedback(void *context, const store_feedback *feedback)
{
    corrections_reading *r = context;
    corrections *c = r->corrections;
    if (feedback->sequence > c->last_sequence)
        c->last_sequence = feedback->sequence;
    if (feedback->text_hash == SIMILAR_EMPTY_HASH)
        return true; /* without a word there is nothing to learn, and no text of its own */
    corrected_text *t = text_of(c, feedback);
    correction *item = t ? find_item(c, t, feedback->field) : NULL;
    if (!t || !(item ? replace_label(item, feedback) : add_item(c, t, feedback))) {
        r->has_no_memory = true;
        return false;
    }
    return true;
}

triage_status corrections_read(store *s, corrections *ret_corrections, triage_error *err)
{
    corrections c = {0};
    corrections_reading r = {.corrections = &c};
    store_feedback_filter filter = {
        .has_status = true, .status = STORE_FEEDBACK_ACCEPTED, .is_oldest_first = true};
    triage_status status = store_each_feedback(s, &filter, add_feedback, &r, err);
    if (r.has_no_memory)
        status = error_memory(err);
    if (status == TRIAGE_OK)
        *ret_corrections = c;
    else
        corrections_free(&c);
    return status;
}

triage_status corrections_add_to(const corrections *c, ticket_pool *pool, uint64_t *ret_n,
                                 triage_error *err)
{
    uint64_t n = 0;
    for (size_t i = 0; i < c->n_texts; i++) {
        const corrected_text *t = &c->texts[i];
        slice labels[MAX_FIELDS] = {{0}};
        size_t field;
        for (size_t k = t->first; k != NO_ITEM; k = c->items[k].next)
            if (ticket_pool_find_field(pool, c->items[k].field, &field)) {
                labels[field] = (slice){c->items[k].label, strlen(c->items[k].label)};
                n++;
            }
        triage_status status =
            ticket_pool_add(pool, (slice){t->text, t->length}, t->hash, labels, err);
        if (status != TRIAGE_OK)
            return status;
    }
    *ret_n = n;
    return TRIAGE_OK;
}
