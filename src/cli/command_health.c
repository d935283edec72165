/* SPDX-License-Identifier: MIT */
/* `triage health`: whether a service of this machine is ready. */
#include "cli/command.h"
#include "cli/output.h"
#include "services/health_probe.h"

typedef struct health_settings {
    const char *listen;
    bool only_alive;
    uint64_t timeout_ms;
} health_settings;

/* The checks, a line each, as one: a health check's output is kept as a single line. */
static void join_lines(buffer *text)
{
    while (text->length > 0 && text->data[text->length - 1] == '\n')
        text->length--;
    for (size_t i = 0; i < text->length; i++)
        if (text->data[i] == '\n')
            text->data[i] = ';';
}

static exit_code run(const void *settings, console *c)
{
    const health_settings *s = settings;
    triage_error err = {0};
    buffer text = {0};
    bool is_well = false;
    exit_code code = EXIT_CODE_FAILED;
    triage_status status =
        health_probe(s->listen, s->only_alive, (uint32_t)s->timeout_ms, &is_well, &text, &err);
    join_lines(&text);
    if (status == TRIAGE_ERROR_IO) {
        console_error(c, "%s", err.message);
        code = EXIT_CODE_REACH;
    } else if (status != TRIAGE_OK) {
        code = console_fail(c, status, &err);
    } else if (!is_well) {
        const char *lines = buffer_string(&text);
        console_error(c, "%s is not %s: %s", s->listen, s->only_alive ? "alive" : "ready",
                      lines ? lines : "");
    } else {
        output out = {0};
        buffer_append_text(&out.text, s->only_alive ? "alive\n" : "ready\n");
        code = output_close(&out, c);
    }
    buffer_free(&text);
    return code;
}

static const option_row rows[] = {
    {.name = "listen",
     .type = OPTION_TEXT,
     .value = "ADDRESS:PORT",
     .default_value = "127.0.0.1:8080",
     .help = "Where the service listens, as it was told itself",
     .offset = offsetof(health_settings, listen)},
    {.name = "alive",
     .type = OPTION_FLAG,
     .help = "Ask only whether it is alive (/livez), not whether it is ready (/readyz)",
     .offset = offsetof(health_settings, only_alive)},
    {.name = "timeout",
     .type = OPTION_DURATION,
     .value = "TIME",
     .default_value = "3s",
     .minimum = 10,
     .maximum = 3600000,
     .help = "How long the answer may take",
     .offset = offsetof(health_settings, timeout_ms)},
};

static const option_group groups[] = {
    {.title = "Asking", .rows = rows, .n_rows = sizeof rows / sizeof *rows},
};

static const command_example examples[] = {
    {"triage health", "the health check of a container: TRIAGE_LISTEN says where to ask"},
    {"triage health --listen 0.0.0.0:8083 --alive", "a service on another port"},
};

const command command_health = {
    .name = "health",
    .summary = "Ask a service of this machine whether it is ready.",
    .text = "Ends with exit code 0 if it is, with 1 and the checks that fail if it is not, and "
            "with 5 if nobody answers. Nothing else than this program is needed for it, as in a "
            "container without a shell.",
    .options = {.groups = groups, .n_groups = sizeof groups / sizeof *groups},
    .settings_size = sizeof(health_settings),
    .examples = examples,
    .n_examples = sizeof examples / sizeof *examples,
    .run = run,
};
