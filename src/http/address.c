/* SPDX-License-Identifier: MIT */
/* Sockets that listen, and the text of addresses. */
#define _GNU_SOURCE /* SOCK_NONBLOCK, SOCK_CLOEXEC */
#include "http/address.h"

#include "base/error.h"
#include "base/number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Connections that the kernel keeps for us while all threads are busy. */
#define BACKLOG 1024

/* "host:port" and "[host]:port" taken apart; false if it is neither. */
static bool split(const char *listen, char host[256], char port[6])
{
    const char *colon = strrchr(listen, ':');
    uint64_t number;
    if (!colon || !number_parse_uint(colon + 1, strlen(colon + 1), 0, UINT16_MAX, &number))
        return false;
    size_t length = (size_t)(colon - listen);
    bool is_bracketed = length >= 2 && listen[0] == '[' && colon[-1] == ']';
    if (!is_bracketed && memchr(listen, ':', length))
        return false;
    if (is_bracketed) {
        listen++;
        length -= 2;
    }
    if (length >= 256)
        return false;
    memcpy(host, listen, length);
    host[length] = '\0';
    snprintf(port, 6, "%u", (unsigned)number);
    return true;
}

static triage_status refuse(const char *listen, triage_error *err)
{
    return error_set(err, TRIAGE_ERROR_ARGUMENT,
                     "'%s' is not an address to listen on, such as 127.0.0.1:8080", listen);
}

static triage_status open_socket(const struct addrinfo *info, const char *listen_text, int *ret_fd,
                                 triage_error *err)
{
    int on = 1;
    int fd = socket(info->ai_family, info->ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                    info->ai_protocol);
    if (fd < 0)
        return error_errno(err, errno, "cannot listen on", listen_text);
    /* A restart must not wait for connections of the process before. What is accepted inherits
     * that answers are sent at once. */
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (info->ai_family == AF_INET6) {
        int off = 0;
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    }
    if (bind(fd, info->ai_addr, info->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        triage_status status = error_errno(err, errno, "cannot listen on", listen_text);
        close(fd);
        return status;
    }
    *ret_fd = fd;
    return TRIAGE_OK;
}

triage_status address_listen(const char *listen, int *ret_fd, triage_error *err)
{
    char host[256], port[6];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    if (!split(listen, host, port))
        return refuse(listen, err);
    int code = getaddrinfo(host[0] ? host : NULL, port, &hints, &info);
    if (code != 0)
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "cannot listen on '%s': %s", listen,
                         gai_strerror(code));
    triage_status status = TRIAGE_ERROR_IO;
    for (struct addrinfo *i = info; i && status != TRIAGE_OK; i = i->ai_next)
        status = open_socket(i, listen, ret_fd, err);
    freeaddrinfo(info);
    return status;
}

static bool is_loopback(const struct sockaddr *address)
{
    static const unsigned char first = 127;
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        return memcmp(&v4.sin_addr, &first, 1) == 0;
    }
    struct sockaddr_in6 v6 = {0};
    if (address->sa_family != AF_INET6)
        return false;
    memcpy(&v6, address, sizeof v6);
    return IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr) ||
           (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == first);
}

bool address_is_loopback(const char *listen)
{
    char host[256], port[6];
    struct addrinfo hints = {.ai_family = AF_UNSPEC,
                             .ai_socktype = SOCK_STREAM,
                             .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST};
    struct addrinfo *info = NULL;
    if (!split(listen, host, port) || !host[0])
        return false;
    if (strcmp(host, "localhost") == 0)
        hints.ai_flags = AI_NUMERICSERV;
    if (getaddrinfo(host, port, &hints, &info) != 0)
        return false;
    bool is_all = info != NULL;
    for (struct addrinfo *i = info; i; i = i->ai_next)
        is_all = is_all && is_loopback(i->ai_addr);
    freeaddrinfo(info);
    return is_all;
}

triage_status address_reach(const char *listen, char *ret_url, size_t size, triage_error *err)
{
    char host[256], port[6];
    struct in6_addr v6;
    if (!split(listen, host, port) || strcmp(port, "0") == 0)
        return refuse(listen, err);
    bool is_v6 = inet_pton(AF_INET6, host, &v6) == 1;
    const char *reached = host;
    if (!host[0] || strcmp(host, "0.0.0.0") == 0)
        reached = "127.0.0.1";
    else if (is_v6 && IN6_IS_ADDR_UNSPECIFIED(&v6))
        reached = "::1";
    int length = snprintf(ret_url, size, is_v6 ? "http://[%s]:%s" : "http://%s:%s", reached, port);
    return length > 0 && (size_t)length < size ? TRIAGE_OK : refuse(listen, err);
}

