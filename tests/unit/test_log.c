/* SPDX-License-Identifier: MIT */
/*
 * The log: ECS lines in their order, hostile values, levels, many threads, rotation, and files that
 * take nothing. What must not end the process is tried in a child of its own.
 */
#define _GNU_SOURCE
#include "telemetry/log.h"
#include "telemetry/log_writer.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/parallel.h"
#include "base/utf8.h"
#include "temp_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

static log_output *open_log(const char *path, log_level level, bool is_for_people)
{
    log_output *log = NULL;
    triage_error err;
    log_options options = {.path = path,
                           .level = level,
                           .service_name = "triage",
                           .service_version = "1.2.3",
                           .is_for_people = is_for_people};
    assert_int_equal(log_open(&options, &log, &err), TRIAGE_OK);
    return log;
}

static void read_file(const char *path, buffer *ret_content)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    buffer_clear(ret_content);
    while (buffer_reserve(ret_content, 4096)) {
        size_t n = fread(ret_content->data + ret_content->length, 1, 4096, file);
        ret_content->length += n;
        if (n == 0)
            break;
    }
    fclose(file);
    assert_non_null(buffer_string(ret_content));
}

/* Calls `look` with each line of the file, which must be a JSON object; the number of lines. */
static size_t each_line(const char *path, void (*look)(const json_value *line, void *context),
                        void *context)
{
    buffer content = {0};
    json_parser *parser = json_parser_new();
    size_t n = 0;
    triage_error err;
    read_file(path, &content);
    for (char *line = content.data, *end; *line; line = end + 1, n++) {
        json_value *value = NULL;
        end = strchr(line, '\n');
        assert_non_null(end);
        assert_int_equal(json_parse(parser, line, (size_t)(end - line), &value, &err), TRIAGE_OK);
        assert_int_equal(json_kind_of(value), JSON_OBJECT);
        if (look)
            look(value, context);
        json_free(value);
    }
    json_parser_free(parser);
    buffer_free(&content);
    return n;
}

static const char *text_of(const json_value *line, const char *key)
{
    const json_value *member;
    const char *text;
    size_t length;
    assert_true(json_member(line, key, &member));
    assert_true(json_scalar_text(member, &text, &length));
    return text;
}

static void expect_members(const json_value *line, void *context)
{
    static const char *const order[] = {
        "@timestamp",      "log.level",   "message",       "ecs.version",  "service.name",
        "service.version", "process.pid", "event.dataset", "event.action", "http.request.method",
        "a.number",        "b.number",    "c.real",        "d.real",       "e.real",
        "f.real",          "g.bool",      "h.text"};
    json_cursor cursor = {0};
    const char *name;
    const json_value *value;
    size_t n = 0;
    while (json_next_member(line, &cursor, &name, &value))
        assert_string_equal(name, order[n++]);
    assert_int_equal(n, sizeof order / sizeof order[0]);
    assert_string_equal(text_of(line, "log.level"), "warn");
    assert_string_equal(text_of(line, "message"), "it is \"so\"");
    assert_string_equal(text_of(line, "service.name"), "triage");
    assert_string_equal(text_of(line, "service.version"), "1.2.3");
    assert_string_equal(text_of(line, "event.dataset"), "triage.log");
    assert_string_equal(text_of(line, "event.action"), "predict");
    assert_string_equal(text_of(line, "a.number"), "-9223372036854775808");
    assert_string_equal(text_of(line, "b.number"), "0");
    assert_string_equal(text_of(line, "c.real"), "0.913257");
    assert_string_equal(text_of(line, "d.real"), "-1234567.5");
    assert_string_equal(text_of(line, "e.real"), "0.000123457");
    assert_string_equal(text_of(line, "f.real"), "1e+300");
    assert_string_equal(text_of(line, "h.text"), "x");
    assert_int_equal(strlen(text_of(line, "@timestamp")), 27);
    *(bool *)context = true;
}

