/* SPDX-License-Identifier: MIT */
/* Explanations: the terms add up to the logit, the logit agrees with the probabilities, and terms
 * are written as people read them. */
#include "engine_support.h"
#include "text/tokens.h"
#include "train/assemble.h"
#include "train/sgd.h"

#include <math.h>

typedef struct fixture {
    triage_model *models[3];
    triage_dataset *tickets;
} fixture;

static int setup(void **state)
{
    static fixture f;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
        f.models[preset] = model_of(random_dataset(300, 2, 6, 1), preset);
    f.tickets = random_dataset(60, 2, 6, 2);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < 3; i++)
        triage_model_free(f->models[i]);
    triage_dataset_free(f->tickets);
    return 0;
}

static triage_explanation explain(triage_predictor *predictor, size_t field, size_t label,
                                  size_t other)
{
    triage_error err;
    triage_explanation e;
    if (triage_explain(predictor, field, label, other, &e, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return e;
}

static void check_terms(const triage_explanation *e)
{
    double sum = e->intercept;
    for (size_t i = 0; i < e->n_terms; i++) {
        assert_true(isfinite(e->terms[i].weight));
        assert_true(strlen(e->terms[i].text) > 0);
        sum += e->terms[i].weight;
        if (i > 0)
            assert_true(fabs(e->terms[i - 1].weight) >= fabs(e->terms[i].weight));
    }
    assert_true(sum == e->logit);
}

/* The map of confidences changes the highest label's share, the others keep their ratios. */
static void check_against_probabilities(const triage_explanation *e, const float *p, size_t label,
                                        size_t other, size_t top)
{
    if (label == other)
        assert_true(e->logit == 0);
    else if (label == top || other == top)
        assert_true(p[label] == p[other] || fabs(e->logit) < 1e-4 ||
                    (e->logit > 0) == (p[label] > p[other]));
    else if (p[label] > 1e-6f && p[other] > 1e-6f)
        assert_float_equal(e->logit, log((double)p[label] / (double)p[other]), 2e-3);
}

static void terms_add_up_and_agree_with_probabilities(void **state)
{
    const fixture *f = *state;
    for (size_t m = 0; m < 3; m++) {
        triage_predictor *predictor = predictor_of(f->models[m]);
        for (size_t i = 0; i < triage_dataset_size(f->tickets); i++) {
            size_t length;
            triage_outcome outcomes[2];
            const char *text = triage_dataset_text(f->tickets, i, &length);
            assert_int_equal(triage_predict(predictor, text, length, outcomes, NULL), TRIAGE_OK);
            if (triage_predictor_text_facts(predictor).n_known_tokens == 0)
                continue;
            for (size_t pair = 0; pair < 2 * 6 * 6; pair++) {
                size_t field = pair % 2, label = pair / 2 % 6, other = pair / 12;
                triage_explanation e = explain(predictor, field, label, other);
                check_terms(&e);
                check_against_probabilities(&e, triage_predictor_probabilities(predictor, field),
                                            label, other, outcomes[field].label);
            }
        }
        triage_predictor_free(predictor);
    }
}

/* Preset `words` knows every word and pair of a small training set: the terms of its own tickets
 * are all their different words and all their different pairs of neighbours. */
static void every_word_and_pair_is_a_term(void **state)
{
    const fixture *f = *state;
    triage_dataset *own = random_dataset(300, 2, 6, 1);
    triage_predictor *predictor = predictor_of(f->models[TRIAGE_PRESET_WORDS]);
    for (size_t i = 0; i < 300; i++) {
        size_t length, n_expected = 0;
        triage_outcome outcomes[2];
        tokens t = {0};
        const char *text = triage_dataset_text(own, i, &length);
        assert_true(tokens_read(&t, text, length));
        assert_int_equal(triage_predict(predictor, text, length, outcomes, NULL), TRIAGE_OK);
        triage_explanation e = explain(predictor, 0, 0, 1);
        for (size_t k = 0; k < 2 * t.n; k++) {
            char term[300] = "";
            size_t n_found = 0;
            if (k / 2 + k % 2 >= t.n)
                break;
            strncat(term, token_bytes(&t, k / 2), t.items[k / 2].length);
            if (k % 2 == 1) {
                strcat(term, " ");
                strncat(term, token_bytes(&t, k / 2 + 1), t.items[k / 2 + 1].length);
            }
            for (size_t j = 0; j < e.n_terms; j++)
                n_found += strcmp(e.terms[j].text, term) == 0;
            assert_int_equal(n_found, 1);
            n_expected++;
        }
        assert_true(e.n_terms <= n_expected && (t.n == 0 || e.n_terms > 0));
        tokens_free(&t);
    }
    triage_predictor_free(predictor);
    triage_dataset_free(own);
}

static void the_other_way_round_it_is_the_opposite(void **state)
{
    const fixture *f = *state;
    triage_predictor *predictor = predictor_of(f->models[TRIAGE_PRESET_AUTO]);
    predict(predictor, "please druckering xdruckerx");
    triage_explanation there = explain(predictor, 0, 0, 3);
    double logit = there.logit, intercept = there.intercept;
    triage_explanation back = explain(predictor, 0, 3, 0);
    assert_true(fabs(logit + back.logit) < 1e-12);
    assert_true(intercept == -back.intercept);
    triage_predictor_free(predictor);
}

static int compare_texts(const void *left, const void *right)
{
    return strcmp(((const triage_term *)left)->text, ((const triage_term *)right)->text);
}

/* All terms of `text`, joined by '|' in byte order. */
static void expect_terms(const triage_model *model, const char *text, const char *joined)
{
    triage_predictor *predictor = predictor_of(model);
    triage_term terms[64];
    char found[1024] = "";
    predict(predictor, text);
    triage_explanation e = explain(predictor, 0, 0, 1);
    check_terms(&e);
    assert_in_range(e.n_terms, 1, 63);
    memcpy(terms, e.terms, e.n_terms * sizeof *terms);
    qsort(terms, e.n_terms, sizeof *terms, compare_texts);
    for (size_t i = 0; i < e.n_terms; i++) {
        strcat(found, i > 0 ? "|" : "");
        strcat(found, terms[i].text);
    }
    assert_string_equal(found, joined);
    triage_predictor_free(predictor);
}

static const ticket_row form_rows[] = {
    {"new laptop please", {"a"}},      {"new laptop please", {"b"}}, {"old Drucker resets", {"b"}},
    {"reset the password now", {"a"}}, {"new screen today", {"a"}},  {"old screen today", {"b"}},
};

/* A model of `form_rows` with features that no preset asks for. */
static triage_model *model_with(const feature_options *options)
{
    triage_error err;
    triage_dataset *dataset = dataset_of(form_rows, 6, 1);
    corpus c = {0};
    feature_space space = {0};
    doc_matrix matrix = {0};
    example_set set = {0};
    linear_model linear = {0};
    calibration unchanged = {0};
    triage_model *model = NULL;
    static const uint32_t docs[6] = {0, 1, 2, 3, 4, 5};
    int32_t labels[6];
    static const char *const names[] = {"a", "b"};
    static const float thresholds[] = {0.5f, 0.5f}, priors[] = {0.5f, 0.5f};
    buffer metadata = {0};
    buffer_append_text(&metadata, "{}");
    for (size_t i = 0; i < 6; i++)
        labels[i] = triage_dataset_label(dataset, 0, i);
    sgd_options sgd = {.n_epochs = 10, .step = 1, .lambda = 0.1};
    assert_int_equal(corpus_build(dataset, 1, 1, &c, &err), TRIAGE_OK);
    assert_int_equal(feature_space_build(&c, docs, 6, options, 1, &space, &err), TRIAGE_OK);
    assert_int_equal(doc_matrix_build(&c, &space, docs, 6, 1, &matrix, &err), TRIAGE_OK);
    assert_true(example_set_build(&matrix, &space, docs, 6, labels, NULL, &set));
    assert_true(linear_model_new(&space, 2, &linear));
    assert_true(sgd_train(&linear, &space, &set, &sgd, NULL, NULL));
    assert_true(calibration_identity(2, &unchanged));
    field_result field = {"f", names, 2, &linear, &unchanged, thresholds, priors};
    assembly a = {&space, &field, 1, &metadata, 1};
    assert_int_equal(assemble_model(&a, &model, &err), TRIAGE_OK);
    calibration_free(&unchanged);
    linear_model_free(&linear);
    example_set_free(&set);
    doc_matrix_free(&matrix);
    feature_space_free(&space);
    corpus_free(&c);
    buffer_free(&metadata);
    triage_dataset_free(dataset);
    return model;
}

static void words_and_pairs_are_written_out(void **state)
{
    (void)state;
    triage_model *model = model_of(dataset_of(form_rows, 6, 1), TRIAGE_PRESET_WORDS);
    expect_terms(model, "New LAPTOP!", "laptop|new|new laptop");
    expect_terms(model, "laptop, xyzzy new", "laptop|new");
    expect_terms(model, "new new", "new"); /* one feature, however often */
    triage_model_free(model);
}

/* As often as it occurs: the logit that it is a part of is that of the prediction. */
static void a_repeated_unknown_word_is_one_term(void **state)
{
    (void)state;
    triage_model *model =
        model_with(&(feature_options){.min_df = 1, .char_min = 3, .char_max = 4, .char_weight = 1});
    const char *text = "reseted new reseted, resetting Reseted";
    expect_terms(model, text, "new|~reseted|~resetting");
    triage_predictor *predictor = predictor_of(model);
    predict(predictor, text);
    triage_explanation e = explain(predictor, 0, 0, 1);
    const float *p = triage_predictor_probabilities(predictor, 0);
    assert_float_equal(e.logit, log((double)p[0] / (double)p[1]), 1e-4);
    assert_true(fabs(e.logit) > 0.1);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

static void every_form_of_pair_is_written_out(void **state)
{
    (void)state;
    triage_model *model = model_with(
        &(feature_options){.min_df = 1, .max_pairs = 1000, .n_opening = 1, .has_edges = true});
    expect_terms(model, "new laptop please",
                 "^ new|^new|laptop|laptop please|new|new laptop|please|please $");
    triage_model_free(model);
}

static void unknown_words_are_marked(void **state)
{
    (void)state;
    triage_model *model =
        model_with(&(feature_options){.min_df = 1, .char_min = 3, .char_max = 4, .char_weight = 1});
    /* "reseted" shares n-grams with "reset" and "resets", "xyzzy" with no two words. */
    expect_terms(model, "new reseted xyzzy", "new|~reseted");
    triage_model_free(model);
}

/* "new", in half of the tickets, weighs nothing by itself, and nothing by its spelling. */
static void what_is_too_frequent_is_no_term(void **state)
{
    (void)state;
    triage_model *model = model_with(&(feature_options){.min_df = 1,
                                                        .max_df = 0.4,
                                                        .max_pairs = 100,
                                                        .char_min = 3,
                                                        .char_max = 4,
                                                        .char_weight = 1});
    expect_terms(model, "new laptop", "laptop|new laptop");
    triage_predictor *predictor = predictor_of(model);
    predict(predictor, "new");
    triage_explanation e = explain(predictor, 0, 0, 1);
    assert_int_equal(e.n_terms, 0);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

static void without_a_known_word_the_prior_explains(void **state)
{
    (void)state;
    triage_dataset *dataset = new_dataset(1);
    for (int i = 0; i < 8; i++)
        add_ticket(dataset, "word", (const char *[]){i % 4 ? "a" : "b"});
    triage_model *model = model_of(finished(dataset), TRIAGE_PRESET_WORDS);
    triage_predictor *predictor = predictor_of(model);
    predict(predictor, "xyzzy");
    triage_explanation e = explain(predictor, 0, 0, 1);
    assert_int_equal(e.n_terms, 0);
    assert_float_equal(e.intercept, log(3), 1e-6);
    assert_true(e.logit == e.intercept);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

static void wrong_indices_are_refused(void **state)
{
    const fixture *f = *state;
    static const size_t wrong[][3] = {{2, 0, 1},        {0, 6, 1},        {0, 1, 6},
                                      {SIZE_MAX, 0, 0}, {0, SIZE_MAX, 0}, {0, 0, SIZE_MAX}};
    triage_predictor *predictor = predictor_of(f->models[0]);
    triage_explanation e = {.n_terms = 77};
    triage_error err;
    assert_int_equal(triage_explain(predictor, 0, 0, 1, &e, &err), TRIAGE_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "predicted"));
    predict(predictor, "druckering");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(triage_explain(predictor, wrong[i][0], wrong[i][1], wrong[i][2], &e, &err),
                         TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(e.n_terms, 77);
    explain(predictor, 1, 5, 0);
    triage_predictor_free(predictor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(terms_add_up_and_agree_with_probabilities),
        cmocka_unit_test(every_word_and_pair_is_a_term),
        cmocka_unit_test(the_other_way_round_it_is_the_opposite),
        cmocka_unit_test(words_and_pairs_are_written_out),
        cmocka_unit_test(every_form_of_pair_is_written_out),
        cmocka_unit_test(unknown_words_are_marked),
        cmocka_unit_test(a_repeated_unknown_word_is_one_term),
        cmocka_unit_test(what_is_too_frequent_is_no_term),
        cmocka_unit_test(without_a_known_word_the_prior_explains),
        cmocka_unit_test(wrong_indices_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