/* "http://HOST[:PORT]/..." taken apart, by the rules of split(). */
static bool split_url(const char *url, char host[256], char port[6])
{
    char authority[300];
    bool is_tls = strncmp(url, "https://", 8) == 0;
    if (!is_tls && strncmp(url, "http://", 7) != 0)
        return false;
    url += is_tls ? 8 : 7;
    size_t length = strcspn(url, "/?#");
    if (length == 0 || length + 5 >= sizeof authority || memchr(url, '@', length))
        return false;
    memcpy(authority, url, length);
    authority[length] = '\0';
    const char *behind_host = strrchr(authority, ']');
    if (!strchr(behind_host ? behind_host : authority, ':'))
        snprintf(authority + length, sizeof authority - length, is_tls ? ":443" : ":80");
    return split(authority, host, port) && host[0];
}

static bool write_address(const struct addrinfo *info, const char *port,
                          char ret_text[ADDRESS_AND_PORT_SIZE])
{
    char host[ADDRESS_TEXT_SIZE];
    bool is_v6 = info->ai_family == AF_INET6;
    if (getnameinfo(info->ai_addr, info->ai_addrlen, host, sizeof host, NULL, 0, NI_NUMERICHOST) !=
        0)
        return false;
    snprintf(ret_text, ADDRESS_AND_PORT_SIZE, is_v6 ? "[%s]:%s" : "%s:%s", host, port);
    return true;
}

triage_status address_look_up(const char *url, char (*ret_addresses)[ADDRESS_AND_PORT_SIZE],
                              size_t max, size_t *ret_n, triage_error *err)
{
    char host[256], port[6];
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *info = NULL;
    if (!split_url(url, host, port))
        return error_set(err, TRIAGE_ERROR_ARGUMENT, "'%s' is no address: http://HOST:PORT", url);
    int code = getaddrinfo(host, port, &hints, &info);
    if (code != 0)
        return error_set(err, TRIAGE_ERROR_IO, "cannot look up '%s': %s", host, gai_strerror(code));
    *ret_n = 0;
    for (struct addrinfo *i = info; i && *ret_n < max; i = i->ai_next)
        if (write_address(i, port, ret_addresses[*ret_n]))
            ++*ret_n;
    freeaddrinfo(info);
    return TRIAGE_OK;
}

uint16_t address_port(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {0};
    socklen_t length = sizeof name;
    if (getsockname(fd, &name.any, &length) != 0)
        return 0;
    return ntohs(name.any.sa_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

void address_url(int fd, char *ret_url, size_t size)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } name = {0};
    socklen_t length = sizeof name;
    char host[ADDRESS_TEXT_SIZE] = "127.0.0.1";
    bool is_v6 = false;
    if (getsockname(fd, &name.any, &length) == 0) {
        is_v6 = name.any.sa_family == AF_INET6;
        if (is_v6 && IN6_IS_ADDR_UNSPECIFIED(&name.v6.sin6_addr))
            name.v6.sin6_addr = in6addr_loopback;
        if (is_v6)
            inet_ntop(AF_INET6, &name.v6.sin6_addr, host, sizeof host);
        else if (name.v4.sin_addr.s_addr != htonl(INADDR_ANY))
            inet_ntop(AF_INET, &name.v4.sin_addr, host, sizeof host);
    }
    snprintf(ret_url, size, is_v6 ? "http://[%s]:%u" : "http://%s:%u", host, address_port(fd));
}

static void set_v4(address_caller *caller, const void *address)
{
    inet_ntop(AF_INET, address, caller->text, sizeof caller->text);
    memcpy(caller->key + 1, address, 4);
    caller->key_length = 1 + 4;
}

void address_of_caller(const struct sockaddr *address, address_caller *ret_caller)
{
    *ret_caller = (address_caller){0};
    if (address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        set_v4(ret_caller, &v4.sin_addr);
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
            set_v4(ret_caller, &v6.sin6_addr.s6_addr[12]);
            return;
        }
        inet_ntop(AF_INET6, &v6.sin6_addr, ret_caller->text, sizeof ret_caller->text);
        memcpy(ret_caller->key + 1, &v6.sin6_addr, 8);
        ret_caller->key_length = 1 + 8;
    }
}
