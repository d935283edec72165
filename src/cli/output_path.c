/* SPDX-License-Identifier: MIT */
/* Looking at the place of an output file. */
#include "cli/output_path.h"

#include "base/error.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

triage_status output_path_check(const char *path, triage_error *err)
{
    struct stat facts;
    if (stat(path, &facts) == 0) {
        if (S_ISREG(facts.st_mode))
            return TRIAGE_OK;
        return error_set(err, TRIAGE_ERROR_IO, "cannot write '%s': %s", path,
                         S_ISDIR(facts.st_mode) ? "it is a directory" : "it is not a regular file");
    }
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) + 1 : 0;
    char directory[PATH_MAX] = ".";
    if (length >= sizeof directory)
        return error_errno(err, ENAMETOOLONG, "cannot write", path);
    if (length > 0)
        snprintf(directory, sizeof directory, "%.*s", (int)length, path);
    return stat(directory, &facts) == 0 ? TRIAGE_OK : error_errno(err, errno, "cannot write", path);
}
