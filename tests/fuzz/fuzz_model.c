/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a model file, once as they are and once with all checksums made right, so that what
 * lies behind them is reached: it is refused, or it predicts and explains without reading where
 * nothing is.
 */
#include "fuzz.h"

#include "../unit/model_bytes.h"

static const char *const texts[] = {
    "",
    "my new printer printers",
    "reset passwort please, printerss printer printer \xC3\xBC  12",
    "Donaudampfschifffahrtsgesellschaft \xE6\x95\x85\xE9\x9A\x9C \xFF x",
};

static void check_bytes(const uint8_t *data, size_t size, bool is_repaired)
{
    unsigned char *bytes = model_bytes_copy(data, size);
    triage_model *model = NULL;
    triage_error err;
    if (is_repaired)
        model_bytes_repair(bytes, size);
    triage_status status = model_take_bytes(bytes, size, &model, &err);
    FUZZ_CHECK(status == TRIAGE_OK || status == TRIAGE_ERROR_MODEL ||
               status == TRIAGE_ERROR_VERSION || status == TRIAGE_ERROR_MEMORY);
    FUZZ_CHECK(status == TRIAGE_OK || (err.status == status && !model));
    if (status == TRIAGE_OK) {
        size_t length;
        char hash[65];
        const char *metadata = triage_model_metadata(model, &length);
        FUZZ_CHECK((const unsigned char *)metadata + length <= bytes + size);
        triage_model_sha256(model, hash);
        if (is_repaired)
            FUZZ_CHECK(triage_model_verify(model, NULL) == TRIAGE_OK);
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            FUZZ_CHECK(model_bytes_use(model, texts[i], strlen(texts[i])));
    }
    triage_model_free(model);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check_bytes(data, size, false);
    check_bytes(data, size, true);
    return 0;
}
