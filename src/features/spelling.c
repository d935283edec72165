/* SPDX-License-Identifier: MIT */
/* Spelling: a marked word and its character boundaries; and the n-grams of all words of a space. */
#include "features/spelling.h"

#include "base/mem.h"
#include "features/collect.h"
#include "features/space.h"

#include <math.h>
#include <stdlib.h>

/* An n-gram of a single word says no more than the word does. */
#define GRAM_MIN_WORDS 2

void spelling_read(spelling *s, const char *word, uint32_t length)
{
    if (length > TOKEN_MAX_BYTES)
        length = TOKEN_MAX_BYTES;
    memset(s->marked, 0, sizeof s->marked);
    s->marked[0] = '<';
    memcpy(s->marked + 1, word, length);
    s->marked[length + 1] = '>';
    s->n_characters = 0;
    for (uint32_t i = 0; i < length + 2; i++)
        if (((unsigned char)s->marked[i] & 0xC0) != 0x80)
            s->starts[s->n_characters++] = (uint8_t)i;
    s->starts[s->n_characters] = (uint8_t)(length + 2);
}

/* N-grams while they are counted: their strings, in how many words each is, and the last such word.
 */
typedef struct gram_counter {
    string_counter strings;
    uint32_t *words, *last;
    size_t words_capacity, last_capacity;
} gram_counter;

/* Rows under construction: for each spelling the numbers of its n-grams in the counter. */
typedef struct gram_rows {
    uint64_t *offsets;
    uint32_t *grams;
    size_t n, capacity;
} gram_rows;

static bool counter_count(gram_counter *counter, const char *bytes, uint32_t length, uint32_t word,
                          uint32_t *ret_gram)
{
    string_probe probe = string_probe_make(bytes, length);
    uint32_t before = (uint32_t)counter->strings.n;
    uint32_t gram = string_counter_add(&counter->strings, &probe);
    if (gram == STRING_NOT_FOUND ||
        !mem_reserve((void **)&counter->words, &counter->words_capacity, counter->strings.n,
                     sizeof *counter->words) ||
        !mem_reserve((void **)&counter->last, &counter->last_capacity, counter->strings.n,
                     sizeof *counter->last))
        return false;
    if (gram == before) {
        counter->words[gram] = 0;
        counter->last[gram] = STRING_NOT_FOUND;
    }
    if (counter->last[gram] != word) {
        counter->last[gram] = word;
        counter->words[gram]++;
    }
    *ret_gram = gram;
    return true;
}

/* Adds the n-grams of spelling `number` to the counter and as the next row. */
static bool rows_add(gram_rows *rows, gram_counter *counter, const feature_options *options,
                     const string_probe *word, uint32_t number)
{
    spelling s;
    spelling_read(&s, word->bytes, word->length);
    for (uint32_t length = options->char_min; length <= options->char_max; length++) {
        for (uint32_t first = 0; first + length <= s.n_characters; first++) {
            uint32_t start = s.starts[first], end = s.starts[first + length];
            if (!mem_reserve((void **)&rows->grams, &rows->capacity, rows->n + 1,
                             sizeof *rows->grams) ||
                !counter_count(counter, s.marked + start, end - start, number,
                               &rows->grams[rows->n]))
                return false;
            rows->n++;
        }
    }
    rows->offsets[number + 1] = rows->n;
    return true;
}

/* Which corpus word is spelling i: the known words by number, then the rare ones in corpus order.
 */
static uint32_t *list_spellings(const corpus *c, const uint32_t *dfs, feature_space *space)
{
    uint32_t n = space->words.table.n;
    uint32_t *listed = mem_new(c->strings.n, sizeof *listed);
    space->spelled = mem_new(c->strings.n, sizeof *space->spelled);
    if (!listed || !space->spelled) {
        free(listed);
        return NULL;
    }
    for (uint32_t word = 0; word < c->strings.n; word++) {
        bool is_known = space->numbers[word] != NO_WORD;
        space->spelled[word] = is_known ? space->numbers[word] : dfs[word] > 0 ? n++ : NO_WORD;
        if (space->spelled[word] != NO_WORD)
            listed[space->spelled[word]] = word;
    }
    space->spellings.n = n;
    return listed;
}

