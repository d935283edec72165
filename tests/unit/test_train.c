/* SPDX-License-Identifier: MIT */
/*
 * Training from end to end: the same bytes for any number of threads, and what becomes of data that
 * is unbalanced, poor, contradictory or empty (docs/adr/0012-edge-cases.md).
 */
#include "base/json.h"
#include "engine_support.h"

#include <math.h>

static void sha256_of(const triage_dataset *dataset, const triage_train_options *options,
                      char ret_hex[65])
{
    triage_error err;
    triage_model *model = NULL;
    if (triage_train(dataset, options, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_model_sha256(model, ret_hex);
    triage_model_free(model);
}

/* Tickets of three fields, the second of which every third ticket lacks. */
static triage_dataset *gappy_dataset(size_t n)
{
    rng r = {5};
    triage_dataset *dataset = new_dataset(3);
    static const char *const names[] = {"a", "b", "c", "d"};
    for (size_t i = 0; i < n; i++) {
        char text[SUPPORT_TEXT_SIZE];
        uint32_t labels[] = {rng_below(&r, 4), rng_below(&r, 2), rng_below(&r, 3)};
        random_text(&r, labels, 3, text, sizeof text);
        add_ticket(
            dataset, text,
            (const char *[]){names[labels[0]], i % 3 ? names[labels[1]] : NULL, names[labels[2]]});
    }
    return finished(dataset);
}

static void the_bytes_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const uint32_t n_threads[] = {1, 2, 3, 7, 1, UINT32_MAX};
    triage_dataset *dataset = gappy_dataset(300);
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        char first[65], other[65];
        for (size_t i = 0; i < sizeof n_threads / sizeof *n_threads; i++) {
            triage_train_options options = options_of(preset, n_threads[i]);
            sha256_of(dataset, &options, i == 0 ? first : other);
            if (i > 0)
                assert_string_equal(first, other);
        }
    }
    triage_dataset_free(dataset);
}

/* More tickets than one task takes: parts are joined. */
static void many_parts_give_the_same_bytes(void **state)
{
    (void)state;
    triage_dataset *dataset = random_dataset(9000, 1, 5, 3);
    char one[65], three[65];
    triage_train_options options = options_of(TRIAGE_PRESET_WORDS, 1);
    sha256_of(dataset, &options, one);
    options.n_threads = 3;
    sha256_of(dataset, &options, three);
    assert_string_equal(one, three);
    triage_dataset_free(dataset);
}

static void seed_and_target_change_the_bytes(void **state)
{
    (void)state;
    triage_dataset *dataset = random_dataset(300, 1, 3, 1);
    char base[65], other[65];
    triage_train_options options = options_of(TRIAGE_PRESET_WORDS, 1);
    sha256_of(dataset, &options, base);
    options.seed = 2;
    sha256_of(dataset, &options, other);
    assert_string_not_equal(base, other);
    options.seed = 1;
    options.target_precision = 0.5;
    sha256_of(dataset, &options, other);
    assert_string_not_equal(base, other);
    triage_dataset_free(dataset);
}

static double accuracy(const triage_model *model, const triage_dataset *dataset, size_t field)
{
    triage_predictor *predictor = predictor_of(model);
    triage_outcome outcomes[SUPPORT_MAX_FIELDS];
    triage_error err;
    size_t n_right = 0, n = triage_dataset_size(dataset);
    for (size_t i = 0; i < n; i++) {
        size_t length;
        const char *text = triage_dataset_text(dataset, i, &length);
        assert_int_equal(triage_predict(predictor, text, length, outcomes, &err), TRIAGE_OK);
        size_t truth = (size_t)triage_dataset_label(dataset, field, i);
        n_right += strcmp(triage_model_label_name(model, field, outcomes[field].label),
                          triage_dataset_label_name(dataset, field, truth)) == 0;
    }
    triage_predictor_free(predictor);
    return (double)n_right / (double)n;
}

static void every_preset_learns(void **state)
{
    (void)state;
    triage_dataset *test = random_dataset(300, 2, 4, 99);
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_model *model = model_of(random_dataset(500, 2, 4, 1), preset);
        assert_true(accuracy(model, test, 0) > 0.75); /* a fourth by chance; some say nothing */
        assert_true(accuracy(model, test, 1) > 0.75);
        triage_model_free(model);
    }
    triage_dataset_free(test);
}

