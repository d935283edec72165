/* SPDX-License-Identifier: MIT */
/* The linear model while it is trained: memory and scores. */
#include "train/linear.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static float *new_rows(size_t n, size_t lanes)
{
    size_t count;
    if (!size_multiply(n, lanes, &count))
        return NULL;
    float *rows = mem_new_aligned(count, sizeof *rows);
    if (rows)
        memset(rows, 0, count * sizeof *rows);
    return rows;
}

bool linear_model_new(const feature_space *space, size_t n_labels, linear_model *ret_model)
{
    linear_model model = {.n_labels = n_labels, .lanes = lanes_for(n_labels)};
    model.n_own = (size_t)space->words.table.n + space->pairs.n;
    model.n_grams = space->grams.table.n;
    model.own = new_rows(model.n_own, model.lanes);
    model.grams = new_rows(model.n_grams, model.lanes);
    model.bias = new_rows(1, model.lanes);
    if (!model.own || !model.grams || !model.bias) {
        linear_model_free(&model);
        return false;
    }
    *ret_model = model;
    return true;
}

void linear_model_free(linear_model *model)
{
    free(model->own);
    free(model->grams);
    free(model->bias);
    *model = (linear_model){0};
}

void linear_model_score(const linear_model *model, const kernels *k, const feature_space *space,
                        const example_set *set, size_t i, float *scores)
{
    const sparse_rows *own = &set->own, *spelled = &set->spelled;
    const spelling_rows *spellings = &space->spellings;
    memcpy(scores, model->bias, model->lanes * sizeof *scores);
    uint64_t begin = own->offsets[i];
    k->gather(scores, model->own, model->lanes, own->ids + begin, own->values + begin,
              own->offsets[i + 1] - begin, 1.0f);
    for (uint64_t j = spelled->offsets[i]; j < spelled->offsets[i + 1]; j++) {
        uint64_t first = spellings->offsets[spelled->ids[j]];
        k->gather(scores, model->grams, model->lanes, spellings->grams + first,
                  spellings->values + first, spellings->offsets[spelled->ids[j] + 1] - first,
                  space->options.char_weight * spelled->values[j]);
    }
}
