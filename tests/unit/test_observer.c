/* SPDX-License-Identifier: MIT */
/* What is counted and logged of a request. */
#include "services/note.h"
#include "services/observer.h"
#include "temp_dir.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const http_route row =
    HTTP_ROUTE("POST", "/predict", HTTP_ROLE_PUBLIC, 1, HTTP_RATE_NONE, HTTP_INLINE, NULL);

static void open_with(observer *o, temp_dir *dir, access_log access)
{
    triage_error err;
    log_options log = {.path = temp_path(dir, "log"), .level = LOG_INFO, .service_name = "triage"};
    if (observer_open(o, &log, access, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
}

/* What is in the log now; the caller frees it. */
static char *logged(observer *o, temp_dir *dir)
{
    char *text = calloc(1, 65536);
    log_flush(o->log);
    FILE *file = fopen(temp_path(dir, "log"), "r");
    assert_non_null(file);
    assert_true(fread(text, 1, 65535, file) < 65535);
    fclose(file);
    return text;
}

static void record(observer *o, unsigned status, const request_note *note, const http_route *route)
{
    http_record r = {.method = "POST",
                     .route = route ? "/api/v1/predict" : NULL,
                     .path = "/api/v1/predict",
                     .row = route,
                     .status = status,
                     .request_id = "an-id",
                     .remote = "127.0.0.1",
                     .seconds = 0.25,
                     .note = note};
    observer_record(o, &r);
}

static size_t n_lines(const char *text)
{
    size_t n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void a_prediction(void **state)
{
    static const char *const parts[] = {"\"event.action\":\"predict\"",
                                        "\"event.outcome\":\"success\"",
                                        "\"event.duration\":250000000",
                                        "\"http.response.status_code\":200",
                                        "\"triage.prediction.category\":\"Work\"",
                                        "\"triage.prediction.decision\":\"auto\"",
                                        "\"triage.model.version\":\"v000003\"",
                                        "\"http.request.id\":\"an-id\"",
                                        "\"log.level\":\"info\"",
                                        "\"trace.id\":\""};
    observer o;
    open_with(&o, *state, ACCESS_ALL);
    request_note note = {.action = "predict",
                         .has_prediction = true,
                         .is_auto = true,
                         .confidence = 0.5f,
                         .version = "v000003",
                         .label = "Work"};
    record(&o, 200, &note, &row);
    char *text = logged(&o, *state);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (!strstr(text, parts[i]))
            fail_msg("%s has no %s", text, parts[i]);
    free(text);
    assert_true(
        metric_value(OBSERVER_AT(&o, METER_HTTP_REQUESTS, "/api/v1/predict", "POST", "200")) == 1);
    assert_true(metric_value(OBSERVER_AT(&o, METER_HTTP_SECONDS, "/api/v1/predict", "POST")) == 1);
    observer_close(&o);
}

static void levels_by_status(void **state)
{
    static const struct {
        unsigned status;
        const char *level, *outcome;
    } rows_[] = {{200, "\"info\"", "\"success\""},
                 {404, "\"warn\"", "\"failure\""},
                 {503, "\"error\"", "\"failure\""}};
    for (size_t i = 0; i < 3; i++) {
        observer o;
        open_with(&o, *state, ACCESS_ALL);
        record(&o, rows_[i].status, NULL, &row);
        char *text = logged(&o, *state);
        const char *last = strrchr(text, '{');
        assert_non_null(strstr(last, rows_[i].level));
        assert_non_null(strstr(last, rows_[i].outcome));
        free(text);
        observer_close(&o);
    }
}

static void which_requests_are_logged(void **state)
{
    static const size_t expected[] = {[ACCESS_OFF] = 0, [ACCESS_ERRORS] = 1, [ACCESS_ALL] = 2};
    for (access_log access = ACCESS_ALL; access <= ACCESS_OFF; access++) {
        observer o;
        unlink(temp_path(*state, "log"));
        open_with(&o, *state, access);
        record(&o, 200, NULL, &row);
        record(&o, 400, NULL, &row);
        char *text = logged(&o, *state);
        assert_int_equal(n_lines(text), expected[access]);
        free(text);
        /* Counted they are in any case. */
        assert_true(metric_value(OBSERVER_AT(&o, METER_HTTP_REQUESTS, "/api/v1/predict", "POST",
                                             "400")) == 1);
        observer_close(&o);
    }
}

/* A path that nobody serves, or a method that nobody knows, makes no series of its own. */
static void unknown_paths_share_a_series(void **state)
{
    observer o;
    open_with(&o, *state, ACCESS_OFF);
    record(&o, 404, NULL, NULL);
    assert_true(metric_value(OBSERVER_AT(&o, METER_HTTP_REQUESTS, "(none)", "(any)", "404")) == 1);
    observer_close(&o);
}

static void raising_a_counter(void **state)
{
    observer o;
    open_with(&o, *state, ACCESS_OFF);
    metric_series *counter = OBSERVER_ONE(&o, METER_LOG_DROPPED);
    observer_raise(counter, 5);
    observer_raise(counter, 7);
    observer_raise(counter, 3); /* never down */
    assert_true(metric_value(counter) == 7);
    observer_close(&o);
}

static void long_sentences(void **state)
{
    observer o;
    char message[4096];
    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    open_with(&o, *state, ACCESS_ALL);
    observer_say(&o, LOG_WARN, "test", "%s and %d", message, 7);
    observer_say(&o, LOG_DEBUG, "test", "below the level");
    char *text = logged(&o, *state);
    assert_non_null(strstr(text, "\"event.action\":\"test\""));
    assert_null(strstr(text, "below the level"));
    free(text);
    observer_close(&o);
}

static void a_log_that_cannot_be_opened(void **state)
{
    observer o;
    triage_error err;
    log_options log = {.path = "/nowhere/at/all", .level = LOG_INFO, .service_name = "triage"};
    (void)state;
    assert_int_equal(observer_open(&o, &log, ACCESS_ALL, &err), TRIAGE_ERROR_IO);
    assert_null(o.log);
    assert_null(o.meters);
}

int main(void)
{
#define IN_FOLDER(TEST) cmocka_unit_test_setup_teardown(TEST, temp_dir_make, temp_dir_remove)
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_prediction),
        IN_FOLDER(levels_by_status),
        IN_FOLDER(which_requests_are_logged),
        IN_FOLDER(unknown_paths_share_a_series),
        IN_FOLDER(raising_a_counter),
        IN_FOLDER(long_sentences),
        cmocka_unit_test(a_log_that_cannot_be_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
