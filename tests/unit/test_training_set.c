/* SPDX-License-Identifier: MIT */
/* Which tickets are learnt, with which labels, how often, and which are held out. */
#include "services/retrainer/training_set.h"

#include "retrainer_support.h"

typedef struct set_request {
    double holdout;
    uint32_t weight;
    const retired_labels *retired;
} set_request;

static training_set make(desk *d, set_request request)
{
    training_set_options options = {.base = {.store = d->store},
                                    .holdout_share = request.holdout,
                                    .correction_weight = request.weight ? request.weight : 1,
                                    .retired = request.retired};
    training_set set;
    MUST(training_set_make(&options, &set, &err_));
    return set;
}

static bool is_text_at(const triage_dataset *dataset, size_t i, const char *text)
{
    size_t length;
    const char *found = triage_dataset_text(dataset, i, &length);
    return length == strlen(text) && memcmp(found, text, length) == 0;
}

/* How often the text is in the dataset with this label of the field ("": none). */
static size_t count(const triage_dataset *dataset, const char *text, const char *field,
                    const char *label)
{
    size_t n = 0, f = 0;
    while (f < triage_dataset_n_fields(dataset) &&
           strcmp(triage_dataset_field_name(dataset, f), field) != 0)
        f++;
    for (size_t i = 0; i < triage_dataset_size(dataset); i++) {
        int32_t k = f < triage_dataset_n_fields(dataset) ? triage_dataset_label(dataset, f, i)
                                                         : TRIAGE_NO_LABEL;
        const char *name =
            k == TRIAGE_NO_LABEL ? "" : triage_dataset_label_name(dataset, f, (size_t)k);
        n += is_text_at(dataset, i, text) && strcmp(name, label) == 0;
    }
    return n;
}

static void test_corrections_replace_labels(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "Screen is black", "{\"category\":\"Hardware\",\"priority\":\"low\"}");
    import_ticket(d, "2", "screen is BLACK!", "{\"category\":\"Hardware\"}");
    import_ticket(d, "3", "disk full", "{\"category\":\"Storage\",\"priority\":\"high\"}");
    correct(d, "screen is black", "category", "Screen");
    training_set set = make(d, (set_request){0});
    assert_int_equal(set.base, BASE_STORE);
    assert_int_equal(set.n_base, 3);
    assert_int_equal(set.n_feedback, 1);
    assert_int_equal(triage_dataset_size(set.training), 3);
    assert_int_equal(triage_dataset_size(set.holdout), 0);
    /* In all tickets that share the text, and for the corrected field alone. */
    assert_int_equal(count(set.training, "Screen is black", "category", "Screen"), 1);
    assert_int_equal(count(set.training, "Screen is black", "priority", "low"), 1);
    assert_int_equal(count(set.training, "screen is BLACK!", "category", "Screen"), 1);
    assert_int_equal(count(set.training, "disk full", "category", "Storage"), 1);
    training_set_free(&set);
}

static void test_corrected_texts_join(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "disk full", "{\"category\":\"Storage\",\"priority\":\"high\"}");
    correct(d, "vpn drops", "category", "VPN");
    correct(d, "vpn slow", "priority", "low");
    correct(d, "vpn slow", "category", "VPN");
    correct(d, "vpn slow", "site", "Berlin"); /* a field of nobody's */
    training_set set = make(d, (set_request){.weight = 2});
    assert_int_equal(set.n_feedback, 3);
    assert_int_equal(triage_dataset_n_fields(set.training), 2);
    assert_int_equal(triage_dataset_size(set.training), 1 + 2 * 2);
    assert_int_equal(count(set.training, "disk full", "category", "Storage"), 1);
    assert_int_equal(count(set.training, "vpn drops", "category", "VPN"), 2);
    assert_int_equal(count(set.training, "vpn drops", "priority", ""), 2);
    assert_int_equal(count(set.training, "vpn slow", "category", "VPN"), 2);
    assert_int_equal(count(set.training, "vpn slow", "priority", "low"), 2);
    training_set_free(&set);
}

