/* SPDX-License-Identifier: MIT */
/* One retrain, step by step. */
#include "services/retrainer/retrain.h"

#include "base/clock.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/mem.h"
#include "services/retrainer/lineage.h"
#include "train/gate.h"
#include "train/train_again.h"
#include "triage/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct run {
    const retrain_options *options;
    const char *trigger, *who;
    retrain_outcome *outcome;
    lineage past;
    retired_labels retired;
    training_set set;
    uint64_t data_hash; /* of the training set and of all that training depends on */
    triage_model *champion, *candidate;
    triage_model *reference; /* an earlier version that the candidate is held against, too; NULL */
    bool is_new_reference;   /* the candidate is so much better that its successors are held
                              * against it */
    gate_verdict verdict;
    buffer details;
    bool is_done; /* no further step */
} run;

retrain_options retrain_options_default(void)
{
    triage_train_options train = triage_train_options_default();
    return (retrain_options){.preset = train.preset,
                             .n_threads = train.n_threads,
                             .seed = train.seed,
                             .target_precision = train.target_precision,
                             .holdout_share = TRAINING_SET_HOLDOUT,
                             .correction_weight = TRAINING_SET_WEIGHT,
                             .tolerance = GATE_TOLERANCE};
}

const char *retrain_result_name(retrain_result result)
{
    switch (result) {
    case RETRAIN_PROMOTED: return "promoted";
    case RETRAIN_REJECTED: return "rejected";
    case RETRAIN_FAILED: return "failed";
    case RETRAIN_CANCELLED: return "cancelled";
    }
    return "unknown";
}

void retrain_outcome_free(retrain_outcome *outcome)
{
    free(outcome->details);
    outcome->details = NULL;
}

static triage_status tell(const run *r, const char *stage, uint64_t done, uint64_t total,
                          triage_error *err)
{
    const retrain_options *o = r->options;
    if (o->on_progress && !o->on_progress(o->context, stage, done, total))
        return error_set(err, TRIAGE_ERROR_CANCELLED, "the retrain was cancelled");
    return TRIAGE_OK;
}

static bool tell_training(void *context, const triage_train_progress *progress)
{
    const run *r = context;
    return tell(r, progress->stage, progress->done, progress->total, NULL) == TRIAGE_OK;
}

static triage_status read_registry(run *r, triage_error *err)
{
    triage_status status = lineage_read(r->options->registry, &r->past, err);
    if (status == TRIAGE_OK)
        memcpy(r->outcome->champion, r->past.champion, sizeof r->outcome->champion);
    return status;
}

static triage_status open_version(run *r, const char *version, triage_model **ret_model,
                                  triage_error *err)
{
    buffer path = {0};
    triage_status status = registry_model_path(r->options->registry, version, &path, err);
    if (status == TRIAGE_OK) {
        const char *text = buffer_string(&path);
        status = text ? triage_model_open(text, ret_model, err) : error_memory(err);
    }
    buffer_free(&path);
    return status;
}

/* A champion whose file is damaged is none to compare with; nor is a reference that is gone. */
static triage_status open_models(run *r, triage_error *err)
{
    triage_status status = TRIAGE_OK;
    if (!r->past.champion[0])
        return TRIAGE_OK;
    status = open_version(r, r->past.champion, &r->champion, err);
    if (status == TRIAGE_OK && r->past.reference[0] &&
        strcmp(r->past.reference, r->past.champion) != 0 &&
        open_version(r, r->past.reference, &r->reference, NULL) != TRIAGE_OK)
        r->reference = NULL;
    return status == TRIAGE_ERROR_MODEL ? TRIAGE_OK : status;
}

static triage_status read_retired(run *r, triage_error *err)
{
    char *setting = NULL;
    triage_status status = store_get(r->options->store, RETIRED_SETTING, &setting, err);
    if (status == TRIAGE_OK)
        status = retired_parse(setting, &r->retired, err);
    free(setting);
    return status;
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return hash_mix(hash ^ hash_bytes(text, strlen(text)));
}

static uint64_t mix_real(uint64_t hash, double value)
{
    return hash_mix(hash ^ hash_bytes(&value, sizeof value));
}

/* What is equal gives an equal model, because training is deterministic. */
static uint64_t hash_of(const run *r)
{
    const retrain_options *o = r->options;
    uint64_t hash = hash_mix(r->set.hash ^ o->seed);
    hash = hash_mix(hash + o->correction_weight);
    hash = mix_real(hash, o->target_precision);
    hash = mix_text(hash, triage_preset_name(o->preset));
    return mix_text(hash, triage_version());
}

