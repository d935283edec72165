/* SPDX-License-Identifier: MIT */
/* Any bytes as a line of feedback: what is taken is written as a line that says the same. */
#include "services/feedback_line.h"

#include "fuzz.h"

#include <string.h>

static const feedback_defaults defaults = {"category", "import", 0};

static void check_text(store_text a, store_text b)
{
    FUZZ_CHECK(a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0));
    FUZZ_CHECK(a.length == 0 || !memchr(a.data, '\0', a.length));
}

static void check_feedback(json_parser *parser, const store_feedback *f)
{
    buffer line = {0}, joined = {0};
    json_value *object = NULL;
    store_feedback again;
    FUZZ_CHECK(f->text.length > 0 && f->label.length > 0 && f->field.length > 0);
    FUZZ_CHECK(f->label.length <= FEEDBACK_MAX_NAME && f->created_at >= 0);
    feedback_line_append(f, true, &line);
    FUZZ_CHECK(!line.failed);
    FUZZ_CHECK(json_parse(parser, line.data, line.length, &object, NULL) == TRIAGE_OK);
    FUZZ_CHECK(feedback_line_read(object, &defaults, &joined, &again, NULL) == TRIAGE_OK);
    check_text(f->text, again.text);
    check_text(f->field, again.field);
    check_text(f->label, again.label);
    check_text(f->predicted, again.predicted);
    check_text(f->model_version, again.model_version);
    check_text(f->source, again.source);
    json_free(object);
    buffer_free(&line);
    buffer_free(&joined);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_value *object = NULL;
    buffer joined = {0};
    store_feedback feedback;
    triage_error err;
    json_parser *parser = json_parser_new();
    FUZZ_CHECK(parser);
    if (json_parse(parser, (const char *)data, size, &object, NULL) == TRIAGE_OK) {
        triage_status status = feedback_line_read(object, &defaults, &joined, &feedback, &err);
        FUZZ_CHECK(status == TRIAGE_OK || status == TRIAGE_ERROR_DATA);
        if (status == TRIAGE_OK)
            check_feedback(parser, &feedback);
    }
    json_free(object);
    buffer_free(&joined);
    json_parser_free(parser);
    return 0;
}
