/* SPDX-License-Identifier: MIT */
/* A version's manifest as JSON: docs/formats/registry.md. Thread-safe. */
#ifndef REGISTRY_MANIFEST_H
#define REGISTRY_MANIFEST_H

#include "registry/registry.h"

/* A manifest with more bytes is refused. */
#define MANIFEST_MAX_BYTES (1u << 20)

/* Whether all that the caller of registry_add() has filled in can be written and read again.
 * ERROR_ARGUMENT. */
triage_status manifest_check(const registry_manifest *m, triage_error *err) TRIAGE_CHECKED;

/* The JSON text into the emptied buffer. ERROR_ARGUMENT if it is too long. */
triage_status manifest_write(const registry_manifest *m, buffer *ret_text,
                             triage_error *err) TRIAGE_CHECKED;

/* Reads the manifest of `version`; the result is the caller's: registry_manifest_free().
 * ERROR_DATA, ERROR_VERSION (of a newer format), ERROR_MEMORY; `place` names it in messages. */
triage_status manifest_read(const char *text, size_t length, const char *version, const char *place,
                            registry_manifest *ret_manifest, triage_error *err) TRIAGE_CHECKED;

#endif
