/* SPDX-License-Identifier: MIT */
/* Loading libcurl. */
#define _GNU_SOURCE /* RTLD_NODELETE */
#include "http/curl_library.h"

#include "base/error.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <string.h>

#define LIBRARY "libcurl.so.4"

/* ISO C has no conversion from a pointer to data to one to a function; POSIX promises that the bits
 * are the same. */
static bool load(void *handle, const char *name, void *ret_function, size_t size)
{
    void *symbol = dlsym(handle, name);
    memcpy(ret_function, &symbol, size);
    return symbol;
}

triage_status curl_library_open(curl_library *ret_library, triage_error *err)
{
    curl_library library = {0};
    /* It stays loaded: what it has set up in the process cannot be taken down safely. */
    library.handle = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
    bool is_whole = library.handle;
#define CURL_LIBRARY_LOAD(member, function)                                                        \
    is_whole = is_whole && load(library.handle, #function, &library.member, sizeof library.member);
    CURL_LIBRARY_ROWS(CURL_LIBRARY_LOAD)
#undef CURL_LIBRARY_LOAD
    if (is_whole)
        is_whole = library.global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    if (!is_whole) {
        curl_library_close(&library);
        return error_set(err, TRIAGE_ERROR_IO,
                         LIBRARY " cannot be loaded; it is needed for calls to other servers "
                                 "(Debian package libcurl4)");
    }
    *ret_library = library;
    return TRIAGE_OK;
}

void curl_library_close(curl_library *library)
{
    if (library->handle)
        dlclose(library->handle);
    *library = (curl_library){0};
}
