/* SPDX-License-Identifier: MIT */
/* The names of versions. */
#include "registry/version_name.h"

#include "base/error.h"
#include "base/number.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define LEAST_DIGITS 6
#define MOST_DIGITS  (REGISTRY_VERSION_SIZE - 2)
#define MOST_NUMBER  UINT64_C(99999999999999)

bool version_name_parse(const char *name, uint64_t *ret_number)
{
    size_t length = strnlen(name, REGISTRY_VERSION_SIZE);
    if (length < 1 + LEAST_DIGITS || length > 1 + MOST_DIGITS || name[0] != 'v' ||
        (length > 1 + LEAST_DIGITS && name[1] == '0'))
        return false;
    return number_parse_uint(name + 1, length - 1, 1, MOST_NUMBER, ret_number);
}

bool version_name_make(uint64_t number, char ret_name[REGISTRY_VERSION_SIZE])
{
    if (number < 1 || number > MOST_NUMBER)
        return false;
    snprintf(ret_name, REGISTRY_VERSION_SIZE, "v%06" PRIu64, number);
    return true;
}

triage_status version_name_check(const char *name, triage_error *err)
{
    uint64_t number;
    if (!name || !version_name_parse(name, &number))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "this is not a version's name, as v000001 is");
    return TRIAGE_OK;
}
