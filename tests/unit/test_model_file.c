/* SPDX-License-Identifier: MIT */
/* Model files: what is saved is what is read; what is cut off, damaged, hostile or of the future is
 * refused, or at least does no harm. */
#include "engine_support.h"
#include "base/buffer.h"
#include "model/image.h"
#include "model_bytes.h"
#include "temp_dir.h"

#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* Small enough to be damaged at every byte: words, pairs, character n-grams, two fields, a word too
 * long for its entry. */
static const ticket_row rows[] = {
    {"new printer please", {"hardware", "low"}},
    {"printers broken", {"hardware", "high"}},
    {"reset my password", {"access", "low"}},
    {"passwords reset again now", {"access", "high"}},
    {"Donaudampfschifffahrtsgesellschaft printer", {"hardware", NULL}},
};

static const char *const texts[] = {"my new printer", "reset passwort printerss",
                                    "Donaudampfschifffahrtsgesellschaft", "",
                                    "donaudampfschifffahrtsgesellschaften printer xyzzy please"};

typedef struct fixture {
    temp_dir *dir;
    triage_model *model;
    const unsigned char *bytes; /* of the model */
    size_t length;
} fixture;

static int setup(void **state)
{
    static fixture f;
    if (temp_dir_make((void **)&f.dir) != 0)
        return -1;
    /* Seven times: n-grams and pairs are worth it then. */
    triage_dataset *dataset = new_dataset(2);
    for (size_t i = 0; i < 35; i++)
        add_ticket(dataset, rows[i % 5].text, rows[i % 5].labels);
    f.model = model_of(finished(dataset), TRIAGE_PRESET_AUTO);
    f.bytes = f.model->bytes;
    f.length = f.model->length;
    *state = &f;
    return f.model->grams.n > 0 && f.model->pairs.n > 0 && f.model->words.pool_length > 0 ? 0 : -1;
}

static int teardown(void **state)
{
    fixture *f = *state;
    triage_model_free(f->model);
    return temp_dir_remove((void **)&f->dir);
}

static triage_model *opened(const char *path)
{
    triage_error err;
    triage_model *model = NULL;
    if (triage_model_open(path, &model, &err) != TRIAGE_OK)
        fail_msg("%s", err.message);
    return model;
}

static void same_predictions(const triage_model *a, const triage_model *b)
{
    triage_predictor *left = predictor_of(a), *right = predictor_of(b);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        predict(left, texts[i]);
        predict(right, texts[i]);
        for (size_t f = 0; f < 2; f++)
            assert_memory_equal(triage_predictor_probabilities(left, f),
                                triage_predictor_probabilities(right, f),
                                triage_model_n_labels(a, f) * sizeof(float));
    }
    triage_predictor_free(left);
    triage_predictor_free(right);
}

static void what_is_saved_is_what_is_opened(void **state)
{
    const fixture *f = *state;
    const char *path = temp_path(f->dir, "m.triage");
    char saved[65], read[65];
    size_t length, other_length;
    assert_int_equal(triage_model_save(f->model, path, NULL), TRIAGE_OK);
    triage_model *model = opened(path);
    assert_int_equal(triage_model_verify(model, NULL), TRIAGE_OK);
    assert_int_equal(triage_model_verify(f->model, NULL), TRIAGE_OK);
    triage_model_sha256(f->model, saved);
    triage_model_sha256(model, read);
    assert_string_equal(saved, read);
    assert_int_equal(triage_model_size_bytes(model), f->length);
    assert_int_equal(triage_model_n_fields(model), 2);
    assert_string_equal(triage_model_field_name(model, 1), "priority");
    assert_int_equal(triage_model_n_labels(model, 1), 2);
    assert_string_equal(triage_model_label_name(model, 0, 1), "hardware");
    assert_float_equal(triage_model_prior(model, 0, 1), 0.6, 1e-6);
    assert_int_equal(triage_model_n_features(model), triage_model_n_features(f->model));
    const char *metadata = triage_model_metadata(model, &length);
    assert_memory_equal(metadata, triage_model_metadata(f->model, &other_length), length);
    assert_int_equal(length, other_length);
    same_predictions(model, f->model);
    triage_model_free(model);
}

