/* SPDX-License-Identifier: MIT */
/* The names of versions: "v000001". Pure functions: thread-safe. */
#ifndef REGISTRY_VERSION_NAME_H
#define REGISTRY_VERSION_NAME_H

#include "registry/registry.h"

/* The number, at least 1, of a name as version_name_make() makes it; false for any other text. */
bool version_name_parse(const char *name, uint64_t *ret_number);

/* False if the number is 0 or has more digits than a name has room for. */
bool version_name_make(uint64_t number, char ret_name[REGISTRY_VERSION_SIZE]);

/* ERROR_ARGUMENT if `name` (NULL, too) is no version's. */
triage_status version_name_check(const char *name, triage_error *err) TRIAGE_CHECKED;

#endif