static void test_the_latest_accepted_correction_counts(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "disk full", "{\"category\":\"Storage\"}");
    correct(d, "vpn drops", "category", "Network");
    correct(d, "VPN drops", "category", "VPN");
    add_correction(d, "vpn drops", "category", "Held", STORE_FEEDBACK_HELD);
    add_correction(d, "disk full", "category", "Held", STORE_FEEDBACK_HELD);
    training_set set = make(d, (set_request){0});
    assert_int_equal(set.n_feedback, 1);
    assert_int_equal(count(set.training, "disk full", "category", "Storage"), 1);
    assert_int_equal(count(set.training, "VPN drops", "category", "VPN"), 1);
    assert_int_equal(triage_dataset_size(set.training), 2);
    uint64_t n, last;
    MUST(store_count_pending(d->store, 0, &n, &last, &err_));
    assert_true(set.feedback_sequence > 0);
    MUST(store_count_pending(d->store, set.feedback_sequence, &n, &last, &err_));
    assert_int_equal(n, 0);
    training_set_free(&set);
}

static void test_texts_without_words_are_not_corrected(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "disk full", "{\"category\":\"Storage\"}");
    import_ticket(d, "2", "...", "{\"category\":\"Storage\"}");
    correct(d, "!!!", "category", "Poison");
    training_set set = make(d, (set_request){0});
    assert_int_equal(triage_dataset_n_labels(set.training, 0), 1);
    assert_true(set.feedback_sequence > 0);
    training_set_free(&set);
}

static void test_spellings_are_merged_over_all(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "disk full", "{\"category\":\"Storage\"}");
    import_ticket(d, "2", "quota reached", "{\"category\":\"Storage\"}");
    correct(d, "share is full", "category", "storage");
    training_set set = make(d, (set_request){0});
    assert_int_equal(count(set.training, "share is full", "category", "Storage"), 1);
    training_set_free(&set);
}

/* `n` tickets with two labels; `prefix` makes their texts. */
static void import_many(desk *d, const char *prefix, size_t n)
{
    triage_dataset *dataset = new_dataset(1);
    for (size_t i = 0; i < n; i++) {
        char text[64];
        snprintf(text, sizeof text, "%s number %zu", prefix, i);
        add_ticket(dataset, text, &(const char *){i % 2 ? "A" : "B"});
    }
    import_dataset(d, finished(dataset));
}

static bool has_text(const triage_dataset *dataset, const char *text, size_t length)
{
    for (size_t i = 0; i < triage_dataset_size(dataset); i++) {
        size_t other;
        const char *found = triage_dataset_text(dataset, i, &other);
        if (other == length && memcmp(found, text, length) == 0)
            return true;
    }
    return false;
}

static void test_the_hold_out_is_frozen(void **state)
{
    desk *d = *state;
    import_many(d, "ticket", 2000);
    training_set first = make(d, (set_request){.holdout = 0.1});
    size_t n = triage_dataset_size(first.holdout);
    assert_true(n > 150 && n < 250);
    assert_int_equal(n + triage_dataset_size(first.training), 2000);
    /* More tickets, before and behind; and a correction of one that is held out. */
    import_ticket(d, "0", "another one", "{\"category\":\"A\"}");
    import_ticket(d, "zz", "and one more", "{\"category\":\"B\"}");
    size_t length;
    const char *held = triage_dataset_text(first.holdout, 3, &length);
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)length, held);
    correct(d, text, "category", "C");
    training_set second = make(d, (set_request){.holdout = 0.1, .weight = 3});
    for (size_t i = 0; i < n; i++) {
        const char *t = triage_dataset_text(first.holdout, i, &length);
        assert_int_equal(has_text(second.holdout, t, length), i != 3);
        assert_int_equal(has_text(second.training, t, length), i == 3);
    }
    assert_int_equal(count(second.training, text, "category", "C"), 3);
    training_set_free(&first);
    training_set_free(&second);
}

