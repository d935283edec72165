/* SPDX-License-Identifier: MIT */
/* Options in effect, on standard output. */
#include "cli/config_print.h"

#include "cli/output.h"
#include "config/option_report.h"

exit_code config_print(const option_values *values, console *c)
{
    output out = {0};
    option_report_append(values, &out.text);
    return output_close(&out, c);
}
