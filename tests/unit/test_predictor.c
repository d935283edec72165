/* SPDX-License-Identifier: MIT */
/* Prediction: probabilities that are some, outcomes that fit them, and nothing but model and text
 * in the result. */
#include "engine_support.h"

#include <math.h>
#include <pthread.h>

#define N_FIELDS 3

/* One model of each preset, and tickets that none has seen. */
typedef struct fixture {
    triage_model *models[3];
    triage_dataset *tickets;
} fixture;

static int setup(void **state)
{
    static fixture f;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
        f.models[preset] = model_of(random_dataset(300, N_FIELDS, 9, 1), preset);
    f.tickets = random_dataset(200, N_FIELDS, 9, 2);
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

/* Probabilities of the last prediction, and that the outcome says the same. */
static void check_field(const triage_model *model, const triage_predictor *predictor, size_t field,
                        const triage_outcome *outcome)
{
    const float *p = triage_predictor_probabilities(predictor, field);
    size_t n = triage_model_n_labels(model, field), best = 0, second = n > 1;
    double sum = 0;
    for (size_t k = 0; k < n; k++) {
        assert_true(p[k] >= 0 && p[k] <= 1); /* false for NaN */
        sum += (double)p[k];
        best = p[k] > p[best] ? k : best;
    }
    second = best == 0 ? second : 0;
    for (size_t k = 0; k < n; k++)
        second = k != best && p[k] > p[second] ? k : second;
    assert_true(fabs(sum - 1) < 1e-5);
    assert_int_equal(outcome->label, best);
    assert_int_equal(outcome->runner_up, second);
    assert_true(outcome->confidence == p[best]);
    assert_true(outcome->threshold == triage_model_threshold(model, field, best));
    bool is_known = triage_predictor_text_facts(predictor).n_known_tokens > 0;
    assert_int_equal(outcome->decision,
                     is_known && p[best] >= outcome->threshold ? TRIAGE_AUTO : TRIAGE_REVIEW);
}

static void check_text(const triage_model *model, triage_predictor *predictor, const char *text,
                       size_t length)
{
    triage_error err;
    triage_outcome outcomes[N_FIELDS];
    assert_int_equal(triage_predict(predictor, text, length, outcomes, &err), TRIAGE_OK);
    for (size_t f = 0; f < N_FIELDS; f++)
        check_field(model, predictor, f, &outcomes[f]);
}

static void outcomes_fit_the_probabilities(void **state)
{
    const fixture *f = *state;
    for (size_t m = 0; m < 3; m++) {
        triage_predictor *predictor = predictor_of(f->models[m]);
        for (size_t i = 0; i < triage_dataset_size(f->tickets); i++) {
            size_t length;
            const char *text = triage_dataset_text(f->tickets, i, &length);
            check_text(f->models[m], predictor, text, length);
        }
        triage_predictor_free(predictor);
    }
}

/* Texts that no help desk gets: the length in bytes, and a pattern that is repeated. */
static void hostile_texts_are_answered(void **state)
{
    const fixture *f = *state;
    static const struct {
        size_t length;
        const char *pattern;
    } texts[] = {
        {1 << 20, "x"},
        {1 << 20, "drucker "},
        {1 << 20, "a b c d e f g h i j k l m "},
        {1 << 20, "\xFF\xFE drucker"},
        {1 << 20, "\xC3"},
        {1 << 18, "\xC3\xA4\xCC\x88"},
        {1 << 18, "\xE6\x95\x85"},
        {1 << 18, "\xEF\xB7\xBA"},
        {3, "\xF0\x9F\x98"},
        {1, ""},
    };
    for (size_t m = 0; m < 3; m++) {
        triage_predictor *predictor = predictor_of(f->models[m]);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            size_t period = strlen(texts[i].pattern) + (texts[i].length == 1);
            char *text = malloc(texts[i].length);
            assert_non_null(text);
            for (size_t j = 0; j < texts[i].length; j++)
                text[j] = texts[i].pattern[j % period];
            check_text(f->models[m], predictor, text, texts[i].length);
            free(text);
        }
        char every_byte[512];
        for (size_t j = 0; j < sizeof every_byte; j++)
            every_byte[j] = (char)j;
        check_text(f->models[m], predictor, every_byte, sizeof every_byte);
        triage_predictor_free(predictor);
    }
}

