/* SPDX-License-Identifier: MIT */
/* Secrets from a Vault server; a stand-in answers (vault_server.py). */
#include "services/vault.h"

#include "services/serve.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "temp_dir.h"

typedef struct stand_in {
    pid_t process;
    int input;
    FILE *lines; /* what it prints */
    char address[64];
    temp_dir *dir;
} stand_in;

static stand_in server;

/* The server ends when its standard input does, so that it never outlives the test. */
static int start_server(void **state)
{
    int input[2], output[2];
    char line[32] = "";
    (void)state;
    if (pipe(input) != 0 || pipe(output) != 0)
        return -1;
    server.process = fork();
    if (server.process == 0) {
        dup2(input[0], 0);
        dup2(output[1], 1);
        for (int i = 0; i < 2; i++) {
            close(input[i]);
            close(output[i]);
        }
        execlp("python3", "python3", GOLDEN_DIR "/../unit/vault_server.py", (char *)NULL);
        _exit(127);
    }
    close(input[0]);
    close(output[1]);
    server.input = input[1];
    server.lines = fdopen(output[0], "r");
    if (!server.lines || !fgets(line, sizeof line, server.lines))
        return -1;
    snprintf(server.address, sizeof server.address, "http://127.0.0.1:%d/", atoi(line));
    return 0;
}

static int stop_server(void **state)
{
    (void)state;
    close(server.input);
    waitpid(server.process, NULL, 0);
    fclose(server.lines);
    return 0;
}

/* The next request that the server has seen. */
static void expect_request(const char *request)
{
    char line[256] = "";
    assert_non_null(fgets(line, sizeof line, server.lines));
    line[strcspn(line, "\n")] = '\0';
    assert_string_equal(line, request);
}

typedef struct test_settings {
    config_settings config;
    caller_settings callers;
    store_settings store;
} test_settings;

static const option_group groups[] = {
    {.rows = config_rows, .n_rows = 1, .offset = offsetof(test_settings, config)},
    {.rows = caller_rows, .n_rows = CALLER_N_ROWS, .offset = offsetof(test_settings, callers)},
    {.rows = store_rows, .n_rows = STORE_N_ROWS, .offset = offsetof(test_settings, store)},
};
static const option_set set = {.groups = groups, .n_groups = 3};

static void parse(test_settings *s, char *const *arguments)
{
    option_sources sources = {.arguments = arguments};
    bool wants_help;
    unsetenv("TRIAGE_STORE");
    unsetenv("TRIAGE_ADMIN_KEY");
    *s = (test_settings){.config = {0}};
    assert_int_equal(options_parse(&set, &sources, s, &wants_help, NULL), TRIAGE_OK);
}

