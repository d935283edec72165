/* SPDX-License-Identifier: MIT */
/*
 * Options as rows of data. One row says everything about an option: the parser, `--help`, the shell
 * completions, the manual and docs/ops/options.md are all made from it.
 *
 * An option takes the first value that is there: from the command line, from the environment
 * (`--name-with-dashes` is TRIAGE_NAME_WITH_DASHES), from the configuration file, its default.
 * Every value, the default too, is read and checked in the same way and stored at the row's place
 * in the command's settings; a value that is overridden is checked, too.
 *
 * A secret has a second name in all three, NAME-file (TRIAGE_NAME_FILE): the path of a file that
 * holds it, so that it need not stand where others can read it.
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
    OPTION_FLAG,     /* bool; takes no value on the command line */
    OPTION_TEXT,     /* const char *; NULL if not given */
    OPTION_PATH,     /* const char *; the same, and shells complete file names */
    OPTION_CHOICE,   /* uint32_t: index into `choices` */
    OPTION_NUMBER,   /* uint64_t from `minimum` to `maximum` */
    OPTION_REAL,     /* double between `above` and `below`, strictly unless `is_closed` */
    OPTION_BYTES,    /* uint64_t from `minimum` to `maximum`, written as "65536", "64K", "1M" */
    OPTION_DURATION, /* uint64_t, milliseconds; written as "500ms", "30s", "15m", "24h", "7d" */
    OPTION_TEXTS,    /* text_list; may be repeated */
    OPTION_PATHS,    /* text_list; may be repeated, and shells complete file names */
    OPTION_COMMAS,   /* text_list; may be repeated, and each value may hold several, with commas */
    OPTION_CONFIG, /* option_values *: the path of the configuration file, and what is known of all
                    * values; never NULL after options_parse() */
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
    bool is_closed; /* OPTION_REAL: `above` and `below` themselves are allowed */
    bool is_required;
    bool is_reloadable; /* a running service takes a new value on SIGHUP */
    /* OPTION_TEXT or OPTION_PATH in a set with an OPTION_CONFIG: never printed, and NAME-file
     * exists. */
    bool is_secret;
    const char *secret_prefix; /* only values that begin so are secret; NULL: all are */
    const char *help;          /* one sentence or more, without line breaks */
    size_t offset;             /* of the value in the group's settings */
} option_row;

/* Rows that belong together, under one heading of the help. */
typedef struct option_group {
    const char *title;
    const option_row *rows;
    size_t n_rows;
    size_t offset; /* of the group's settings in the command's settings */
} option_group;

/* What a command can be told to do, such as `promote VERSION` of `triage models`. */
typedef struct option_verb {
    const char *name;
    const char *argument;       /* the one word that follows it, such as "VERSION"; NULL: none */
    const char *const *choices; /* the only words allowed there, NULL-terminated; NULL: any */
    const char *help;
} option_verb;

/* The verb that was given, and its argument. */
typedef struct option_action {
    uint32_t verb; /* index into the command's verbs */
    const char *argument;
} option_action;

/* The arguments that are not options; they are stored as a text_list, or with verbs as an
 * option_action. */
typedef struct option_arguments {
    const char *usage;          /* as in the usage line, such as "DATA..."; NULL: none are taken */
    const char *name;           /* of one, such as "DATA" */
    const char *const *choices; /* the only words allowed, NULL-terminated; NULL: any text */
    const option_verb *verbs;   /* the first word, and what follows it; NULL: no verbs */
    size_t n_verbs;
    bool are_paths;          /* shells complete file names */
    size_t minimum, maximum; /* how many, without verbs */
    const char *help;
    size_t offset;
} option_arguments;

typedef struct option_set {
    const option_group *groups;
    size_t n_groups;
    option_arguments arguments;
} option_set;

/* What options_parse() remembers of the values of a set with an OPTION_CONFIG, and the memory of
 * those that were read from files. See config/option_report.h. */
typedef struct option_values option_values;

/* Where values come from, besides the environment. */
typedef struct option_sources {
    /* NULL-terminated, without the names of program and command; borrowed for the settings' life */
    char *const *arguments;
    /* The sets of all commands, NULL behind the last: a name that one of them reads from a
     * configuration file is no error in the file of another. NULL: there are none. */
    const option_set *(*other_set)(size_t i);
} option_sources;

/*
 * Reads all values into `settings`, which must be zero. Strings are borrowed from the sources, the
 * environment and the rows, or owned by the settings' option_values. `--help` and `-h` set
 * `*ret_wants_help` and end the reading without an error. ERROR_ARGUMENT with a sentence that names
 * option (or FILE:LINE), value and what is allowed; ERROR_IO, ERROR_PERMISSION: a file that an
 * option names cannot be read; ERROR_MEMORY. In any case options_free() frees what `settings`
 * holds.
 */
triage_status options_parse(const option_set *set, const option_sources *sources, void *settings,
                            bool *ret_wants_help, triage_error *err) TRIAGE_CHECKED;

/*
 * Reads everything again, as options_parse() did for `values`: the configuration file and the files
 * of secrets may have changed. `settings` is another, zeroed struct of the same type, so that
 * whoever reads the old one is not disturbed, and nothing has changed if this fails.
 */
triage_status options_parse_again(const option_values *values, void *settings,
                                  triage_error *err) TRIAGE_CHECKED;

/*
 * Gives the secret `name` a value that was fetched from elsewhere, as if it stood between default
 * and configuration file: `*ret_is_used` is false if no secret has that name or it has a value
 * already. Before others read the settings. ERROR_ARGUMENT, ERROR_MEMORY.
 */
triage_status options_set_secret(option_values *values, const char *name, const char *text,
                                 size_t length, bool *ret_is_used,
                                 triage_error *err) TRIAGE_CHECKED;

void options_free(const option_set *set, void *settings);

/* Frees what options_parse_again() with these values put into `settings`. */
void options_free_again(const option_values *values, void *settings);

/* What is remembered of the values in `settings`; NULL if the set has no OPTION_CONFIG. */
option_values *options_values(const option_set *set, const void *settings);

/* Room for the longest TRIAGE_NAME. */
#define OPTION_VARIABLE_SIZE 64

/* Writes the name of the option's environment variable, such as "TRIAGE_TARGET_PRECISION". */
void option_variable_name(const option_row *row, char ret_name[OPTION_VARIABLE_SIZE]);

/* Whether the option takes a value on the command line, and whether it may be given repeatedly. */
bool option_takes_value(const option_row *row);
bool option_is_repeatable(const option_row *row);

/* Whether the set has an OPTION_CONFIG. */
bool option_set_has_config(const option_set *set);

#endif
