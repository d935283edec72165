/* SPDX-License-Identifier: MIT */
/*
 * Redaction: takes personal data out of a text before it is kept. What can be told from its form is
 * replaced by a word in brackets:
 *
 *   [email]  anna@example.org, also without a dot behind the @ (anna@corp)
 *   [phone]  numbers with + or 00 and a country, with a leading 0, the forms of North America
 *            (555-123-4567), and any of five digits on behind a word such as "Tel."
 *   [ip]     IPv4 and IPv6 addresses, but not those that name nobody: 0.x, 127.x, 255.x, ::, ::1
 *   [card]   payment cards: a known issuer, the right length, the Luhn check
 *   [iban]   account numbers: the country's length and the check by 97 (ISO 13616)
 *   [user]   the user's folder in a path (C:\Users\anna, /home/anna, \\server\home\anna)
 *
 * Four numbers with dots between, each up to 255, are an address unless a word such as "version"
 * stands before them; a larger one among them, as in 10.0.19041.1, makes a version. Dates, times,
 * prices, error codes (0x80070005) and ticket numbers (INC0012345) stay. Names in running text are
 * not found: no form tells them.
 *
 * Redacting a redacted text changes nothing. Time is linear in the length. Valid UTF-8 stays valid;
 * other bytes are passed through. Thread-safe.
 */
#ifndef TEXT_REDACT_H
#define TEXT_REDACT_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>

typedef enum redact_kind {
    REDACT_EMAIL,
    REDACT_PHONE,
    REDACT_IP,
    REDACT_CARD,
    REDACT_IBAN,
    REDACT_USER,
    REDACT_N_KINDS
} redact_kind;

typedef struct redact_counts {
    size_t n[REDACT_N_KINDS];
} redact_counts;

/* "email", "phone", "ip", "card", "iban", "user". */
const char *redact_kind_name(redact_kind kind);

/*
 * Appends the text to `out` with personal data replaced, and adds what was found to `counts` (may
 * be NULL). `text` must not be part of `out`. False if out of memory; `out` then is as it was but
 * for its `failed`.
 */
bool redact_text(const char *text, size_t length, buffer *out, redact_counts *counts)
    __attribute__((warn_unused_result));

#endif