static triage_status make_set(run *r, triage_error *err)
{
    const retrain_options *o = r->options;
    training_set_options options = {
        .base = {o->store, o->base_files, o->n_base_files, o->read},
        .retired = &r->retired,
        .holdout_share = o->holdout_share,
        .correction_weight = o->correction_weight,
    };
    triage_status status = tell(r, "load tickets", 0, 0, err);
    if (status == TRIAGE_OK)
        status = training_set_make(&options, &r->set, err);
    if (status != TRIAGE_OK)
        return status;
    r->outcome->n_training = triage_dataset_size(r->set.training);
    r->outcome->n_holdout = triage_dataset_size(r->set.holdout);
    r->outcome->n_feedback = r->set.n_feedback;
    r->outcome->feedback_sequence = r->set.feedback_sequence;
    r->data_hash = hash_of(r);
    return TRIAGE_OK;
}

/* The starter tickets take nobody's model away that was trained on real ones. */
static triage_status check_base(run *r, triage_error *err)
{
    if (r->set.base == BASE_STARTER && r->outcome->champion[0] &&
        !(r->past.has_champion_base && r->past.champion_base == BASE_STARTER))
        return error_set(err, TRIAGE_ERROR_DATA,
                         "the champion was not trained on the starter tickets, and there are no "
                         "other labelled tickets: import them, or name them as base data");
    return TRIAGE_OK;
}

static triage_status check_news(run *r, triage_error *err)
{
    (void)err;
    if (!r->outcome->champion[0] || !r->past.newest[0] || r->past.newest_hash != r->data_hash)
        return TRIAGE_OK;
    r->outcome->result = RETRAIN_REJECTED;
    snprintf(r->outcome->reason, sizeof r->outcome->reason,
             "tickets, corrections and options are those of %s", r->past.newest);
    r->is_done = true;
    return TRIAGE_OK;
}

static triage_status train(run *r, triage_error *err)
{
    const retrain_options *o = r->options;
    triage_train_options options = {.preset = o->preset,
                                    .n_threads = o->n_threads,
                                    .seed = o->seed,
                                    .target_precision = o->target_precision,
                                    .on_progress = tell_training,
                                    .context = r};
    triage_status status = train_again(r->set.training, &options, r->champion, &r->candidate, err);
    triage_dataset_free(r->set.training);
    r->set.training = NULL;
    return status;
}

static void write_count(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_uint(w, value);
}

/* What the candidate was held against besides the champion, or the champion alone. */
static const char *reference_of(const run *r)
{
    return r->reference ? r->past.reference : r->past.champion;
}

/* docs/formats/registry.md. */
static triage_status write_details(run *r, const comparison *c, triage_error *err)
{
    json_writer w = {.out = &r->details};
    json_begin_object(&w);
    json_write_key(&w, "base");
    json_write_text(&w, base_kind_name(r->set.base));
    write_count(&w, "base_tickets", r->set.n_base);
    write_count(&w, "training_tickets", r->outcome->n_training);
    write_count(&w, "holdout_tickets", r->outcome->n_holdout);
    write_count(&w, "corrections", r->outcome->n_feedback);
    json_write_key(&w, "is_promoted");
    json_write_bool(&w, r->verdict.is_promoted);
    json_write_key(&w, "reason");
    json_write_text(&w, r->verdict.reason);
    json_write_key(&w, "reference");
    json_write_text(&w, r->is_new_reference ? NULL : reference_of(r));
    json_write_key(&w, "fields");
    comparison_write(c, &w);
    json_end_object(&w);
    const char *text = buffer_string(&r->details);
    r->outcome->details = text ? mem_copy_string(text, r->details.length) : NULL;
    return r->outcome->details ? TRIAGE_OK : error_memory(err);
}

/* More tickets gained than the gate would let it lose, over all fields. */
static bool is_much_better(const comparison *c, double tolerance)
{
    double n_net = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < c->n_fields; i++) {
        n_net += (double)c->fields[i].n_gained - (double)c->fields[i].n_lost;
        n += c->fields[i].n;
    }
    return n == 0 || n_net > gate_allowance(n, tolerance);
}

/* Many steps down, each within the tolerance, must not lead far: the reference stays until a
 * successor is much better. */
static triage_status judge_by_reference(run *r, triage_error *err)
{
    comparison c = {0};
    const retrain_options *o = r->options;
    triage_status status =
        comparison_make(r->reference, r->candidate, r->set.holdout, o->n_threads, &c, err);
    if (status != TRIAGE_OK)
        return status;
    r->is_new_reference = is_much_better(&c, o->tolerance);
    if (r->verdict.is_promoted) {
        gate_verdict verdict = gate_judge(&c, o->tolerance);
        if (!verdict.is_promoted) {
            triage_error text; /* a bounded message, cut at a character */
            error_set(&text, TRIAGE_OK, "since %s: %s", r->past.reference, verdict.reason);
            r->verdict.is_promoted = false;
            memcpy(r->verdict.reason, text.message, sizeof r->verdict.reason);
        }
    }
    comparison_free(&c);
    return TRIAGE_OK;
}

