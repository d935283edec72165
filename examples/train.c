/* SPDX-License-Identifier: MIT */
/*
 * Trains a model on tickets that are in memory already, saves it, opens it again and asks it.
 *
 *     train MODEL
 */
#include <triage/triage.h>

#include <stdio.h>
#include <string.h>

static const char *const tickets[][2] = {
    {"My laptop does not start any more", "Hardware"},
    {"The screen of my laptop flickers", "Hardware"},
    {"Keyboard broken, two keys are missing", "Hardware"},
    {"The docking station no longer charges my laptop", "Hardware"},
    {"Please reset my password", "Access"},
    {"I cannot log in, my account is locked", "Access"},
    {"Access to the finance folder for a new colleague", "Access"},
    {"Password expired and the login page refuses a new one", "Access"},
};
static const size_t n_tickets = sizeof tickets / sizeof tickets[0];

static triage_status build_dataset(triage_dataset **ret_dataset, triage_error *err)
{
    const char *const fields[] = {"category"};
    triage_dataset *dataset = NULL;
    triage_status status = triage_dataset_new(fields, 1, &dataset, err);
    for (size_t i = 0; i < n_tickets && status == TRIAGE_OK; i++)
        status =
            triage_dataset_add(dataset, tickets[i][0], strlen(tickets[i][0]), &tickets[i][1], err);
    if (status == TRIAGE_OK)
        status = triage_dataset_finish(dataset, err);
    if (status != TRIAGE_OK) {
        triage_dataset_free(dataset);
        return status;
    }
    *ret_dataset = dataset;
    return TRIAGE_OK;
}

static triage_status train_and_save(const char *path, triage_error *err)
{
    triage_dataset *dataset = NULL;
    triage_model *model = NULL;
    triage_train_options options = triage_train_options_default();
    options.preset = TRIAGE_PRESET_WORDS;

    triage_status status = build_dataset(&dataset, err);
    if (status == TRIAGE_OK)
        status = triage_train(dataset, &options, &model, err);
    if (status == TRIAGE_OK)
        status = triage_model_save(model, path, err);
    triage_model_free(model);
    triage_dataset_free(dataset);
    return status;
}

static triage_status open_and_ask(const char *path, const char *text, triage_error *err)
{
    triage_model *model = NULL;
    triage_predictor *predictor = NULL;
    triage_outcome outcome;

    triage_status status = triage_model_open(path, &model, err);
    if (status == TRIAGE_OK)
        status = triage_predictor_new(model, &predictor, err);
    if (status == TRIAGE_OK)
        status = triage_predict(predictor, text, strlen(text), &outcome, err);
    if (status == TRIAGE_OK)
        printf("%s -> %s\n", text, triage_model_label_name(model, 0, outcome.label));
    triage_predictor_free(predictor);
    triage_model_free(model);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: train MODEL\n");
        return 2;
    }
    triage_error err = {TRIAGE_OK, ""};
    triage_status status = train_and_save(argv[1], &err);
    if (status == TRIAGE_OK)
        status = open_and_ask(argv[1], "the laptop screen is broken", &err);
    if (status == TRIAGE_OK)
        status = open_and_ask(argv[1], "password forgotten, cannot log in", &err);
    if (status != TRIAGE_OK)
        fprintf(stderr, "train: %s: %s\n", triage_status_text(status), err.message);
    return status == TRIAGE_OK ? 0 : 1;
}