static void lines_are_ecs_in_its_order(void **state)
{
    bool was_seen = false;
    char path[384];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_INFO, false);
    log_line *line = log_begin(log, LOG_WARN, "predict", "it is \"so\"");
    log_text(line, "http.request.method", "GET");
    log_text(line, "left.out", NULL);
    log_int(line, "a.number", INT64_MIN);
    log_int(line, "b.number", 0);
    log_real(line, "c.real", 0.91325678);
    log_real(line, "d.real", -1234567.5);
    log_real(line, "e.real", 0.00012345678);
    log_real(line, "f.real", 1e300);
    log_bool(line, "g.bool", true);
    log_text_n(line, "h.text", "xyz", 1);
    log_end(line);
    log_flush(log);
    assert_int_equal(each_line(path, expect_members, &was_seen), 1);
    assert_true(was_seen);
    assert_int_equal(log_n_dropped(log), 0);
    log_close(log);
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 07, 0);
}

static void expect_now(const json_value *line, void *context)
{
    (void)context;
    struct tm t = {0};
    int micros = -1;
    char z = 0;
    const char *text = text_of(line, "@timestamp");
    assert_int_equal(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%6d%c", &t.tm_year, &t.tm_mon,
                            &t.tm_mday, &t.tm_hour, &t.tm_min, &t.tm_sec, &micros, &z),
                     8);
    assert_int_equal(z, 'Z');
    t.tm_year -= 1900;
    t.tm_mon--;
    time_t written = timegm(&t), now = time(NULL);
    assert_true(written <= now && now - written < 60);
}

static void timestamps_are_utc(void **state)
{
    char path[384];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    setenv("TZ", "Asia/Kolkata", 1);
    tzset();
    log_output *log = open_log(path, LOG_INFO, false);
    log_end(log_begin(log, LOG_INFO, NULL, "now"));
    log_close(log);
    assert_int_equal(each_line(path, expect_now, NULL), 1);
    unsetenv("TZ");
    tzset();
}

static void expect_hostile(const json_value *line, void *context)
{
    (void)context;
    const json_value *member;
    const char *text;
    size_t length;
    assert_string_equal(text_of(line, "message"), "two\nlines");
    assert_true(json_member(line, "invalid", &member) && json_string(member, &text, &length));
    assert_string_equal(text, "a\xEF\xBF\xBD"
                              "b\xEF\xBF\xBD");
    assert_true(json_member(line, "zero", &member) && json_string(member, &text, &length));
    assert_int_equal(length, 3);
    assert_memory_equal(text, "a\0b", 3);
    assert_true(json_member(line, "forged", &member) && json_string(member, &text, &length));
    assert_string_equal(text, "\"}\n{\"log.level\":\"error\"}");
    assert_true(json_member(line, "nan", &member));
    assert_int_equal(json_kind_of(member), JSON_NULL);
    assert_true(json_member(line, "long", &member) && json_string(member, &text, &length));
    assert_true(length <= LOG_VALUE_MAX_BYTES && length > LOG_VALUE_MAX_BYTES - 4);
    assert_true(utf8_is_valid(text, length));
    assert_null(strstr(text, "\xEF\xBF\xBD"));
    assert_false(json_member(line, "too.much", &member));
    assert_true(json_member(line, "last", &member));
}

static void hostile_values_stay_values(void **state)
{
    char path[384];
    static char long_text[3 * LOG_VALUE_MAX_BYTES];
    for (size_t i = 0; i < sizeof long_text; i += 3)
        memcpy(long_text + i, "\xE2\x82\xAC", 3);
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_DEBUG, false);
    log_line *line = log_begin(log, LOG_DEBUG, NULL, "two\nlines");
    log_text(line, "invalid",
             "a\xFF"
             "b\xC3");
    log_text_n(line, "zero", "a\0b", 3);
    log_text(line, "forged", "\"}\n{\"log.level\":\"error\"}");
    log_real(line, "nan", NAN);
    log_text_n(line, "long", long_text, sizeof long_text);
    for (int i = 0; i < 20; i++)
        log_text_n(line, i < 7 ? "fill" : "too.much", long_text, sizeof long_text);
    log_bool(line, "last", false);
    log_end(line);
    log_close(log);
    assert_int_equal(each_line(path, expect_hostile, NULL), 1);
}