static void random_bytes_are_answered(void **state)
{
    const fixture *f = *state;
    static const char *const pieces[] = {"drucker", "anen", "passwort", " ",        "\xC3\xBC",
                                         "\xFF",    ".",    "ing",      "\xCC\x88", "\xE6\x95\x85"};
    rng r = {11};
    for (size_t m = 0; m < 3; m++) {
        triage_predictor *predictor = predictor_of(f->models[m]);
        for (int round = 0; round < 500; round++) {
            char text[512] = "";
            for (uint32_t i = rng_below(&r, 40); i > 0; i--)
                strcat(text, pieces[rng_below(&r, 10)]);
            check_text(f->models[m], predictor, text, strlen(text));
        }
        triage_predictor_free(predictor);
    }
}

static void a_text_that_is_too_long_is_refused(void **state)
{
    const fixture *f = *state;
    triage_predictor *predictor = predictor_of(f->models[TRIAGE_PRESET_WORDS]);
    triage_outcome outcomes[N_FIELDS];
    triage_error err;
    assert_int_equal(triage_predict(predictor, "", ((size_t)64 << 20) + 1, outcomes, &err),
                     TRIAGE_ERROR_ARGUMENT);
    triage_explanation e;
    assert_int_equal(triage_explain(predictor, 0, 0, 1, &e, &err), TRIAGE_ERROR_ARGUMENT);
    triage_predictor_free(predictor);
}

static void without_a_known_word_the_prior_is_the_confidence(void **state)
{
    const fixture *f = *state;
    static const char *const texts[] = {"", "  \n", "?!", "xyzzy", "xyzzy plugh \xE6\x95\x85"};
    for (size_t m = 0; m < 3; m++) {
        triage_predictor *predictor = predictor_of(f->models[m]);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
            triage_outcome outcome = predict(predictor, texts[i]);
            assert_int_equal(outcome.decision, TRIAGE_REVIEW);
            const float *p = triage_predictor_probabilities(predictor, 0);
            for (size_t k = 0; k < triage_model_n_labels(f->models[m], 0); k++)
                assert_true(p[k] == triage_model_prior(f->models[m], 0, k));
            check_field(f->models[m], predictor, 0, &outcome);
        }
        triage_predictor_free(predictor);
    }
}

static void facts_count_words_and_bad_bytes(void **state)
{
    const fixture *f = *state;
    triage_predictor *predictor = predictor_of(f->models[TRIAGE_PRESET_WORDS]);
    predict(predictor, "please xyzzy, Hello \xFF \xC3 the");
    triage_text_facts facts = triage_predictor_text_facts(predictor);
    assert_int_equal(facts.n_tokens, 4);
    assert_int_equal(facts.n_known_tokens, 3);
    assert_int_equal(facts.n_invalid_utf8, 2);
    triage_predictor_free(predictor);
}

/* Half the tickets speak of "drucker...", the others of "passwort...", never twice by the same
 * word: only their character n-grams can be learnt. */
static triage_model *spelling_model(void)
{
    rng r = {3};
    triage_dataset *dataset = new_dataset(1);
    for (uint32_t i = 0; i < 400; i++) {
        char text[128];
        char tail[5] = {(char)('a' + rng_below(&r, 26)), (char)('a' + rng_below(&r, 26)),
                        (char)('a' + rng_below(&r, 26)), (char)('a' + rng_below(&r, 26)), 0};
        snprintf(text, sizeof text, "the %s%s is", i % 2 ? "drucker" : "passwort", tail);
        add_ticket(dataset, text, (const char *[]){i % 2 ? "hardware" : "access"});
    }
    return model_of(finished(dataset), TRIAGE_PRESET_AUTO);
}

static void an_unknown_word_counts_by_its_ngrams(void **state)
{
    (void)state;
    triage_model *model = spelling_model();
    triage_predictor *predictor = predictor_of(model);
    size_t hardware = label_of(model, 0, "hardware"), access = label_of(model, 0, "access");
    assert_int_equal(predict(predictor, "the druckerqqqq is").label, hardware);
    assert_int_equal(triage_predictor_text_facts(predictor).n_known_tokens, 2);
    assert_int_equal(predict(predictor, "the passwortqqqq is").label, access);
    /* Without any word that it knows as such, it does not trust the n-grams. */
    assert_int_equal(predict(predictor, "druckerqqqq").decision, TRIAGE_REVIEW);
    assert_true(triage_predictor_probabilities(predictor, 0)[hardware] ==
                triage_model_prior(model, 0, hardware));
    triage_predictor_free(predictor);
    triage_model_free(model);
}

