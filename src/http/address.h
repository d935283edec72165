/* SPDX-License-Identifier: MIT */
/* Addresses to listen on, and of those who call. */
#ifndef HTTP_ADDRESS_H
#define HTTP_ADDRESS_H

#include "triage/status.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* An IPv6 address as text and a NUL. */
#define ADDRESS_TEXT_SIZE 46

/* Who calls: the address as text, and what counts as one caller for rate limits: an IPv4 address,
 * or the first half of an IPv6 address, because one household has all of the other half. */
typedef struct address_caller {
    char text[ADDRESS_TEXT_SIZE];
    unsigned char key[9]; /* begins with a zero byte, which no key's id does */
    size_t key_length;
} address_caller;

/*
 * Opens a socket that listens on `listen` ("127.0.0.1:8080", "[::]:8080", "localhost:0", ":8080"
 * for all addresses), non-blocking. ERROR_ARGUMENT for anything else; ERROR_PERMISSION, ERROR_IO.
 */
triage_status address_listen(const char *listen, int *ret_fd, triage_error *err) TRIAGE_CHECKED;

/* Whether only this machine reaches `listen`: an address of the loopback network, or "localhost" if
 * that is nothing else here. Other names are not asked for: they may mean something else a moment
 * later. */
bool address_is_loopback(const char *listen);

/* "http://HOST:PORT", how to reach from this machine who listens on `listen`: on all addresses, by
 * the loopback. ERROR_ARGUMENT for anything else, and for port 0. */
triage_status address_reach(const char *listen, char *ret_url, size_t size,
                            triage_error *err) TRIAGE_CHECKED;

/* The port of a socket, and "http://HOST:PORT", how to reach it from this machine: where it listens
 * on all addresses, by the loopback. */
uint16_t address_port(int fd);
void address_url(int fd, char *ret_url, size_t size);

/* "ADDRESS:PORT", an IPv6 address in brackets, and a NUL. */
#define ADDRESS_AND_PORT_SIZE (ADDRESS_TEXT_SIZE + 8)

/*
 * Looks the host of a URL up, which may take seconds: all its addresses, each with the URL's port,
 * into `ret_addresses`; how many there are, and at most `max`. ERROR_ARGUMENT: the URL has no host
 * or port that can be one; ERROR_IO: the name cannot be looked up.
 */
triage_status address_look_up(const char *url, char (*ret_addresses)[ADDRESS_AND_PORT_SIZE],
                              size_t max, size_t *ret_n, triage_error *err) TRIAGE_CHECKED;

/* An IPv4 address within IPv6 is given as IPv4. */
void address_of_caller(const struct sockaddr *address, address_caller *ret_caller);

#endif
