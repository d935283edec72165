/* SPDX-License-Identifier: MIT */
/* What the parsers of command line, environment and configuration file share: of this room alone.
 */
#ifndef CONFIG_OPTION_PARSER_H
#define CONFIG_OPTION_PARSER_H

#include "config/option_lookup.h"
#include "config/option_values.h"

typedef struct option_parser {
    option_values *values;
    const option_set *set;
    char *const *next; /* the argument to be read next */
    size_t n_words;    /* arguments that are not options */
    bool wants_help;
    triage_error *err;
} option_parser;

/* A value, and where it stands. */
typedef struct given_value {
    const char *shown_name, *value;
    option_origin origin;
    bool is_quoted;
    uint32_t line;
} given_value;

/* Stores what was given, or only checks it if something stronger was given before. */
triage_status option_parser_store(option_parser *p, const found_option *option,
                                  const given_value *given) TRIAGE_CHECKED;

/* Reads the arguments from `next` on. */
triage_status command_line_parse(option_parser *p) TRIAGE_CHECKED;

#endif
