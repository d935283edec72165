/* SPDX-License-Identifier: MIT */
/*
 * The first process of the frontend's image. NGINX looks the names of its upstreams up once, at its
 * start, and has no way to be configured by the environment; there is no shell in the image. So
 * this program writes what is only known at run time, starts NGINX, follows the addresses of the
 * backends as they come and go, makes JSON lines of NGINX's error log, and passes signals on.
 */
#ifndef FRONT_H
#define FRONT_H

#include <stdbool.h>
#include <stddef.h>

#define FRONT_FOLDER "/tmp/front"

/* Writes a line of JSON to standard output, by the Elastic Common Schema. `level`: info, error. */
void say(const char *level, const char *message, size_t length);
void sayf(const char *level, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads NGINX's error log from `fd` until its end, and writes each line by say(). */
void pass_errors_on(int fd);

/* Writes `text` to FRONT_FOLDER/name, as a whole or not at all; false and a line if it cannot. */
bool write_file(const char *name, const char *text);

/*
 * Looks up `backends` ("HOST:PORT", several with commas) and writes backends.conf if the addresses
 * are others than at the last call. Names that cannot be looked up keep the addresses they had.
 * `*ret_is_new`: NGINX must read it again. False if the text or the folder is unusable.
 */
bool follow_backends(const char *backends, bool *ret_is_new);

/* Asks this image's own NGINX how it is: an exit code. */
int ask_health(const char *port);

#endif