static vault *open_vault(void **state, const char *token, const char *path,
                         const vault_options *options)
{
    vault *v = NULL;
    vault_settings settings = {.address = server.address,
                               .token_file = temp_text(*state, "token", token)};
    assert_true(text_list_split(&settings.paths, path));
    vault_options complete = options ? *options : (vault_options){0};
    complete.settings = &settings;
    triage_error err = {0};
    if (vault_open(&complete, &v, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    text_list_free(&settings.paths);
    return v;
}

static void secrets_get_their_values(void **state)
{
    test_settings s;
    size_t n_used = 0;
    vault *v = open_vault(state, "good\n", "kv/team/triage", NULL);
    parse(&s, (char *const[]){NULL});
    assert_int_equal(vault_apply(v, s.config.values, &n_used, NULL), TRIAGE_OK);
    expect_request("GET /v1/kv/data/team/triage good");
    assert_int_equal(n_used, 2);
    assert_string_equal(s.callers.admin_key, "from Vault, long enough");
    assert_string_equal(s.store.address, "postgresql://a:b@c/d");
    options_free(&set, &s);
    parse(&s, (char *const[]){"--store", "here.db", NULL});
    assert_int_equal(vault_apply(v, s.config.values, &n_used, NULL), TRIAGE_OK);
    expect_request("GET /v1/kv/data/team/triage good");
    assert_int_equal(n_used, 1);
    assert_string_equal(s.store.address, "here.db");
    options_free(&set, &s);
    vault_close(v);
}

static void several_secrets_are_read_in_their_order(void **state)
{
    test_settings s;
    size_t n_used = 0;
    vault *v = open_vault(state, "good", "kv/team/triage,kv/team/keys", NULL);
    parse(&s, (char *const[]){NULL});
    assert_int_equal(vault_apply(v, s.config.values, &n_used, NULL), TRIAGE_OK);
    expect_request("GET /v1/kv/data/team/triage good");
    expect_request("GET /v1/kv/data/team/keys good");
    assert_int_equal(n_used, 3);
    assert_string_equal(s.callers.admin_key, "from Vault, the later one");
    assert_string_equal(s.store.address, "postgresql://a:b@c/d");
    options_free(&set, &s);
    vault_close(v);
}

static void expect_failure(void **state, const char *token, const char *path, triage_status status,
                           const char *words)
{
    test_settings s;
    size_t n_used = 7;
    triage_error err = {0};
    vault *v = open_vault(state, token, path, NULL);
    parse(&s, (char *const[]){NULL});
    assert_int_equal(vault_apply(v, s.config.values, &n_used, &err), status);
    if (!strstr(err.message, words))
        fail_msg("%s", err.message);
    assert_int_equal(n_used, 7);
    assert_null(s.callers.admin_key);
    options_free(&set, &s);
    vault_close(v);
}

static void what_vault_refuses_is_told(void **state)
{
    expect_failure(state, "bad", "kv/team/triage", TRIAGE_ERROR_PERMISSION,
                   "Vault refuses kv/data/team/triage: the token is not valid or its policy does "
                   "not allow it: permission denied");
    expect_request("GET /v1/kv/data/team/triage bad");
    expect_failure(state, "good", "kv/none", TRIAGE_ERROR_ARGUMENT,
                   "Vault has nothing at kv/data/none");
    expect_request("GET /v1/kv/data/none good");
    expect_failure(state, "sealed", "kv/a", TRIAGE_ERROR_IO,
                   "sealed or not ready: Vault is sealed");
    expect_request("GET /v1/kv/data/a sealed");
    expect_failure(state, "garbage", "kv/a", TRIAGE_ERROR_DATA, "is no Vault");
    expect_request("GET /v1/kv/data/a garbage");
    expect_failure(state, "empty", "kv/a", TRIAGE_ERROR_DATA, "no data of a KV version 2");
    expect_request("GET /v1/kv/data/a empty");
    expect_failure(state, "nested", "kv/a", TRIAGE_ERROR_ARGUMENT, "'admin-key' is not a text");
    expect_request("GET /v1/kv/data/a nested");
    expect_failure(state, "noisy", "kv/a", TRIAGE_ERROR_PERMISSION, "permission denied");
    expect_request("GET /v1/kv/data/a noisy");
}

static void a_token_that_is_none_is_not_sent(void **state)
{
    expect_failure(state, "two words", "kv/a", TRIAGE_ERROR_ARGUMENT, "does not hold a token");
    expect_failure(state, "a\r\nX-Other: b", "kv/a", TRIAGE_ERROR_ARGUMENT,
                   "does not hold a token");
    expect_failure(state, "\n", "kv/a", TRIAGE_ERROR_ARGUMENT, "does not hold a token");
}

static void settings_are_checked(void **state)
{
    static const struct {
        const char *address, *token_file, *paths, *words;
    } cases[] = {
        {"vault:8200", "t", "a/b", "--vault-addr"},
        {"http://", "t", "a/b", "--vault-addr"},
        {"http://v/?a", "t", "a/b", "--vault-addr"},
        {"http://v", NULL, "a/b", "--vault-token-file"},
        {"http://v", "t", "a", "--vault-path"},
        {"http://v", "t", "/a", "--vault-path"},
        {"http://v", "t", "a/", "--vault-path"},
        {"http://v", "t", "a/../sys", "--vault-path"},
        {"http://v", "t", "a/b?c", "--vault-path"},
        {"http://v", "t", "a/b c", "--vault-path"},
        {"http://v", "t", "a/b,a", "--vault-path"},
        {"http://v", "t", ",", "--vault-path"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        vault_settings settings = {.address = cases[i].address, .token_file = cases[i].token_file};
        assert_true(text_list_split(&settings.paths, cases[i].paths));
        vault_options options = {.settings = &settings};
        vault *v = NULL;
        triage_error err = {0};
        assert_int_equal(vault_open(&options, &v, &err), TRIAGE_ERROR_ARGUMENT);
        assert_non_null(strstr(err.message, cases[i].words));
        assert_null(v);
        text_list_free(&settings.paths);
    }
}

/* The token's lease is a second in the stand-in. */
static void the_token_is_renewed_before_its_lease_ends(void **state)
{
    vault *v = open_vault(state, "good", "kv/team/triage", NULL);
    assert_int_equal(vault_start_renewing(v, NULL), TRIAGE_OK);
    expect_request("POST /v1/auth/token/renew-self good");
    temp_text(*state, "token", "good-and-new\n");
    expect_request("POST /v1/auth/token/renew-self good-and-new");
    expect_request("POST /v1/auth/token/renew-self good-and-new");
    vault_close(v);
}

static void note_fault(void *context, const triage_error *err)
{
    int *end = context;
    char ok = strstr(err->message, "Vault refuses auth/token/renew-self") ? 'y' : 'n';
    assert_int_equal(write(*end, &ok, 1), 1);
}

static void a_failed_renewal_is_told(void **state)
{
    int ends[2];
    char ok = '?';
    assert_int_equal(pipe(ends), 0);
    vault *v = open_vault(state, "bad", "kv/team/triage",
                          &(vault_options){.on_fault = note_fault, .context = &ends[1]});
    assert_int_equal(vault_start_renewing(v, NULL), TRIAGE_OK);
    assert_int_equal(read(ends[0], &ok, 1), 1);
    assert_int_equal(ok, 'y');
    expect_request("POST /v1/auth/token/renew-self bad");
    vault_close(v);
    close(ends[0]);
    close(ends[1]);
}

static void a_server_that_is_not_there_is_told(void **state)
{
    /* Port 1 of this machine: nobody listens there. */
    vault_settings settings = {.address = "http://127.0.0.1:1",
                               .token_file = temp_text(*state, "token", "good")};
    assert_true(text_list_split(&settings.paths, "kv/a"));
    vault_options options = {.settings = &settings};
    vault *v = NULL;
    test_settings s;
    size_t n_used;
    assert_int_equal(vault_open(&options, &v, NULL), TRIAGE_OK);
    parse(&s, (char *const[]){NULL});
    assert_int_equal(vault_apply(v, s.config.values, &n_used, NULL), TRIAGE_ERROR_IO);
    text_list_free(&settings.paths);
    options_free(&set, &s);
    vault_close(v);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, temp_dir_make, temp_dir_remove)
    const struct CMUnitTest tests[] = {
        TEST(secrets_get_their_values),   TEST(several_secrets_are_read_in_their_order),
        TEST(what_vault_refuses_is_told), TEST(a_token_that_is_none_is_not_sent),
        TEST(settings_are_checked),       TEST(the_token_is_renewed_before_its_lease_ends),
        TEST(a_failed_renewal_is_told),   TEST(a_server_that_is_not_there_is_told),
    };
#undef TEST
    return cmocka_run_group_tests(tests, start_server, stop_server);
}
