/* SPDX-License-Identifier: MIT */
/*
 * The schema, as steps that lead from one version to the next. A step that was released is never
 * changed: what is to be different is a further step.
 */
#ifndef STORE_MIGRATIONS_H
#define STORE_MIGRATIONS_H

#include "store/database.h"

/* SQL of several statements; words in braces are the database's own (database_kind.words). */
typedef struct migration {
    int version; /* counting from 1 */
    const char *sql;
} migration;

/* The program's own, ascending. */
const migration *migrations_all(size_t *ret_n);

/*
 * Brings the schema to the last of the `n` versions, each step in a transaction of its own. Other
 * processes that do the same at the same time wait. A schema that is newer is ERROR_VERSION; one
 * that is up to date is not written to.
 */
triage_status migrations_apply(store *s, const migration *all, size_t n,
                               triage_error *err) TRIAGE_CHECKED;

#endif
