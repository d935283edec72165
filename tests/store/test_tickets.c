/* SPDX-License-Identifier: MIT */
/* Imported tickets: counts, order, and texts that are no texts. */
#include "fixture.h"

static store_ticket ticket(const char *source, const char *id, const char *text, const char *labels)
{
    return (store_ticket){.source = text_of(source),
                          .id = text_of(id),
                          .text = text_of(text),
                          .text_hash = 0xFEDCBA9876543210u,
                          .labels = text_of(labels),
                          .created_at = 1700000000123};
}

static void import(store *s, const store_ticket *tickets, size_t n, uint64_t added,
                   uint64_t updated, uint64_t unchanged)
{
    store_import_counts counts = {100, 200, 300};
    OK(store_import_tickets(s, tickets, n, &counts, &ok_error));
    assert_int_equal(counts.added, 100 + added);
    assert_int_equal(counts.updated, 200 + updated);
    assert_int_equal(counts.unchanged, 300 + unchanged);
}

static uint64_t count(store *s)
{
    uint64_t n = 99;
    OK(store_count_tickets(s, &n, &ok_error));
    return n;
}

static void an_import_adds_updates_and_leaves(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_ticket tickets[] = {ticket("csv", "1", "one", "{}"), ticket("csv", "2", "two", "{}"),
                              ticket("jira", "1", "other", "{}")};
    assert_int_equal(count(s), 0);
    import(s, tickets, 3, 3, 0, 0);
    assert_int_equal(count(s), 3);
    import(s, tickets, 3, 0, 0, 3);
    tickets[0].text = text_of("uno");
    tickets[1].labels = text_of("{\"category\":\"A\"}");
    tickets[2].created_at++;
    import(s, tickets, 3, 0, 2, 1);
    assert_int_equal(count(s), 3);
    import(s, tickets, 0, 0, 0, 0);
}

static void a_pair_twice_in_an_import_is_one_ticket(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_ticket tickets[] = {ticket("csv", "1", "one", "{}"), ticket("csv", "1", "two", "{}"),
                              ticket("csv", "1", "two", "{}")};
    import(s, tickets, 3, 1, 1, 1);
    assert_int_equal(count(s), 1);
}

static void an_import_that_fails_adds_nothing(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_ticket *tickets = calloc(1000, sizeof *tickets);
    char ids[1000][8];
    assert_non_null(tickets);
    for (size_t i = 0; i < 1000; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        tickets[i] = ticket("csv", ids[i], "text", "{}");
    }
    tickets[700].text.length = (size_t)2 << 30; /* refused before it is read */
    store_import_counts counts = {0};
    triage_error err = {0};
    assert_int_equal(store_import_tickets(s, tickets, 1000, &counts, &err), TRIAGE_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "too long"));
    assert_int_equal(counts.added, 0);
    assert_int_equal(count(s), 0);
    tickets[700].text.length = 4;
    import(s, tickets, 1000, 1000, 0, 0);
    free(tickets);
}

/* --- reading -------------------------------------------------------------------------------- */

typedef struct seen {
    char order[64];
    int n, stop_after;
} seen;

static bool note(void *context, const store_ticket *t)
{
    seen *s = context;
    snprintf(s->order + strlen(s->order), sizeof s->order - strlen(s->order), "%.*s/%.*s ",
             (int)t->source.length, t->source.data, (int)t->id.length, t->id.data);
    assert_true(t->text_hash == 0xFEDCBA9876543210u);
    assert_int_equal(t->created_at, 1700000000123);
    return ++s->n != s->stop_after;
}

/* Byte by byte, whatever the database's locale. */
static void tickets_come_in_the_order_of_source_and_id(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_ticket tickets[] = {ticket("b", "2", "x", "{}"),  ticket("a", "\xC3\xA4", "x", "{}"),
                              ticket("b", "10", "x", "{}"), ticket("a", "z", "x", "{}"),
                              ticket("B", "1", "x", "{}"),  ticket("a", "Z", "x", "{}")};
    import(s, tickets, 6, 6, 0, 0);
    seen all = {.stop_after = -1};
    OK(store_each_ticket(s, note, &all, &ok_error));
    assert_string_equal(all.order, "B/1 a/Z a/z a/\xC3\xA4 b/10 b/2 ");
    seen some = {.stop_after = 2};
    assert_int_equal(store_each_ticket(s, note, &some, NULL), TRIAGE_ERROR_CANCELLED);
    assert_string_equal(some.order, "B/1 a/Z ");
}