static void saving_an_opened_model_copies_its_file(void **state)
{
    const fixture *f = *state;
    char hash[65], copied[65];
    assert_int_equal(triage_model_save(f->model, temp_path(f->dir, "a"), NULL), TRIAGE_OK);
    triage_model *model = opened(temp_path(f->dir, "a"));
    assert_int_equal(triage_model_save(model, temp_path(f->dir, "b"), NULL), TRIAGE_OK);
    /* Over the file that is mapped: the map keeps the old one. */
    assert_int_equal(triage_model_save(model, temp_path(f->dir, "a"), NULL), TRIAGE_OK);
    triage_model_sha256(model, hash);
    triage_model *copy = opened(temp_path(f->dir, "b"));
    triage_model_sha256(copy, copied);
    assert_string_equal(hash, copied);
    triage_model_free(copy);
    triage_model_free(model);
}

/* Opens `path`, which must fail; says how. */
static triage_status open_status(const char *path, triage_error *err)
{
    triage_model *untouched = (triage_model *)(void *)err, *model = untouched;
    triage_status status = triage_model_open(path, &model, err);
    assert_int_not_equal(status, TRIAGE_OK);
    assert_int_equal(err->status, status);
    assert_ptr_equal(model, untouched);
    assert_non_null(strstr(err->message, path));
    return status;
}

static void every_truncation_is_refused(void **state)
{
    const fixture *f = *state;
    const char *path = temp_file(f->dir, "m", f->bytes, f->length);
    triage_error err;
    for (size_t length = f->length; length-- > 0;) {
        assert_int_equal(truncate(path, (off_t)length), 0);
        assert_int_equal(open_status(path, &err), TRIAGE_ERROR_MODEL);
    }
    assert_non_null(strstr(err.message, "not a triage model"));
}

static void longer_files_are_refused(void **state)
{
    const fixture *f = *state;
    const char *path = temp_file(f->dir, "m", f->bytes, f->length);
    triage_error err;
    assert_int_equal(truncate(path, (off_t)f->length + 1), 0);
    assert_int_equal(open_status(path, &err), TRIAGE_ERROR_MODEL);
}

static void every_flipped_byte_is_found(void **state)
{
    const fixture *f = *state;
    const char *path = temp_file(f->dir, "m", f->bytes, f->length);
    int file = open(path, O_WRONLY);
    assert_true(file >= 0);
    for (size_t i = 0; i < f->length; i++) {
        unsigned char flipped = f->bytes[i] ^ (unsigned char)(1 + i % 255);
        triage_model *model = NULL;
        assert_int_equal(pwrite(file, &flipped, 1, (off_t)i), 1);
        triage_status status = triage_model_open(path, &model, NULL);
        if (status == TRIAGE_OK) {
            for (size_t t = 0; t < 3 && i % 7 == 0; t++)
                assert_true(model_bytes_use(model, texts[t], strlen(texts[t])));
            status = triage_model_verify(model, NULL);
        }
        if (status != TRIAGE_ERROR_MODEL && (status != TRIAGE_ERROR_VERSION || i < 8 || i >= 12))
            fail_msg("byte %zu: %s", i, triage_status_text(status));
        triage_model_free(model);
        assert_int_equal(pwrite(file, &f->bytes[i], 1, (off_t)i), 1);
    }
    close(file);
    triage_model_free(opened(path));
}

static void a_newer_format_is_refused_by_name(void **state)
{
    const fixture *f = *state;
    unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
    uint32_t format = 41;
    triage_error err;
    char reads_up_to[16];
    snprintf(reads_up_to, sizeof reads_up_to, "format %u", MODEL_FORMAT);
    memcpy(bytes + 8, &format, sizeof format); /* whatever the checksum of that format may be */
    const char *path = temp_file(f->dir, "m", bytes, f->length);
    assert_int_equal(open_status(path, &err), TRIAGE_ERROR_VERSION);
    assert_non_null(strstr(err.message, "41"));
    assert_non_null(strstr(err.message, reads_up_to));
    free(bytes);
}

