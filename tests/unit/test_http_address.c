/* SPDX-License-Identifier: MIT */
/* Which addresses to listen on are this machine's alone. */
#include "http/address.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void the_loopback_network_is_this_machine(void **state)
{
    static const char *const ours[] = {
        "127.0.0.1:8080", "127.255.255.254:0",    "127.1:80", "[::1]:8080", "[0:0:0:0:0:0:0:1]:1",
        "localhost:8080", "[::ffff:127.0.0.1]:80"};
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        if (!address_is_loopback(ours[i]))
            fail_msg("%s", ours[i]);
}

static void names_that_look_like_it_are_not(void **state)
{
    static const char *const others[] = {"127.example.com:8080",
                                         "127.0.0.1.example.com:8080",
                                         "localhost.example.com:8080",
                                         "0.0.0.0:8080",
                                         ":8080",
                                         "[::]:8080",
                                         "[::ffff:10.0.0.1]:80",
                                         "128.0.0.1:80",
                                         "10.127.0.1:80",
                                         "127.0.0.1",
                                         "[::1]",
                                         "",
                                         "127.0.0.256:80",
                                         "127.0.0.1:99999"};
    (void)state;
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (address_is_loopback(others[i]))
            fail_msg("%s", others[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_loopback_network_is_this_machine),
        cmocka_unit_test(names_that_look_like_it_are_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
