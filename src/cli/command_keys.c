/* SPDX-License-Identifier: MIT */
/* `triage keys`: makes, lists and revokes the keys of callers. */
#include "base/secret.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/output.h"
#include "cli/quoting.h"
#include "cli/store_access.h"
#include "services/keys.h"

typedef struct keys_settings {
    option_action action;
    access_settings access;
    const char *name;
} keys_settings;

/* In the order of the verbs. */
enum { KEYS_CREATE, KEYS_LIST, KEYS_REVOKE };

/* Who did it, in the audit: nobody needs a key to use this command. */
static const char who[] = "local";

static exit_code create(const keys_settings *s, store *db, console *c)
{
    triage_error err = {0};
    char id[STORE_ID_SIZE], secret[KEY_SECRET_SIZE];
    triage_status status =
        keys_create(db, s->action.argument, s->name ? s->name : "", who, id, secret, &err);
    if (status != TRIAGE_OK)
        return console_fail(c, status, &err);
    output out = {0};
    buffer_printf(&out.text, "%s\n", secret);
    secret_wipe(secret, sizeof secret);
    console_note(c, "key %s with the role %s; it is not kept and cannot be shown again", id,
                 s->action.argument);
    return output_close(&out, c);
}

static void append_column(buffer *text, store_text value, int width)
{
    buffer cell = {0};
    buffer_append(&cell, value.data, value.length);
    const char *words = buffer_string(&cell);
    size_t used = words ? quoting_width(words) : 0;
    if (words)
        quoting_append_plain(text, words);
    for (; used < (size_t)width; used++)
        buffer_append_char(text, ' ');
    buffer_append_text(text, "  ");
    buffer_free(&cell);
}

static bool append_key(void *context, const store_key *key)
{
    output *out = context;
    char time[TIMESTAMP_SIZE];
    append_column(&out->text, key->id, STORE_ID_SIZE - 1);
    append_column(&out->text, key->role, 7);
    timestamp_format(key->created_at, time);
    buffer_printf(&out->text, "%s  ", time);
    if (key->revoked_at)
        timestamp_format(key->revoked_at, time);
    buffer_printf(&out->text, "%-*s  ", TIMESTAMP_SIZE - 1, key->revoked_at ? time : "-");
    append_column(&out->text, key->name, 0);
    while (out->text.length > 0 && out->text.data[out->text.length - 1] == ' ')
        out->text.length--;
    buffer_append_char(&out->text, '\n');
    output_flush_if_full(out);
    return !output_has_failed(out);
}

static exit_code list(store *db, console *c)
{
    triage_error err = {0};
    output out = {0};
    buffer_printf(&out.text, "%-*s  %-7s  %-*s  %-*s  %s\n", STORE_ID_SIZE - 1, "ID", "ROLE",
                  TIMESTAMP_SIZE - 1, "CREATED", TIMESTAMP_SIZE - 1, "REVOKED", "NAME");
    triage_status status = store_each_key(db, append_key, &out, &err);
    bool is_cut_off = output_has_failed(&out);
    exit_code code = output_close(&out, c);
    return status == TRIAGE_OK || is_cut_off ? code : console_fail(c, status, &err);
}

static exit_code revoke(const keys_settings *s, store *db, console *c)
{
    triage_error err = {0};
    bool is_found = false;
    triage_status status = store_revoke_key(db, s->action.argument, who, &is_found, &err);
    if (status != TRIAGE_OK)
        return console_fail(c, status, &err);
    if (!is_found) {
        console_error(c, "there is no valid key '%s'; see 'triage keys list'", s->action.argument);
        return EXIT_CODE_USAGE;
    }
    console_note(c, "key %s is revoked", s->action.argument);
    return EXIT_CODE_DONE;
}

static exit_code run(const void *settings, console *c)
{
    const keys_settings *s = settings;
    triage_error err = {0};
    store *db = NULL;
    if (s->name && s->action.verb != KEYS_CREATE) {
        console_error(c, "--name is for 'triage keys create'");
        return EXIT_CODE_USAGE;
    }
    triage_status status = store_access_open(&s->access, s->action.verb == KEYS_CREATE, &db, &err);
    if (status != TRIAGE_OK)
        return console_fail(c, status, &err);
    exit_code code = s->action.verb == KEYS_CREATE ? create(s, db, c)
                     : s->action.verb == KEYS_LIST ? list(db, c)
                                                   : revoke(s, db, c);
    store_close(db);
    return code;
}

static const option_verb verbs[] = {
    {.name = "create",
     .argument = "ROLE",
     .choices = key_roles,
     .help = "Make a key and print it: predict may predict, agent may also correct, admin may do "
             "everything"},
    {.name = "list", .help = "List all keys, without the keys themselves"},
    {.name = "revoke", .argument = "ID", .help = "Make a key invalid, for ever"},
};

static const option_row own_rows[] = {
    {.name = "name",
     .type = OPTION_TEXT,
     .value = "NAME",
     .help = "Whose key it is, for people",
     .offset = offsetof(keys_settings, name)},
};

static const option_group groups[] = {
    {.title = "Keys", .rows = own_rows, .n_rows = 1},
    {.title = "Configuration",
     .rows = config_rows,
     .n_rows = 1,
     .offset = offsetof(keys_settings, access.config)},
    {.title = "Folders",
     .rows = folder_rows,
     .n_rows = 1,
     .offset = offsetof(keys_settings, access.folders)},
    {.title = "Store",
     .rows = store_rows,
     .n_rows = STORE_N_ROWS,
     .offset = offsetof(keys_settings, access.store)},
};

static const command_example examples[] = {
    {"triage keys create admin --name \"Ada\"", "the first key; from now on callers need one"},
    {"triage keys create predict --name \"help desk\" > key", "kept in a file"},
    {"triage keys list --data-dir /var/lib/triage", "of a service's data folder"},
};

const command command_keys = {
    .name = "keys",
    .summary = "Make, list and revoke the keys of callers.",
    .text = "Works on the store that a service uses, also while it runs; the service takes changes "
            "within seconds. A key goes into the header Authorization: Bearer KEY. Only its hash "
            "is kept.",
    .options = {.groups = groups,
                .n_groups = sizeof groups / sizeof *groups,
                .arguments = {.usage = "create ROLE | list | revoke ID",
                              .name = "ACTION",
                              .verbs = verbs,
                              .n_verbs = sizeof verbs / sizeof *verbs,
                              .help = "What to do:",
                              .offset = offsetof(keys_settings, action)}},
    .settings_size = sizeof(keys_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
