/* SPDX-License-Identifier: MIT */
/* Thresholds for any target from the cuts in the metadata; decisions; the curve. */
#include "model/policy.h"

#include "base/error.h"
#include "base/json.h"
#include "base/mem.h"
#include "model/cuts.h"

#include <stdlib.h>
#include <string.h>

typedef struct policy_field {
    size_t n_labels, n_retired;
    float *thresholds;
    bool *is_retired;
    label_cuts *cuts; /* n_labels; NULL: the model has none */
} policy_field;

struct policy {
    double target;
    size_t n_fields;
    policy_field fields[];
};

/* [confidence, tickets, right ones], with less confidence and more tickets than the one before. */
static bool read_cut(const json_value *value, const label_cut *before, label_cut *ret_cut)
{
    double confidence;
    int64_t n, n_right;
    if (json_length(value) != 3 || !json_double(json_element(value, 0), &confidence) ||
        !(confidence >= 0 && confidence <= 1) ||
        !json_int(json_element(value, 1), 1, UINT32_MAX, &n) ||
        !json_int(json_element(value, 2), 0, n, &n_right))
        return false;
    *ret_cut = (label_cut){(float)confidence, (uint32_t)n, (uint32_t)n_right};
    return !before || (ret_cut->confidence < before->confidence && ret_cut->n > before->n &&
                       ret_cut->n_right >= before->n_right &&
                       ret_cut->n_right - before->n_right <= ret_cut->n - before->n);
}

