/* SPDX-License-Identifier: MIT */
/* Loading libpq. */
#define _GNU_SOURCE /* RTLD_NODELETE */
#include "store/pq_library.h"

#include "base/error.h"

#include <dlfcn.h>
#include <stddef.h>
#include <string.h>

typedef struct pq_function {
    const char *name;
    size_t offset;
} pq_function;

static const pq_function functions[] = {
#define PQ_ROW(name) {#name, offsetof(pq_library, name)},
    PQ_FUNCTIONS(PQ_ROW)
#undef PQ_ROW
};

triage_status pq_library_load(pq_library *ret_library, triage_error *err)
{
    pq_library library = {0};
    /* It stays mapped once it was loaded: what hangs on it (OpenSSL) does not like to be taken
     * away. */
    library.handle = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    if (!library.handle)
        return error_set(err, TRIAGE_ERROR_IO,
                         "PostgreSQL's library libpq.so.5 cannot be loaded (Debian: libpq5): %s",
                         dlerror());
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        void *symbol = dlsym(library.handle, functions[i].name);
        if (!symbol) {
            dlclose(library.handle);
            return error_set(err, TRIAGE_ERROR_IO, "libpq.so.5 is too old: it has no %s",
                             functions[i].name);
        }
        /* ISO C has no conversion from an object's address to a function's. */
        memcpy((char *)&library + functions[i].offset, &symbol, sizeof symbol);
    }
    *ret_library = library;
    return TRIAGE_OK;
}

void pq_library_unload(pq_library *library)
{
    if (library->handle)
        dlclose(library->handle);
    *library = (pq_library){0};
}
