/* SPDX-License-Identifier: MIT */
/* String tables: look-up in the flat form, the growing form, and the step from this to that. */
#include "features/string_table.h"

#include "base/mem.h"

#include <stdlib.h>

/* Buckets longer than this are searched by bisection: whoever makes strings collide gains nothing.
 */
#define LINEAR_SEARCH_MAX 8

uint32_t table_log2_buckets(uint32_t n)
{
    uint32_t log2 = 0;
    while (log2 < 30 && ((uint32_t)1 << log2) < n)
        log2++;
    return log2;
}

/* The bytes of a long entry in the pool; NULL if it does not fit in. */
static const char *pool_bytes(const char *pool, size_t pool_length, string_entry entry,
                              uint32_t *ret_length)
{
    uint32_t offset = (uint32_t)entry.high, length;
    if (offset > pool_length || pool_length - offset < sizeof length)
        return NULL;
    memcpy(&length, pool + offset, sizeof length);
    if (length > pool_length - offset - sizeof length)
        return NULL;
    *ret_length = length;
    return pool + offset + sizeof length;
}

static bool is_same(const char *pool, size_t pool_length, string_entry entry,
                    const string_probe *probe)
{
    if (!string_entry_is_long(probe->entry))
        return entry.low == probe->entry.low && entry.high == probe->entry.high;
    uint32_t length;
    if (!string_entry_is_long(entry) || entry.low != probe->entry.low)
        return false;
    const char *bytes = pool_bytes(pool, pool_length, entry, &length);
    return bytes && length == probe->length && memcmp(bytes, probe->bytes, length) == 0;
}

static int entry_compare(string_entry a, string_entry b)
{
    bool a_long = string_entry_is_long(a), b_long = string_entry_is_long(b);
    if (a_long != b_long)
        return a_long ? 1 : -1;
    if (a.low != b.low)
        return a.low < b.low ? -1 : 1;
    if (a_long || a.high == b.high)
        return 0;
    return a.high < b.high ? -1 : 1;
}

uint32_t string_table_find(const string_table *table, const string_probe *probe)
{
    uint32_t bucket = string_table_bucket(table, probe->hash);
    uint32_t first = table->buckets[bucket], last = table->buckets[bucket + 1];
    if (last > table->n || first > last)
        return STRING_NOT_FOUND;
    for (uint32_t end = last; end - first > LINEAR_SEARCH_MAX;) {
        uint32_t middle = first + (end - first) / 2;
        if (entry_compare(table->entries[middle], probe->entry) < 0)
            first = middle + 1;
        else
            end = middle;
    }
    for (uint32_t i = first; i < last; i++) {
        if (is_same(table->pool, table->pool_length, table->entries[i], probe))
            return i;
        if (entry_compare(table->entries[i], probe->entry) > 0)
            break;
    }
    return STRING_NOT_FOUND;
}

uint32_t string_table_get(const string_table *table, uint32_t i, char scratch[16],
                          const char **ret_bytes)
{
    string_entry entry = table->entries[i];
    uint32_t length = 0;
    if (string_entry_is_long(entry)) {
        *ret_bytes = pool_bytes(table->pool, table->pool_length, entry, &length);
        return *ret_bytes ? length : 0;
    }
    memcpy(scratch, &entry, sizeof entry);
    *ret_bytes = scratch;
    length = (uint32_t)(entry.high >> 56);
    return length <= STRING_INLINE_BYTES ? length : 0;
}

string_probe string_counter_probe(const string_counter *counter, uint32_t i, char scratch[16])
{
    string_entry entry = counter->entries[i];
    string_probe probe = {.entry = entry, .hash = string_entry_hash(entry)};
    if (string_entry_is_long(entry)) {
        probe.bytes = pool_bytes(counter->pool, counter->pool_length, entry, &probe.length);
        probe.entry.high = (uint64_t)STRING_LONG_TAG << 56;
    } else {
        memcpy(scratch, &entry, sizeof entry);
        probe.bytes = scratch;
        probe.length = (uint32_t)(entry.high >> 56);
    }
    return probe;
}

static size_t slot_of(const string_counter *counter, uint64_t hash)
{
    return (size_t)(hash_mix(hash ^ counter->seed) >> (64 - counter->log2_slots));
}

/* Twice the slots, all strings put in anew. */
static bool slots_grow(string_counter *counter)
{
    uint32_t log2 = counter->log2_slots ? counter->log2_slots + 1 : 10;
    uint32_t *slots = mem_new_zeroed((size_t)1 << log2, sizeof *slots);
    if (!slots)
        return false;
    free(counter->slots);
    counter->slots = slots;
    counter->log2_slots = log2;
    size_t mask = ((size_t)1 << log2) - 1;
    for (size_t i = 0; i < counter->n; i++) {
        size_t slot = slot_of(counter, string_entry_hash(counter->entries[i]));
        while (slots[slot])
            slot = (slot + 1) & mask;
        slots[slot] = (uint32_t)i + 1;
    }
    return true;
}

/* The bytes of a long string go to the pool; its entry learns where. */
static bool pool_add(string_counter *counter, const string_probe *probe, string_entry *entry)
{
    size_t needed = counter->pool_length + sizeof(uint32_t) + probe->length;
    if (needed > UINT32_MAX ||
        !mem_reserve((void **)&counter->pool, &counter->pool_capacity, needed, 1))
        return false;
    entry->high |= (uint32_t)counter->pool_length;
    memcpy(counter->pool + counter->pool_length, &probe->length, sizeof(uint32_t));
    memcpy(counter->pool + counter->pool_length + sizeof(uint32_t), probe->bytes, probe->length);
    counter->pool_length = needed;
    return true;
}