static void a_hundred_and_fifty_labels(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(1500, 1, 150, 1), TRIAGE_PRESET_AUTO);
    triage_dataset *test = random_dataset(300, 1, 150, 98);
    assert_int_equal(triage_model_n_labels(model, 0), 150);
    assert_true(accuracy(model, test, 0) > 0.5);
    triage_dataset_free(test);
    triage_model_free(model);
}

static void four_fields(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(600, 4, 3, 1), TRIAGE_PRESET_AUTO);
    triage_dataset *test = random_dataset(200, 4, 3, 97);
    assert_int_equal(triage_model_n_fields(model), 4);
    for (size_t f = 0; f < 4; f++) {
        assert_string_equal(triage_model_field_name(model, f), support_fields[f]);
        assert_true(accuracy(model, test, f) > 0.55); /* a third by chance */
    }
    triage_dataset_free(test);
    triage_model_free(model);
}

/* 99 to 1: the rare label is known and can be predicted, but is never routed without a person. */
static void a_rare_label_is_predicted_but_never_auto(void **state)
{
    (void)state;
    rng r = {1};
    triage_dataset *dataset = new_dataset(1);
    for (uint32_t i = 0; i < 500; i++) {
        char text[SUPPORT_TEXT_SIZE];
        uint32_t label = i % 100 == 0;
        random_text(&r, &label, 1, text, sizeof text);
        add_ticket(dataset, text, (const char *[]){label ? "rare" : "usual"});
    }
    triage_model *model = model_of(finished(dataset), TRIAGE_PRESET_AUTO);
    size_t rare = label_of(model, 0, "rare"), usual = label_of(model, 0, "usual");
    triage_predictor *predictor = predictor_of(model);
    assert_float_equal(triage_model_prior(model, 0, rare), 0.01, 1e-6);
    assert_true(triage_model_threshold(model, 0, rare) > 1);
    assert_true(triage_model_threshold(model, 0, usual) <= 1);
    triage_outcome outcome = predict(predictor, "passworter passworting passwortation passworten");
    assert_int_equal(outcome.label, rare);
    assert_int_equal(outcome.decision, TRIAGE_REVIEW);
    outcome = predict(predictor, "druckering druckers");
    assert_int_equal(outcome.label, usual);
    assert_int_equal(outcome.decision, TRIAGE_AUTO);
    triage_predictor_free(predictor);
    triage_model_free(model);
}

static void a_label_with_one_example_is_known_and_never_auto(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        rng r = {1};
        triage_dataset *dataset = new_dataset(1);
        for (uint32_t i = 0; i < 200; i++) {
            char text[SUPPORT_TEXT_SIZE];
            uint32_t label = i % 2;
            random_text(&r, &label, 1, text, sizeof text);
            add_ticket(dataset, text, (const char *[]){label ? "a" : "b"});
        }
        add_ticket(dataset, "zebra crossing", (const char *[]){"once"});
        triage_model *model = model_of(finished(dataset), preset);
        size_t once = label_of(model, 0, "once");
        assert_int_equal(triage_model_n_labels(model, 0), 3);
        assert_true(triage_model_threshold(model, 0, once) > 1);
        assert_float_equal(triage_model_prior(model, 0, once), 1.0 / 201, 1e-6);
        triage_predictor *predictor = predictor_of(model);
        assert_int_equal(predict(predictor, "zebra crossing").decision, TRIAGE_REVIEW);
        const float *p = triage_predictor_probabilities(predictor, 0);
        /* What it was trained on makes it likelier than it is in general. */
        assert_true(p[once] > 1.0f / 201);
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

static triage_model *one_label_model(uint32_t n, triage_preset preset)
{
    rng r = {1};
    triage_dataset *dataset = new_dataset(1);
    for (uint32_t i = 0; i < n; i++) {
        char text[SUPPORT_TEXT_SIZE];
        uint32_t label = 0;
        random_text(&r, &label, 1, text, sizeof text);
        add_ticket(dataset, text, (const char *[]){"only"});
    }
    return model_of(finished(dataset), preset);
}

/* With one label there is nothing to be unsure about: it is `auto` as soon as there are tickets
 * enough to prove the target (0.95^59 < 0.05). */
static void one_label_is_certain(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_model *large = one_label_model(70, preset), *small = one_label_model(50, preset);
        triage_predictor *predictor = predictor_of(large);
        triage_outcome outcome = predict(predictor, "drucker please");
        assert_int_equal(outcome.label, 0);
        assert_int_equal(outcome.runner_up, 0);
        assert_true(outcome.confidence == 1);
        assert_int_equal(outcome.decision, TRIAGE_AUTO);
        outcome = predict(predictor, "");
        assert_true(outcome.confidence == 1);
        assert_int_equal(outcome.decision, TRIAGE_REVIEW);
        triage_predictor_free(predictor);
        assert_true(triage_model_threshold(small, 0, 0) > 1);
        triage_model_free(small);
        triage_model_free(large);
    }
}

