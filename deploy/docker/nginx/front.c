/* SPDX-License-Identifier: MIT */
/* `front` runs NGINX; `front health` asks it. The environment: FRONT_BACKENDS, FRONT_PORT,
 * FRONT_LOG_FILE. */
#include "front.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* How often the addresses of the backends are looked up. */
#define LOOK_SECONDS 1

static atomic_int nginx; /* its process; 0: it has ended */

static const char *setting(const char *name, const char *otherwise)
{
    const char *value = getenv(name);
    return value && value[0] ? value : otherwise;
}

/* A configuration that NGINX refuses, or one it cannot read now, leaves the old one in force. */
static void *follow(void *backends)
{
    const struct timespec pause = {.tv_sec = LOOK_SECONDS};
    bool is_new;
    for (;;) {
        nanosleep(&pause, NULL);
        if (follow_backends(backends, &is_new) && is_new && atomic_load(&nginx) > 0) {
            say("info", "the backends have other addresses", 33);
            kill(atomic_load(&nginx), SIGHUP);
        }
    }
    return NULL;
}

static void *read_errors(void *fd)
{
    pass_errors_on(*(int *)fd);
    return NULL;
}

/* All addresses, of both families if there are both. */
static bool write_listen(const char *port)
{
    char text[128];
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (port[strspn(port, "0123456789")] != '\0' || atoi(port) < 1 || atoi(port) > 65535) {
        sayf("error", "FRONT_PORT is no port: '%s'", port);
        return false;
    }
    snprintf(text, sizeof text,
             fd >= 0 ? "listen [::]:%s ipv6only=off backlog=1024;\n" : "listen %s backlog=1024;\n",
             port);
    if (fd >= 0)
        close(fd);
    return write_file("listen.conf", text);
}

/* Where the lines of requests go. The path becomes part of a configuration file. */
static bool write_log(const char *path)
{
    char text[512];
    bool is_plain = path[strcspn(path, " \t\r\n;{}'\"\\$#")] == '\0';
    int length = snprintf(text, sizeof text, "access_log %s ecs;\n", path);
    if (is_plain && length > 0 && (size_t)length < sizeof text)
        return write_file("log.conf", text);
    say("error", "FRONT_LOG_FILE is no plain path", 31);
    return false;
}

/* NGINX with its errors going to `errors`, and with no signal blocked. */
static pid_t start_nginx(int errors)
{
    static char name[] = "nginx", config[] = "/etc/nginx/nginx.conf", c[] = "-c", e[] = "-e",
                log[] = "stderr";
    char *const arguments[] = {name, e, log, c, config, NULL};
    pid_t child = fork();
    if (child != 0)
        return child;
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(errors, STDERR_FILENO);
    execv("/usr/sbin/nginx", arguments);
    _exit(127);
}

/* Takes all children that have ended; whether NGINX was among them, and its exit code. */
static bool reap(pid_t child, int *ret_code)
{
    bool has_ended = false;
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;)
        if (pid == child) {
            has_ended = true;
            *ret_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
        }
    return has_ended;
}

/* Passes signals on until NGINX has ended. A stop lets requests under way end. */
static int supervise(pid_t child, const sigset_t *signals)
{
    int number, code = 0;
    for (;;) {
        if (sigwait(signals, &number) != 0)
            continue;
        if (number == SIGCHLD) {
            if (reap(child, &code))
                return code;
        } else {
            kill(child, number == SIGHUP || number == SIGUSR1 ? number : SIGQUIT);
        }
    }
}

static int run(const char *backends, const char *port)
{
    sigset_t signals;
    static int errors[2];
    pthread_t thread;
    bool is_new;
    sigemptyset(&signals);
    for (const int *s = (const int[]){SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGUSR1, SIGCHLD, 0}; *s;
         s++)
        sigaddset(&signals, *s);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (mkdir(FRONT_FOLDER, 0700) != 0 && errno != EEXIST) {
        sayf("error", "cannot make " FRONT_FOLDER ": %s; /tmp must be writable", strerror(errno));
        return 1;
    }
    if (!write_listen(port) || !write_log(setting("FRONT_LOG_FILE", "/dev/stdout")) ||
        !follow_backends(backends, &is_new) || pipe(errors) != 0)
        return 1;
    pid_t child = start_nginx(errors[1]);
    close(errors[1]);
    atomic_store(&nginx, child);
    if (child < 0 || pthread_create(&thread, NULL, read_errors, &errors[0]) != 0 ||
        pthread_create(&thread, NULL, follow, (void *)(size_t)backends) != 0)
        return 1;
    sayf("info", "triage-frontend listens on port %s, for %s", port, backends);
    int code = supervise(child, &signals);
    atomic_store(&nginx, 0);
    sayf("info", "triage-frontend has stopped: %d", code);
    return code;
}

int main(int argc, char **argv)
{
    const char *port = setting("FRONT_PORT", "8080");
    if (argc == 2 && strcmp(argv[1], "health") == 0)
        return ask_health(port);
    if (argc != 1) {
        fputs("usage: front [health]\n", stderr);
        return 2;
    }
    return run(setting("FRONT_BACKENDS", "backend:8081"), port);
}