/* All probabilities of all fields for ticket `i`, behind `out`. */
static bool append_prediction(const triage_model *model, triage_predictor *predictor,
                              const triage_dataset *tickets, size_t i, float *out)
{
    size_t length;
    triage_outcome outcomes[N_FIELDS];
    const char *text = triage_dataset_text(tickets, i, &length);
    if (triage_predict(predictor, text, length, outcomes, NULL) != TRIAGE_OK)
        return false;
    for (size_t f = 0; f < N_FIELDS; f++)
        for (size_t k = 0; k < 9; k++)
            *out++ = k < triage_model_n_labels(model, f)
                         ? triage_predictor_probabilities(predictor, f)[k]
                         : 0;
    return true;
}

#define ROW_SIZE (N_FIELDS * 9)

/* One thread's share: all tickets, from `first` on and round, with a predictor of its own. */
typedef struct share {
    const fixture *f;
    size_t model, first;
    float *rows;
    bool is_done;
} share;

static void *predict_all(void *context)
{
    share *s = context;
    const triage_model *model = s->f->models[s->model];
    size_t n = triage_dataset_size(s->f->tickets);
    triage_predictor *predictor = NULL;
    s->is_done = triage_predictor_new(model, &predictor, NULL) == TRIAGE_OK;
    for (size_t j = 0; s->is_done && j < n; j++) {
        size_t i = (s->first + j) % n;
        s->is_done = append_prediction(model, predictor, s->f->tickets, i, s->rows + i * ROW_SIZE);
    }
    triage_predictor_free(predictor);
    return NULL;
}

static void order_and_threads_do_not_matter(void **state)
{
    enum { N_THREADS = 4 };
    const fixture *f = *state;
    size_t n = triage_dataset_size(f->tickets), size = n * ROW_SIZE * sizeof(float);
    for (size_t m = 0; m < 3; m++) {
        pthread_t threads[N_THREADS];
        share shares[N_THREADS];
        for (size_t t = 0; t < N_THREADS; t++) {
            shares[t] = (share){f, m, t * n / N_THREADS, malloc(size), false};
            assert_non_null(shares[t].rows);
            assert_int_equal(pthread_create(&threads[t], NULL, predict_all, &shares[t]), 0);
        }
        for (size_t t = 0; t < N_THREADS; t++) {
            assert_int_equal(pthread_join(threads[t], NULL), 0);
            assert_true(shares[t].is_done);
            assert_memory_equal(shares[t].rows, shares[0].rows, size);
        }
        for (size_t t = 0; t < N_THREADS; t++)
            free(shares[t].rows);
    }
}

static void a_new_predictor_says_the_same_as_a_used_one(void **state)
{
    const fixture *f = *state;
    triage_predictor *used = predictor_of(f->models[0]);
    for (size_t i = 0; i < 50; i++) {
        float old[ROW_SIZE], fresh[ROW_SIZE];
        triage_predictor *predictor = predictor_of(f->models[0]);
        assert_true(append_prediction(f->models[0], used, f->tickets, i, old));
        assert_true(append_prediction(f->models[0], predictor, f->tickets, i, fresh));
        assert_memory_equal(old, fresh, sizeof old);
        triage_predictor_free(predictor);
    }
    triage_predictor_free(used);
}

static void wrong_arguments_are_refused(void **state)
{
    const fixture *f = *state;
    triage_predictor *predictor = NULL;
    assert_int_equal(triage_predictor_new(NULL, &predictor, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_predictor_new(f->models[0], NULL, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_null(predictor);
    triage_predictor_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_fit_the_probabilities),
        cmocka_unit_test(hostile_texts_are_answered),
        cmocka_unit_test(random_bytes_are_answered),
        cmocka_unit_test(a_text_that_is_too_long_is_refused),
        cmocka_unit_test(without_a_known_word_the_prior_is_the_confidence),
        cmocka_unit_test(facts_count_words_and_bad_bytes),
        cmocka_unit_test(an_unknown_word_counts_by_its_ngrams),
        cmocka_unit_test(order_and_threads_do_not_matter),
        cmocka_unit_test(a_new_predictor_says_the_same_as_a_used_one),
        cmocka_unit_test(wrong_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