static void empty_texts_are_trained_on_as_such(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        rng r = {1};
        triage_dataset *dataset = new_dataset(1);
        for (uint32_t i = 0; i < 200; i++) {
            char text[SUPPORT_TEXT_SIZE];
            uint32_t label = i % 2;
            random_text(&r, &label, 1, text, sizeof text);
            add_ticket(dataset,
                       i % 4   ? text
                       : i % 8 ? " \t"
                               : "",
                       (const char *[]){label ? "a" : "b"});
        }
        triage_model *model = model_of(finished(dataset), preset);
        triage_predictor *predictor = predictor_of(model);
        triage_outcome outcome = predict(predictor, "");
        assert_float_equal(outcome.confidence, 0.5, 1e-6);
        assert_int_equal(outcome.decision, TRIAGE_REVIEW);
        assert_int_equal(predict(predictor, "passworts passworting").label,
                         label_of(model, 0, "a"));
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

/* A model of `dataset` (freed here) with these bounds of document frequency. */
static triage_model *model_within(triage_dataset *dataset, triage_preset preset, uint32_t min_df,
                                  double max_df)
{
    triage_error err;
    triage_model *model = NULL;
    triage_train_options options = options_of(preset, 1);
    options.min_df = min_df;
    options.max_df = max_df;
    if (triage_train(dataset, &options, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    triage_dataset_free(dataset);
    return model;
}

/* "every" is in all tickets, "odd" in three quarters, "even" in the others, and a number in one. */
static triage_dataset *numbered_dataset(void)
{
    triage_dataset *dataset = new_dataset(1);
    for (int i = 0; i < 60; i++) {
        char text[64];
        snprintf(text, sizeof text, "every, %s, number%d", i % 4 ? "odd" : "even", i);
        add_ticket(dataset, text, (const char *[]){i % 4 ? "a" : "b"});
    }
    return finished(dataset);
}

static void bounds_of_document_frequency_hold_for_every_preset(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_model *model = model_within(numbered_dataset(), preset, 2, 0.9);
        triage_predictor *predictor = predictor_of(model);
        size_t length;
        const char *bytes = triage_model_metadata(model, &length);
        char *metadata = strndup(bytes, length);
        assert_non_null(strstr(metadata, "\"min_df\":2,\"max_df\":0.9"));
        free(metadata);
        assert_string_equal(triage_model_label_name(model, 0, predict(predictor, "odd").label),
                            "a");
        float alone = predict(predictor, "odd").confidence;
        assert_true(alone > 0.9f);
        assert_true(preset != TRIAGE_PRESET_SEED ||
                    predict(predictor, "every, odd").confidence == alone);
        triage_outcome outcome = predict(predictor, "every every");
        assert_int_equal(triage_predictor_text_facts(predictor).n_known_tokens, 2);
        assert_int_equal(outcome.decision, TRIAGE_REVIEW);
        assert_true(outcome.confidence == triage_model_prior(model, 0, outcome.label));
        predict(predictor, "number7");
        assert_int_equal(triage_predictor_text_facts(predictor).n_known_tokens, 0);
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

static void without_any_word_the_prior_is_all_there_is(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_dataset *dataset = new_dataset(1);
        for (uint32_t i = 0; i < 100; i++)
            add_ticket(dataset, i % 2 ? "" : "?!", (const char *[]){i % 5 ? "a" : "b"});
        triage_model *model = model_of(finished(dataset), preset);
        assert_int_equal(triage_model_n_features(model), 0);
        triage_predictor *predictor = predictor_of(model);
        static const char *const texts[] = {"", "word", "two words"};
        for (size_t i = 0; i < 3; i++) {
            triage_outcome outcome = predict(predictor, texts[i]);
            assert_int_equal(outcome.label, 0);
            assert_float_equal(outcome.confidence, 0.8, 1e-6);
            assert_int_equal(outcome.decision, TRIAGE_REVIEW);
        }
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

/* Forty texts, each said ten times, seven times with one label: no one can know better than 0.7. */
static void contradictions_give_their_share_as_confidence(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        rng r = {1};
        triage_dataset *dataset = new_dataset(1);
        double mean = 0;
        for (uint32_t i = 0; i < 40; i++) {
            char text[SUPPORT_TEXT_SIZE];
            uint32_t label = i % 2;
            random_text(&r, &label, 1, text, sizeof text);
            for (uint32_t j = 0; j < 10; j++)
                add_ticket(dataset, text, (const char *[]){(j < 7) == (label == 0) ? "a" : "b"});
        }
        triage_model *model = model_of(finished(dataset), preset);
        triage_predictor *predictor = predictor_of(model);
        r.state = 1;
        for (uint32_t i = 0; i < 40; i++) {
            char text[SUPPORT_TEXT_SIZE];
            uint32_t label = i % 2;
            random_text(&r, &label, 1, text, sizeof text);
            triage_outcome outcome = predict(predictor, text);
            assert_int_equal(outcome.decision, TRIAGE_REVIEW);
            mean += (double)outcome.confidence / 40;
        }
        assert_in_range(mean * 1000, 580, 820);
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

/* One and the same text two hundred times: all tickets fall into one fold, and no model is there
 * that has not seen them. */
static void one_text_with_two_labels_gives_its_share(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_dataset *dataset = new_dataset(1);
        for (uint32_t i = 0; i < 200; i++)
            add_ticket(dataset, "printer broken", (const char *[]){i % 10 < 7 ? "a" : "b"});
        triage_model *model = model_of(finished(dataset), preset);
        triage_predictor *predictor = predictor_of(model);
        triage_outcome outcome = predict(predictor, "printer broken");
        assert_int_equal(outcome.label, 0);
        assert_float_equal(outcome.confidence, 0.7, 0.02);
        assert_int_equal(outcome.decision, TRIAGE_REVIEW);
        triage_predictor_free(predictor);
        triage_model_free(model);
    }
}

static void a_ticket_without_a_label_is_left_out_of_that_field_only(void **state)
{
    (void)state;
    triage_model *model = model_of(gappy_dataset(300), TRIAGE_PRESET_WORDS);
    double sum = 0;
    assert_int_equal(triage_model_n_labels(model, 1), 2);
    for (size_t k = 0; k < 2; k++)
        sum += (double)triage_model_prior(model, 1, k); /* of the tickets that have one */
    assert_float_equal(sum, 1, 1e-6);
    triage_model_free(model);
}

static void expect_failure(const triage_dataset *dataset, const triage_train_options *options,
                           triage_status status, const char *said)
{
    triage_error err = {0};
    triage_model *model = (triage_model *)(void *)&err;
    assert_int_equal(triage_train(dataset, options, &model, &err), status);
    assert_int_equal(err.status, status);
    assert_non_null(strstr(err.message, said));
    assert_ptr_equal(model, &err);
    assert_int_equal(triage_train(dataset, options, &model, NULL), status);
}

static void a_field_without_any_label_is_an_error(void **state)
{
    (void)state;
    static const ticket_row rows[] = {{"a b", {"x", NULL}}, {"c d", {"y", ""}}};
    triage_dataset *dataset = dataset_of(rows, 2, 2);
    expect_failure(dataset, NULL, TRIAGE_ERROR_DATA, "'priority'");
    triage_dataset_free(dataset);
}

static void no_ticket_is_an_error(void **state)
{
    (void)state;
    triage_dataset *dataset = finished(new_dataset(1));
    expect_failure(dataset, NULL, TRIAGE_ERROR_DATA, "0 tickets");
    triage_dataset_free(dataset);
}

static void a_dataset_that_is_not_finished_is_an_error(void **state)
{
    (void)state;
    triage_dataset *dataset = new_dataset(1);
    for (int i = 0; i < 100; i++)
        add_ticket(dataset, "word", (const char *[]){i % 2 ? "a" : "b"});
    expect_failure(dataset, NULL, TRIAGE_ERROR_ARGUMENT, "triage_dataset_finish");
    triage_dataset_free(dataset);
}

static void one_and_two_tickets_are_enough(void **state)
{
    (void)state;
    static const ticket_row rows[] = {{"printer jam", {"hardware"}}, {"new password", {"access"}}};
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
        for (size_t n = 1; n <= 2; n++) {
            triage_model *model = model_of(dataset_of(rows, n, 1), preset);
            triage_predictor *predictor = predictor_of(model);
            assert_int_equal(triage_model_n_labels(model, 0), n);
            for (size_t i = 0; i < n; i++) {
                triage_outcome outcome = predict(predictor, rows[i].text);
                assert_int_equal(outcome.label, label_of(model, 0, rows[i].labels[0]));
                assert_int_equal(outcome.decision, TRIAGE_REVIEW);
                assert_true(outcome.confidence >= 1.0f / (float)n && outcome.confidence <= 1);
            }
            triage_predictor_free(predictor);
            triage_model_free(model);
        }
}

static void wrong_options_are_refused(void **state)
{
    (void)state;
    static const ticket_row rows[] = {{"a", {"x"}}};
    static const double targets[] = {0, 1, -1, 2, NAN, INFINITY};
    triage_dataset *dataset = dataset_of(rows, 1, 1);
    triage_train_options options = triage_train_options_default();
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        options.target_precision = targets[i];
        expect_failure(dataset, &options, TRIAGE_ERROR_ARGUMENT, "precision");
    }
    static const double shares[] = {-0.1, 1.1, NAN, INFINITY};
    options = triage_train_options_default();
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        options.max_df = shares[i];
        expect_failure(dataset, &options, TRIAGE_ERROR_ARGUMENT, "max_df");
    }
    options = triage_train_options_default();
    options.preset = (triage_preset)7;
    expect_failure(dataset, &options, TRIAGE_ERROR_ARGUMENT, "preset");
    expect_failure(NULL, NULL, TRIAGE_ERROR_ARGUMENT, "dataset");
    assert_int_equal(triage_train(dataset, NULL, NULL, NULL), TRIAGE_ERROR_ARGUMENT);
    triage_dataset_free(dataset);
}

/* Counts the calls down to the one that cancels. */
typedef struct listener {
    int n_left, n_messages;
    char stages[256];
} listener;

static bool listen(void *context, const triage_train_progress *progress)
{
    listener *l = context;
    assert_non_null(progress->stage);
    assert_true(progress->total == 0 || progress->done <= progress->total);
    if (!strstr(l->stages, progress->stage)) {
        strcat(l->stages, progress->stage);
        strcat(l->stages, "|");
    }
    if (progress->message) {
        assert_non_null(strstr(progress->message, "auto picked"));
        l->n_messages++;
    }
    return l->n_left-- > 0;
}

/* Whenever the caller says stop, the answer is CANCELLED, and nothing is left behind. */
static void training_can_be_cancelled_at_every_call(void **state)
{
    (void)state;
    triage_dataset *dataset = random_dataset(40, 2, 2, 1);
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_status status = TRIAGE_ERROR_CANCELLED;
        for (int n_calls = 0; status != TRIAGE_OK; n_calls++) {
            listener l = {.n_left = n_calls};
            triage_train_options options = options_of(preset, 1);
            options.on_progress = listen;
            options.context = &l;
            triage_model *model = NULL;
            triage_error err = {0};
            status = triage_train(dataset, &options, &model, &err);
            if (status == TRIAGE_OK) {
                assert_true(l.n_left >= 0);
                assert_true(n_calls > 5);
            } else {
                assert_int_equal(status, TRIAGE_ERROR_CANCELLED);
                assert_int_equal(err.status, TRIAGE_ERROR_CANCELLED);
                assert_null(model);
            }
            triage_model_free(model);
        }
    }
    triage_dataset_free(dataset);
}

static void progress_tells_stages_and_the_choice(void **state)
{
    (void)state;
    triage_dataset *dataset = random_dataset(60, 1, 2, 1);
    listener l = {.n_left = 1000000};
    triage_train_options options = options_of(TRIAGE_PRESET_AUTO, 2);
    options.on_progress = listen;
    options.context = &l;
    triage_model *model = NULL;
    assert_int_equal(triage_train(dataset, &options, &model, NULL), TRIAGE_OK);
    assert_string_equal(l.stages, "read words|choose features|choose penalty|find features|fit|"
                                  "calibrate|assemble|");
    assert_int_equal(l.n_messages, 1);
    triage_model_free(model);
    triage_dataset_free(dataset);
}

static void the_model_says_how_it_was_made(void **state)
{
    (void)state;
    triage_model *model = model_of(random_dataset(60, 2, 2, 1), TRIAGE_PRESET_WORDS);
    size_t length;
    const char *metadata = triage_model_metadata(model, &length);
    json_parser *parser = json_parser_new();
    json_value *value = NULL;
    triage_error err;
    assert_int_equal(json_parse(parser, metadata, length, &value, &err), TRIAGE_OK);
    assert_int_equal(json_kind_of(value), JSON_OBJECT);
    json_free(value);
    json_parser_free(parser);
    char *copy = strndup(metadata, length);
    static const char *const members[] = {"\"preset\":\"words\"",
                                          "\"seed\":1",
                                          "\"tickets\":60",
                                          "\"category\":{",
                                          "\"priority\":{",
                                          "\"log_loss\":",
                                          "\"cuts\":{\"category\":[[["};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        assert_non_null(strstr(copy, members[i]));
    free(copy);
    triage_model_free(model);
}

static void presets_have_names(void **state)
{
    (void)state;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++) {
        triage_preset parsed = (triage_preset)9;
        assert_true(triage_preset_parse(triage_preset_name(preset), &parsed));
        assert_int_equal(parsed, preset);
    }
    triage_preset parsed = TRIAGE_PRESET_SEED;
    assert_false(triage_preset_parse("Words", &parsed));
    assert_false(triage_preset_parse("", &parsed));
    assert_int_equal(parsed, TRIAGE_PRESET_SEED);
    assert_string_equal(triage_preset_name((triage_preset)9), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_bytes_do_not_depend_on_threads),
        cmocka_unit_test(many_parts_give_the_same_bytes),
        cmocka_unit_test(seed_and_target_change_the_bytes),
        cmocka_unit_test(every_preset_learns),
        cmocka_unit_test(a_hundred_and_fifty_labels),
        cmocka_unit_test(four_fields),
        cmocka_unit_test(a_rare_label_is_predicted_but_never_auto),
        cmocka_unit_test(a_label_with_one_example_is_known_and_never_auto),
        cmocka_unit_test(one_label_is_certain),
        cmocka_unit_test(empty_texts_are_trained_on_as_such),
        cmocka_unit_test(bounds_of_document_frequency_hold_for_every_preset),
        cmocka_unit_test(without_any_word_the_prior_is_all_there_is),
        cmocka_unit_test(contradictions_give_their_share_as_confidence),
        cmocka_unit_test(one_text_with_two_labels_gives_its_share),
        cmocka_unit_test(a_ticket_without_a_label_is_left_out_of_that_field_only),
        cmocka_unit_test(a_field_without_any_label_is_an_error),
        cmocka_unit_test(no_ticket_is_an_error),
        cmocka_unit_test(a_dataset_that_is_not_finished_is_an_error),
        cmocka_unit_test(one_and_two_tickets_are_enough),
        cmocka_unit_test(wrong_options_are_refused),
        cmocka_unit_test(training_can_be_cancelled_at_every_call),
        cmocka_unit_test(progress_tells_stages_and_the_choice),
        cmocka_unit_test(the_model_says_how_it_was_made),
        cmocka_unit_test(presets_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
