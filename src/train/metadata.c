/* SPDX-License-Identifier: MIT */
/* Writing a model's metadata. */
#include "train/metadata.h"

#include "base/json.h"
#include "train/metrics_json.h"
#include "triage/version.h"

#include <stdio.h>
#include <string.h>

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
    json_write_key(w, "oov_rate");
    json_write_float(w, (float)m->oov_rate);
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
    write_count(w, "of", c->n_docs);
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

/* {"category": [[[confidence, tickets, right ones], ...], ...]}: an array of cuts for each label.
 */
static void write_cuts(json_writer *w, const metadata *m)
{
    json_write_key(w, "cuts");
    json_begin_object(w);
    for (size_t f = 0; f < m->n_fields; f++) {
        json_write_key(w, m->fields[f].metrics->name);
        json_begin_array(w);
        for (size_t k = 0; k < m->fields[f].n_labels; k++) {
            const label_cuts *cuts = &m->fields[f].cuts[k];
            json_begin_array(w);
            for (size_t i = 0; i < cuts->n; i++) {
                json_begin_array(w);
                json_write_float(w, cuts->items[i].confidence);
                json_write_uint(w, cuts->items[i].n);
                json_write_uint(w, cuts->items[i].n_right);
                json_end_array(w);
            }
            json_end_array(w);
        }
        json_end_array(w);
    }
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
        json_write_key(&w, m->fields[f].metrics->name);
        metrics_json_write(&w, m->fields[f].metrics);
    }
    json_end_object(&w);
    write_cuts(&w, m);
    json_end_object(&w);
}

static bool read_count(const json_value *object, const char *key, int64_t min, int64_t *ret_count)
{
    const json_value *value = NULL;
    return json_member(object, key, &value) && json_int(value, min, INT32_MAX, ret_count);
}

static bool read_real(const json_value *object, const char *key, double *ret_value)
{
    const json_value *value = NULL;
    return json_member(object, key, &value) && json_double(value, ret_value);
}

/* Finds the recipe of that name; its numbers are those for a set of any size. */
static bool find_recipe(const json_value *object, const triage_train_options *options, trial *t)
{
    recipe candidates[RECIPE_MAX_CANDIDATES];
    size_t n = recipe_candidates((data_size){0}, options, candidates), length;
    const json_value *value = NULL;
    const char *name;
    if (!json_member(object, "features", &value) || !json_string(value, &name, &length))
        return false;
    for (size_t i = 0; i < n; i++)
        if (strlen(candidates[i].name) == length && memcmp(candidates[i].name, name, length) == 0) {
            t->recipe = candidates[i];
            t->candidate = i;
            return true;
        }
    return false;
}

static bool read_choice(const json_value *root, const triage_train_options *asked, choice *c)
{
    const json_value *choice_value = NULL, *options = NULL, *value = NULL;
    int64_t n_docs, n_sample, picked, made_with;
    trial *t = &c->trials[0];
    if (!json_member(root, "options", &options) || !json_member(options, "seed", &value) ||
        !json_int(value, 0, INT64_MAX, &made_with) || (uint64_t)made_with != asked->seed ||
        !json_member(root, "choice", &choice_value) ||
        !read_count(choice_value, "tickets", 1, &n_sample) ||
        !read_count(choice_value, "of", 1, &n_docs) ||
        !read_count(choice_value, "picked", 0, &picked) ||
        !json_member(choice_value, "trials", &value))
        return false;
    const json_value *best = json_element(value, (size_t)picked);
    double lambda;
    if (!find_recipe(best, asked, t) || !read_real(best, "lambda", &lambda) || lambda <= 0 ||
        !read_real(best, "log_loss", &t->log_loss) || !read_real(best, "accuracy", &t->accuracy))
        return false;
    t->recipe.fit.lambda = lambda;
    c->n_docs = (size_t)n_docs;
    c->n_sample = (size_t)n_sample;
    c->n_trials = 1;
    return true;
}

bool metadata_read_choice(const char *json, size_t length, const triage_train_options *asked,
                          choice *ret_choice)
{
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    choice c = {0};
    bool done = parser && json_parse(parser, json, length, &value, NULL) == TRIAGE_OK &&
                read_choice(value, asked, &c);
    json_free(value);
    json_parser_free(parser);
    if (done)
        *ret_choice = c;
    return done;
}
