/* SPDX-License-Identifier: MIT */
/*
 * How long a prediction takes by itself: opens a model, reads texts (one a line), and prints the
 * median time to open the model and the time of one triage_predict() in the fastest round, without
 * any reading or writing. Uses the public headers only.
 *
 *     predict_bench MODEL TEXTS
 */
#include "triage/triage.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define N_OPENINGS     100
#define N_ROUNDS       10
#define FIRST_CAPACITY ((size_t)1 << 12)

/* The lines of a file, without their ends. */
typedef struct line_list {
    char **texts;
    size_t *lengths;
    size_t n, capacity;
} line_list;

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static int compare_u64(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static uint64_t median(uint64_t *values, size_t n)
{
    qsort(values, n, sizeof *values, compare_u64);
    return values[n / 2];
}

static bool line_list_grow(line_list *lines)
{
    size_t capacity = lines->capacity == 0 ? FIRST_CAPACITY : lines->capacity * 2;
    char **texts = realloc(lines->texts, capacity * sizeof *texts);
    if (texts == NULL)
        return false;
    lines->texts = texts;
    size_t *lengths = realloc(lines->lengths, capacity * sizeof *lengths);
    if (lengths == NULL)
        return false;
    lines->lengths = lengths;
    lines->capacity = capacity;
    return true;
}

static void line_list_free(line_list *lines)
{
    for (size_t i = 0; i < lines->n; i++)
        free(lines->texts[i]);
    free(lines->texts);
    free(lines->lengths);
}

/* False if the file cannot be read or memory runs out; then `lines` must still be freed. */
static bool line_list_read(line_list *lines, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return false;
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    bool has_room = true;
    while (has_room && (length = getline(&line, &size, file)) >= 0) {
        has_room = lines->n < lines->capacity || line_list_grow(lines);
        if (!has_room)
            break;
        lines->texts[lines->n] = line;
        lines->lengths[lines->n++] = (size_t)length - (length > 0 && line[length - 1] == '\n');
        line = NULL;
        size = 0;
    }
    free(line);
    bool is_read = has_room && ferror(file) == 0;
    fclose(file);
    return is_read;
}

static triage_status time_opening(const char *path, triage_error *err)
{
    uint64_t times[N_OPENINGS];
    for (size_t i = 0; i < N_OPENINGS; i++) {
        triage_model *model = NULL;
        uint64_t start = now_ns(CLOCK_MONOTONIC);
        triage_status status = triage_model_open(path, &model, err);
        times[i] = now_ns(CLOCK_MONOTONIC) - start;
        triage_model_free(model);
        if (status != TRIAGE_OK)
            return status;
    }
    printf("open: %.1f us (median of %d)\n", (double)median(times, N_OPENINGS) / 1e3, N_OPENINGS);
    return TRIAGE_OK;
}

/* In processor time, so that other work on the machine disturbs little. */
static triage_status time_predictions(triage_predictor *predictor, const line_list *lines,
                                      triage_outcome *outcomes, triage_error *err)
{
    uint64_t fastest = UINT64_MAX;
    uint64_t n_auto = 0;
    for (size_t round = 0; round < N_ROUNDS; round++) {
        uint64_t start = now_ns(CLOCK_PROCESS_CPUTIME_ID);
        n_auto = 0;
        for (size_t i = 0; i < lines->n; i++) {
            triage_status status =
                triage_predict(predictor, lines->texts[i], lines->lengths[i], outcomes, err);
            if (status != TRIAGE_OK)
                return status;
            n_auto += outcomes[0].decision == TRIAGE_AUTO;
        }
        uint64_t time = now_ns(CLOCK_PROCESS_CPUTIME_ID) - start;
        fastest = time < fastest ? time : fastest;
    }
    double per_ticket = (double)fastest / (double)lines->n;
    printf("predict: %.0f ns a ticket, %.0f tickets/s on one core (%zu tickets, %" PRIu64
           " auto; fastest of %d rounds)\n",
           per_ticket, 1e9 / per_ticket, lines->n, n_auto, N_ROUNDS);
    return TRIAGE_OK;
}

static triage_status run(const char *model_path, const line_list *lines, triage_error *err)
{
    triage_model *model = NULL;
    triage_predictor *predictor = NULL;
    triage_outcome *outcomes = NULL;
    triage_status status = time_opening(model_path, err);
    if (status == TRIAGE_OK)
        status = triage_model_open(model_path, &model, err);
    if (status == TRIAGE_OK)
        status = triage_predictor_new(model, &predictor, err);
    if (status == TRIAGE_OK) {
        outcomes = calloc(triage_model_n_fields(model), sizeof *outcomes);
        if (outcomes == NULL)
            *err = (triage_error){TRIAGE_ERROR_MEMORY, "out of memory"};
        status = outcomes == NULL ? TRIAGE_ERROR_MEMORY
                                  : time_predictions(predictor, lines, outcomes, err);
    }
    free(outcomes);
    triage_predictor_free(predictor);
    triage_model_free(model);
    return status;
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: predict_bench MODEL TEXTS\n");
        return 2;
    }
    triage_error err = {0};
    line_list lines = {0};
    int exit_code = 1;
    if (!line_list_read(&lines, argv[2]) || lines.n == 0)
        fprintf(stderr, "predict_bench: cannot read texts from %s\n", argv[2]);
    else if (run(argv[1], &lines, &err) != TRIAGE_OK)
        fprintf(stderr, "predict_bench: %s\n", err.message);
    else
        exit_code = 0;
    line_list_free(&lines);
    return exit_code;
}
