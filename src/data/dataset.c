/* SPDX-License-Identifier: MIT */
/* Labelled tickets in memory: all texts in one run of bytes, all labels in one array. */
#include "data/dataset.h"

#include "base/error.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "data/labels.h"
#include "data/limits.h"

#include <stdlib.h>

typedef struct dataset_field {
    char *name; /* owned */
    label_table labels;
    size_t slot;      /* which of a ticket's labels is this field's */
    bool is_numbered; /* the tickets have indices of labels, no longer of spellings */
} dataset_field;

struct triage_dataset {
    dataset_field *fields;
    size_t n_fields;
    size_t n_slots; /* labels stored a ticket: the fields that it was made with */
    char *texts;    /* one behind the other */
    size_t texts_length, texts_capacity;
    size_t *ends; /* where the text of ticket i ends in `texts`; it starts where i - 1 ends */
    size_t ends_capacity;
    int32_t *labels; /* n_slots a ticket; before finishing numbers of spellings */
    size_t labels_capacity;
    size_t n_tickets;
    bool is_finished;
    triage_read_report report;
};

triage_status triage_dataset_new(const char *const *field_names, size_t n_fields,
                                 triage_dataset **ret_dataset, triage_error *err)
{
    if (n_fields == 0 || n_fields > MAX_FIELDS)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a dataset has 1 to %d fields, not %zu",
                         MAX_FIELDS, n_fields);
    triage_dataset *d = mem_new_zeroed(1, sizeof *d);
    triage_status status = TRIAGE_OK;
    if (!d || !(d->fields = mem_new_zeroed(n_fields, sizeof *d->fields)))
        status = error_memory(err);
    for (size_t i = 0; i < n_fields && status == TRIAGE_OK; i++) {
        dataset_field *f = &d->fields[d->n_fields++];
        f->slot = d->n_slots++;
        f->name = mem_copy_string(field_names[i], strlen(field_names[i]));
        if (!f->name)
            status = error_memory(err);
    }
    if (status == TRIAGE_OK)
        *ret_dataset = d;
    else
        triage_dataset_free(d);
    return status;
}

static void free_field(dataset_field *f)
{
    free(f->name);
    labels_free(&f->labels);
}

void triage_dataset_free(triage_dataset *dataset)
{
    if (!dataset)
        return;
    for (size_t i = 0; i < dataset->n_fields; i++)
        free_field(&dataset->fields[i]);
    free(dataset->fields);
    free(dataset->texts);
    free(dataset->ends);
    free(dataset->labels);
    free(dataset);
}

static bool reserve_ticket(triage_dataset *d, size_t text_length)
{
    size_t length;
    /* n_tickets * n_slots cannot overflow: the array of that many labels exists. */
    return size_add(d->texts_length, text_length, &length) &&
           mem_reserve((void **)&d->texts, &d->texts_capacity, length, 1) &&
           mem_reserve((void **)&d->ends, &d->ends_capacity, d->n_tickets + 1, sizeof *d->ends) &&
           mem_reserve((void **)&d->labels, &d->labels_capacity,
                       d->n_tickets * d->n_slots + d->n_slots, sizeof *d->labels);
}

triage_status dataset_add(triage_dataset *dataset, slice text, const slice *labels,
                          triage_error *err)
{
    triage_dataset *d = dataset;
    if (!reserve_ticket(d, text.length))
        return error_memory(err);
    int32_t *numbers = d->labels + d->n_tickets * d->n_slots;
    for (size_t i = 0; i < d->n_fields; i++) {
        dataset_field *f = &d->fields[i];
        numbers[f->slot] = TRIAGE_NO_LABEL;
        if (labels[i].length == 0)
            continue;
        triage_error detail;
        triage_status status = labels_add(&f->labels, labels[i], &numbers[f->slot], &detail);
        if (status != TRIAGE_OK)
            return error_set(err, status, "field '%s': %s", f->name, detail.message);
    }
    if (text.length > 0)
        memcpy(d->texts + d->texts_length, text.data, text.length);
    d->texts_length += text.length;
    d->ends[d->n_tickets++] = d->texts_length;
    return TRIAGE_OK;
}

triage_status triage_dataset_add(triage_dataset *dataset, const char *text, size_t text_length,
                                 const char *const *labels, triage_error *err)
{
    slice trimmed[MAX_FIELDS], whole = {text, text_length};
    if (dataset->is_finished)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "the dataset is finished");
    for (size_t i = 0; i < dataset->n_fields; i++) {
        const char *label = labels[i] ? labels[i] : "";
        trimmed[i] = label_trim((slice){label, strlen(label)});
        const char *problem = label_problem(trimmed[i]);
        if (problem)
            return error_set(err, TRIAGE_ERROR_ARGUMENT, "the label of '%s' %s",
                             dataset->fields[i].name, problem);
    }
    triage_status status = dataset_add(dataset, whole, trimmed, err);
    if (status != TRIAGE_OK)
        return status;
    dataset->report.n_rows++;
    dataset->report.n_tickets++;
    dataset->report.n_invalid_utf8 += !utf8_is_valid(text, text_length);
    dataset->report.n_empty_texts += slice_is_blank(whole);
    return TRIAGE_OK;
}

/* Makes room for one more label a ticket, from the last ticket on. */
static bool widen_labels(triage_dataset *d)
{
    size_t n_old = d->n_slots, n_new = n_old + 1, n_labels;
    if (!size_multiply(d->n_tickets, n_new, &n_labels) ||
        !mem_reserve((void **)&d->labels, &d->labels_capacity, n_labels, sizeof *d->labels))
        return false;
    for (size_t i = d->n_tickets; i-- > 0;) {
        memmove(d->labels + i * n_new, d->labels + i * n_old, n_old * sizeof *d->labels);
        d->labels[i * n_new + n_old] = TRIAGE_NO_LABEL;
    }
    return true;
}

