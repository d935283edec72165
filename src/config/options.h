/* SPDX-License-Identifier: MIT */
/*
 * Options as rows of data. One row says everything about an option: the parser, `--help`, the shell
 * completions and the manual are all made from it.
 *
 * An option takes the first value that is there: from the command line, from the environment
 * (`--name-with-dashes` is TRIAGE_NAME_WITH_DASHES), its default. Every value, the default too, is
 * read and checked in the same way and stored at the row's place in the command's settings.
 */
#ifndef CONFIG_OPTIONS_H
#define CONFIG_OPTIONS_H

#include "config/text_list.h"
#include "triage/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The type of an option and of its place in the settings. */
typedef enum option_type {
    OPTION_FLAG,   /* bool; takes no value on the command line */
    OPTION_TEXT,   /* const char *; NULL if not given */
    OPTION_PATH,   /* const char *; the same, and shells complete file names */
    OPTION_CHOICE, /* uint32_t: index into `choices` */
    OPTION_NUMBER, /* uint64_t from `minimum` to `maximum` */
    OPTION_REAL,   /* double, strictly between `above` and `below` */
    OPTION_TEXTS,  /* text_list; may be repeated */
    OPTION_PATHS,  /* text_list; may be repeated, and shells complete file names */
    OPTION_COMMAS, /* text_list; may be repeated, and each value may hold several, with commas */
} option_type;

typedef struct option_row {
    const char *name; /* without the dashes, such as "target-precision" */
    char letter;      /* the short form, or 0 */
    option_type type;
    const char *value;          /* what help calls the value, such as "MODEL"; NULL for a flag */
    const char *const *choices; /* OPTION_CHOICE: NULL-terminated */
    const char *default_value;  /* as a user would write it; NULL: none, zero */
    uint64_t minimum, maximum;
    double above, below;
    bool is_required;
    const char *help; /* one sentence or more, without line breaks */
    size_t offset;    /* of the value in the group's settings */
} option_row;

/* Rows that belong together, under one heading of the help. */
typedef struct option_group {
    const char *title;
    const option_row *rows;
    size_t n_rows;
    size_t offset; /* of the group's settings in the command's settings */
} option_group;

/* The arguments that are not options; they are stored as a text_list. */
typedef struct option_arguments {
    const char *usage;          /* as in the usage line, such as "DATA..."; NULL: none are taken */
    const char *name;           /* of one, such as "DATA" */
    const char *const *choices; /* the only words allowed, NULL-terminated; NULL: any text */
    bool are_paths;             /* shells complete file names */
    size_t minimum, maximum;    /* how many */
    const char *help;
    size_t offset;
} option_arguments;

typedef struct option_set {
    const option_group *groups;
    size_t n_groups;
    option_arguments arguments;
} option_set;

/*
 * Reads `arguments` (NULL-terminated, without the names of program and command), the environment
 * and the defaults into `settings`, which must be zero. Strings are borrowed from all three.
 * `--help` and `-h` set `*ret_wants_help` and end the reading without an error.
 * ERROR_ARGUMENT with a sentence that names option, value and what is allowed; ERROR_MEMORY.
 * In any case options_free() frees what `settings` holds.
 */
triage_status options_parse(const option_set *set, char *const *arguments, void *settings,
                            bool *ret_wants_help, triage_error *err) TRIAGE_CHECKED;

void options_free(const option_set *set, void *settings);

/* Room for the longest TRIAGE_NAME. */
#define OPTION_VARIABLE_SIZE 64

/* Writes the name of the option's environment variable, such as "TRIAGE_TARGET_PRECISION". */
void option_variable_name(const option_row *row, char ret_name[OPTION_VARIABLE_SIZE]);

/* Whether the option takes a value on the command line, and whether it may be given repeatedly. */
bool option_takes_value(const option_row *row);
bool option_is_repeatable(const option_row *row);

#endif
