/* SPDX-License-Identifier: MIT */
/* Writing a model's metadata. */
#include "train/metadata.h"

#include "base/json.h"
#include "train/metrics_json.h"
#include "triage/version.h"

#include <stdio.h>

static void write_options(json_writer *w, const metadata *m)
{
    json_write_key(w, "options");
    json_begin_object(w);
    json_write_key(w, "preset");
    json_write_text(w, triage_preset_name(m->options->preset));
    json_write_key(w, "seed");
    json_write_uint(w, m->options->seed);
    json_write_key(w, "target_precision");
    json_write_double(w, m->options->target_precision);
    json_write_key(w, "folds");
    json_write_uint(w, m->recipe->fit.n_folds);
    json_write_key(w, "solver");
    json_write_text(w, m->recipe->fit.solver == SOLVER_SGD ? "sgd" : "optimum");
    json_write_key(w, "epochs");
    json_write_uint(w, m->recipe->fit.n_epochs);
    json_write_key(w, "step");
    json_write_float(w, m->recipe->fit.step);
    json_write_key(w, "lambda");
    json_write_float(w, (float)m->recipe->fit.lambda);
    json_end_object(w);
}

static void write_data(json_writer *w, const metadata *m)
{
    char hash[17];
    snprintf(hash, sizeof hash, "%016llx", (unsigned long long)m->data_hash);
    json_write_key(w, "data");
    json_begin_object(w);
    json_write_key(w, "tickets");
    json_write_uint(w, m->n_tickets);
    json_write_key(w, "hash");
    json_write_text(w, hash);
    json_end_object(w);
}

static void write_count(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_uint(w, value);
}

static void write_features(json_writer *w, const metadata *m)
{
    const feature_options *o = &m->space->options;
    json_write_key(w, "features");
    json_begin_object(w);
    write_count(w, "words", m->space->words.table.n);
    write_count(w, "pairs", m->space->pairs.n);
    write_count(w, "character_ngrams", m->space->grams.table.n);
    write_count(w, "min_df", o->min_df);
    json_write_key(w, "max_df");
    json_write_double(w, o->max_df > 0 ? o->max_df : 1);
    write_count(w, "opening_words", o->n_opening);
    json_write_key(w, "edges");
    json_write_bool(w, o->has_edges);
    json_write_key(w, "sublinear");
    json_write_bool(w, o->is_sublinear);
    write_count(w, "character_min", o->char_min);
    write_count(w, "character_max", o->char_max);
    json_write_key(w, "character_weight");
    json_write_float(w, o->char_weight);
    json_end_object(w);
}

static void write_choice(json_writer *w, const choice *c)
{
    json_write_key(w, "choice");
    if (!c) {
        json_write_null(w);
        return;
    }
    json_begin_object(w);
    write_count(w, "tickets", c->n_sample);
    write_count(w, "picked", c->best);
    json_write_key(w, "trials");
    json_begin_array(w);
    for (size_t i = 0; i < c->n_trials; i++) {
        json_begin_object(w);
        json_write_key(w, "features");
        json_write_text(w, c->trials[i].recipe.name);
        json_write_key(w, "lambda");
        json_write_float(w, (float)c->trials[i].recipe.fit.lambda);
        json_write_key(w, "log_loss");
        json_write_float(w, (float)c->trials[i].log_loss);
        json_write_key(w, "accuracy");
        json_write_float(w, (float)c->trials[i].accuracy);
        json_end_object(w);
    }
    json_end_array(w);
    json_end_object(w);
}

void metadata_write(const metadata *m, buffer *out)
{
    json_writer w = {.out = out};
    json_begin_object(&w);
    write_count(&w, "format", 1);
    json_write_key(&w, "version");
    json_write_text(&w, triage_version());
    json_write_key(&w, "created_by");
    json_write_text(&w, "triage " TRIAGE_VERSION);
    write_options(&w, m);
    write_data(&w, m);
    write_features(&w, m);
    write_choice(&w, m->choice);
    json_write_key(&w, "fields");
    json_begin_object(&w);
    for (size_t f = 0; f < m->n_fields; f++) {
        json_write_key(&w, m->fields[f]->name);
        metrics_json_write(&w, m->fields[f]);
    }
    json_end_object(&w);
    json_end_object(&w);
}
