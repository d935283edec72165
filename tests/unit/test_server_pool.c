/* SPDX-License-Identifier: MIT */
/* The servers behind names, with a name service of the test's own. */
#define _GNU_SOURCE /* addrinfo */
#include "http_support.h"
#include "services/backend/server_pool.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdlib.h>

/* What the one name "several" has at the moment; NULL ends it. */
static const char *addresses[8];
static bool is_out_of_order; /* no name is found */
static unsigned n_look_ups;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t looked_up = PTHREAD_COND_INITIALIZER;

static struct addrinfo *new_info(const char *address, const char *port, struct addrinfo *next)
{
    struct addrinfo *info = calloc(1, sizeof *info);
    struct sockaddr_in *to = calloc(1, sizeof *to);
    assert_true(info && to);
    to->sin_family = AF_INET;
    to->sin_port = htons((uint16_t)atoi(port));
    assert_int_equal(inet_pton(AF_INET, address, &to->sin_addr), 1);
    *info = (struct addrinfo){.ai_family = AF_INET,
                              .ai_addr = (struct sockaddr *)to,
                              .ai_addrlen = sizeof *to,
                              .ai_next = next};
    return info;
}

/* In place of the C library's. */
int getaddrinfo(const char *name, const char *port, const struct addrinfo *hints,
                struct addrinfo **ret_info)
{
    struct addrinfo *list = NULL;
    (void)hints;
    pthread_mutex_lock(&lock);
    if (strcmp(name, "several") != 0)
        list = new_info("127.0.0.9", port, NULL);
    for (size_t i = 0; strcmp(name, "several") == 0 && addresses[i]; i++)
        list = new_info(addresses[i], port, list);
    n_look_ups++;
    int code = is_out_of_order || !list ? EAI_AGAIN : 0;
    pthread_cond_broadcast(&looked_up);
    pthread_mutex_unlock(&lock);
    if (code == 0)
        *ret_info = list;
    else if (list)
        freeaddrinfo(list);
    return code;
}

void freeaddrinfo(struct addrinfo *list)
{
    for (struct addrinfo *next; list; list = next) {
        next = list->ai_next;
        free(list->ai_addr);
        free(list);
    }
}

static void set_names(const char *const *list, bool fails)
{
    pthread_mutex_lock(&lock);
    for (size_t i = 0; i < 8; i++)
        addresses[i] = NULL;
    for (size_t i = 0; list && list[i]; i++)
        addresses[i] = list[i];
    is_out_of_order = fails;
    pthread_mutex_unlock(&lock);
}

/* Until two further look-ups have begun: what the first of them found is in force then. A failure
 * makes the pool look at once. */
static void await_look_up(server_pool *pool)
{
    server_choice nobody = {.url = "", .address = ""};
    pthread_mutex_lock(&lock);
    unsigned wanted = n_look_ups + 2;
    while (n_look_ups < wanted) {
        pthread_mutex_unlock(&lock);
        server_pool_tell(pool, &nobody, false);
        pthread_mutex_lock(&lock);
        if (n_look_ups < wanted)
            pthread_cond_wait(&looked_up, &lock);
    }
    pthread_mutex_unlock(&lock);
}