/* Scales the values of one row to unit length; a row of zeros stays as it is. */
static void row_normalise(float *values, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i] * values[i];
    for (size_t i = 0; i < n && sum > 0; i++)
        values[i] = (float)(values[i] / sqrt(sum));
}

/* The final rows: kept n-grams only, with their new numbers and weights. */
static bool finish_rows(const gram_rows *rows, const uint32_t *numbers, feature_space *space)
{
    spelling_rows *out = &space->spellings;
    out->offsets = mem_new_zeroed((size_t)out->n + 1, sizeof *out->offsets);
    out->grams = mem_new(rows->n, sizeof *out->grams);
    out->values = mem_new(rows->n, sizeof *out->values);
    if (!out->offsets || !out->grams || !out->values)
        return false;
    size_t n = 0;
    for (uint32_t i = 0; i < out->n; i++) {
        for (uint64_t j = rows->offsets[i]; j < rows->offsets[i + 1]; j++) {
            uint32_t number = numbers[rows->grams[j]];
            if (number == STRING_NOT_FOUND)
                continue;
            out->grams[n] = number;
            out->values[n++] = space->gram_idf[number];
        }
        row_normalise(out->values + out->offsets[i], n - out->offsets[i]);
        out->offsets[i + 1] = n;
    }
    return true;
}

/* ln((1 + words) / (1 + words with it)): an n-gram of every word weighs nothing. */
static float gram_weight(uint32_t n_words, uint32_t n_with)
{
    return (float)log((1.0 + n_words) / (1.0 + n_with));
}

/* The table of the n-grams that enough words have, their weights, and the rows. */
static bool build_grams(const gram_counter *counter, const gram_rows *rows, feature_space *space)
{
    size_t n_all = counter->strings.n;
    uint32_t n = 0, *chosen = mem_new(n_all, sizeof *chosen),
             *order = mem_new(n_all, sizeof *order);
    uint32_t *numbers = mem_new(n_all, sizeof *numbers);
    bool built = false;
    if (!chosen || !order || !numbers)
        goto done;
    for (uint32_t gram = 0; gram < n_all; gram++) {
        numbers[gram] = STRING_NOT_FOUND;
        if (counter->words[gram] >= GRAM_MIN_WORDS)
            chosen[n++] = gram;
    }
    space->gram_idf = mem_new(n, sizeof *space->gram_idf);
    if (!space->gram_idf || !string_index_build(&counter->strings, chosen, n, &space->grams, order))
        goto done;
    for (uint32_t i = 0; i < n; i++) {
        numbers[order[i]] = i;
        space->gram_idf[i] = gram_weight(space->spellings.n, counter->words[order[i]]);
    }
    built = finish_rows(rows, numbers, space);
done:
    free(chosen);
    free(order);
    free(numbers);
    return built;
}

bool space_build_spellings(const corpus *c, const uint32_t *dfs, feature_space *space)
{
    gram_counter counter = {.strings.seed = c->strings.seed};
    gram_rows rows = {0};
    uint32_t *listed = list_spellings(c, dfs, space);
    bool built = listed != NULL;
    if (built) {
        rows.offsets = mem_new_zeroed((size_t)space->spellings.n + 1, sizeof *rows.offsets);
        built = rows.offsets != NULL;
    }
    for (uint32_t i = 0; built && i < space->spellings.n; i++) {
        char scratch[16];
        string_probe probe = string_counter_probe(&c->strings, listed[i], scratch);
        built = rows_add(&rows, &counter, &space->options, &probe, i);
    }
    built = built && build_grams(&counter, &rows, space);
    string_counter_free(&counter.strings);
    free(counter.words);
    free(counter.last);
    free(rows.offsets);
    free(rows.grams);
    free(listed);
    return built;
}