/* What corrections add is behind the tickets that were there before: see train/sgd.c. */
static void test_the_order_stays(void **state)
{
    desk *d = *state;
    import_many(d, "ticket", 300);
    training_set first = make(d, (set_request){.holdout = 0.2});
    char text[64];
    size_t length;
    const char *held = triage_dataset_text(first.holdout, 0, &length);
    snprintf(text, sizeof text, "%.*s", (int)length, held);
    correct(d, text, "category", "C");
    const char *learnt = triage_dataset_text(first.training, 5, &length);
    snprintf(text, sizeof text, "%.*s", (int)length, learnt);
    correct(d, text, "category", "C");
    training_set second = make(d, (set_request){.holdout = 0.2, .weight = 3});
    size_t n = triage_dataset_size(first.training);
    assert_int_equal(triage_dataset_size(second.training), n + 3 + 2);
    for (size_t i = 0; i < n; i++) {
        const char *before = triage_dataset_text(first.training, i, &length);
        snprintf(text, sizeof text, "%.*s", (int)length, before);
        assert_true(is_text_at(second.training, i, text));
    }
    training_set_free(&first);
    training_set_free(&second);
}

static void test_rare_labels_are_all_learnt(void **state)
{
    desk *d = *state;
    import_many(d, "ticket", 500);
    for (int i = 0; i < TRAINING_SET_RARE - 1; i++) {
        char id[8], text[32];
        snprintf(id, sizeof id, "r%d", i);
        snprintf(text, sizeof text, "rare matter %d", i);
        import_ticket(d, id, text, "{\"category\":\"Rare\"}");
    }
    training_set set = make(d, (set_request){.holdout = 0.9});
    size_t n = 0;
    for (int i = 0; i < TRAINING_SET_RARE - 1; i++) {
        char text[32];
        snprintf(text, sizeof text, "rare matter %d", i);
        n += count(set.training, text, "category", "Rare");
    }
    assert_int_equal(n, TRAINING_SET_RARE - 1);
    training_set_free(&set);
}

static void test_retired_labels_are_taken_off(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "one", "{\"category\":\"Old\",\"priority\":\"low\"}");
    import_ticket(d, "2", "two", "{\"category\":\"Old\"}");
    import_ticket(d, "3", "three", "{\"category\":\"New\",\"queue\":\"gone\"}");
    correct(d, "four", "category", "Old");
    correct(d, "two", "category", "New");
    retired_labels retired;
    MUST(retired_parse("[{\"field\":\"category\",\"label\":\"Old\"},"
                       "{\"field\":\"queue\",\"label\":\"gone\"},"
                       "{\"field\":\"priority\",\"label\":\"Old\"}]",
                       &retired, &err_));
    training_set set = make(d, (set_request){.retired = &retired});
    assert_int_equal(triage_dataset_size(set.training), 3);
    assert_int_equal(triage_dataset_n_fields(set.training), 2); /* no label of `queue` is left */
    assert_int_equal(count(set.training, "one", "category", ""), 1);
    assert_int_equal(count(set.training, "one", "priority", "low"), 1);
    assert_int_equal(count(set.training, "two", "category", "New"), 1);
    training_set_free(&set);
    retired_free(&retired);
}

static void test_bad_settings_of_retired_labels(void **state)
{
    (void)state;
    static const char *const bad[] = {"{}",
                                      "[1]",
                                      "[{\"field\":\"a\"}]",
                                      "nonsense",
                                      "[{\"field\":1,\"label\":\"b\"}]",
                                      "[{\"field\":\"a\\u0000b\",\"label\":\"b\"}]"};
    triage_error err;
    retired_labels retired;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(retired_parse(bad[i], &retired, &err), TRIAGE_ERROR_DATA);
    assert_int_equal(retired_parse(NULL, &retired, &err), TRIAGE_OK);
    assert_int_equal(retired.n, 0);
    retired_free(&retired);
}

