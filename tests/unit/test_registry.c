/* SPDX-License-Identifier: MIT */
/* The registry: versions, promotions, rollbacks, hostile content, writers that are killed. */
#include "registry_support.h"

#include "base/clock.h"
#include "base/file.h"
#include "registry/folder.h"
#include "registry/version_name.h"

#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <utime.h>

/* Reads a file of the registry; freed by the caller. */
static char *slurp(place *p, const char *name, size_t *ret_length)
{
    file_map map = {0};
    triage_error err;
    if (file_map_open(place_path(p, name), &map, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    char *copy = malloc(map.length + 1);
    assert_non_null(copy);
    if (map.length > 0)
        memcpy(copy, map.data, map.length);
    copy[map.length] = '\0';
    *ret_length = map.length;
    file_unmap(&map);
    return copy;
}

static void a_version_keeps_what_it_was_given(void **state)
{
    place *p = *state;
    triage_error err;
    triage_model *model = named_model("A"), *opened = NULL;
    registry_manifest m = {.created_at = 1767225600123,
                           .trigger = "feedback",
                           .n_tickets = 1234,
                           .n_feedback = 56,
                           .feedback_sequence = INT64_MAX,
                           .data_hash = 0xFEDCBA9876543210u,
                           .comparison = "{\"accuracy\":[0.91,0.92],\"is\":\"b\\u00fc\"}"};
    assert_int_equal(registry_add(p->r, model, &m, &err), TRIAGE_OK);
    assert_string_equal(m.version, "v000001");
    registry_manifest found = {0};
    assert_int_equal(registry_open_model(p->r, "v000001", &opened, &found, &err), TRIAGE_OK);
    assert_string_equal(triage_model_label_name(opened, 0, 0), "A1");
    assert_string_equal(found.version, "v000001");
    assert_string_equal(found.parent, "");
    assert_string_equal(found.trigger, "feedback");
    assert_string_equal(found.state, "candidate");
    assert_string_equal(found.sha256, m.sha256);
    assert_true(found.size_bytes == triage_model_size_bytes(model));
    assert_true(found.created_at == m.created_at && found.n_tickets == 1234);
    assert_true(found.n_feedback == 56 && found.feedback_sequence == INT64_MAX);
    assert_true(found.data_hash == m.data_hash);
    assert_string_equal(found.comparison, "{\"accuracy\":[0.91,0.92],\"is\":\"b\xC3\xBC\"}");
    registry_manifest_free(&found);
    triage_model_free(opened);
    triage_model_free(model);
}

static void manifests_that_cannot_be_written_are_refused(void **state)
{
    place *p = *state;
    triage_model *model = named_model("A");
    registry_manifest bad[] = {
        {.parent = "../v1"},       {.created_at = -1},
        {.n_tickets = UINT64_MAX}, {.feedback_sequence = (uint64_t)INT64_MAX + 1},
        {.comparison = "{"},       {.trigger = "\xFF"},
    };
    memset(bad[1].trigger, 'x', sizeof bad[1].trigger);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_int_equal(registry_add(p->r, model, &bad[i], NULL), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(place_count(p, "v") + place_count(p, "tmp"), 0);
    triage_model_free(model);
}

static void versions_are_numbered_upwards(void **state)
{
    place *p = *state;
    char version[REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("A");
    for (int i = 1; i <= 3; i++) {
        char expected[REGISTRY_VERSION_SIZE];
        snprintf(expected, sizeof expected, "v%06d", i);
        add_version(p->r, model, version);
        assert_string_equal(version, expected);
    }
    /* A number stays taken when its version is gone, or was never one. */
    promote(p->r, "v000003");
    place_remove(place_path(p, "v000003"));
    add_version(p->r, model, version);
    assert_string_equal(version, "v000004");
    assert_int_equal(mkdir(place_path(p, "v000009"), 0777), 0);
    assert_int_equal(mkdir(place_path(p, "v1000000"), 0777), 0);
    assert_int_equal(mkdir(place_path(p, "v0000011"), 0777), 0);
    assert_int_equal(mkdir(place_path(p, "v99999999999999999"), 0777), 0);
    add_version(p->r, model, version);
    assert_string_equal(version, "v1000001");
    registry_manifest *list = NULL;
    size_t n = 0;
    assert_int_equal(registry_list(p->r, &list, &n, NULL), TRIAGE_OK);
    assert_int_equal(n, 4);
    assert_string_equal(list[0].version, "v000001");
    assert_string_equal(list[3].version, "v1000001");
    registry_manifests_free(list, n);
    assert_int_equal(mkdir(place_path(p, "v99999999999999"), 0777), 0);
    registry_manifest m = {0};
    assert_int_equal(registry_add(p->r, model, &m, NULL), TRIAGE_ERROR_DATA);
    triage_model_free(model);
}

static void names_are_read_strictly(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",        "v",       "v1",       "v00001",        "v0000001",
        "v000000", "V000001", "v000001 ", "v00000a",       "x000001",
        "v+00001", "../v1",   "v000001/", "v000001/../..", "v100000000000000",
        "v-00001"};
    uint64_t number = 7;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (version_name_parse(bad[i], &number))
            fail_msg("'%s' was taken", bad[i]);
    assert_int_equal(number, 7);
    assert_true(version_name_parse("v000001", &number) && number == 1);
    assert_true(version_name_parse("v99999999999999", &number) && number == 99999999999999);
}

static void a_folder_is_made_or_refused(void **state)
{
    place *p = *state;
    registry *r = NULL;
    triage_error err;
    char path[PLACE_PATH_SIZE];
    snprintf(path, sizeof path, "%s/none", p->root);
    assert_int_equal(registry_open(path, false, &r, &err), TRIAGE_ERROR_IO);
    assert_int_equal(registry_open("", true, &r, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_open(NULL, true, &r, &err), TRIAGE_ERROR_ARGUMENT);
    place_write(p, "file", "x");
    assert_int_equal(registry_open(place_path(p, "file"), true, &r, &err), TRIAGE_ERROR_IO);
    assert_int_equal(registry_open(place_path(p, "file/below"), true, &r, &err), TRIAGE_ERROR_IO);
    assert_null(r);
    snprintf(path, sizeof path, "%s/a//b/c/", p->root);
    assert_int_equal(registry_open(path, true, &r, &err), TRIAGE_OK);
    assert_string_equal(registry_folder(r), path);
    assert_champion(r, "");
    registry_close(r);
    registry_close(NULL);
}

static void promotions_and_rollbacks(void **state)
{
    place *p = *state;
    char v[4][REGISTRY_VERSION_SIZE], back[REGISTRY_VERSION_SIZE] = "untouched";
    triage_model *model = named_model("A");
    for (int i = 0; i < 4; i++)
        add_version(p->r, model, v[i]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_ERROR_ARGUMENT);
    for (int i = 0; i < 3; i++)
        promote(p->r, v[i]);
    promote(p->r, v[2]); /* is live already */
    assert_champion(p->r, v[2]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_OK);
    assert_string_equal(back, v[1]);
    assert_int_equal(registry_rollback(p->r, NULL, NULL, back, NULL), TRIAGE_OK);
    assert_string_equal(back, v[0]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_champion(p->r, v[0]);
    /* After a rollback the way leads on from there. */
    promote(p->r, v[3]);
    promote(p->r, v[0]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_OK);
    assert_string_equal(back, v[3]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_OK);
    assert_string_equal(back, v[0]);
    assert_int_equal(registry_rollback(p->r, "me", "x", back, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(assert_whole(p->r), 4);
    triage_model_free(model);
}

static void who_promotes_says_what_was_expected(void **state)
{
    place *p = *state;
    triage_error err;
    char a[REGISTRY_VERSION_SIZE], b[REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("A");
    add_version(p->r, model, a);
    add_version(p->r, model, b);
    assert_int_equal(registry_promote(p->r, a, b, "", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_promote(p->r, a, "", "", "", &err), TRIAGE_OK);
    assert_int_equal(registry_promote(p->r, b, "", "", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_non_null(strstr(err.message, "the champion has changed"));
    assert_non_null(strstr(err.message, a));
    assert_champion(p->r, a);
    assert_int_equal(registry_promote(p->r, b, a, "", "", &err), TRIAGE_OK);
    assert_champion(p->r, b);
    assert_int_equal(registry_promote(p->r, "v000077", NULL, "", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_promote(p->r, "../a", NULL, "", "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_promote(p->r, NULL, NULL, "", "", &err), TRIAGE_ERROR_ARGUMENT);
    char *essay = calloc(1, 5001);
    assert_non_null(essay);
    memset(essay, 'x', 5000);
    assert_int_equal(registry_promote(p->r, a, NULL, "", essay, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(registry_promote(p->r, a, NULL, essay, "", &err), TRIAGE_ERROR_ARGUMENT);
    assert_champion(p->r, b);
    /* As much as is allowed fits, even if all of it is escaped. */
    essay[4096] = '\0';
    memset(essay, 1, 4096);
    assert_int_equal(registry_promote(p->r, a, NULL, essay, essay, &err), TRIAGE_OK);
    assert_whole(p->r);
    free(essay);
    triage_model_free(model);
}

/* What registry_each_event() has shown, as one text. */
typedef struct story {
    char text[1024];
    int64_t at[8];
    size_t n, most;
} story;

static bool tell(void *context, const registry_event *e)
{
    story *s = context;
    size_t length = strlen(s->text);
    snprintf(s->text + length, sizeof s->text - length, "%s %s<%s by %s: %s\n", e->action,
             e->version, e->previous, e->who, e->reason);
    s->at[s->n++ % 8] = e->at;
    return s->n < s->most;
}

static void the_history_tells_all(void **state)
{
    place *p = *state;
    char v[2][REGISTRY_VERSION_SIZE], back[REGISTRY_VERSION_SIZE], live[REGISTRY_VERSION_SIZE];
    int64_t before = clock_unix_ms();
    triage_model *model = named_model("A");
    add_version(p->r, model, v[0]);
    add_version(p->r, model, v[1]);
    promote(p->r, v[0]);
    assert_int_equal(registry_reject(p->r, v[1], "gate", "worse \"by\" 2 %\n", NULL), TRIAGE_OK);
    assert_int_equal(registry_reject(p->r, "v000009", "gate", "", NULL), TRIAGE_ERROR_ARGUMENT);
    promote(p->r, v[1]);
    assert_int_equal(registry_rollback(p->r, "anna", "\xC3\xA4", back, NULL), TRIAGE_OK);
    story all = {.most = 100}, two = {.most = 2};
    assert_int_equal(registry_each_event(p->r, tell, &all, NULL), TRIAGE_OK);
    assert_string_equal(all.text, "promoted v000001< by test: because\n"
                                  "rejected v000002<v000001 by gate: worse \"by\" 2 %\n\n"
                                  "promoted v000002<v000001 by test: because\n"
                                  "rolled_back v000001<v000002 by anna: \xC3\xA4\n");
    assert_true(all.at[0] >= before && all.at[3] <= clock_unix_ms());
    assert_int_equal(registry_each_event(p->r, tell, &two, NULL), TRIAGE_OK);
    assert_int_equal(two.n, 2);
    assert_int_equal(registry_live_at(p->r, all.at[0] - 1, live, NULL), TRIAGE_OK);
    assert_string_equal(live, "");
    assert_int_equal(registry_live_at(p->r, all.at[3], live, NULL), TRIAGE_OK);
    assert_string_equal(live, v[0]);
    triage_model_free(model);
}

static void what_was_live_when(void **state)
{
    place *p = *state;
    char live[REGISTRY_VERSION_SIZE];
    place_write(p, "champion", "v000003\n");
    place_write(p, "history.jsonl",
                "{\"at\":100,\"action\":\"promoted\",\"version\":\"v000001\",\"previous\":\"\","
                "\"who\":\"\",\"reason\":\"\"}\n"
                "{\"at\":200,\"action\":\"promoted\",\"version\":\"v000002\",\"previous\":"
                "\"v000001\",\"who\":\"\",\"reason\":\"cut off\"}\n"
                "{\"at\":250,\"action\":\"weighed\",\"version\":\"v000007\",\"previous\":"
                "\"v000001\",\"who\":\"\",\"reason\":\"of a later version\"}\n"
                "{\"at\":300,\"action\":\"promoted\",\"version\":\"v000003\",\"previous\":"
                "\"v000001\",\"who\":\"\",\"reason\":\"\"}\n"
                "{\"at\":400,\"action\":\"promoted\",\"version\":\"v000004\",\"previous\":"
                "\"v000003\",\"who\":\"\",\"reason\":\"cut off\"}\n"
                "{\"at\":500,\"action\":\"promo");
    static const struct {
        int64_t at;
        const char *version;
    } rows[] = {{0, ""},          {99, ""},         {100, "v000001"}, {299, "v000001"},
                {300, "v000003"}, {500, "v000003"}, {-5, ""}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(registry_live_at(p->r, rows[i].at, live, NULL), TRIAGE_OK);
        assert_string_equal(live, rows[i].version);
    }
    story s = {.most = 100};
    assert_int_equal(registry_each_event(p->r, tell, &s, NULL), TRIAGE_OK);
    assert_int_equal(s.n, 3);
    assert_null(strstr(s.text, "cut off"));
    /* The next writer begins a new line, and its number is above all that was ever told of. */
    char version[REGISTRY_VERSION_SIZE];
    size_t length;
    triage_model *model = named_model("A");
    add_version(p->r, model, version);
    assert_string_equal(version, "v000008");
    promote(p->r, version);
    char *text = slurp(p, "history.jsonl", &length);
    assert_non_null(strstr(text, "\"promo\n{\"at\""));
    assert_int_equal(text[length - 1], '\n');
    free(text);
    assert_int_equal(registry_live_at(p->r, INT64_MAX, live, NULL), TRIAGE_OK);
    assert_string_equal(live, "v000008");
    char back[REGISTRY_VERSION_SIZE];
    assert_int_equal(registry_rollback(p->r, "", "", back, NULL), TRIAGE_ERROR_ARGUMENT);
    assert_champion(p->r, "v000008"); /* v000003 is not there */
    triage_model_free(model);
}

static void a_bad_model_does_not_go_live(void **state)
{
    place *p = *state;
    triage_error err;
    size_t length;
    char v[3][REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("A"), *other = named_model("Bigger");
    for (int i = 0; i < 3; i++)
        add_version(p->r, i == 2 ? other : model, v[i]);
    promote(p->r, v[0]);
    char *bytes = slurp(p, "v000002/model.triage", &length);
    bytes[length / 2] ^= 1;
    assert_int_equal(file_write_atomic(place_path(p, "v000002/model.triage"), bytes, length, &err),
                     TRIAGE_OK);
    assert_int_equal(registry_promote(p->r, v[1], NULL, "", "", &err), TRIAGE_ERROR_MODEL);
    assert_int_equal(truncate(place_path(p, "v000002/model.triage"), 100), 0);
    assert_int_equal(registry_promote(p->r, v[1], NULL, "", "", &err), TRIAGE_ERROR_MODEL);
    unlink(place_path(p, "v000002/model.triage"));
    assert_int_equal(registry_promote(p->r, v[1], NULL, "", "", &err), TRIAGE_ERROR_MODEL);
    /* A whole model, but not that of the manifest. */
    free(bytes);
    bytes = slurp(p, "v000003/model.triage", &length);
    assert_int_equal(file_write_atomic(place_path(p, "v000002/model.triage"), bytes, length, &err),
                     TRIAGE_OK);
    assert_int_equal(registry_promote(p->r, v[1], NULL, "", "", &err), TRIAGE_ERROR_MODEL);
    free(bytes);
    assert_champion(p->r, v[0]);
    story s = {.most = 100};
    assert_int_equal(registry_each_event(p->r, tell, &s, NULL), TRIAGE_OK);
    assert_int_equal(s.n, 1);
    triage_model_free(model);
    triage_model_free(other);
}

static void another_registry_is_mirrored(void **state)
{
    place *p = *state;
    triage_error err;
    char version[REGISTRY_VERSION_SIZE], path[PLACE_PATH_SIZE];
    size_t model_length, manifest_length;
    triage_model *model = named_model("A");
    registry *copy = NULL;
    snprintf(path, sizeof path, "%s/copy", p->root);
    assert_int_equal(registry_open(path, true, &copy, &err), TRIAGE_OK);
    add_version(p->r, model, version);
    add_version(p->r, model, version);
    char *bytes = slurp(p, "v000002/model.triage", &model_length),
         *manifest = slurp(p, "v000002/manifest.json", &manifest_length);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            registry_mirror(copy, "v000002", bytes, model_length, manifest, manifest_length, &err),
            TRIAGE_OK);
    promote(copy, "v000002");
    assert_int_equal(assert_whole(copy), 1);
    assert_int_equal(
        registry_mirror(copy, "v000003", bytes, model_length, manifest, manifest_length, &err),
        TRIAGE_ERROR_DATA);
    assert_int_equal(
        registry_mirror(copy, "../v000002", bytes, model_length, manifest, manifest_length, &err),
        TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(
        registry_mirror(copy, "v000002", bytes, model_length - 1, manifest, manifest_length, &err),
        TRIAGE_ERROR_DATA);
    assert_int_equal(
        registry_mirror(copy, "v000002", bytes, model_length, manifest, manifest_length - 9, &err),
        TRIAGE_ERROR_DATA);
    bytes[0] ^= 1;
    assert_int_equal(
        registry_mirror(copy, "v000002", bytes, model_length, manifest, manifest_length, &err),
        TRIAGE_ERROR_DATA);
    free(bytes);
    free(manifest);
    registry_close(copy);
    triage_model_free(model);
}

static void hostile_champions_are_refused(void **state)
{
    place *p = *state;
    triage_error err;
    char version[REGISTRY_VERSION_SIZE] = "untouched";
    static const char *const bad[] = {
        "",          "\n",          "../secret",         "v1", "v000001/../../x",
        "v000001 x", "/etc/passwd", "v000001\nv000002\n"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        place_write(p, "champion", bad[i]);
        assert_int_equal(registry_champion(p->r, version, &err), TRIAGE_ERROR_DATA);
        assert_non_null(strstr(err.message, "champion"));
        assert_int_equal(registry_promote(p->r, "v000001", NULL, "", "", &err), TRIAGE_ERROR_DATA);
    }
    char padded[100];
    snprintf(padded, sizeof padded, "v000001%*s", 80, "");
    place_write(p, "champion", padded);
    assert_int_equal(registry_champion(p->r, version, &err), TRIAGE_ERROR_DATA);
    assert_non_null(strstr(err.message, "bytes"));
    assert_string_equal(version, "untouched");
    place_write(p, "champion", "v000042 \r\n");
    assert_champion(p->r, "v000042");
    unlink(place_path(p, "champion"));
    assert_int_equal(symlink("v000001/manifest.json", place_path(p, "champion")), 0);
    assert_int_equal(registry_champion(p->r, version, &err), TRIAGE_ERROR_DATA);
    unlink(place_path(p, "champion"));
    assert_int_equal(mkfifo(place_path(p, "champion"), 0600), 0);
    assert_int_equal(registry_champion(p->r, version, &err), TRIAGE_ERROR_DATA);
    unlink(place_path(p, "champion"));
    assert_int_equal(mkdir(place_path(p, "champion"), 0777), 0);
    assert_int_equal(registry_champion(p->r, version, &err), TRIAGE_ERROR_DATA);
}

/* Replaces the first `from` in the manifest of v000001 and expects `status` of all readers. */
static void check_manifest(place *p, const char *whole, const char *from, const char *to,
                           triage_status expected)
{
    triage_error err;
    registry_manifest m = {0}, *list = NULL;
    size_t n;
    char changed[4096];
    const char *at = strstr(whole, from);
    assert_non_null(at);
    snprintf(changed, sizeof changed, "%.*s%s%s", (int)(at - whole), whole, to, at + strlen(from));
    place_write(p, "v000001/manifest.json", changed);
    triage_status status = registry_find(p->r, "v000001", &m, &err);
    if (status != expected)
        fail_msg("%s: status %d", to, (int)status);
    if (status != TRIAGE_OK) {
        assert_non_null(strstr(err.message, "v000001/manifest.json"));
        assert_int_equal(registry_list(p->r, &list, &n, NULL), expected);
        assert_int_equal(registry_promote(p->r, "v000001", NULL, "", "", NULL), expected);
    }
    registry_manifest_free(&m);
}

static void hostile_manifests_are_refused(void **state)
{
    place *p = *state;
    char version[REGISTRY_VERSION_SIZE];
    size_t length;
    triage_model *model = named_model("A");
    add_version(p->r, model, version);
    char *whole = slurp(p, "v000001/manifest.json", &length);
    static const struct {
        const char *from, *to;
        triage_status status;
    } rows[] = {
        {"{", "{", TRIAGE_OK},
        {"{", "{\"more\":[1],", TRIAGE_OK},
        {"\"parent\":\"\"", "\"parent\":\"v000009\"", TRIAGE_OK},
        {"\"trigger\":\"request\",", "", TRIAGE_OK},
        {"}", "", TRIAGE_ERROR_DATA},
        {"{", "[", TRIAGE_ERROR_DATA},
        {"{", "null {", TRIAGE_ERROR_DATA},
        {"\"format\":1", "\"format\":0", TRIAGE_ERROR_DATA},
        {"\"format\":1", "\"format\":2", TRIAGE_ERROR_VERSION},
        {"v000001", "v000002", TRIAGE_ERROR_DATA},
        {"\"v000001\"", "\"v000001\\u0000\"", TRIAGE_ERROR_DATA},
        {"\"version\"", "\"name\"", TRIAGE_ERROR_DATA},
        {"\"parent\":\"\"", "\"parent\":\"../../x\"", TRIAGE_ERROR_DATA},
        {"\"sha256\":\"", "\"sha256\":\"0", TRIAGE_ERROR_DATA},
        {"\"sha256\"", "\"sha\"", TRIAGE_ERROR_DATA},
        {"\"bytes\":", "\"bytes\":-", TRIAGE_ERROR_DATA},
        {"\"created_at\":", "\"created_at\":1e30,\"x\":", TRIAGE_ERROR_DATA},
        {"\"request\"", "\"12345678901234567890123456789012\"", TRIAGE_ERROR_DATA},
        {"\"request\"", "7", TRIAGE_ERROR_DATA},
        {"\"tickets\":0", "\"tickets\":1.5", TRIAGE_ERROR_DATA},
        {"\"data_hash\":\"0", "\"data_hash\":\"G", TRIAGE_ERROR_DATA},
        {"\"data_hash\":\"0", "\"data_hash\":\"", TRIAGE_ERROR_DATA},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_manifest(p, whole, rows[i].from, rows[i].to, rows[i].status);
    free(whole);
    triage_model_free(model);
}

static void what_lies_outside_is_not_read(void **state)
{
    place *p = *state;
    triage_error err;
    registry_manifest m = {0};
    char version[REGISTRY_VERSION_SIZE], outside[PLACE_PATH_SIZE];
    triage_model *model = named_model("A");
    add_version(p->r, model, version);
    snprintf(outside, sizeof outside, "%s/outside", p->root);
    /* The folder of a version. */
    assert_int_equal(rename(place_path(p, "v000001"), outside), 0);
    assert_int_equal(symlink(outside, place_path(p, "v000001")), 0);
    assert_int_equal(registry_find(p->r, "v000001", &m, &err), TRIAGE_ERROR_DATA);
    unlink(place_path(p, "v000001"));
    assert_int_equal(rename(outside, place_path(p, "v000001")), 0);
    /* Its model. */
    assert_int_equal(rename(place_path(p, "v000001/model.triage"), outside), 0);
    assert_int_equal(symlink(outside, place_path(p, "v000001/model.triage")), 0);
    assert_int_equal(registry_promote(p->r, version, NULL, "", "", &err), TRIAGE_ERROR_DATA);
    /* Its manifest, which is huge besides. */
    assert_int_equal(rename(place_path(p, "v000001/manifest.json"), outside), 0);
    assert_int_equal(symlink(outside, place_path(p, "v000001/manifest.json")), 0);
    assert_int_equal(registry_find(p->r, "v000001", &m, &err), TRIAGE_ERROR_DATA);
    unlink(place_path(p, "v000001/manifest.json"));
    place_write(p, "v000001/manifest.json", "{");
    assert_int_equal(truncate(place_path(p, "v000001/manifest.json"), (off_t)1 << 40), 0);
    assert_int_equal(registry_find(p->r, "v000001", &m, &err), TRIAGE_ERROR_DATA);
    assert_non_null(strstr(err.message, "bytes"));
    /* The history. */
    unlink(place_path(p, "v000001/manifest.json"));
    assert_int_equal(symlink(outside, place_path(p, "history.jsonl")), 0);
    assert_int_equal(registry_add(p->r, model, &m, &err), TRIAGE_ERROR_DATA);
    unlink(place_path(p, "history.jsonl"));
    place_write(p, "history.jsonl", "x");
    assert_int_equal(truncate(place_path(p, "history.jsonl"), (off_t)1 << 40), 0);
    assert_int_equal(registry_live_at(p->r, 0, version, &err), TRIAGE_ERROR_DATA);
    /* The lock. */
    unlink(place_path(p, "history.jsonl"));
    unlink(place_path(p, "lock"));
    assert_int_equal(symlink(outside, place_path(p, "lock")), 0);
    assert_int_equal(registry_add(p->r, model, &m, &err), TRIAGE_ERROR_IO);
    triage_model_free(model);
}

static void hostile_histories_are_refused(void **state)
{
    place *p = *state;
    triage_error err;
    char live[REGISTRY_VERSION_SIZE];
    static const char *const bad[] = {
        "7\n",
        "{}\n",
        "{\"at\":-1,\"action\":\"promoted\",\"version\":\"v000001\",\"previous\":\"\",\"who\":\"\","
        "\"reason\":\"\"}\n",
        "{\"at\":1,\"action\":\"promoted\",\"version\":\"../1\",\"previous\":\"\",\"who\":\"\","
        "\"reason\":\"\"}\n",
        "{\"at\":1,\"action\":\"promoted\",\"version\":\"v000001\",\"previous\":\"x\",\"who\":\"\","
        "\"reason\":\"\"}\n",
        "{\"at\":1,\"action\":\"promoted\",\"version\":\"v000001\",\"previous\":\"\",\"who\":1,"
        "\"reason\":\"\"}\n",
        "{\"at\":1,\"action\":\"prom\\u0000oted\",\"version\":\"v000001\",\"previous\":\"\","
        "\"who\":\"\",\"reason\":\"\"}\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        place_write(p, "history.jsonl", bad[i]);
        if (registry_live_at(p->r, 0, live, &err) != TRIAGE_ERROR_DATA)
            fail_msg("%s was taken", bad[i]);
        assert_non_null(strstr(err.message, "history.jsonl:1"));
    }
    char *line = malloc(70001);
    assert_non_null(line);
    memset(line, ' ', 70000);
    line[70000] = '\0';
    place_write(p, "history.jsonl", line);
    assert_int_equal(registry_live_at(p->r, 0, live, &err), TRIAGE_ERROR_DATA);
    free(line);
    place_write(p, "history.jsonl", "\n\n[[[[\n\xFF\xFE\n{\"at\":");
    assert_int_equal(registry_live_at(p->r, 0, live, &err), TRIAGE_OK);
}

/* Makes it look two hours old. */
static void age(place *p, const char *name)
{
    struct utimbuf old = {.actime = time(NULL) - 7200, .modtime = time(NULL) - 7200};
    assert_int_equal(utime(place_path(p, name), &old), 0);
}

static void old_leftovers_are_cleaned_away(void **state)
{
    place *p = *state;
    static const char *const folders[] = {"tmp-v000001-7-0", "tmp-v000002-7-0", "v000005"};
    for (size_t i = 0; i < 3; i++) {
        char name[64];
        assert_int_equal(mkdir(place_path(p, folders[i]), 0777), 0);
        snprintf(name, sizeof name, "%s/model.triage", folders[i]);
        place_write(p, name, "half");
    }
    place_write(p, "champion.12-0.tmp", "v0");
    place_write(p, "champion.13-0.tmp", "v0");
    age(p, "tmp-v000001-7-0");
    age(p, "v000005");
    age(p, "champion.12-0.tmp");
    registry_close(place_open(p));
    assert_false(place_has(p, "tmp-v000001-7-0"));
    assert_true(place_has(p, "tmp-v000002-7-0"));
    assert_true(place_has(p, "v000005/model.triage"));
    assert_false(place_has(p, "champion.12-0.tmp"));
    assert_true(place_has(p, "champion.13-0.tmp"));
    char version[REGISTRY_VERSION_SIZE];
    triage_model *model = named_model("A");
    add_version(p->r, model, version);
    assert_string_equal(version, "v000006");
    triage_model_free(model);
}

/* --- several processes ------------------------------------------------------------------------ */

#define N_WRITERS   4
#define N_BY_WRITER 6

static void writers_take_turns(void **state)
{
    place *p = *state;
    pid_t writers[N_WRITERS];
    triage_model *model = named_model("A");
    for (int i = 0; i < N_WRITERS; i++) {
        writers[i] = fork();
        assert_true(writers[i] >= 0);
        if (writers[i] == 0) {
            bool is_done = true;
            for (int j = 0; j < N_BY_WRITER && is_done; j++) {
                registry_manifest m = {0};
                is_done = registry_add(p->r, model, &m, NULL) == TRIAGE_OK &&
                          registry_promote(p->r, m.version, NULL, "", "", NULL) == TRIAGE_OK;
            }
            _exit(is_done ? 0 : 1);
        }
    }
    for (int i = 0; i < N_WRITERS; i++) {
        int status;
        assert_int_equal(waitpid(writers[i], &status, 0), writers[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    assert_int_equal(assert_whole(p->r), N_WRITERS * N_BY_WRITER);
    assert_true(place_has(p, "v000024"));
    story s = {.most = 100};
    assert_int_equal(registry_each_event(p->r, tell, &s, NULL), TRIAGE_OK);
    assert_int_equal(s.n, N_WRITERS * N_BY_WRITER);
    assert_int_equal(place_count(p, "tmp"), 0);
    triage_model_free(model);
}

/* While the lock is held nothing is written; the writer waits, and does not give up. */
static void a_writer_waits_for_the_lock(void **state)
{
    place *p = *state;
    int lock, status, ends[2];
    char version[REGISTRY_VERSION_SIZE], byte;
    triage_model *model = named_model("A");
    add_version(p->r, model, version);
    assert_int_equal(folder_lock(p->folder, &lock, NULL), TRIAGE_OK);
    assert_int_equal(pipe(ends), 0);
    pid_t writer = fork();
    assert_true(writer >= 0);
    if (writer == 0) {
        bool has_begun = write(ends[1], "x", 1) == 1;
        triage_status done = registry_promote(p->r, version, NULL, "", "", NULL);
        _exit(has_begun && done == TRIAGE_OK ? 0 : 1);
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    /* Longer than a promotion takes. */
    for (int i = 0; i < 3000; i++) {
        assert_int_equal(waitpid(writer, &status, WNOHANG), 0);
        assert_int_equal(place_count(p, "champion"), 0);
    }
    folder_unlock(lock);
    assert_int_equal(waitpid(writer, &status, 0), writer);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_champion(p->r, version);
    close(ends[0]);
    close(ends[1]);
    triage_model_free(model);
}

/* Adds and promotes until it is killed, and says each time that it has begun. */
static void write_forever(registry *r, const triage_model *model, int out)
{
    for (;;) {
        char back[REGISTRY_VERSION_SIZE];
        registry_manifest m = {0};
        if (write(out, "x", 1) != 1 || registry_add(r, model, &m, NULL) != TRIAGE_OK ||
            registry_promote(r, m.version, NULL, "w", "r", NULL) != TRIAGE_OK ||
            registry_reject(r, m.version, "w", "r", NULL) != TRIAGE_OK ||
            (m.version[6] % 2 && registry_rollback(r, "w", "r", back, NULL) == TRIAGE_ERROR_DATA))
            _exit(1);
    }
}

#define N_KILLS 30

static void a_killed_writer_leaves_a_whole_registry(void **state)
{
    place *p = *state;
    rng random = {3};
    size_t n_versions = 0;
    triage_model *model = named_model("A");
    for (int round = 0; round < N_KILLS; round++) {
        int ends[2], status;
        char byte;
        assert_int_equal(pipe(ends), 0);
        pid_t writer = fork();
        assert_true(writer >= 0);
        if (writer == 0) {
            close(ends[0]);
            write_forever(p->r, model, ends[1]);
        }
        close(ends[1]);
        for (uint32_t i = 0, n = 1 + rng_below(&random, 3); i < n; i++)
            assert_int_equal(read(ends[0], &byte, 1), 1);
        /* Somewhere in what it does next: looking at the folder takes as long as a step of it. */
        for (uint32_t i = 0, n = rng_below(&random, 40); i < n; i++)
            (void)place_count(p, "v");
        assert_int_equal(kill(writer, SIGKILL), 0);
        assert_int_equal(waitpid(writer, &status, 0), writer);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        close(ends[0]);
        registry *again = place_open(p);
        size_t n = assert_whole(again);
        assert_true(n >= n_versions);
        n_versions = n;
        registry_close(again);
    }
    assert_true(n_versions >= 10);
    triage_model_free(model);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, place_make, place_clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_version_keeps_what_it_was_given),
        TEST(manifests_that_cannot_be_written_are_refused),
        TEST(versions_are_numbered_upwards),
        TEST(names_are_read_strictly),
        TEST(a_folder_is_made_or_refused),
        TEST(promotions_and_rollbacks),
        TEST(who_promotes_says_what_was_expected),
        TEST(the_history_tells_all),
        TEST(what_was_live_when),
        TEST(a_bad_model_does_not_go_live),
        TEST(another_registry_is_mirrored),
        TEST(hostile_champions_are_refused),
        TEST(hostile_manifests_are_refused),
        TEST(what_lies_outside_is_not_read),
        TEST(hostile_histories_are_refused),
        TEST(old_leftovers_are_cleaned_away),
        TEST(writers_take_turns),
        TEST(a_writer_waits_for_the_lock),
        TEST(a_killed_writer_leaves_a_whole_registry),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