static void levels_below_are_not_made(void **state)
{
    char path[384];
    log_level level = LOG_OFF;
    assert_true(log_level_parse("debug", &level) && level == LOG_DEBUG);
    assert_true(log_level_parse("off", &level) && level == LOG_OFF);
    assert_true(log_level_parse("warn", &level) && level == LOG_WARN);
    assert_false(log_level_parse("WARN", &level));
    assert_false(log_level_parse("", &level));
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_WARN, false);
    assert_null(log_begin(log, LOG_INFO, NULL, "no"));
    assert_null(log_begin(log, LOG_OFF, NULL, "no"));
    assert_null(log_begin(NULL, LOG_ERROR, NULL, "no"));
    log_text(NULL, "a", "b");
    log_text_n(NULL, "a", "b", 1);
    log_int(NULL, "a", 1);
    log_real(NULL, "a", 1);
    log_bool(NULL, "a", true);
    log_end(NULL);
    log_end(log_begin(log, LOG_ERROR, NULL, "yes"));
    log_close(log);
    assert_int_equal(each_line(path, NULL, NULL), 1);
    log_close(NULL);
}

static void lines_for_people_are_plain(void **state)
{
    char path[384];
    buffer content = {0};
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_INFO, true);
    log_line *line = log_begin(log, LOG_INFO, "start", "ready\x1B[2J");
    log_text(line, "url.full", "http://127.0.0.1:8080");
    log_text(line, "a", "two words \"so\"\n");
    log_text(line, "c1",
             "\xC2\x9B"
             "1m\xC3\xA9\xFF");
    log_text(line, "empty", "");
    log_int(line, "n", -5);
    log_real(line, "r", 0.5);
    log_bool(line, "b", true);
    log_end(line);
    log_close(log);
    read_file(path, &content);
    assert_int_equal(content.data[2], ':');
    assert_int_equal(content.data[5], ':');
    assert_string_equal(content.data + 8, " info  ready\\u001b[2J url.full=http://127.0.0.1:8080"
                                          " a=\"two words \\\"so\\\"\\n\" c1=\\u009b1m\xC3\xA9"
                                          "\xEF\xBF\xBD empty=\"\" n=-5 r=0.5 b=true\n");
    buffer_free(&content);
}

#define N_THREADS 8
#define N_LINES   2000

static bool log_many(void *context, size_t task)
{
    for (int i = 0; i < N_LINES; i++) {
        log_line *line = log_begin(context, i % 100 ? LOG_INFO : LOG_WARN, "test", "many");
        log_int(line, "task", (int64_t)task);
        log_int(line, "i", i);
        log_end(line);
    }
    return true;
}

static void count_task(const json_value *line, void *context)
{
    int(*next)[N_THREADS] = context;
    const json_value *member;
    int64_t task = -1, i = -1;
    assert_true(json_member(line, "task", &member) && json_int(member, 0, N_THREADS - 1, &task));
    assert_true(json_member(line, "i", &member) && json_int(member, 0, N_LINES, &i));
    assert_int_equal((*next)[task], i);
    (*next)[task]++;
}

/* Whole lines, none lost, each thread's in its order. */
static void threads_share_a_log(void **state)
{
    char path[384];
    int next[N_THREADS] = {0};
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_INFO, false);
    assert_true(parallel_run(N_THREADS, N_THREADS, log_many, log));
    log_flush(log);
    assert_int_equal(log_n_dropped(log), 0);
    assert_int_equal(each_line(path, count_task, &next), N_THREADS * N_LINES);
    log_close(log);
}

/* A thread may have more lines open than there is memory kept for. */
static void many_lines_are_open_at_once(void **state)
{
    enum { N = 200 };
    char path[384];
    log_line *lines[N];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_INFO, false);
    for (int i = 0; i < N; i++)
        assert_non_null(lines[i] = log_begin(log, LOG_INFO, NULL, "open"));
    for (int i = 0; i < N; i++) {
        log_int(lines[i], "i", i);
        log_end(lines[i]);
    }
    log_close(log);
    assert_int_equal(each_line(path, NULL, NULL), N);
}

