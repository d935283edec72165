/* SPDX-License-Identifier: MIT */
/* Options from arguments, environment, configuration file and files of secrets. */
#include "config/option_report.h"
#include "config/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "temp_dir.h"

typedef struct test_settings {
    option_values *values;
    uint64_t number, size;
    const char *text, *secret, *address;
    text_list texts, commas;
    bool flag;
    double share;
    text_list words;
} test_settings;

static const option_row rows[] = {
    {.name = "config",
     .type = OPTION_CONFIG,
     .value = "FILE",
     .help = "h",
     .offset = offsetof(test_settings, values)},
    {.name = "number",
     .type = OPTION_NUMBER,
     .value = "N",
     .default_value = "1",
     .maximum = 100,
     .is_reloadable = true,
     .help = "h",
     .offset = offsetof(test_settings, number)},
    {.name = "size",
     .type = OPTION_BYTES,
     .value = "N",
     .default_value = "1K",
     .minimum = 1,
     .maximum = 1048576,
     .help = "h",
     .offset = offsetof(test_settings, size)},
    {.name = "text",
     .type = OPTION_TEXT,
     .value = "T",
     .help = "h",
     .offset = offsetof(test_settings, text)},
    {.name = "secret",
     .type = OPTION_TEXT,
     .value = "S",
     .is_secret = true,
     .help = "h",
     .offset = offsetof(test_settings, secret)},
    {.name = "address",
     .type = OPTION_TEXT,
     .value = "A",
     .is_secret = true,
     .secret_prefix = "db:",
     .help = "h",
     .offset = offsetof(test_settings, address)},
    {.name = "texts",
     .type = OPTION_TEXTS,
     .value = "T",
     .help = "h",
     .offset = offsetof(test_settings, texts)},
    {.name = "commas",
     .type = OPTION_COMMAS,
     .value = "T",
     .help = "h",
     .offset = offsetof(test_settings, commas)},
    {.name = "flag", .type = OPTION_FLAG, .help = "h", .offset = offsetof(test_settings, flag)},
    {.name = "share",
     .type = OPTION_REAL,
     .value = "P",
     .default_value = "0",
     .above = 0,
     .below = 1,
     .is_closed = true,
     .help = "h",
     .offset = offsetof(test_settings, share)},
};

static const option_group groups[] = {{.title = "All", .rows = rows, .n_rows = 1},
                                      {.title = "Rest", .rows = rows + 1, .n_rows = 9}};
static const option_set set = {.groups = groups,
                               .n_groups = 2,
                               .arguments = {.usage = "[WORD...]",
                                             .name = "WORD",
                                             .maximum = 3,
                                             .help = "h",
                                             .offset = offsetof(test_settings, words)}};

/* Another command's: one reads configuration files, one does not. */
static const option_row other_rows[] = {
    {.name = "config", .type = OPTION_CONFIG, .value = "FILE", .help = "h"},
    {.name = "foreign", .type = OPTION_TEXT, .value = "T", .is_secret = true, .help = "h"}};
static const option_row third_rows[] = {
    {.name = "elsewhere", .type = OPTION_TEXT, .value = "T", .help = "h"}};
static const option_group other_groups[] = {{.title = "o", .rows = other_rows, .n_rows = 2}};
static const option_group third_groups[] = {{.title = "t", .rows = third_rows, .n_rows = 1}};
static const option_set others[] = {{.groups = other_groups, .n_groups = 1},
                                    {.groups = third_groups, .n_groups = 1}};

static const option_set *other_set(size_t i)
{
    return i < 2 ? &others[i] : NULL;
}

static const char *const variables[] = {"TRIAGE_CONFIG",      "TRIAGE_NUMBER",      "TRIAGE_TEXT",
                                        "TRIAGE_SECRET",      "TRIAGE_SECRET_FILE", "TRIAGE_TEXTS",
                                        "TRIAGE_ADDRESS_FILE"};

static int set_up(void **state)
{
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
        unsetenv(variables[i]);
    return temp_dir_make(state);
}

/* Parses the NULL-terminated `arguments`; OK or the message of the error, valid until the next. */
static const char *parse(char *const *arguments, test_settings *s)
{
    static triage_error err;
    option_sources sources = {.arguments = arguments, .other_set = other_set};
    bool wants_help = true;
    *s = (test_settings){0};
    err = (triage_error){0};
    triage_status status = options_parse(&set, &sources, s, &wants_help, &err);
    assert_true(status == TRIAGE_OK || err.message[0]);
    assert_true(status != TRIAGE_OK || !wants_help);
    return status == TRIAGE_OK ? "OK" : err.message;
}

