/* SPDX-License-Identifier: MIT */
/*
 * Numbers as text: the one checked parser, and the shortest text that reads back as the same
 * number. Neither depends on the locale of the program. Thread-safe.
 */
#ifndef BASE_NUMBER_H
#define BASE_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The whole of `text` (`length` bytes, no NUL needed) as a decimal number in [min, max]; false, and
 * `*ret_value` untouched, if it is anything else: no white space, no base prefix, no '+'. A '-' is
 * allowed for signed and real numbers. Real numbers are digits with an optional fraction and
 * exponent ("12", "0.5", ".5", "1e-3"); never infinite or NaN.
 */
bool number_parse_int(const char *text, size_t length, int64_t min, int64_t max, int64_t *ret_value)
    __attribute__((warn_unused_result));
bool number_parse_uint(const char *text, size_t length, uint64_t min, uint64_t max,
                       uint64_t *ret_value) __attribute__((warn_unused_result));
bool number_parse_real(const char *text, size_t length, double min, double max, double *ret_value)
    __attribute__((warn_unused_result));

/* Bytes that any finite number needs as text, its NUL included. */
#define NUMBER_TEXT_SIZE 32

/*
 * Writes the shortest decimal text that reads back as `value` (finite), NUL-terminated, and returns
 * its length. The float form is shorter: "0.1" where the double nearest to it is 0.100000001490....
 */
size_t number_format_double(double value, char ret_text[NUMBER_TEXT_SIZE]);
size_t number_format_float(float value, char ret_text[NUMBER_TEXT_SIZE]);

#endif