static server_pool *open_pool(const char *const *urls, size_t n)
{
    triage_error err;
    server_pool *pool = NULL;
    if (server_pool_new(urls, n, "/infer", &pool, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    await_look_up(pool);
    return pool;
}

/* How often each of "127.0.0.1" to "127.0.0.9" is chosen in `n` turns. */
static void count_choices(server_pool *pool, unsigned n, unsigned counts[10])
{
    server_choice choice;
    memset(counts, 0, 10 * sizeof *counts);
    for (unsigned i = 0; i < n; i++) {
        server_pool_pick(pool, &choice);
        assert_true(strlen(choice.address) == strlen("127.0.0.1:81"));
        assert_string_equal(choice.address + 9, ":81");
        counts[choice.address[8] - '0']++;
    }
}

static const char *const one_name[] = {"http://several:81/"};

static void each_address_of_a_name_gets_its_share(void **state)
{
    unsigned counts[10];
    (void)state;
    set_names((const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3", NULL}, false);
    server_pool *pool = open_pool(one_name, 1);
    assert_int_equal(server_pool_count(pool), 3);
    count_choices(pool, 30, counts);
    for (size_t i = 1; i <= 3; i++)
        assert_int_equal(counts[i], 10);
    server_choice choice;
    server_pool_pick(pool, &choice);
    assert_string_equal(choice.url, "http://several:81/infer");
    server_pool_free(pool);
}

static void servers_come_and_go(void **state)
{
    unsigned counts[10];
    (void)state;
    set_names((const char *const[]){"127.0.0.1", NULL}, false);
    server_pool *pool = open_pool(one_name, 1);
    count_choices(pool, 4, counts);
    assert_int_equal(counts[1], 4);
    set_names((const char *const[]){"127.0.0.2", "127.0.0.3", NULL}, false);
    await_look_up(pool);
    count_choices(pool, 4, counts);
    assert_int_equal(counts[2], 2);
    assert_int_equal(counts[3], 2);
    server_pool_free(pool);
}

static void names_that_cannot_be_looked_up_keep_their_addresses(void **state)
{
    unsigned counts[10];
    (void)state;
    set_names((const char *const[]){"127.0.0.1", "127.0.0.2", NULL}, false);
    server_pool *pool = open_pool(one_name, 1);
    set_names(NULL, true);
    await_look_up(pool);
    count_choices(pool, 4, counts);
    assert_int_equal(counts[1], 2);
    assert_int_equal(counts[2], 2);
    server_pool_free(pool);
}

static void a_name_that_was_never_found_is_left_to_the_client(void **state)
{
    server_choice choice;
    (void)state;
    set_names(NULL, true);
    server_pool *pool = open_pool(one_name, 1);
    assert_int_equal(server_pool_count(pool), 1);
    server_pool_pick(pool, &choice);
    assert_string_equal(choice.address, "");
    assert_string_equal(choice.url, "http://several:81/infer");
    server_pool_free(pool);
}

static void who_has_failed_is_left_out(void **state)
{
    unsigned counts[10];
    server_choice failed, choice;
    (void)state;
    set_names((const char *const[]){"127.0.0.1", "127.0.0.2", "127.0.0.3", NULL}, false);
    server_pool *pool = open_pool(one_name, 1);
    server_pool_pick(pool, &failed);
    server_pool_tell(pool, &failed, false);
    /* A look-up in between does not make it forgotten. */
    await_look_up(pool);
    count_choices(pool, 10, counts);
    assert_int_equal(counts[failed.address[8] - '0'], 0);
    /* When all have failed, they are tried all the same; and who answers is in again. */
    for (int i = 0; i < 3; i++) {
        server_pool_pick(pool, &choice);
        server_pool_tell(pool, &choice, false);
    }
    server_pool_pick(pool, &choice);
    server_pool_tell(pool, &choice, true);
    count_choices(pool, 10, counts);
    assert_int_equal(counts[choice.address[8] - '0'], 10);
    server_pool_free(pool);
}

static void several_urls_are_taken_in_turn(void **state)
{
    static const char *const urls[] = {"http://several:81", "http://other:81"};
    unsigned counts[10];
    (void)state;
    set_names((const char *const[]){"127.0.0.1", "127.0.0.2", NULL}, false);
    server_pool *pool = open_pool(urls, 2);
    await_look_up(pool);
    count_choices(pool, 9, counts);
    assert_int_equal(counts[1], 3);
    assert_int_equal(counts[2], 3);
    assert_int_equal(counts[9], 3);
    server_pool_free(pool);
}

static void what_is_no_url_is_refused(void **state)
{
    static const char *const urls[] = {"several:81"};
    server_pool *pool = NULL;
    triage_error err;
    (void)state;
    assert_int_equal(server_pool_new(urls, 1, "/infer", &pool, &err), TRIAGE_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "several:81"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_of_a_name_gets_its_share),
        cmocka_unit_test(servers_come_and_go),
        cmocka_unit_test(names_that_cannot_be_looked_up_keep_their_addresses),
        cmocka_unit_test(a_name_that_was_never_found_is_left_to_the_client),
        cmocka_unit_test(who_has_failed_is_left_out),
        cmocka_unit_test(several_urls_are_taken_in_turn),
        cmocka_unit_test(what_is_no_url_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
