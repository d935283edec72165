/* SPDX-License-Identifier: MIT */
/* What both kinds of import share. */
#include "cli/import_run.h"

#include "base/error.h"

triage_status import_refuse_row(import_run *run, const char *path, uint64_t line,
                                const char *reason, triage_error *err)
{
    if (run->settings->data.is_strict)
        return error_set(err, TRIAGE_ERROR_DATA, "%s:%llu: %s", path, (unsigned long long)line,
                         reason);
    triage_read_event event = {
        .kind = TRIAGE_READ_BAD_ROW, .file = path, .line = line, .message = reason};
    data_log_event(&run->log, &event);
    return TRIAGE_OK;
}