#define PARSE(S, ...) parse((char *const[]){__VA_ARGS__, NULL}, S)

/* Parses the configuration `text`; the message without the path of the file. */
static const char *parse_config(temp_dir *dir, const char *text, test_settings *s)
{
    char path[384];
    snprintf(path, sizeof path, "%s", temp_text(dir, "c", text));
    const char *message = PARSE(s, "--config", path);
    return strncmp(message, path, strlen(path)) == 0 ? message + strlen(path) : message;
}

static void expect_config_error(temp_dir *dir, const char *text, const char *message)
{
    test_settings s;
    assert_string_equal(parse_config(dir, text, &s), message);
    options_free(&set, &s);
}

static void the_strongest_source_wins(void **state)
{
    test_settings s;
    char *path = strdup(temp_text(*state, "c", "number = 2\ntext = file\n"));
    assert_string_equal(PARSE(&s, "--config", path), "OK");
    assert_int_equal(s.number, 2);
    assert_string_equal(s.text, "file");
    assert_int_equal(s.size, 1024);
    options_free(&set, &s);
    setenv("TRIAGE_NUMBER", "3", 1);
    setenv("TRIAGE_CONFIG", path, 1);
    assert_string_equal(PARSE(&s, "--flag"), "OK");
    assert_int_equal(s.number, 3);
    assert_string_equal(s.text, "file");
    options_free(&set, &s);
    assert_string_equal(PARSE(&s, "--number", "4", "--text=line"), "OK");
    assert_int_equal(s.number, 4);
    assert_string_equal(s.text, "line");
    options_free(&set, &s);
    free(path);
}

static void an_overridden_value_is_checked_too(void **state)
{
    test_settings s;
    setenv("TRIAGE_NUMBER", "many", 1);
    assert_string_equal(PARSE(&s, "--number", "4"),
                        "TRIAGE_NUMBER: 'many' is not a whole number from 0 to 100");
    options_free(&set, &s);
    setenv("TRIAGE_NUMBER", "5", 1);
    expect_config_error(*state, "\nnumber = 101",
                        ":2: number: '101' is not a whole number from 0 to 100");
}

static void lists_are_split_at_commas_or_given_in_lines(void **state)
{
    test_settings s;
    assert_string_equal(
        parse_config(*state, "texts = a, b\ntexts = \"c, d\"\ncommas = \"e,f\"\n", &s), "OK");
    assert_int_equal(s.texts.count, 3);
    assert_string_equal(s.texts.items[1], "b");
    assert_string_equal(s.texts.items[2], "c, d");
    assert_int_equal(s.commas.count, 2);
    options_free(&set, &s);
    /* A stronger list replaces a weaker one as a whole. */
    char *path = strdup(temp_text(*state, "c", "texts = a\n"));
    assert_string_equal(PARSE(&s, "--config", path, "--texts", "x,y"), "OK");
    assert_int_equal(s.texts.count, 1);
    assert_string_equal(s.texts.items[0], "x,y");
    options_free(&set, &s);
    free(path);
}

static void errors_of_a_file_name_the_line(void **state)
{
    temp_dir *dir = *state;
    expect_config_error(dir, "# x\nnumbr = 3\n",
                        ":2: unknown option 'numbr' (did you mean 'number'?)");
    expect_config_error(dir, "elsewhere = 3\n", ":1: unknown option 'elsewhere'");
    expect_config_error(dir, "foregn = 3\n",
                        ":1: unknown option 'foregn' (did you mean 'foreign'?)");
    expect_config_error(dir, "number = 2\n\nnumber = 3\n",
                        ":3: number was given in line 1 already");
    expect_config_error(dir, "config = x\n",
                        ":1: config: a configuration file cannot name another one");
    expect_config_error(
        dir, "size = 2M\n",
        ":1: size: '2M' is not a size in bytes such as 65536, 64K or 1M, from 1 to 1M");
    expect_config_error(dir, "share = 1.5\n", ":1: share: '1.5' is not a number from 0 to 1");
    expect_config_error(dir, "flag = perhaps\n", ":1: flag: 'perhaps' is not one of true, false");
}

static void what_another_command_knows_is_left_alone(void **state)
{
    test_settings s;
    assert_string_equal(parse_config(*state, "foreign = 3\nforeign-file = no such file\n", &s),
                        "OK");
    options_free(&set, &s);
}

