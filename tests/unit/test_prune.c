/* SPDX-License-Identifier: MIT */
/* Which old versions go, and which never do. */
#include "services/retrainer/prune.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry_support.h"

#define OK(CALL)                                                                                   \
    do {                                                                                           \
        triage_error ok_error = {0};                                                               \
        if ((CALL) != TRIAGE_OK)                                                                   \
            fail_msg("%s", ok_error.message);                                                      \
    } while (0)

/* `n` versions, of which those whose digit stands in `live` were put live, in that order. */
static void fill(place *p, int n, const char *live)
{
    triage_model *model = named_model("a");
    char v[REGISTRY_VERSION_SIZE];
    for (int i = 0; i < n; i++)
        add_version(p->r, model, v);
    for (; *live; live++) {
        snprintf(v, sizeof v, "v00000%c", *live);
        promote(p->r, v);
    }
    triage_model_free(model);
}

static size_t prune(place *p, uint64_t keep)
{
    size_t n = 77;
    OK(prune_versions(p->r, NULL, keep, &n, &ok_error));
    return n;
}

/* The digits of all versions. */
static void assert_versions(place *p, const char *digits)
{
    registry_manifest *manifests = NULL;
    size_t n = 0;
    char found[16] = "";
    OK(registry_list(p->r, &manifests, &n, &ok_error));
    for (size_t i = 0; i < n; i++)
        strncat(found, manifests[i].version + 6, 1);
    registry_manifests_free(manifests, n);
    assert_string_equal(found, digits);
    assert_int_equal(place_count(p, "tmp-"), 0);
}

static void the_oldest_go(void **state)
{
    place *p = *state;
    fill(p, 6, "123456");
    assert_int_equal(prune(p, 0), 0);
    assert_int_equal(prune(p, 6), 0);
    assert_int_equal(prune(p, 3), 3);
    assert_versions(p, "456");
    assert_int_equal(prune(p, 1), 1);
    assert_versions(p, "56");
    assert_champion(p->r, "v000006");
}

static void what_is_live_or_was_before_stays(void **state)
{
    place *p = *state;
    char v[REGISTRY_VERSION_SIZE] = "";
    fill(p, 7, "24");
    assert_int_equal(prune(p, 2), 3);
    assert_versions(p, "2467");
    OK(registry_rollback(p->r, "test", "", v, &ok_error));
    assert_string_equal(v, "v000002");
}

/* Its manifest says that it was held against v000001, too. */
static void the_reference_stays(void **state)
{
    place *p = *state;
    triage_model *model = named_model("a");
    char v[REGISTRY_VERSION_SIZE];
    fill(p, 3, "123");
    registry_manifest m = {.created_at = 1,
                           .trigger = "request",
                           .comparison = (char *)(uintptr_t) "{\"base\":\"store\",\"is_promoted\":"
                                                             "true,\"reference\":\"v000001\"}"};
    OK(registry_add(p->r, model, &m, &ok_error));
    promote(p->r, m.version);
    add_version(p->r, model, v);
    assert_int_equal(prune(p, 1), 1);
    assert_versions(p, "1345");
    triage_model_free(model);
}

static void the_numbers_go_on(void **state)
{
    place *p = *state;
    triage_model *model = named_model("a");
    char v[REGISTRY_VERSION_SIZE];
    fill(p, 4, "1");
    OK(registry_remove(p->r, "v000003", &ok_error));
    OK(registry_remove(p->r, "v000004", &ok_error));
    add_version(p->r, model, v);
    /* Nobody has heard of v000003 and v000004: no line of the history names them. */
    assert_string_equal(v, "v000003");
    OK(registry_reject(p->r, "v000003", "test", "", &ok_error));
    OK(registry_remove(p->r, "v000003", &ok_error));
    add_version(p->r, model, v);
    assert_string_equal(v, "v000004");
    triage_model_free(model);
}

static void what_may_not_go_is_refused(void **state)
{
    place *p = *state;
    triage_error err;
    fill(p, 3, "13");
    assert_int_equal(registry_remove(p->r, "v000003", &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_remove(p->r, "v000001", &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_remove(p->r, "v000009", &err), TRIAGE_ERROR_ARGUMENT);
    assert_string_equal(err.message, "there is no version v000009");
    assert_int_equal(registry_remove(p->r, "../x", &err), TRIAGE_ERROR_ARGUMENT);
    assert_versions(p, "123");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_clear)
    const struct CMUnitTest tests[] = {
        TEST(the_oldest_go),     TEST(what_is_live_or_was_before_stays), TEST(the_reference_stays),
        TEST(the_numbers_go_on), TEST(what_may_not_go_is_refused),
    };
#undef TEST
    return cmocka_run_group_tests(tests, NULL, NULL);
}
