/* SPDX-License-Identifier: MIT */
/* Media types in the headers Accept and Content-Type (RFC 9110). */
#ifndef HTTP_MEDIA_TYPE_H
#define HTTP_MEDIA_TYPE_H

#include <stdbool.h>

/* Whether the value of a Content-Type is JSON: application/json or any type that ends in +json. */
bool media_type_is_json(const char *content_type);

/*
 * Whether `accept` (NULL: no such header) prefers `type` to `other`: it gives it the higher
 * quality, or the same and names it, in so many words, before the other.
 */
bool media_type_is_preferred(const char *accept, const char *type, const char *other);

#endif