static void a_file_that_cannot_be_used_is_refused(void **state)
{
    temp_dir *dir = *state;
    test_settings s;
    char path[400];
    assert_non_null(strstr(PARSE(&s, "--config", "/nowhere/at/all"), "cannot open"));
    options_free(&set, &s);
    assert_non_null(strstr(PARSE(&s, "--config", dir->path), "not a regular file"));
    options_free(&set, &s);
    snprintf(path, sizeof path, "%s", temp_path(dir, "pipe"));
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_non_null(strstr(PARSE(&s, "--config", path), "not a regular file"));
    options_free(&set, &s);
    snprintf(path, sizeof path, "%s", temp_file(dir, "nul", "a = b\0c", 7));
    assert_non_null(strstr(PARSE(&s, "--config", path), "NUL"));
    options_free(&set, &s);
    char *much = malloc(((size_t)1 << 20) + 1);
    assert_non_null(much);
    /* Comments of a thousand characters: of empty lines a sanitizer that looks at the whole rest of
     * a string at each call would take minutes. */
    memset(much, '#', ((size_t)1 << 20) + 1);
    for (size_t i = 999; i <= (size_t)1 << 20; i += 1000)
        much[i] = '\n';
    snprintf(path, sizeof path, "%s", temp_file(dir, "much", much, ((size_t)1 << 20) + 1));
    assert_non_null(strstr(PARSE(&s, "--config", path), "longer than 1048576 bytes"));
    options_free(&set, &s);
    snprintf(path, sizeof path, "%s", temp_file(dir, "much", much, (size_t)1 << 20));
    assert_string_equal(PARSE(&s, "--config", path), "OK");
    options_free(&set, &s);
    free(much);
}

static void a_secret_comes_from_a_file_of_its_own(void **state)
{
    temp_dir *dir = *state;
    test_settings s;
    char config[512];
    char *path = strdup(temp_text(dir, "s", "from file\r\n"));
    assert_string_equal(PARSE(&s, "--secret-file", path), "OK");
    assert_string_equal(s.secret, "from file");
    options_free(&set, &s);
    setenv("TRIAGE_SECRET_FILE", path, 1);
    assert_string_equal(PARSE(&s, "--flag"), "OK");
    assert_string_equal(s.secret, "from file");
    options_free(&set, &s);
    assert_string_equal(PARSE(&s, "--secret", "from line"), "OK");
    assert_string_equal(s.secret, "from line");
    options_free(&set, &s);
    unsetenv("TRIAGE_SECRET_FILE");
    snprintf(config, sizeof config, "secret-file = %s\n", path);
    assert_string_equal(parse_config(dir, config, &s), "OK");
    assert_string_equal(s.secret, "from file");
    options_free(&set, &s);
    free(path);
}

static void a_file_of_a_secret_is_checked(void **state)
{
    temp_dir *dir = *state;
    test_settings s;
    char *path = strdup(temp_text(dir, "s", "\n"));
    assert_non_null(strstr(PARSE(&s, "--secret-file", path), "is empty"));
    options_free(&set, &s);
    assert_non_null(
        strstr(PARSE(&s, "--secret-file", "/nowhere/at/all"), "--secret-file: cannot open"));
    options_free(&set, &s);
    assert_string_equal(PARSE(&s, "--secret", "a", "--secret-file", path),
                        "--secret-file: secret and secret-file exclude each other");
    options_free(&set, &s);
    assert_string_equal(PARSE(&s, "--number-file", path), "unknown option '--number-file'");
    options_free(&set, &s);
    char *much = malloc(65537);
    assert_non_null(much);
    memset(much, 'x', 65537);
    free(path);
    path = strdup(temp_file(dir, "s", much, 65537));
    assert_non_null(strstr(PARSE(&s, "--secret-file", path), "longer than 65536 bytes"));
    options_free(&set, &s);
    free(much);
    free(path);
}