static triage_status judge_by_champion(run *r, comparison *c, triage_error *err)
{
    const retrain_options *o = r->options;
    triage_status status =
        comparison_make(r->champion, r->candidate, r->set.holdout, o->n_threads, c, err);
    if (status != TRIAGE_OK)
        return status;
    r->verdict = gate_judge(c, o->tolerance);
    r->is_new_reference = is_much_better(c, o->tolerance);
    return r->reference ? judge_by_reference(r, err) : TRIAGE_OK;
}

static triage_status judge(run *r, triage_error *err)
{
    comparison c = {0};
    triage_status status = tell(r, "compare", 0, 0, err);
    if (status == TRIAGE_OK && r->champion) {
        status = judge_by_champion(r, &c, err);
    } else {
        r->verdict = (gate_verdict){.is_promoted = true};
        r->is_new_reference = true;
        snprintf(r->verdict.reason, sizeof r->verdict.reason,
                 r->outcome->champion[0] ? "the champion's file is damaged" : "the first model");
    }
    if (status == TRIAGE_OK)
        status = write_details(r, &c, err);
    comparison_free(&c);
    return status;
}

static triage_status add_version(run *r, triage_error *err)
{
    registry_manifest m = {
        .created_at = clock_unix_ms(),
        .n_tickets = r->outcome->n_training,
        .n_feedback = r->outcome->n_feedback,
        .feedback_sequence = r->outcome->feedback_sequence,
        .data_hash = r->data_hash,
        .comparison = r->outcome->details,
    };
    memcpy(m.parent, r->outcome->champion, sizeof m.parent);
    snprintf(m.trigger, sizeof m.trigger, "%s", r->trigger);
    snprintf(m.state, sizeof m.state, "candidate");
    triage_status status = tell(r, "publish", 0, 0, err);
    if (status == TRIAGE_OK)
        status = registry_add(r->options->registry, r->candidate, &m, err);
    if (status == TRIAGE_OK)
        memcpy(r->outcome->candidate, m.version, sizeof r->outcome->candidate);
    if (status == TRIAGE_OK && r->options->sync)
        status = model_sync_put(r->options->sync, m.version, err);
    return status;
}

/* Through the store, where it is the truth, else in the registry alone. */
static triage_status decide(run *r, triage_error *err)
{
    const retrain_outcome *o = r->outcome;
    model_sync *sync = r->options->sync;
    registry *own = r->options->registry;
    if (r->verdict.is_promoted)
        return sync ? model_sync_promote(sync, o->candidate, o->champion, r->who, o->reason, err)
                    : registry_promote(own, o->candidate, o->champion, r->who, o->reason, err);
    return sync ? model_sync_reject(sync, o->candidate, o->champion, r->who, o->reason, err)
                : registry_reject(own, o->candidate, r->who, o->reason, err);
}

static triage_status publish(run *r, triage_error *err)
{
    retrain_outcome *o = r->outcome;
    if (!store_lock_is_held(r->options->store))
        return error_set(err, TRIAGE_ERROR_IO,
                         "the lock of the retrainer was lost, with the connection to the store");
    triage_status status = add_version(r, err);
    if (status != TRIAGE_OK)
        return status;
    o->result = r->verdict.is_promoted ? RETRAIN_PROMOTED : RETRAIN_REJECTED;
    memcpy(o->reason, r->verdict.reason, sizeof o->reason);
    return decide(r, err);
}

static void fail(retrain_outcome *o, triage_status status, const triage_error *err)
{
    o->result = status == TRIAGE_ERROR_CANCELLED ? RETRAIN_CANCELLED : RETRAIN_FAILED;
    o->status = status;
    memcpy(o->reason, err->message, sizeof o->reason);
}

void retrain_run(const retrain_options *options, const char *trigger, const char *who,
                 retrain_outcome *ret_outcome)
{
    static triage_status (*const steps[])(run *, triage_error *) = {
        read_registry, open_models, read_retired, make_set, check_base,
        check_news,    train,       judge,        publish,
    };
    triage_error err = {0};
    double start = clock_seconds();
    retrain_outcome outcome = {0};
    run r = {.options = options, .trigger = trigger, .who = who, .outcome = &outcome};
    triage_status status = TRIAGE_OK;
    for (size_t i = 0; i < sizeof steps / sizeof *steps && status == TRIAGE_OK && !r.is_done; i++)
        status = steps[i](&r, &err);
    if (status != TRIAGE_OK)
        fail(&outcome, status, &err);
    retired_free(&r.retired);
    training_set_free(&r.set);
    triage_model_free(r.champion);
    triage_model_free(r.reference);
    triage_model_free(r.candidate);
    buffer_free(&r.details);
    outcome.seconds = clock_seconds() - start;
    *ret_outcome = outcome;
}