uint32_t string_counter_add(string_counter *counter, const string_probe *probe)
{
    if (counter->n * 2 >= (counter->log2_slots ? (size_t)1 << counter->log2_slots : 0) &&
        !slots_grow(counter))
        return STRING_NOT_FOUND;
    size_t mask = ((size_t)1 << counter->log2_slots) - 1;
    size_t slot = slot_of(counter, probe->hash);
    for (; counter->slots[slot]; slot = (slot + 1) & mask) {
        uint32_t i = counter->slots[slot] - 1;
        if (is_same(counter->pool, counter->pool_length, counter->entries[i], probe))
            return i;
    }
    string_entry entry = probe->entry;
    if (counter->n >= STRING_NOT_FOUND - 1 ||
        !mem_reserve((void **)&counter->entries, &counter->capacity, counter->n + 1,
                     sizeof *counter->entries))
        return STRING_NOT_FOUND;
    if (string_entry_is_long(entry) && !pool_add(counter, probe, &entry))
        return STRING_NOT_FOUND;
    counter->entries[counter->n] = entry;
    counter->slots[slot] = (uint32_t)++counter->n;
    return (uint32_t)counter->n - 1;
}

void string_counter_free(string_counter *counter)
{
    free(counter->entries);
    free(counter->slots);
    free(counter->pool);
    *counter = (string_counter){0};
}

/* Order within a bucket: by entry; long strings of one hash by their bytes. */
static int counted_compare(const string_counter *counter, uint32_t a, uint32_t b)
{
    int order = entry_compare(counter->entries[a], counter->entries[b]);
    if (order != 0 || a == b)
        return order;
    char scratch[16];
    string_probe left = string_counter_probe(counter, a, scratch);
    string_probe right = string_counter_probe(counter, b, scratch);
    if (left.length != right.length)
        return left.length < right.length ? -1 : 1;
    return memcmp(left.bytes, right.bytes, left.length);
}

/* Sorts the few numbers of one bucket. */
static void bucket_sort(const string_counter *counter, uint32_t *items, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint32_t held = items[i], j = i;
        for (; j > 0 && counted_compare(counter, items[j - 1], held) > 0; j--)
            items[j] = items[j - 1];
        items[j] = held;
    }
}

/* Fills `buckets` with the offsets and `order` with the chosen numbers in canonical order. */
static void canonical_order(const string_counter *counter, const uint32_t *chosen, uint32_t n,
                            const string_table *shape, uint32_t *buckets, uint32_t *order)
{
    uint32_t n_buckets = (uint32_t)1 << shape->log2_buckets;
    memset(buckets, 0, ((size_t)n_buckets + 1) * sizeof *buckets);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t hash = string_entry_hash(counter->entries[chosen[i]]);
        buckets[string_table_bucket(shape, hash) + 1]++;
    }
    for (uint32_t b = 0; b < n_buckets; b++)
        buckets[b + 1] += buckets[b];
    for (uint32_t i = 0; i < n; i++) {
        uint64_t hash = string_entry_hash(counter->entries[chosen[i]]);
        order[buckets[string_table_bucket(shape, hash)]++] = chosen[i];
    }
    /* Filling has moved each offset to the next one's place: move them back. */
    memmove(buckets + 1, buckets, n_buckets * sizeof *buckets);
    buckets[0] = 0;
    for (uint32_t b = 0; b < n_buckets; b++)
        bucket_sort(counter, order + buckets[b], buckets[b + 1] - buckets[b]);
}

/* The entries in canonical order, the long ones with their bytes in a pool of the same order. */
static bool entries_copy(const string_counter *counter, const uint32_t *order, string_index *index)
{
    size_t pool_length = 0, pool_capacity = 0;
    for (uint32_t i = 0; i < index->table.n; i++) {
        string_entry entry = counter->entries[order[i]];
        if (string_entry_is_long(entry)) {
            char scratch[16];
            string_probe probe = string_counter_probe(counter, order[i], scratch);
            size_t needed = pool_length + sizeof probe.length + probe.length;
            if (!mem_reserve((void **)&index->pool, &pool_capacity, needed, 1))
                return false;
            memcpy(index->pool + pool_length, &probe.length, sizeof probe.length);
            memcpy(index->pool + pool_length + sizeof probe.length, probe.bytes, probe.length);
            entry.high = (uint64_t)STRING_LONG_TAG << 56 | (uint32_t)pool_length;
            pool_length = needed;
        }
        index->entries[i] = entry;
    }
    index->table.pool = index->pool;
    index->table.pool_length = (uint32_t)pool_length;
    return true;
}

bool string_index_build(const string_counter *counter, const uint32_t *chosen, uint32_t n,
                        string_index *ret_index, uint32_t *ret_order)
{
    string_index index = {.table = {.n = n, .log2_buckets = table_log2_buckets(n)}};
    index.buckets = mem_new(((size_t)1 << index.table.log2_buckets) + 1, sizeof *index.buckets);
    index.entries = mem_new(n, sizeof *index.entries);
    if (!index.buckets || !index.entries)
        goto fail;
    canonical_order(counter, chosen, n, &index.table, index.buckets, ret_order);
    if (!entries_copy(counter, ret_order, &index))
        goto fail;
    index.table.buckets = index.buckets;
    index.table.entries = index.entries;
    *ret_index = index;
    return true;
fail:
    string_index_free(&index);
    return false;
}

void string_index_free(string_index *index)
{
    free(index->buckets);
    free(index->entries);
    free(index->pool);
    *index = (string_index){0};
}