static void secrets_are_not_printed(void **state)
{
    (void)state;
    test_settings s;
    buffer text = {0};
    assert_string_equal(PARSE(&s, "--secret", "hush", "--address", "db:hush", "--text", "a # b",
                              "--texts", "x,y", "--texts", "z"),
                        "OK");
    option_report_append(s.values, &text);
    assert_string_equal(buffer_string(&text), "# Rest\n"
                                              "number = 1  # default\n"
                                              "size = 1K  # default\n"
                                              "text = \"a # b\"  # command line\n"
                                              "secret = ***  # command line\n"
                                              "address = ***  # command line\n"
                                              "texts = \"x,y\"  # command line\n"
                                              "texts = z  # command line\n"
                                              "# commas: not set\n"
                                              "flag = false  # default\n"
                                              "share = 0  # default\n");
    assert_string_equal(option_report_exposed(s.values), "secret");
    options_free(&set, &s);
    buffer_free(&text);
    assert_string_equal(PARSE(&s, "--address", "a/path"), "OK");
    option_report_append(s.values, &text);
    assert_non_null(strstr(buffer_string(&text), "address = a/path  # command line\n"));
    assert_null(option_report_exposed(s.values));
    options_free(&set, &s);
    buffer_free(&text);
}

static void what_is_printed_can_be_read_again(void **state)
{
    temp_dir *dir = *state;
    test_settings s, again;
    buffer text = {0};
    assert_string_equal(PARSE(&s, "--number=9", "--size=3K", "--text", " \"q\" \\ # ", "--texts",
                              "x,y", "--texts", "z", "--commas", "k,l", "--flag", "--share",
                              "0.25"),
                        "OK");
    option_report_append(s.values, &text);
    assert_string_equal(parse_config(dir, buffer_string(&text), &again), "OK");
    assert_int_equal(again.number, 9);
    assert_int_equal(again.size, 3072);
    assert_string_equal(again.text, s.text);
    assert_int_equal(again.texts.count, 2);
    assert_string_equal(again.texts.items[0], "x,y");
    assert_int_equal(again.commas.count, 2);
    assert_true(again.flag);
    assert_true(again.share > 0.24 && again.share < 0.26);
    options_free(&set, &again);
    options_free(&set, &s);
    buffer_free(&text);
}

static void note_change(void *context, const option_change *change)
{
    buffer_printf(context, "%s%s:%s>%s;", change->row->name, change->row->is_reloadable ? "!" : "",
                  change->before, change->after);
}

static void values_are_read_again(void **state)
{
    temp_dir *dir = *state;
    test_settings s, again = {0};
    buffer changes = {0};
    triage_error err;
    char secret_path[384], config[512], config_path[384];
    snprintf(secret_path, sizeof secret_path, "%s", temp_text(dir, "s", "one\n"));
    snprintf(config, sizeof config, "number = 2\ntexts = a\nsecret-file = %s\n", secret_path);
    snprintf(config_path, sizeof config_path, "%s", temp_text(dir, "c", config));
    assert_string_equal(PARSE(&s, "--config", config_path, "--size", "5"), "OK");
    temp_text(dir, "s", "two\n");
    snprintf(config, sizeof config, "number = 3\ntexts = a,b\nsecret-file = %s\nsize = 6\n",
             secret_path);
    temp_text(dir, "c", config);
    assert_int_equal(options_parse_again(s.values, &again, &err), TRIAGE_OK);
    assert_string_equal(s.secret, "one");
    assert_string_equal(again.secret, "two");
    assert_int_equal(again.size, 5);
    assert_int_equal(option_report_changes(s.values, again.values, note_change, &changes, &err),
                     TRIAGE_OK);
    assert_string_equal(buffer_string(&changes), "number!:2>3;secret:***>***;texts:a>a,b;");
    options_free(&set, &again);
    /* What is wrong leaves the old values as they were. */
    temp_text(dir, "c", "number = x\n");
    again = (test_settings){0};
    assert_int_equal(options_parse_again(s.values, &again, &err), TRIAGE_ERROR_ARGUMENT);
    options_free(&set, &again);
    assert_int_equal(s.number, 2);
    assert_string_equal(s.secret, "one");
    options_free(&set, &s);
    buffer_free(&changes);
}

static void a_fetched_secret_is_weaker_than_a_given_one(void **state)
{
    (void)state;
    test_settings s;
    bool is_used;
    triage_error err;
    assert_string_equal(PARSE(&s, "--secret", "mine"), "OK");
    assert_int_equal(options_set_secret(s.values, "secret", "x", 1, &is_used, &err), TRIAGE_OK);
    assert_false(is_used);
    assert_string_equal(s.secret, "mine");
    assert_int_equal(options_set_secret(s.values, "address", "db:xy", 4, &is_used, &err),
                     TRIAGE_OK);
    assert_true(is_used);
    assert_string_equal(s.address, "db:x");
    assert_int_equal(options_set_secret(s.values, "text", "x", 1, &is_used, &err), TRIAGE_OK);
    assert_false(is_used);
    assert_int_equal(options_set_secret(s.values, "address", "a\0b", 3, &is_used, &err),
                     TRIAGE_ERROR_ARGUMENT);
    options_free(&set, &s);
}

