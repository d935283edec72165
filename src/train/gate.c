/* SPDX-License-Identifier: MIT */
/* The rule by which a candidate is put live or not. */
#include "train/gate.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Sets the reason, cut at a character. */
static void __attribute__((format(printf, 2, 3)))
say(gate_verdict *verdict, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(verdict->reason, sizeof verdict->reason, format, arguments);
    va_end(arguments);
    verdict->reason[utf8_valid_length(verdict->reason, strlen(verdict->reason))] = '\0';
}

/* "p = 0.0003", or "p < 0.0001" where the digits would all be zeros. */
static const char *p_text(double p, char ret_text[16])
{
    if (p < 0.0001)
        snprintf(ret_text, 16, "p < 0.0001");
    else
        snprintf(ret_text, 16, "p = %.*f", p < 0.01 ? 4 : 2, p);
    return ret_text;
}

static void say_accuracy(const compared_field *f, gate_verdict *verdict)
{
    char p[16];
    say(verdict, "%s: accuracy %.1f %% -> %.1f %% on %llu held-out tickets (%s)", f->name,
        100 * f->champion.accuracy, 100 * f->candidate.accuracy, (unsigned long long)f->n,
        p_text(f->p, p));
}

double gate_allowance(uint64_t n, double tolerance)
{
    double allowance = tolerance * (double)n;
    return allowance > 1 ? allowance : 1;
}

/* More tickets lost than the tolerance allows and than chance explains, or far more than allowed.
 */
static bool is_less_accurate(const compared_field *f, double tolerance)
{
    double n_net = (double)f->n_lost - (double)f->n_gained;
    if (f->n < GATE_SMALL)
        return n_net > 0;
    double allowed = gate_allowance(f->n, tolerance);
    return n_net > GATE_FAR * allowed || (n_net > allowed && f->p < GATE_LEVEL);
}

static bool is_judged(const compared_label *l)
{
    return l->support >= GATE_LABEL_SUPPORT && l->champion.is_known;
}

/* The share of its recall that the label loses. */
static double recall_loss(const compared_label *l)
{
    return ((double)l->n_lost - (double)l->n_gained) / (double)l->support;
}

/* The label that lost most among those that lost too much; NULL if none did. */
static const compared_label *find_lost_label(const compared_field *f)
{
    const compared_label *worst = NULL;
    size_t n_judged = 0;
    for (size_t k = 0; k < f->n_labels; k++)
        n_judged += is_judged(&f->labels[k]);
    for (size_t k = 0; k < f->n_labels; k++) {
        const compared_label *l = &f->labels[k];
        if (is_judged(l) && recall_loss(l) > GATE_RECALL_LOSS &&
            l->p < GATE_LABEL_LEVEL / (double)n_judged &&
            (!worst || recall_loss(l) > recall_loss(worst)))
            worst = l;
    }
    return worst;
}

/* False, with the reason, if the field speaks against the candidate. */
static bool judge_field(const compared_field *f, double tolerance, gate_verdict *verdict)
{
    if (!f->in_candidate) {
        say(verdict, "the candidate lacks the field '%s'", f->name);
        return false;
    }
    if (!f->in_champion)
        return true;
    if (is_less_accurate(f, tolerance)) {
        say_accuracy(f, verdict);
        return false;
    }
    const compared_label *lost = find_lost_label(f);
    if (!lost)
        return true;
    char p[16];
    say(verdict, "%s: label '%s': recall %.0f %% -> %.0f %% on %llu held-out tickets (%s)", f->name,
        lost->label, 100 * lost->champion.recall, 100 * lost->candidate.recall,
        (unsigned long long)lost->support, p_text(lost->p, p));
    return false;
}

gate_verdict gate_judge(const comparison *c, double tolerance)
{
    gate_verdict verdict = {0};
    const compared_field *first = NULL; /* that was compared */
    for (size_t i = 0; i < c->n_fields; i++) {
        const compared_field *f = &c->fields[i];
        if (!judge_field(f, tolerance, &verdict))
            return verdict;
        if (!first && f->in_champion && f->in_candidate)
            first = f;
    }
    verdict.is_promoted = true;
    if (first)
        say_accuracy(first, &verdict);
    else
        say(&verdict, "the champion has none of the candidate's fields");
    return verdict;
}
