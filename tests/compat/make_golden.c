/* SPDX-License-Identifier: MIT */
/*
 * Makes the golden files of the current format: a model of each preset, trained on tickets.csv, and
 * what it predicts for texts.txt. Usage: make_golden FOLDER, which holds those two files.
 */
#include "golden.h"

#include "model/format.h"

#include <sys/stat.h>

static bool write_lines(void *context, const triage_model *model, const triage_predictor *predictor,
                        int text)
{
    FILE *out = context;
    for (size_t f = 0; f < triage_model_n_fields(model); f++) {
        const float *p = triage_predictor_probabilities(predictor, f);
        fprintf(out, "%d %zu", text, f);
        for (size_t k = 0; k < triage_model_n_labels(model, f); k++)
            fprintf(out, " %.9g", (double)p[k]);
        fputc('\n', out);
    }
    return !ferror(out);
}

static bool make(const triage_dataset *dataset, triage_preset preset, const char *folder)
{
    char path[GOLDEN_PATH_SIZE], texts[GOLDEN_PATH_SIZE];
    triage_error err = {0};
    triage_model *model = NULL;
    triage_train_options options = triage_train_options_default();
    options.preset = preset;
    options.target_precision = 0.6; /* so few tickets prove no more */
    snprintf(texts, sizeof texts, "%s/texts.txt", folder);
    snprintf(path, sizeof path, "%s/format%u/%s.triage", folder, MODEL_FORMAT,
             triage_preset_name(preset));
    bool done = triage_train(dataset, &options, &model, &err) == TRIAGE_OK &&
                triage_model_save(model, path, &err) == TRIAGE_OK;
    if (!done)
        fprintf(stderr, "make_golden: %s\n", err.message);
    snprintf(path, sizeof path, "%s/format%u/%s.expected", folder, MODEL_FORMAT,
             triage_preset_name(preset));
    FILE *out = done ? fopen(path, "wb") : NULL;
    done = out && golden_predict(model, texts, write_lines, out);
    done = out && fclose(out) == 0 && done;
    if (done)
        printf("%s: %zu bytes\n", triage_preset_name(preset), triage_model_size_bytes(model));
    triage_model_free(model);
    return done;
}

int main(int n_arguments, char **arguments)
{
    char path[GOLDEN_PATH_SIZE];
    const char *paths[] = {path};
    triage_error err;
    triage_dataset *dataset = NULL;
    if (n_arguments != 2) {
        fprintf(stderr, "usage: make_golden FOLDER\n");
        return EXIT_FAILURE;
    }
    snprintf(path, sizeof path, "%s/format%u", arguments[1], MODEL_FORMAT);
    mkdir(path, 0777); /* if it cannot be made and is not there, saving says so */
    snprintf(path, sizeof path, "%s/tickets.csv", arguments[1]);
    triage_field_column fields[] = {{NULL, "category"}, {NULL, "priority"}};
    triage_read_options options = {.fields = fields, .n_fields = 2, .strict = true};
    if (triage_dataset_load(paths, 1, &options, &dataset, &err) != TRIAGE_OK) {
        fprintf(stderr, "make_golden: %s\n", err.message);
        return EXIT_FAILURE;
    }
    bool done = true;
    for (triage_preset preset = TRIAGE_PRESET_AUTO; preset <= TRIAGE_PRESET_SEED; preset++)
        done = make(dataset, preset, arguments[1]) && done;
    triage_dataset_free(dataset);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