static void what_is_no_model_is_refused(void **state)
{
    const fixture *f = *state;
    triage_error err;
    assert_int_equal(open_status(temp_text(f->dir, "empty", ""), &err), TRIAGE_ERROR_MODEL);
    assert_int_equal(open_status(temp_text(f->dir, "csv", "text,label\na,b\n"), &err),
                     TRIAGE_ERROR_MODEL);
    assert_non_null(strstr(err.message, "not a triage model"));
    assert_int_equal(open_status(temp_text(f->dir, "magic", "TRIAGE\x1A\n"), &err),
                     TRIAGE_ERROR_MODEL);
    assert_int_equal(open_status(temp_path(f->dir, "missing"), &err), TRIAGE_ERROR_IO);
    assert_int_equal(open_status(f->dir->path, &err), TRIAGE_ERROR_IO);
    assert_int_equal(triage_model_open(NULL, NULL, &err), TRIAGE_ERROR_ARGUMENT);
}

/* --- damage that the checksums do not know of --------------------------------------------------
 */

static void put_u32(unsigned char *bytes, size_t place, uint32_t value)
{
    memcpy(bytes + place, &value, sizeof value);
}

/* Opens `bytes` (freed here) with right checksums; the status. If it opens, it is used. */
static triage_status repaired_status(unsigned char *bytes, size_t length)
{
    triage_model *model = NULL;
    triage_error err;
    model_bytes_repair(bytes, length);
    triage_status status = model_take_bytes(bytes, length, &model, &err);
    if (status == TRIAGE_OK) {
        assert_int_equal(triage_model_verify(model, NULL), TRIAGE_OK);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            assert_true(model_bytes_use(model, texts[i], strlen(texts[i])));
    }
    triage_model_free(model);
    return status;
}

static void an_unharmed_copy_passes(void **state)
{
    const fixture *f = *state;
    assert_int_equal(repaired_status(model_bytes_copy(f->bytes, f->length), f->length), TRIAGE_OK);
}

/* One 32-bit number of a section gets another value. */
typedef struct lie {
    section_kind section;
    size_t offset; /* in the section */
    uint32_t value;
} lie;

