/* SPDX-License-Identifier: MIT */
/* The image's health check: one request to NGINX. */
#include "front.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

int ask_health(const char *port)
{
    static const char request[] = "GET /front-health HTTP/1.0\r\nHost: localhost\r\n\r\n";
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)strtoul(port, NULL, 10)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval limit = {.tv_sec = 3};
    char answer[16] = "";
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_well = false;
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        is_well = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
                  write(fd, request, sizeof request - 1) == (ssize_t)(sizeof request - 1) &&
                  recv(fd, answer, 12, MSG_WAITALL) == 12 && strcmp(answer, "HTTP/1.1 200") == 0;
        close(fd);
    }
    puts(is_well ? "ready" : "not ready: NGINX does not answer");
    return is_well ? 0 : 1;
}
