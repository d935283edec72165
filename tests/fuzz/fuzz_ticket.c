/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as the body of a prediction: what is read of a ticket is what the JSON says, by both
 * ways of reading it, and as a request of the Open Inference Protocol.
 */
#include "fuzz.h"
#include "services/inference/infer_request.h"
#include "services/prediction/ticket.h"

#include <string.h>

static void check_fault(const request_fault *fault)
{
    FUZZ_CHECK(fault->message[0] && strlen(fault->message) < sizeof fault->message);
    FUZZ_CHECK(fault->pointer[0] == '\0' || fault->pointer[0] == '/');
}

static bool is_same(const char *a, size_t a_length, const char *b, size_t b_length)
{
    return !a == !b && a_length == b_length && (!a || memcmp(a, b, a_length) == 0);
}

static void check_ticket(const ticket_request *t)
{
    FUZZ_CHECK(t->text && t->top >= 1 && t->top <= TICKET_MAX_TOP);
    FUZZ_CHECK(t->id_length <= TICKET_MAX_NAME && t->source_length <= TICKET_MAX_NAME);
}

/* With and without values in between. */
static void check_both(const json_flat *flat, const json_flat *taken)
{
    buffer joined = {0}, joined_taken = {0};
    ticket_request a = {0}, b = {0};
    request_fault fault = {0}, fault_taken = {0};
    bool is_read = ticket_request_read(flat, &joined, &a, &fault);
    FUZZ_CHECK(is_read == ticket_request_read(taken, &joined_taken, &b, &fault_taken));
    if (is_read) {
        check_ticket(&a);
        FUZZ_CHECK(is_same(a.text, a.length, b.text, b.length));
        FUZZ_CHECK(is_same(a.id, a.id_length, b.id, b.id_length));
        FUZZ_CHECK(is_same(a.source, a.source_length, b.source, b.source_length));
        FUZZ_CHECK(a.top == b.top && a.wants_explanation == b.wants_explanation);
    } else {
        check_fault(&fault);
        FUZZ_CHECK(strcmp(fault.message, fault_taken.message) == 0);
    }
    buffer_free(&joined);
    buffer_free(&joined_taken);
}

static void check_infer(const json_value *body)
{
    infer_request r;
    char fault[128] = "";
    if (!infer_request_read(body, &r, fault, sizeof fault)) {
        FUZZ_CHECK(fault[0] && strlen(fault) < sizeof fault);
        return;
    }
    FUZZ_CHECK(r.n >= 1 && r.n <= INFER_MAX_TEXTS && json_length(r.texts) == r.n);
    FUZZ_CHECK(!r.outputs || json_kind_of(r.outputs) == JSON_ARRAY);
    for (size_t i = 0; i < r.n; i++)
        FUZZ_CHECK(json_kind_of(json_element(r.texts, i)) == JSON_STRING);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    json_flat flat = {0}, taken = {0};
    json_value *value = NULL;
    const char *sentence;
    json_parser *parser = json_parser_new();
    FUZZ_CHECK(parser);
    bool is_flat = json_flat_read(&flat, (const char *)data, size);
    if (json_parse(parser, (const char *)data, size, &value, NULL) == TRIAGE_OK) {
        if (json_flat_take(&taken, value, &sentence))
            check_both(is_flat ? &flat : &taken, &taken);
        check_infer(value);
    }
    json_free(value);
    json_parser_free(parser);
    json_flat_free(&flat);
    return 0;
}