static bool note_missing(void *context, const store_ticket *t)
{
    expect_text(t->source, "");
    expect_text(t->id, "");
    expect_text(t->text, "");
    expect_text(t->labels, "");
    ++*(int *)context;
    return true;
}

static void what_a_ticket_does_not_have_is_empty(void **state)
{
    store *s = ((fixture *)*state)->s;
    store_ticket none = {0};
    int n = 0;
    import(s, &none, 1, 1, 0, 0);
    import(s, &none, 1, 0, 0, 1);
    OK(store_each_ticket(s, note_missing, &n, &ok_error));
    assert_int_equal(n, 1);
}

typedef struct hostile {
    const store_text *texts;
    size_t n;
} hostile;

static bool compare_hostile(void *context, const store_ticket *t)
{
    hostile *h = context;
    const store_text *expected = &h->texts[h->n++];
    assert_int_equal(t->text.length, expected->length);
    assert_memory_equal(t->text.data, expected->data, expected->length);
    assert_int_equal(t->labels.length, expected->length);
    assert_memory_equal(t->labels.data, expected->data, expected->length);
    return true;
}

static void any_bytes_come_back_as_they_were(void **state)
{
    store *s = ((fixture *)*state)->s;
    size_t length = (size_t)3 << 20;
    char *large = malloc(length);
    assert_non_null(large);
    for (size_t i = 0; i < length; i++)
        large[i] = (char)(i * 131 >> 3);
    const store_text texts[] = {
        {"", 0},
        {"a\0b", 3},
        {"\0\0", 2},
        {"\xFF\xFE\xC0\x80\xED\xA0\x80", 7},
        {"'; DROP TABLE tickets; --", 25},
        {"\\x00 $1 ?1 %s {bytes} \"", 23},
        {large, length},
    };
    enum { N = sizeof texts / sizeof *texts };
    store_ticket tickets[N];
    char ids[N][2] = {0};
    for (size_t i = 0; i < N; i++) {
        ids[i][0] = (char)('a' + i);
        tickets[i] = ticket("hostile", ids[i], "", "");
        tickets[i].text = tickets[i].labels = texts[i];
    }
    import(s, tickets, N, N, 0, 0);
    fixture_reopen(*state);
    s = ((fixture *)*state)->s;
    import(s, tickets, N, 0, 0, N);
    hostile h = {.texts = texts};
    OK(store_each_ticket(s, compare_hostile, &h, &ok_error));
    assert_int_equal(h.n, N);
    free(large);
}

static bool count_ticket(void *context, const store_ticket *t)
{
    (void)t;
    ++*(size_t *)context;
    return true;
}

/* More than are read at a time. */
static void many_tickets_are_all_visited(void **state)
{
    store *s = ((fixture *)*state)->s;
    enum { MANY = 1001 };
    store_ticket *tickets = calloc(MANY, sizeof *tickets);
    char ids[MANY][8];
    size_t n = 0;
    assert_non_null(tickets);
    for (size_t i = 0; i < MANY; i++) {
        snprintf(ids[i], sizeof ids[i], "%zu", i);
        tickets[i] = ticket("csv", ids[i], "text", "{}");
    }
    import(s, tickets, MANY, MANY, 0, 0);
    OK(store_each_ticket(s, count_ticket, &n, &ok_error));
    assert_int_equal(n, MANY);
    n = 0;
    import(s, tickets, 0, 0, 0, 0);
    OK(store_each_ticket(s, count_ticket, &n, &ok_error));
    assert_int_equal(n, MANY);
    free(tickets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(an_import_adds_updates_and_leaves),
        STORE_TEST(a_pair_twice_in_an_import_is_one_ticket),
        STORE_TEST(an_import_that_fails_adds_nothing),
        STORE_TEST(tickets_come_in_the_order_of_source_and_id),
        STORE_TEST(what_a_ticket_does_not_have_is_empty),
        STORE_TEST(any_bytes_come_back_as_they_were),
        STORE_TEST(many_tickets_are_all_visited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