typedef struct many_settings {
    uint64_t numbers[150];
} many_settings;

/* The parser once remembered what was given in the bits of one word. */
static void more_options_than_a_word_has_bits(void **state)
{
    (void)state;
    static option_row many[150];
    static char names[150][16];
    for (size_t i = 0; i < 150; i++) {
        snprintf(names[i], sizeof names[i], "option-%zu", i);
        many[i] = (option_row){.name = names[i],
                               .type = OPTION_NUMBER,
                               .value = "N",
                               .default_value = "7",
                               .maximum = 1000,
                               .offset = i * sizeof(uint64_t)};
    }
    const option_group group = {.title = "g", .rows = many, .n_rows = 150};
    const option_set many_set = {.groups = &group, .n_groups = 1};
    many_settings s = {{0}};
    option_sources sources = {.arguments =
                                  (char *const[]){"--option-2", "11", "--option-130", "12", NULL}};
    bool wants_help;
    assert_int_equal(options_parse(&many_set, &sources, &s, &wants_help, NULL), TRIAGE_OK);
    for (size_t i = 0; i < 150; i++)
        assert_int_equal(s.numbers[i], i == 2 ? 11 : i == 130 ? 12 : 7);
    options_free(&many_set, &s);
}

static void a_verb_has_its_argument(void **state)
{
    (void)state;
    static const char *const roles[] = {"agent", "admin", NULL};
    static const option_verb verbs[] = {{.name = "list"},
                                        {.name = "create", .argument = "ROLE", .choices = roles},
                                        {.name = "revoke", .argument = "ID"}};
    const option_set verb_set = {
        .arguments = {.usage = "ACTION", .name = "ACTION", .verbs = verbs, .n_verbs = 3}};
    static const struct {
        char *words[4];
        const char *message;
        uint32_t verb;
        const char *argument;
    } cases[] = {
        {{"list"}, NULL, 0, NULL},
        {{"create", "admin"}, NULL, 1, "admin"},
        {{"revoke", "x"}, NULL, 2, "x"},
        {{NULL}, "ACTION is missing, one of list, create, revoke", 0, NULL},
        {{"lsit"},
         "ACTION: 'lsit' is not one of list, create, revoke (did you mean 'list'?)",
         0,
         NULL},
        {{"list", "x"}, "'x' is one argument too many", 0, NULL},
        {{"revoke"}, "revoke needs a word behind it: revoke ID", 0, NULL},
        {{"revoke", "x", "y"}, "'y' is one argument too many", 0, NULL},
        {{"create", "king"}, "ROLE: 'king' is not one of agent, admin", 0, NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        option_action action = {0};
        option_sources sources = {.arguments = cases[i].words};
        bool wants_help;
        triage_error err = {0};
        triage_status status = options_parse(&verb_set, &sources, &action, &wants_help, &err);
        assert_int_equal(status, cases[i].message ? TRIAGE_ERROR_ARGUMENT : TRIAGE_OK);
        if (cases[i].message)
            assert_string_equal(err.message, cases[i].message);
        else {
            assert_int_equal(action.verb, cases[i].verb);
            assert_true(action.argument == cases[i].argument ||
                        strcmp(action.argument, cases[i].argument) == 0);
        }
        options_free(&verb_set, &action);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, temp_dir_remove)
    const struct CMUnitTest tests[] = {
        TEST(the_strongest_source_wins),
        TEST(an_overridden_value_is_checked_too),
        TEST(lists_are_split_at_commas_or_given_in_lines),
        TEST(errors_of_a_file_name_the_line),
        TEST(what_another_command_knows_is_left_alone),
        TEST(a_file_that_cannot_be_used_is_refused),
        TEST(a_secret_comes_from_a_file_of_its_own),
        TEST(a_file_of_a_secret_is_checked),
        TEST(secrets_are_not_printed),
        TEST(what_is_printed_can_be_read_again),
        TEST(values_are_read_again),
        TEST(a_fetched_secret_is_weaker_than_a_given_one),
        TEST(more_options_than_a_word_has_bits),
        TEST(a_verb_has_its_argument),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