static void rotation_goes_on_in_a_new_file(void **state)
{
    char path[384], old[384];
    triage_error err;
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    snprintf(old, sizeof old, "%s", temp_path(*state, "log.1"));
    log_output *log = open_log(path, LOG_INFO, false);
    log_end(log_begin(log, LOG_INFO, NULL, "before"));
    log_flush(log);
    assert_int_equal(rename(path, old), 0);
    log_end(log_begin(log, LOG_WARN, NULL, "between"));
    log_flush(log);
    assert_int_equal(each_line(old, NULL, NULL), 2);
    assert_int_equal(log_reopen(log, &err), TRIAGE_OK);
    log_end(log_begin(log, LOG_INFO, NULL, "after"));
    log_close(log);
    assert_int_equal(each_line(old, NULL, NULL), 2);
    assert_int_equal(each_line(path, NULL, NULL), 1);
}

static bool reopen_or_log(void *context, size_t task)
{
    triage_error err;
    if (task > 0)
        return log_many(context, task);
    for (int i = 0; i < 50; i++)
        if (log_reopen(context, &err))
            return false;
    return true;
}

static void rotation_loses_no_line(void **state)
{
    char path[384];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log_output *log = open_log(path, LOG_INFO, false);
    assert_true(parallel_run(3, 3, reopen_or_log, log));
    log_close(log);
    assert_int_equal(each_line(path, NULL, NULL), 2 * N_LINES);
}

static void a_folder_that_is_not_there_is_refused(void **state)
{
    triage_error err;
    log_output *log = NULL;
    log_options options = {.path = temp_path(*state, "none/log"), .service_name = "triage"};
    assert_int_equal(log_open(&options, &log, &err), TRIAGE_ERROR_IO);
    assert_null(log);
    assert_non_null(strstr(err.message, "none/log"));
    char path[384];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    log = open_log(path, LOG_INFO, false);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(log_reopen(log, &err), TRIAGE_ERROR_IO);
    log_end(log_begin(log, LOG_WARN, NULL, "still in the old file"));
    log_flush(log);
    assert_int_equal(log_n_dropped(log), 0);
    log_close(log);
    assert_int_equal(rmdir(path), 0);
}

/* What a child found wrong, as its exit code. */
#define CHILD_CHECK(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);         \
            _exit(1);                                                                              \
        }                                                                                          \
    } while (0)