static void lies_of_small_sections_are_found(void **state)
{
    const fixture *f = *state;
    static const lie lies[] = {
        {SECTION_OPTIONS, offsetof(model_options, n_fields), 0},
        {SECTION_OPTIONS, offsetof(model_options, n_fields), 1},
        {SECTION_OPTIONS, offsetof(model_options, n_fields), 3},
        {SECTION_OPTIONS, offsetof(model_options, n_fields), UINT32_MAX},
        {SECTION_OPTIONS, offsetof(model_options, n_lanes), 0},
        {SECTION_OPTIONS, offsetof(model_options, n_lanes), 8},
        {SECTION_OPTIONS, offsetof(model_options, n_lanes), 24},
        {SECTION_OPTIONS, offsetof(model_options, n_lanes), UINT32_MAX},
        {SECTION_OPTIONS, offsetof(model_options, char_min), 200},
        {SECTION_OPTIONS, offsetof(model_options, char_max), 256},
        {SECTION_OPTIONS, offsetof(model_options, char_max), UINT32_MAX},
        {SECTION_OPTIONS, offsetof(model_options, log2_word_buckets), 0},
        {SECTION_OPTIONS, offsetof(model_options, log2_word_buckets), 29},
        {SECTION_OPTIONS, offsetof(model_options, log2_word_buckets), 31},
        {SECTION_OPTIONS, offsetof(model_options, log2_pair_buckets), 12},
        {SECTION_OPTIONS, offsetof(model_options, log2_pair_buckets), 64},
        {SECTION_OPTIONS, offsetof(model_options, log2_gram_buckets), 20},
        {SECTION_OPTIONS, offsetof(model_options, log2_gram_buckets), UINT32_MAX},
        /* "category": length 8, its bytes, a NUL, then the number of labels, "access" */
        {SECTION_LABELS, 0, 7},
        {SECTION_LABELS, 0, 9},
        {SECTION_LABELS, 0, UINT32_MAX},
        {SECTION_LABELS, 4, 0x61006161},
        {SECTION_LABELS, 13, 0},
        {SECTION_LABELS, 13, 1},
        {SECTION_LABELS, 13, 3},
        {SECTION_LABELS, 13, 70000},
        {SECTION_LABELS, 13, UINT32_MAX},
        {SECTION_LABELS, 17, 5},
        {SECTION_LABELS, 17, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
        unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
        put_u32(bytes, model_bytes_offset(bytes, lies[i].section) + lies[i].offset, lies[i].value);
        if (repaired_status(bytes, f->length) != TRIAGE_ERROR_MODEL)
            fail_msg("lie %zu passed", i);
    }
}

static void a_table_that_does_not_fit_is_refused(void **state)
{
    const fixture *f = *state;
    for (size_t i = 0; i + 1 < SECTION_END; i++)
        for (int damage = 0; damage < 7; damage++) {
            unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
            model_section s = model_bytes_section(bytes, i);
            switch (damage) {
            case 0: s.offset = f->length + 64 - f->length % 64; break;
            case 1: s.offset += 1; break;
            case 2: s.offset = UINT64_MAX - 63; break;
            case 3: s.length = UINT64_MAX; break;
            case 4: s.length = f->length - s.offset + 1; break;
            case 5: s.kind = s.kind % (SECTION_END - 1) + 1; break; /* one twice, one missing */
            default: s.kind = 1000; break;                          /* one missing */
            }
            memcpy(bytes + model_bytes_section_place(i), &s, sizeof s);
            if (repaired_status(bytes, f->length) != TRIAGE_ERROR_MODEL)
                fail_msg("section %zu, damage %d passed", i, damage);
        }
}

static void too_many_sections_are_refused(void **state)
{
    const fixture *f = *state;
    static const uint32_t counts[] = {0, 14, 33, 0x08000000, UINT32_MAX};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
        put_u32(bytes, offsetof(model_header, n_sections), counts[i]);
        assert_int_equal(repaired_status(bytes, f->length), TRIAGE_ERROR_MODEL);
    }
}

/* The sections of `model`, one of them replaced, all checksums right: what becomes of it. */
static triage_status status_with(const triage_model *model, section_kind replaced,
                                 const void *bytes, size_t length)
{
    model_content content = {0};
    triage_model *other = NULL;
    for (size_t kind = 1; kind < SECTION_END; kind++) {
        content.bytes[kind] = model->bytes + model->sections[kind].offset;
        content.lengths[kind] = model->sections[kind].length;
    }
    content.bytes[replaced] = bytes;
    content.lengths[replaced] = length;
    triage_status status = model_image_build(&content, &other, NULL);
    for (size_t i = 0; status == TRIAGE_OK && i < sizeof texts / sizeof *texts; i++)
        assert_true(model_bytes_use(other, texts[i], strlen(texts[i])));
    triage_model_free(other);
    return status;
}

/* A field "f" with so many labels "l". */
static void append_field(buffer *labels, uint32_t n_labels)
{
    uint32_t one = 1;
    buffer_append(labels, &one, sizeof one);
    buffer_append(labels, "f", 2);
    buffer_append(labels, &n_labels, sizeof n_labels);
    for (uint32_t k = 0; k < n_labels; k++) {
        buffer_append(labels, &one, sizeof one);
        buffer_append(labels, "l", 2);
    }
}

/* The model has two fields of eight lanes. */
static void labels_without_lanes_are_refused(void **state)
{
    const fixture *f = *state;
    static const uint32_t counts[][2] = {{1, 1}, {8, 8}, {9, 8}, {1, 9}, {8, 1000}, {65535, 8}};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        buffer labels = {0};
        append_field(&labels, counts[i][0]);
        append_field(&labels, counts[i][1]);
        assert_int_equal(status_with(f->model, SECTION_LABELS, labels.data, labels.length),
                         i < 2 ? TRIAGE_OK : TRIAGE_ERROR_MODEL);
        buffer_append_char(&labels, 0);
        assert_int_equal(status_with(f->model, SECTION_LABELS, labels.data, labels.length),
                         TRIAGE_ERROR_MODEL);
        buffer_free(&labels);
    }
}

