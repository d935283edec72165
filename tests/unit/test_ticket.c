/* SPDX-License-Identifier: MIT */
/* What is read of a ticket, and what is refused with which words. */
#include "services/prediction/ticket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* Reads `json` by the way through values; the caller frees nothing. */
typedef struct reading {
    json_parser *parser;
    json_value *value;
    json_flat flat;
    buffer joined;
    ticket_request ticket;
    request_fault fault;
    bool is_read;
} reading;

static reading *read_ticket(reading *r, const char *json)
{
    const char *sentence;
    *r = (reading){.parser = json_parser_new()};
    assert_non_null(r->parser);
    assert_int_equal(json_parse(r->parser, json, strlen(json), &r->value, NULL), TRIAGE_OK);
    assert_true(json_flat_take(&r->flat, r->value, &sentence));
    r->is_read = ticket_request_read(&r->flat, &r->joined, &r->ticket, &r->fault);
    return r;
}

static void let_go(reading *r)
{
    buffer_free(&r->joined);
    json_flat_free(&r->flat);
    json_free(r->value);
    json_parser_free(r->parser);
}

static void assert_text(const char *json, const char *text, size_t length)
{
    reading r;
    read_ticket(&r, json);
    assert_true(r.is_read);
    assert_int_equal(r.ticket.length, length);
    assert_memory_equal(r.ticket.text, text, length);
    let_go(&r);
}

static void texts(void **state)
{
    (void)state;
    assert_text("{\"text\":\"no toner\"}", "no toner", 8);
    assert_text("{\"text\":\"\"}", "", 0);
    assert_text("{\"text\":\"a\\u0000b\"}", "a\0b", 3);
    assert_text("{\"subject\":\"a\",\"body\":\"b\"}", "a\nb", 3);
    assert_text("{\"body\":\"b\"}", "b", 1);
    assert_text("{\"subject\":\"a\"}", "a", 1);
    assert_text("{\"subject\":\"a\",\"body\":null}", "a", 1);
    assert_text("{\"subject\":\"\",\"body\":\"\"}", "\n", 1);
    assert_text("{\"subject\":\"\"}", "", 0);
    assert_text("{\"text\":\"t\",\"subject\":null}", "t", 1);
}

static void wishes(void **state)
{
    reading r;
    (void)state;
    read_ticket(&r, "{\"text\":\"t\"}");
    assert_int_equal(r.ticket.top, TICKET_DEFAULT_TOP);
    assert_false(r.ticket.wants_explanation);
    assert_null(r.ticket.id);
    let_go(&r);
    read_ticket(&r, "{\"text\":\"t\",\"top\":1000,\"explain\":true,\"id\":\"7\",\"source\":\"m\"}");
    assert_true(r.is_read);
    assert_int_equal(r.ticket.top, 1000);
    assert_true(r.ticket.wants_explanation);
    assert_string_equal(r.ticket.id, "7");
    assert_string_equal(r.ticket.source, "m");
    let_go(&r);
    read_ticket(&r, "{\"text\":\"t\",\"top\":null,\"explain\":null}");
    assert_true(r.is_read);
    assert_int_equal(r.ticket.top, TICKET_DEFAULT_TOP);
    let_go(&r);
}

static void refusals(void **state)
{
    static const struct {
        const char *json, *pointer, *words;
    } rows[] = {
        {"{}", "/text", "is missing"},
        {"{\"text\":7}", "/text", "must be a string"},
        {"{\"text\":\"a\",\"body\":\"b\"}", "/text", "not both"},
        {"{\"text\":\"a\",\"x~/y\":1}", "/x~0~1y", "unknown member"},
        {"{\"text\":\"a\",\"top\":0}", "/top", "from 1 to 1000"},
        {"{\"text\":\"a\",\"top\":1001}", "/top", "from 1 to 1000"},
        {"{\"text\":\"a\",\"top\":1.5}", "/top", "whole number"},
        {"{\"text\":\"a\",\"top\":\"3\"}", "/top", "whole number"},
        {"{\"text\":\"a\",\"explain\":1}", "/explain", "true or false"},
        {"{\"text\":\"a\",\"id\":[]}", "/id", "must be a string"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        reading r;
        read_ticket(&r, rows[i].json);
        if (r.is_read || strcmp(r.fault.pointer, rows[i].pointer) != 0 ||
            !strstr(r.fault.message, rows[i].words))
            fail_msg("%s: %s: %s", rows[i].json, r.fault.pointer, r.fault.message);
        let_go(&r);
    }
}

static void names_have_a_limit(void **state)
{
    char json[TICKET_MAX_NAME + 64];
    reading r;
    (void)state;
    for (int more = 0; more < 2; more++) {
        snprintf(json, sizeof json, "{\"text\":\"t\",\"id\":\"%0*d\"}", TICKET_MAX_NAME + more, 7);
        read_ticket(&r, json);
        assert_int_equal(r.is_read, more == 0);
        let_go(&r);
    }
}

/* Whatever a member is called, the pointer stays a whole text. */
static void long_names_of_members(void **state)
{
    char json[2048];
    reading r;
    (void)state;
    snprintf(json, sizeof json, "{\"%01000d\":1}", 1);
    read_ticket(&r, json);
    assert_false(r.is_read);
    assert_true(strlen(r.fault.pointer) < sizeof r.fault.pointer);
    assert_true(strlen(r.fault.message) < sizeof r.fault.message);
    let_go(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),
        cmocka_unit_test(wishes),
        cmocka_unit_test(refusals),
        cmocka_unit_test(names_have_a_limit),
        cmocka_unit_test(long_names_of_members),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
