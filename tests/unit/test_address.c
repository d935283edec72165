/* SPDX-License-Identifier: MIT */
/* How to reach who listens somewhere, and the addresses behind a URL. */
#include "http/address.h"
#include "http_support.h"

static void reach_is(const char *listen, const char *expected)
{
    char url[300] = "";
    triage_error err;
    triage_status status = address_reach(listen, url, sizeof url, &err);
    if (!expected) {
        assert_int_equal(status, TRIAGE_ERROR_ARGUMENT);
        return;
    }
    assert_int_equal(status, TRIAGE_OK);
    assert_string_equal(url, expected);
}

static void who_listens_is_reached(void **state)
{
    (void)state;
    reach_is("127.0.0.1:8080", "http://127.0.0.1:8080");
    reach_is("0.0.0.0:8081", "http://127.0.0.1:8081");
    reach_is(":8081", "http://127.0.0.1:8081");
    reach_is("[::]:8081", "http://[::1]:8081");
    reach_is("[::1]:8081", "http://[::1]:8081");
    reach_is("localhost:1", "http://localhost:1");
    reach_is("127.0.0.1:0", NULL);
    reach_is("127.0.0.1:65536", NULL);
    reach_is("127.0.0.1", NULL);
    reach_is("", NULL);
}

static triage_status look_up(const char *url, char first[ADDRESS_AND_PORT_SIZE], size_t *ret_n)
{
    char found[4][ADDRESS_AND_PORT_SIZE] = {""};
    triage_error err;
    triage_status status = address_look_up(url, found, 4, ret_n, &err);
    memcpy(first, found[0], sizeof found[0]);
    return status;
}

static void addresses_behind_urls(void **state)
{
    static const char *const rows[][2] = {
        {"http://127.0.0.1:8082", "127.0.0.1:8082"},
        {"http://127.0.0.1:8082/a:b", "127.0.0.1:8082"},
        {"http://127.0.0.1", "127.0.0.1:80"},
        {"https://127.0.0.1/", "127.0.0.1:443"},
        {"http://[::1]:81", "[::1]:81"},
        {"http://[::1]/x", "[::1]:80"},
    };
    static const char *const wrong[] = {
        "127.0.0.1:80",        "ftp://127.0.0.1",    "http://",
        "http://:80",          "http://127.0.0.1:x", "http://127.0.0.1:65536",
        "http://u@127.0.0.1/", "http://::1/"};
    char first[ADDRESS_AND_PORT_SIZE];
    size_t n;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(look_up(rows[i][0], first, &n), TRIAGE_OK);
        assert_int_equal(n, 1);
        assert_string_equal(first, rows[i][1]);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(look_up(wrong[i], first, &n), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(look_up("http://no.such.name.invalid/", first, &n), TRIAGE_ERROR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_listens_is_reached),
        cmocka_unit_test(addresses_behind_urls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
