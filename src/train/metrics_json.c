/* SPDX-License-Identifier: MIT */
/* Metrics as JSON, every figure in full precision. */
#include "train/metrics_json.h"

static void write_number(json_writer *w, const char *key, double value)
{
    json_write_key(w, key);
    json_write_double(w, value);
}

static void write_count(json_writer *w, const char *key, uint64_t value)
{
    json_write_key(w, key);
    json_write_uint(w, value);
}

static void write_label(json_writer *w, const triage_label_metrics *label)
{
    json_begin_object(w);
    json_write_key(w, "label");
    json_write_text(w, label->label);
    write_number(w, "precision", label->precision);
    write_number(w, "recall", label->recall);
    write_number(w, "f1", label->f1);
    write_count(w, "support", label->support);
    json_write_key(w, "threshold");
    json_write_float(w, label->threshold);
    write_number(w, "auto_coverage", label->auto_coverage);
    write_number(w, "auto_precision", label->auto_precision);
    json_end_object(w);
}

static void write_confusion(json_writer *w, const triage_field_metrics *field)
{
    json_begin_array(w);
    for (size_t truth = 0; truth < field->n_labels; truth++) {
        json_begin_array(w);
        for (size_t predicted = 0; predicted < field->n_labels; predicted++)
            json_write_uint(w, field->confusion[truth * field->n_labels + predicted]);
        json_end_array(w);
    }
    json_end_array(w);
}

/* Over all tickets, from the bins of the reliability diagram. */
static double mean_confidence(const triage_field_metrics *field)
{
    double sum = 0;
    uint64_t n = 0;
    for (size_t i = 0; i < TRIAGE_N_RELIABILITY_BINS; i++) {
        sum += (double)field->reliability[i].count * field->reliability[i].mean_confidence;
        n += field->reliability[i].count;
    }
    return n ? sum / (double)n : 0;
}

void metrics_json_write(json_writer *w, const triage_field_metrics *field)
{
    json_begin_object(w);
    write_number(w, "accuracy", field->accuracy);
    write_number(w, "macro_f1", field->macro_f1);
    write_number(w, "weighted_f1", field->weighted_f1);
    write_number(w, "log_loss", field->log_loss);
    write_number(w, "ece", field->ece);
    write_number(w, "mean_confidence", mean_confidence(field));

    json_write_key(w, "auto");
    json_begin_object(w);
    write_number(w, "target_precision", field->target_precision);
    write_number(w, "coverage", field->auto_coverage);
    write_number(w, "precision", field->auto_precision);
    json_end_object(w);

    json_write_key(w, "coverage_at");
    json_begin_object(w);
    write_number(w, "0.90", field->coverage_at_90);
    write_number(w, "0.95", field->coverage_at_95);
    json_end_object(w);

    json_write_key(w, "labels");
    json_begin_array(w);
    for (size_t i = 0; i < field->n_labels; i++)
        write_label(w, &field->labels[i]);
    json_end_array(w);

    json_write_key(w, "confusion");
    write_confusion(w, field);
    json_end_object(w);
}