static void run_child(void (*child)(const char *path), const char *path)
{
    int status = 0;
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        child(path);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static log_output *open_in_child(const char *path)
{
    log_output *log = NULL;
    log_options options = {.path = path, .service_name = "triage"};
    CHILD_CHECK(!log_open(&options, &log, NULL));
    return log;
}

static void log_lines(log_output *log, int n, log_level level)
{
    for (int i = 0; i < n; i++) {
        log_line *line = log_begin(log, level, NULL, "a line of some length");
        log_int(line, "i", i);
        log_end(line);
    }
}

static void fill_the_disk(const char *path)
{
    struct rlimit limit = {.rlim_cur = 10000, .rlim_max = RLIM_INFINITY};
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    log_output *log = open_in_child(path);
    log_lines(log, 1000, LOG_INFO);
    log_flush(log);
    uint64_t n = log_n_dropped(log);
    CHILD_CHECK(n > 900 && n < 1000);
    log_lines(log, 10, LOG_ERROR);
    log_flush(log);
    CHILD_CHECK(log_n_dropped(log) == n + 10);
    limit.rlim_cur = RLIM_INFINITY;
    CHILD_CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    log_lines(log, 10, LOG_ERROR);
    log_flush(log);
    CHILD_CHECK(log_n_dropped(log) == n + 10);
    log_close(log);
}

/* All lines of the file are whole, the one at which the disk was full among them. */
static void a_full_disk_drops_and_recovers(void **state)
{
    char path[384];
    snprintf(path, sizeof path, "%s", temp_path(*state, "log"));
    run_child(fill_the_disk, path);
    size_t n = each_line(path, NULL, NULL);
    assert_true(n > 20 && n < 120);
}

static void log_to_a_closed_pipe(const char *path)
{
    int ends[2];
    (void)path;
    CHILD_CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    signal(SIGPIPE, SIG_DFL);
    log_output *log = open_in_child(NULL);
    log_lines(log, 10, LOG_INFO);
    log_flush(log);
    CHILD_CHECK(log_n_dropped(log) == 10);
    log_close(log);
}

static void log_without_standard_output(const char *path)
{
    (void)path;
    close(STDOUT_FILENO);
    log_output *log = open_in_child("-");
    log_lines(log, 10, LOG_WARN);
    log_flush(log);
    CHILD_CHECK(log_n_dropped(log) == 10);
    log_close(log);
}

static void a_closed_output_does_not_end_the_process(void **state)
{
    (void)state;
    run_child(log_to_a_closed_pipe, NULL);
    run_child(log_without_standard_output, NULL);
}

/* A reader that reads nothing: the queue fills up, and nobody waits. */
static void block_the_reader(const char *path)
{
    int ends[2];
    (void)path;
    CHILD_CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
    close(ends[1]);
    log_output *log = open_in_child("-");
    int n_info = 0, n_warn = 0;
    while (log_n_dropped(log) == 0 && ++n_info)
        log_lines(log, 1, LOG_INFO);
    CHILD_CHECK((size_t)n_info * 100 > LOG_WRITER_MAX_BYTES / 4);
    /* There is a reserve for what matters. */
    uint64_t n = log_n_dropped(log);
    while (log_n_dropped(log) == n && ++n_warn)
        log_lines(log, 1, LOG_WARN);
    CHILD_CHECK(n_warn > 1000);
    close(ends[0]); /* the writer, which waits in write(), is let go by EPIPE */
    log_flush(log);
    log_close(log);
}

static void a_blocked_reader_blocks_no_caller(void **state)
{
    (void)state;
    run_child(block_the_reader, NULL);
}

/* A reader that never reads: at the end the lines are given up. Without that this waits for ever,
 * until the alarm ends it. */
static void close_before_a_blocked_reader(const char *path)
{
    int ends[2];
    (void)path;
    CHILD_CHECK(pipe(ends) == 0 && dup2(ends[1], STDOUT_FILENO) == STDOUT_FILENO);
    close(ends[1]);
    alarm(60);
    log_output *log = open_in_child("-");
    log_lines(log, 10000, LOG_INFO);
    log_close(log);
    close(ends[0]);
}

static void a_blocked_reader_does_not_keep_the_program(void **state)
{
    (void)state;
    run_child(close_before_a_blocked_reader, NULL);
}

static void throughput_is_printed(void **state)
{
    (void)state;
    enum { N = 50000 };
    log_output *log = open_log("/dev/null", LOG_INFO, false);
    double start = clock_seconds();
    for (int i = 0; i < N; i++) {
        log_line *line = log_begin(log, LOG_INFO, "predict", "ticket classified");
        log_text(line, "trace.id", "4bf92f3577b34da6a3ce929d0e0e4736");
        log_text(line, "transaction.id", "00f067aa0ba902b7");
        log_text(line, "http.request.method", "POST");
        log_text(line, "url.path", "/api/v1/predict");
        log_int(line, "http.response.status_code", 200);
        log_int(line, "event.duration", 123456 + i);
        log_text(line, "triage.prediction.category", "Hardware");
        log_real(line, "triage.prediction.confidence", 0.913257);
        log_text(line, "triage.prediction.decision", "auto");
        log_end(line);
    }
    print_message("a line takes its caller %.0f ns\n", (clock_seconds() - start) / N * 1e9);
    log_close(log);
}

#define IN_DIR(test) cmocka_unit_test_setup_teardown(test, temp_dir_make, temp_dir_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_DIR(lines_are_ecs_in_its_order),
        IN_DIR(timestamps_are_utc),
        IN_DIR(hostile_values_stay_values),
        IN_DIR(levels_below_are_not_made),
        IN_DIR(lines_for_people_are_plain),
        IN_DIR(threads_share_a_log),
        IN_DIR(many_lines_are_open_at_once),
        IN_DIR(rotation_goes_on_in_a_new_file),
        IN_DIR(rotation_loses_no_line),
        IN_DIR(a_folder_that_is_not_there_is_refused),
        IN_DIR(a_full_disk_drops_and_recovers),
        cmocka_unit_test(a_closed_output_does_not_end_the_process),
        cmocka_unit_test(a_blocked_reader_blocks_no_caller),
        cmocka_unit_test(a_blocked_reader_does_not_keep_the_program),
        cmocka_unit_test(throughput_is_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