/* Each section a little or much too short: only pool and metadata may be of any length. */
static void sections_that_do_not_fit_are_refused(void **state)
{
    const fixture *f = *state;
    for (section_kind kind = 1; kind < SECTION_END; kind++) {
        const model_section *s = &f->model->sections[kind];
        size_t element =
            kind == SECTION_PAIR_RECORDS                                   ? f->model->pairs.stride
            : kind == SECTION_WORD_ROWS || kind == SECTION_GRAM_ROWS       ? f->model->row_stride
            : kind == SECTION_PAIR_TAGS                                    ? 1
            : kind == SECTION_WORD_ENTRIES || kind == SECTION_GRAM_ENTRIES ? sizeof(string_entry)
                                                                           : 4;
        bool is_free =
            kind == SECTION_METADATA || kind == SECTION_WORD_POOL || kind == SECTION_GRAM_POOL;
        const unsigned char *bytes = f->bytes + s->offset;
        size_t shorter[] = {0, element, s->length - s->length % element - element};
        for (size_t i = 0; i < 3 && s->length > 0; i++)
            if (shorter[i] < s->length && status_with(f->model, kind, bytes, shorter[i]) !=
                                              (is_free ? TRIAGE_OK : TRIAGE_ERROR_MODEL))
                fail_msg("section %d with %zu of %zu bytes", (int)kind, shorter[i],
                         (size_t)s->length);
    }
}

/* The sections that are only checked when they are used. */
static const section_kind large[] = {
    SECTION_WORD_BUCKETS, SECTION_WORD_ENTRIES, SECTION_WORD_POOL,    SECTION_WORD_ROWS,
    SECTION_PAIR_BUCKETS, SECTION_PAIR_TAGS,    SECTION_PAIR_RECORDS, SECTION_GRAM_BUCKETS,
    SECTION_GRAM_ENTRIES, SECTION_GRAM_ROWS,    SECTION_NUMBERS,      SECTION_OPTIONS,
    SECTION_LABELS};
#define N_LARGE (sizeof large / sizeof *large)

/* Every number of a section the same: buckets that end before they begin or beyond the entries,
 * entries whose text is outside the pool, weights that are no numbers. */
static void nonsense_in_large_sections_does_no_harm(void **state)
{
    const fixture *f = *state;
    static const uint32_t values[] = {0,          1,          0x7FFFFFFF, 0x80000000, UINT32_MAX,
                                      0x7FC00000, 0x7F800000, 0xFF800000, 0xFF000000, 0x00010000};
    for (size_t i = 0; i < N_LARGE - 2; i++) /* options and labels would not open */
        for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
            unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
            model_section s = model_bytes_section(bytes, large[i] - 1);
            assert_int_equal(s.kind, large[i]);
            for (size_t at = 0; at + 4 <= s.length; at += 4)
                put_u32(bytes, s.offset + at, values[v]);
            assert_int_equal(repaired_status(bytes, f->length), TRIAGE_OK);
        }
}

/* The tags of long entries with places all over and beyond the pool. */
static void pool_offsets_outside_do_no_harm(void **state)
{
    const fixture *f = *state;
    size_t pool = f->model->words.pool_length;
    for (uint32_t offset = 0; offset < pool + 8; offset++) {
        unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
        model_section s = model_bytes_section(bytes, SECTION_WORD_ENTRIES - 1);
        for (size_t at = 0; at < s.length; at += sizeof(string_entry)) {
            string_entry entry;
            memcpy(&entry, bytes + s.offset + at, sizeof entry);
            if (string_entry_is_long(entry))
                entry.high = (uint64_t)STRING_LONG_TAG << 56 | offset;
            memcpy(bytes + s.offset + at, &entry, sizeof entry);
        }
        assert_int_equal(repaired_status(bytes, f->length), TRIAGE_OK);
    }
}

