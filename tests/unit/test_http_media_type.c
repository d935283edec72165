/* SPDX-License-Identifier: MIT */
/* What Accept and Content-Type say. */
#include "http/media_type.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void json_types(void **state)
{
    (void)state;
    assert_true(media_type_is_json("application/json"));
    assert_true(media_type_is_json(" Application/JSON ; charset=utf-8"));
    assert_true(media_type_is_json("application/json;"));
    assert_true(media_type_is_json("application/problem+json"));
    assert_true(media_type_is_json("application/vnd.x+JSON; v=1"));
    assert_false(media_type_is_json(""));
    assert_false(media_type_is_json("text/plain"));
    assert_false(media_type_is_json("application/jsonx"));
    assert_false(media_type_is_json("application/json, text/plain"));
    assert_false(media_type_is_json("application/x-ndjson"));
    assert_false(media_type_is_json("+json"));
    assert_false(media_type_is_json("/+json"));
}

static bool prefers(const char *accept)
{
    return media_type_is_preferred(accept, "application/x-ndjson", "application/json");
}

static void preference(void **state)
{
    (void)state;
    assert_true(prefers("application/x-ndjson"));
    assert_true(prefers("application/x-ndjson, */*;q=0.1"));
    assert_true(prefers("application/x-ndjson, application/json"));
    assert_true(prefers("application/json;q=0.5,application/x-ndjson;q=0.6"));
    assert_true(prefers("*/*, application/json;q=0"));
    assert_true(prefers("application/*;q=0.2, application/x-ndjson"));
    assert_true(prefers("APPLICATION/X-NDJSON"));
    assert_true(prefers("application/x-ndjson ; v=1 ; q=0.9, text/plain"));
    assert_false(prefers(NULL));
    assert_false(prefers(""));
    assert_false(prefers("*/*"));
    assert_false(prefers("application/*"));
    assert_false(prefers("application/json, application/x-ndjson"));
    assert_false(prefers("application/json"));
    assert_false(prefers("application/x-ndjson;q=0"));
    assert_false(prefers("application/x-ndjson;q=nan"));
    assert_false(prefers("application/x-ndjson;q=2"));
    assert_false(prefers("application/x-ndjsonx"));
    assert_false(prefers(",,;;q=1,;"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_types),
        cmocka_unit_test(preference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