static bool read_label(const json_value *value, label_cuts *ret_cuts)
{
    size_t n = json_length(value);
    if (json_kind_of(value) != JSON_ARRAY || n > CUTS_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (!read_cut(json_element(value, i), i ? &ret_cuts->items[i - 1] : NULL,
                      &ret_cuts->items[i]))
            return false;
    ret_cuts->n = (uint32_t)n;
    return n <= cuts_wanted(cuts_n_tickets(ret_cuts));
}

/* The cuts of one field; a field that is not there has none. */
static triage_status read_field(const json_value *all, const char *name, policy_field *f,
                                triage_error *err)
{
    const json_value *value;
    if (!json_member(all, name, &value))
        return TRIAGE_OK;
    if (json_kind_of(value) != JSON_ARRAY || json_length(value) != f->n_labels)
        return error_set(err, TRIAGE_ERROR_MODEL,
                         "the model's metadata has cuts for a wrong number of labels");
    f->cuts = mem_new(f->n_labels, sizeof *f->cuts);
    if (!f->cuts)
        return error_memory(err);
    for (size_t k = 0; k < f->n_labels; k++)
        if (!read_label(json_element(value, k), &f->cuts[k]))
            return error_set(err, TRIAGE_ERROR_MODEL,
                             "the model's metadata has wrong cuts for a label");
    return TRIAGE_OK;
}

/* The target that the model's own thresholds are for; 0 if it does not say. */
static double read_target(const json_value *metadata)
{
    const json_value *options, *value;
    double target;
    bool has_one = json_member(metadata, "options", &options) &&
                   json_member(options, "target_precision", &value) && json_double(value, &target);
    return has_one ? target : 0;
}

static triage_status read_metadata(const triage_model *model, policy *p, triage_error *err)
{
    size_t length;
    const char *text = triage_model_metadata(model, &length);
    triage_error cause = {0};
    json_value *metadata = NULL;
    const json_value *all;
    json_parser *parser = json_parser_new();
    if (!parser)
        return error_memory(err);
    triage_status status = json_parse(parser, text, length, &metadata, &cause);
    json_parser_free(parser);
    if (status == TRIAGE_ERROR_MEMORY)
        return error_memory(err);
    if (status != TRIAGE_OK)
        return error_set(err, TRIAGE_ERROR_MODEL, "the model's metadata is %s", cause.message);
    p->target = read_target(metadata);
    if (json_member(metadata, "cuts", &all))
        for (size_t f = 0; f < p->n_fields && status == TRIAGE_OK; f++)
            status = read_field(all, triage_model_field_name(model, f), &p->fields[f], err);
    json_free(metadata);
    return status;
}

static void retire(const triage_model *model, policy *p, const policy_retired *retired)
{
    for (size_t f = 0; f < p->n_fields; f++) {
        if (strcmp(triage_model_field_name(model, f), retired->field) != 0)
            continue;
        policy_field *field = &p->fields[f];
        for (size_t k = 0; k < field->n_labels; k++)
            if (!field->is_retired[k] &&
                strcmp(triage_model_label_name(model, f, k), retired->label) == 0) {
                field->is_retired[k] = true;
                field->n_retired++;
            }
    }
}

/* The model's own target needs no cuts. Without cuts nothing is proven for another one. */
static void set_thresholds(const triage_model *model, policy *p, double target)
{
    bool is_own = target == 0 || target == p->target;
    if (!is_own)
        p->target = target;
    for (size_t f = 0; f < p->n_fields; f++) {
        policy_field *field = &p->fields[f];
        for (size_t k = 0; k < field->n_labels; k++)
            field->thresholds[k] = field->is_retired[k] ? THRESHOLD_NEVER
                                   : is_own             ? triage_model_threshold(model, f, k)
                                   : field->cuts        ? cuts_threshold(&field->cuts[k], target)
                                                        : THRESHOLD_NEVER;
    }
}

static triage_status make_fields(const triage_model *model, policy *p, triage_error *err)
{
    for (size_t f = 0; f < p->n_fields; f++) {
        policy_field *field = &p->fields[f];
        field->n_labels = triage_model_n_labels(model, f);
        field->thresholds = mem_new(field->n_labels, sizeof *field->thresholds);
        field->is_retired = mem_new_zeroed(field->n_labels, sizeof *field->is_retired);
        if (!field->thresholds || !field->is_retired)
            return error_memory(err);
    }
    return TRIAGE_OK;
}

triage_status policy_new(const triage_model *model, const policy_options *options,
                         policy **ret_policy, triage_error *err)
{
    double target = options->target_precision;
    if (!(target >= 0 && target < 1))
        return error_set(err, TRIAGE_ERROR_ARGUMENT,
                         "the target precision must be between 0 and 1");
    size_t n_fields = triage_model_n_fields(model), size;
    policy *p = NULL;
    if (size_multiply(n_fields, sizeof *p->fields, &size) && size_add(size, sizeof *p, &size))
        p = mem_new_zeroed(1, size);
    if (!p)
        return error_memory(err);
    p->n_fields = n_fields;
    triage_status status = make_fields(model, p, err);
    if (status == TRIAGE_OK)
        status = read_metadata(model, p, err);
    if (status != TRIAGE_OK) {
        policy_free(p);
        return status;
    }
    for (size_t i = 0; i < options->n_retired; i++)
        retire(model, p, &options->retired[i]);
    set_thresholds(model, p, target);
    *ret_policy = p;
    return TRIAGE_OK;
}

void policy_free(policy *p)
{
    if (!p)
        return;
    for (size_t f = 0; f < p->n_fields; f++) {
        free(p->fields[f].thresholds);
        free(p->fields[f].is_retired);
        free(p->fields[f].cuts);
    }
    free(p);
}

double policy_target_precision(const policy *p)
{
    return p->target;
}

float policy_threshold(const policy *p, size_t field, size_t label)
{
    return p->fields[field].thresholds[label];
}

bool policy_is_retired(const policy *p, size_t field, size_t label)
{
    return p->fields[field].is_retired[label];
}

/*
 * Takes the retired labels out; returns by what the others were multiplied, or 0 if a retired label
 * was the most probable one: then nothing is known about how often the next one is right.
 */
static float mask(const policy_field *f, float *probabilities)
{
    double rest = 0;
    size_t top = 0;
    for (size_t k = 0; k < f->n_labels; k++) {
        top = probabilities[k] > probabilities[top] ? k : top;
        rest += f->is_retired[k] ? 0 : (double)probabilities[k];
    }
    float factor = rest > 0 ? (float)(1 / rest) : 0;
    float share = 1 / (float)(f->n_labels - f->n_retired);
    for (size_t k = 0; k < f->n_labels; k++)
        probabilities[k] = f->is_retired[k] ? 0 : rest > 0 ? probabilities[k] * factor : share;
    return f->is_retired[top] ? 0 : factor;
}

/* The two most probable labels, the lower index first if equal; retired ones left out if masked. */
static void rank(const policy_field *f, const float *probabilities, bool is_masked,
                 triage_outcome *ret_outcome)
{
    size_t top = f->n_labels, second = f->n_labels;
    for (size_t k = 0; k < f->n_labels; k++) {
        if (is_masked && f->is_retired[k])
            continue;
        if (top == f->n_labels || probabilities[k] > probabilities[top]) {
            second = top;
            top = k;
        } else if (second == f->n_labels || probabilities[k] > probabilities[second])
            second = k;
    }
    ret_outcome->label = (uint32_t)top;
    ret_outcome->runner_up = (uint32_t)(second == f->n_labels ? top : second);
    ret_outcome->confidence = probabilities[top];
}

triage_outcome policy_decide(const policy *p, size_t field, float *io_probabilities,
                             bool has_known_words)
{
    const policy_field *f = &p->fields[field];
    bool is_masked = f->n_retired > 0 && f->n_retired < f->n_labels;
    float factor = is_masked ? mask(f, io_probabilities) : 1;
    triage_outcome outcome;
    rank(f, io_probabilities, is_masked, &outcome);
    /* Both sides of the comparison are multiplied by the same, so that it is the one that the cuts
     * were counted with: what a label gains from retired ones is no evidence. */
    outcome.threshold = factor > 0 ? f->thresholds[outcome.label] * factor : THRESHOLD_NEVER;
    bool is_sure = has_known_words && outcome.confidence >= outcome.threshold;
    outcome.decision = is_sure ? TRIAGE_AUTO : TRIAGE_REVIEW;
    return outcome;
}

/* Adds what a target gives for one label; its threshold. */
static float add_label(const policy_field *f, size_t label, double target, uint64_t *n,
                       uint64_t *n_right)
{
    const label_cut *cut = f->is_retired[label] ? NULL : cuts_find(&f->cuts[label], target);
    if (!cut)
        return THRESHOLD_NEVER;
    *n += cut->n;
    *n_right += cut->n_right;
    return cut->confidence;
}

policy_point policy_curve(const policy *p, size_t field, int64_t label, double target)
{
    const policy_field *f = &p->fields[field];
    policy_point point = {.target = target, .threshold = label < 0 ? 0 : THRESHOLD_NEVER};
    uint64_t n = 0, n_right = 0, n_all = policy_n_evidence(p, field, label);
    if (!f->cuts || !(target > 0 && target < 1))
        return point;
    if (label >= 0)
        point.threshold = (double)add_label(f, (size_t)label, target, &n, &n_right);
    else
        for (size_t k = 0; k < f->n_labels; k++)
            (void)add_label(f, k, target, &n, &n_right);
    if (n > 0) {
        point.coverage = (double)n / (double)n_all;
        point.precision = (double)n_right / (double)n;
    }
    return point;
}

uint64_t policy_n_evidence(const policy *p, size_t field, int64_t label)
{
    const policy_field *f = &p->fields[field];
    uint64_t n = 0;
    if (!f->cuts)
        return 0;
    if (label >= 0)
        return cuts_n_tickets(&f->cuts[label]);
    for (size_t k = 0; k < f->n_labels; k++)
        n += cuts_n_tickets(&f->cuts[k]);
    return n;
}
