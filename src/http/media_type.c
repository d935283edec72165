/* SPDX-License-Identifier: MIT */
/* Reading media types. */
#include "http/media_type.h"

#include "base/number.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* What Accept says of a type: its most specific range counts. */
typedef struct preference {
    double quality;
    int precision; /* 0: nothing; 1: any type; 2: its main type; 3: itself */
    size_t place;  /* in the header, of what counts */
} preference;

/* A range and its quality: "text/plain;q=0.5". */
typedef struct accept_range {
    const char *type;
    size_t length;
    double quality;
} accept_range;

static const char *skip_space(const char *at)
{
    return at + strspn(at, " \t");
}

/* The length of the type that stands at `text`, without parameters. */
static size_t type_length(const char *text)
{
    return strcspn(text, "; \t,");
}

bool media_type_is_json(const char *content_type)
{
    const char *type = skip_space(content_type);
    size_t length = type_length(type);
    const char *rest = skip_space(type + length);
    if (*rest != '\0' && *rest != ';')
        return false;
    if (length == strlen("application/json") && strncasecmp(type, "application/json", length) == 0)
        return true;
    const char *slash = memchr(type, '/', length);
    return slash && slash > type && length > strlen("+json") &&
           slash < type + length - strlen("+json") &&
           strncasecmp(type + length - strlen("+json"), "+json", strlen("+json")) == 0;
}

/* Reads the parameters of a range, up to the comma behind them; a malformed quality is 0. */
static const char *read_parameters(const char *at, double *ret_quality)
{
    *ret_quality = 1;
    for (at = skip_space(at); *at == ';'; at = skip_space(at)) {
        const char *name = skip_space(at + 1);
        at = name + strcspn(name, ";,");
        if ((name[0] != 'q' && name[0] != 'Q') || name[1] != '=')
            continue;
        size_t length = strcspn(name + 2, ";, \t");
        if (!number_parse_real(name + 2, length, 0, 1, ret_quality))
            *ret_quality = 0;
    }
    return at + strcspn(at, ",");
}

static int precision_of(const accept_range *range, const char *type)
{
    size_t main_length = strcspn(type, "/") + 1;
    if (range->length == strlen(type) && strncasecmp(range->type, type, range->length) == 0)
        return 3;
    if (range->length == main_length + 1 && range->type[main_length] == '*' &&
        strncasecmp(range->type, type, main_length) == 0)
        return 2;
    return range->length == 3 && memcmp(range->type, "*/*", 3) == 0 ? 1 : 0;
}

static void consider(preference *p, const accept_range *range, const char *type, size_t place)
{
    int precision = precision_of(range, type);
    if (precision > p->precision)
        *p = (preference){range->quality, precision, place};
}

bool media_type_is_preferred(const char *accept, const char *type, const char *other)
{
    preference wanted = {0}, instead = {0};
    size_t place = 0;
    for (const char *at = accept ? accept : ""; *at; place++) {
        accept_range range = {.type = skip_space(at)};
        range.length = type_length(range.type);
        at = read_parameters(range.type + range.length, &range.quality);
        consider(&wanted, &range, type, place);
        consider(&instead, &range, other, place);
        at += *at == ',';
    }
    if (wanted.quality != instead.quality)
        return wanted.quality > instead.quality;
    return wanted.quality > 0 && wanted.precision == 3 &&
           (instead.precision < 3 || wanted.place < instead.place);
}
