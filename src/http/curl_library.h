/* SPDX-License-Identifier: MIT */
/*
 * The functions of libcurl that are used, loaded when first needed and not linked: some thirty
 * further libraries hang on it (docs/adr/0013-services.md). The types are those of its own header.
 */
#ifndef HTTP_CURL_LIBRARY_H
#define HTTP_CURL_LIBRARY_H

#include "triage/status.h"

#include <curl/curl.h>

/* X(member, function of libcurl) */
#define CURL_LIBRARY_ROWS(X)                                                                       \
    X(global_init, curl_global_init)                                                               \
    X(easy_init, curl_easy_init)                                                                   \
    X(easy_setopt, curl_easy_setopt)                                                               \
    X(easy_perform, curl_easy_perform)                                                             \
    X(easy_getinfo, curl_easy_getinfo)                                                             \
    X(easy_cleanup, curl_easy_cleanup)                                                             \
    X(easy_strerror, curl_easy_strerror)                                                           \
    X(slist_append, curl_slist_append)                                                             \
    X(slist_free_all, curl_slist_free_all)

typedef struct curl_library {
    void *handle;
#define CURL_LIBRARY_MEMBER(member, function) __typeof__(function) *member;
    CURL_LIBRARY_ROWS(CURL_LIBRARY_MEMBER)
#undef CURL_LIBRARY_MEMBER
} curl_library;

/* Loads it. ERROR_IO with a sentence if it is not installed. */
triage_status curl_library_open(curl_library *ret_library, triage_error *err) TRIAGE_CHECKED;
/* Lets go of it; it stays in the process. Zeroed is fine. */
void curl_library_close(curl_library *library);

#endif