static void test_fields_that_come_later(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "one", "{\"category\":\"A\"}");
    import_ticket(d, "2", "two", "{\"queue\":\"Q\",\"category\":\"B\"}");
    import_ticket(d, "3", "three", "{\"priority\":\"P\"}");
    import_ticket(d, "4", "four", "{}");
    training_set set = make(d, (set_request){0});
    assert_int_equal(triage_dataset_size(set.training), 3);
    assert_string_equal(triage_dataset_field_name(set.training, 0), "category");
    assert_int_equal(count(set.training, "one", "queue", ""), 1);
    assert_int_equal(count(set.training, "two", "queue", "Q"), 1);
    assert_int_equal(count(set.training, "three", "priority", "P"), 1);
    training_set_free(&set);
}

static void test_where_base_tickets_come_from(void **state)
{
    desk *d = *state;
    training_set set = make(d, (set_request){.holdout = 0.1});
    assert_int_equal(set.base, BASE_STARTER);
    assert_int_equal(set.n_base, 3093);
    training_set_free(&set);
    import_ticket(d, "1", "one", "{\"category\":\"A\"}");
    set = make(d, (set_request){0});
    assert_int_equal(set.base, BASE_STORE);
    training_set_free(&set);
    char path[96];
    snprintf(path, sizeof path, "%s/base.csv", d->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("text,category\nfrom a file,F\none,F\n", file);
    fclose(file);
    const char *paths[] = {path};
    training_set_options options = {.base = {.store = d->store, .files = paths, .n_files = 1},
                                    .correction_weight = 1};
    MUST(training_set_make(&options, &set, &err_));
    assert_int_equal(set.base, BASE_FILES);
    assert_int_equal(count(set.training, "from a file", "category", "F"), 1);
    assert_int_equal(triage_dataset_size(set.training), 2);
    training_set_free(&set);
}

static void test_nothing_to_learn_is_an_error(void **state)
{
    desk *d = *state;
    import_ticket(d, "1", "one", "{}");
    training_set_options options = {.base = {.store = d->store}, .correction_weight = 1};
    training_set set;
    triage_error err;
    assert_int_equal(training_set_make(&options, &set, &err), TRIAGE_ERROR_DATA);
    assert_string_equal(err.message, "there are no labelled tickets to train on");
}

static void test_the_hash_tells_what_is_new(void **state)
{
    desk *d = *state;
    import_many(d, "ticket", 50);
    training_set a = make(d, (set_request){.holdout = 0.1});
    training_set b = make(d, (set_request){.holdout = 0.1});
    assert_true(a.hash == b.hash);
    training_set_free(&b);
    /* Even one that says what the ticket had said already: it counts more often now. */
    correct(d, "ticket number 1", "category", "A");
    b = make(d, (set_request){.holdout = 0.1});
    assert_true(a.hash != b.hash);
    training_set_free(&a);
    training_set_free(&b);
}

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, desk_make, desk_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_corrections_replace_labels),
        TEST(test_corrected_texts_join),
        TEST(test_the_latest_accepted_correction_counts),
        TEST(test_texts_without_words_are_not_corrected),
        TEST(test_spellings_are_merged_over_all),
        TEST(test_the_hold_out_is_frozen),
        TEST(test_the_order_stays),
        TEST(test_rare_labels_are_all_learnt),
        TEST(test_retired_labels_are_taken_off),
        cmocka_unit_test(test_bad_settings_of_retired_labels),
        TEST(test_fields_that_come_later),
        TEST(test_where_base_tickets_come_from),
        TEST(test_nothing_to_learn_is_an_error),
        TEST(test_the_hash_tells_what_is_new),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