triage_status dataset_add_field(triage_dataset *dataset, const char *name, triage_error *err)
{
    triage_dataset *d = dataset;
    if (d->n_slots >= MAX_FIELDS)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "a dataset has at most %d fields", MAX_FIELDS);
    dataset_field *fields = realloc(d->fields, (d->n_fields + 1) * sizeof *fields);
    if (!fields)
        return error_memory(err);
    d->fields = fields;
    dataset_field added = {.name = mem_copy_string(name, strlen(name)), .slot = d->n_slots};
    if (!added.name || !widen_labels(d)) {
        free(added.name);
        return error_memory(err);
    }
    d->n_slots++;
    fields[d->n_fields++] = added;
    return TRIAGE_OK;
}

/* Says that a spelling is folded into another one. */
typedef struct merge_context {
    const dataset_field *field;
    const triage_read_options *options;
} merge_context;

static void say_merged(void *context, const label_spelling *spelling, const label_spelling *into)
{
    const merge_context *merge = context;
    const triage_read_options *o = merge->options;
    triage_error text; /* a bounded message, cut at a character */
    if (!o || !o->on_event)
        return;
    error_set(&text, TRIAGE_OK, "field '%s': '%s' (%llu) is counted as '%s'", merge->field->name,
              spelling->text, (unsigned long long)spelling->count, into->text);
    o->on_event(o->context,
                &(triage_read_event){.kind = TRIAGE_READ_MERGED_LABEL, .message = text.message});
}

static triage_status number_labels(triage_dataset *d, dataset_field *f,
                                   const triage_read_options *options, triage_error *err)
{
    merge_context merge = {f, options};
    size_t n_spellings = f->labels.n;
    int32_t *index;
    triage_status status = labels_merge(&f->labels, say_merged, &merge, &index, err);
    if (status != TRIAGE_OK)
        return status;
    d->report.n_merged_labels += n_spellings - f->labels.n;
    for (size_t i = 0; i < d->n_tickets; i++) {
        int32_t *label = &d->labels[i * d->n_slots + f->slot];
        if (*label != TRIAGE_NO_LABEL)
            *label = index[*label];
    }
    free(index);
    return TRIAGE_OK;
}

/* Gives back what growing has reserved in vain; it does not matter if that fails. */
static void give_back(void **array, size_t count, size_t size)
{
    void *smaller = count > 0 ? realloc(*array, count * size) : NULL;
    if (smaller)
        *array = smaller;
}

triage_status dataset_finish(triage_dataset *dataset, const triage_read_options *options,
                             triage_error *err)
{
    triage_dataset *d = dataset;
    if (d->is_finished)
        return TRIAGE_OK;
    /* A field whose numbers are already indices is left as it is if this is called again. */
    for (size_t i = 0; i < d->n_fields; i++) {
        dataset_field *f = &d->fields[i];
        if (f->is_numbered)
            continue;
        triage_status status = number_labels(d, f, options, err);
        if (status != TRIAGE_OK)
            return status;
        f->is_numbered = true;
    }
    give_back((void **)&d->texts, d->texts_length, 1);
    give_back((void **)&d->ends, d->n_tickets, sizeof *d->ends);
    give_back((void **)&d->labels, d->n_tickets * d->n_slots, sizeof *d->labels);
    d->is_finished = true;
    return TRIAGE_OK;
}

triage_status triage_dataset_finish(triage_dataset *dataset, triage_error *err)
{
    return dataset_finish(dataset, NULL, err);
}

void dataset_set_report(triage_dataset *dataset, triage_read_report report)
{
    dataset->report = report;
}

size_t dataset_n_spellings(const triage_dataset *dataset, size_t field)
{
    return dataset->fields[field].labels.n;
}

void dataset_drop_field(triage_dataset *dataset, size_t field)
{
    dataset_field *fields = dataset->fields;
    free_field(&fields[field]);
    dataset->n_fields--;
    memmove(&fields[field], &fields[field + 1], (dataset->n_fields - field) * sizeof *fields);
}

size_t triage_dataset_size(const triage_dataset *dataset)
{
    return dataset->n_tickets;
}

const char *triage_dataset_text(const triage_dataset *dataset, size_t i, size_t *ret_length)
{
    size_t start = i > 0 ? dataset->ends[i - 1] : 0;
    *ret_length = dataset->ends[i] - start;
    return dataset->texts ? dataset->texts + start : "";
}

size_t triage_dataset_n_fields(const triage_dataset *dataset)
{
    return dataset->n_fields;
}

const char *triage_dataset_field_name(const triage_dataset *dataset, size_t field)
{
    return dataset->fields[field].name;
}

size_t triage_dataset_n_labels(const triage_dataset *dataset, size_t field)
{
    return dataset->is_finished ? dataset->fields[field].labels.n : 0;
}

const char *triage_dataset_label_name(const triage_dataset *dataset, size_t field, size_t label)
{
    return dataset->fields[field].labels.spellings[label].text;
}

int32_t triage_dataset_label(const triage_dataset *dataset, size_t field, size_t i)
{
    return dataset->labels[i * dataset->n_slots + dataset->fields[field].slot];
}

triage_read_report triage_dataset_report(const triage_dataset *dataset)
{
    return dataset->report;
}