/* A few random numbers changed at a time, the kinds of values that break readers among them. */
static void random_damage_does_no_harm(void **state)
{
    const fixture *f = *state;
    static const uint32_t values[] = {0, 1, 2, 0x7FFFFFFF, UINT32_MAX, 0x7FC00000, 0xFF800000};
    rng r = {17};
    size_t n_opened = 0;
    for (int round = 0; round < 4000; round++) {
        unsigned char *bytes = model_bytes_copy(f->bytes, f->length);
        for (uint32_t n = 1 + rng_below(&r, 4); n > 0; n--) {
            model_section s = model_bytes_section(bytes, large[rng_below(&r, N_LARGE)] - 1);
            if (s.length < 4)
                continue;
            uint32_t at = rng_below(&r, (uint32_t)s.length - 3);
            if (rng_below(&r, 2) == 0)
                put_u32(bytes, s.offset + at, values[rng_below(&r, 7)]);
            else
                bytes[s.offset + at] = (unsigned char)rng_below(&r, 256);
        }
        triage_status status = repaired_status(bytes, f->length);
        assert_true(status == TRIAGE_OK || status == TRIAGE_ERROR_MODEL);
        n_opened += status == TRIAGE_OK;
    }
    assert_true(n_opened > 1000); /* else this has tested the checks only */
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void assert_content(const char *path, const void *bytes, size_t length)
{
    unsigned char *found = malloc(length + 1);
    FILE *file = fopen(path, "rb");
    assert_true(file && found);
    assert_int_equal(fread(found, 1, length + 1, file), length);
    assert_memory_equal(found, bytes, length);
    fclose(file);
    free(found);
}

/* A disk that takes no more than half of the file. */
static void a_save_that_fails_leaves_the_old_file(void **state)
{
    const fixture *f = *state;
    struct rlimit old, low;
    triage_error err;
    const char *path = temp_text(f->dir, "m", "the old content");
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    low = old;
    low.rlim_cur = f->length / 2;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, before;
    assert_int_equal(sigaction(SIGXFSZ, &ignore, &before), 0);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &low), 0);
    triage_status status = triage_model_save(f->model, path, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_int_equal(sigaction(SIGXFSZ, &before, NULL), 0);
    assert_int_equal(status, TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, path));
    assert_content(path, "the old content", 15);
    DIR *list = opendir(f->dir->path);
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list))
        assert_null(strstr(entry->d_name, ".tmp"));
    closedir(list);
}

static void a_place_that_cannot_be_written_is_an_error(void **state)
{
    const fixture *f = *state;
    triage_error err;
    const char *path = temp_path(f->dir, "no/such/place");
    assert_int_equal(triage_model_save(f->model, path, &err), TRIAGE_ERROR_IO);
    assert_non_null(strstr(err.message, path));
    assert_int_equal(triage_model_save(f->model, f->dir->path, &err), TRIAGE_ERROR_IO);
    assert_int_equal(triage_model_save(NULL, path, &err), TRIAGE_ERROR_ARGUMENT);
    assert_int_equal(triage_model_save(f->model, NULL, &err), TRIAGE_ERROR_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_saved_is_what_is_opened),
        cmocka_unit_test(saving_an_opened_model_copies_its_file),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(longer_files_are_refused),
        cmocka_unit_test(every_flipped_byte_is_found),
        cmocka_unit_test(a_newer_format_is_refused_by_name),
        cmocka_unit_test(what_is_no_model_is_refused),
        cmocka_unit_test(an_unharmed_copy_passes),
        cmocka_unit_test(lies_of_small_sections_are_found),
        cmocka_unit_test(a_table_that_does_not_fit_is_refused),
        cmocka_unit_test(too_many_sections_are_refused),
        cmocka_unit_test(labels_without_lanes_are_refused),
        cmocka_unit_test(sections_that_do_not_fit_are_refused),
        cmocka_unit_test(nonsense_in_large_sections_does_no_harm),
        cmocka_unit_test(pool_offsets_outside_do_no_harm),
        cmocka_unit_test(random_damage_does_no_harm),
        cmocka_unit_test(a_save_that_fails_leaves_the_old_file),
        cmocka_unit_test(a_place_that_cannot_be_written_is_an_error),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
