/* SPDX-License-Identifier: MIT */
/* Reading the console's files into a table, and answering with them. */
#include "services/console_files.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MAX_FILES      512
#define MAX_FILE_BYTES ((size_t)16 << 20)
#define ASSETS         "assets"

/* Addresses that the console itself gives meaning to: each is answered with index.html. */
static const char *const pages[] = {
    "/",        "/review", "/feedback", "/models",  "/thresholds",
    "/monitor", "/batch",  "/settings", "/sign-in",
};
#define N_PAGES (sizeof pages / sizeof *pages)

typedef struct site_file {
    char *path; /* owned: "/assets/NAME" */
    const char *type;
    file_map plain, gzip; /* gzip: empty if there is none */
    char etag[24], gzip_etag[24];
    bool is_immutable; /* its name has a hash of its content */
} site_file;

struct console_files {
    site_file *files; /* sorted by path; without NAME.gz where there is NAME */
    size_t n_files;
    const site_file *index;
    http_route *routes;
    size_t n_routes;
};

/* --- answering ------------------------------------------------------------------------------ */

/* Mantine writes style elements at run time; scripts come from files alone. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'";

static void set_headers(http_exchange *x, const site_file *file)
{
    http_set_header(x, "Content-Security-Policy", policy);
    http_set_header(x, "Referrer-Policy", "no-referrer");
    http_set_header(x, "X-Frame-Options", "DENY");
    http_set_header(x, "Cross-Origin-Opener-Policy", "same-origin");
    http_set_header(x, "Cross-Origin-Resource-Policy", "same-origin");
    http_set_header(x, "Permissions-Policy", "camera=(), microphone=(), geolocation=()");
    http_set_header(x, "Vary", "Accept-Encoding");
    http_set_header(x, "Cache-Control",
                    file->is_immutable ? "public, max-age=31536000, immutable" : "no-cache");
}

/* Whether the list of codings has gzip with a weight other than 0. */
static bool takes_gzip(const http_exchange *x)
{
    const char *accepted = http_header(x, "Accept-Encoding");
    const char *at = accepted ? strstr(accepted, "gzip") : NULL;
    if (!at || (at != accepted && !strchr(" ,\t", at[-1])))
        return false;
    at += strlen("gzip");
    at += strspn(at, " \t");
    if (*at != ';')
        return *at == '\0' || *at == ',';
    at += 1 + strspn(at + 1, " \t");
    return strncmp(at, "q=", 2) != 0 || strtod(at + 2, NULL) > 0;
}

static void answer(http_exchange *x, const site_file *file)
{
    bool is_gzip = file->gzip.length > 0 && takes_gzip(x);
    const file_map *map = is_gzip ? &file->gzip : &file->plain;
    set_headers(x, file);
    if (is_gzip)
        http_set_header(x, "Content-Encoding", "gzip");
    http_reply_static(x, file->type, is_gzip ? file->gzip_etag : file->etag, map->data,
                      map->length);
}

static int compare_path(const void *key, const void *element)
{
    return strcmp(key, ((const site_file *)element)->path);
}

static const site_file *find(const console_files *c, const char *path)
{
    return bsearch(path, c->files, c->n_files, sizeof *c->files, compare_path);
}

static void file_get(void *service, http_exchange *x)
{
    const site_file *file = find(service, http_path(x));
    if (file)
        answer(x, file);
    else
        http_problem(x, 404, NULL, "there is no such file");
}

static void page_get(void *service, http_exchange *x)
{
    const console_files *c = service;
    answer(x, c->index);
}

/* --- reading -------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *end)
{
    size_t a = strlen(text), b = strlen(end);
    return a >= b && strcmp(text + a - b, end) == 0;
}

static const char *type_of(const char *path)
{
    static const struct {
        const char *end, *type;
    } types[] = {
        {".html", "text/html; charset=utf-8"},
        {".js", "text/javascript; charset=utf-8"},
        {".css", "text/css; charset=utf-8"},
        {".svg", "image/svg+xml"},
        {".png", "image/png"},
        {".ico", "image/x-icon"},
        {".woff2", "font/woff2"},
        {".json", "application/json"},
        {".webmanifest", "application/manifest+json"},
        {".txt", "text/plain; charset=utf-8"},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (ends_with(path, types[i].end))
            return types[i].type;
    return "application/octet-stream";
}

/* Names that a route can have; others, and hidden files, are not the build's. */
static bool is_plain_name(const char *name)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
    return name[0] != '.' && name[strspn(name, plain)] == '\0';
}

static void write_etag(const file_map *map, char *ret_etag, size_t size)
{
    snprintf(ret_etag, size, "\"%016" PRIx64 "\"", hash_bytes(map->data, map->length));
}

static triage_status map_file(const char *path, file_map *ret_map, triage_error *err)
{
    triage_status status = file_map_open(path, ret_map, err);
    if (status == TRIAGE_OK && ret_map->length > MAX_FILE_BYTES) {
        file_unmap(ret_map);
        return error_set(err, TRIAGE_ERROR_DATA, "%s is larger than 16 MB", path);
    }
    return status;
}

static triage_status add_file(console_files *c, const char *disk_path, const char *prefix,
                              const char *name, triage_error *err)
{
    buffer path = {0};
    if (c->n_files == MAX_FILES)
        return error_set(err, TRIAGE_ERROR_DATA, "%s: more than %d files", disk_path, MAX_FILES);
    buffer_printf(&path, "%s/%s", prefix, name);
    if (!buffer_string(&path)) {
        buffer_free(&path);
        return error_memory(err);
    }
    site_file *file = &c->files[c->n_files];
    *file =
        (site_file){.path = path.data, .type = type_of(name), .is_immutable = prefix[0] != '\0'};
    c->n_files++;
    triage_status status = map_file(disk_path, &file->plain, err);
    if (status == TRIAGE_OK)
        write_etag(&file->plain, file->etag, sizeof file->etag);
    return status;
}

/* The regular files of one folder; a folder that is not there has none. */
static triage_status add_folder(console_files *c, const char *folder, const char *prefix,
                                triage_error *err)
{
    DIR *directory = opendir(folder);
    triage_status status = TRIAGE_OK;
    buffer path = {0};
    struct stat facts;
    if (!directory)
        return prefix[0] != '\0' && errno == ENOENT
                   ? TRIAGE_OK
                   : error_errno(err, errno, "cannot open", folder);
    for (struct dirent *entry; status == TRIAGE_OK && (entry = readdir(directory));) {
        if (!is_plain_name(entry->d_name))
            continue;
        buffer_clear(&path);
        buffer_printf(&path, "%s/%s", folder, entry->d_name);
        const char *disk_path = buffer_string(&path);
        if (!disk_path)
            status = error_memory(err);
        else if (stat(disk_path, &facts) == 0 && S_ISREG(facts.st_mode))
            status = add_file(c, disk_path, prefix, entry->d_name, err);
    }
    buffer_free(&path);
    closedir(directory);
    return status;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp(((const site_file *)a)->path, ((const site_file *)b)->path);
}

/* Moves each NAME.gz into its NAME, which it directly follows but for names in between. */
static void pair_compressed(console_files *c)
{
    size_t n_kept = 0;
    for (size_t i = 0; i < c->n_files; i++) {
        site_file file = c->files[i];
        size_t length = strlen(file.path);
        site_file *plain = NULL;
        if (ends_with(file.path, ".gz")) {
            file.path[length - 3] = '\0';
            plain = bsearch(file.path, c->files, n_kept, sizeof *c->files, compare_path);
            if (!plain)
                file.path[length - 3] = '.';
        }
        if (plain) {
            plain->gzip = file.plain;
            write_etag(&plain->gzip, plain->gzip_etag, sizeof plain->gzip_etag);
            free(file.path);
        } else {
            c->files[n_kept++] = file;
        }
    }
    c->n_files = n_kept;
}

static triage_status make_routes(console_files *c, triage_error *err)
{
    static const http_route file_row =
        HTTP_ROUTE("GET", NULL, HTTP_ROLE_PUBLIC, 0, HTTP_RATE_NONE, HTTP_INLINE, file_get);
    c->routes = mem_new(c->n_files + N_PAGES, sizeof *c->routes);
    if (!c->routes)
        return error_memory(err);
    for (size_t i = 0; i < c->n_files; i++) {
        c->routes[c->n_routes] = file_row;
        c->routes[c->n_routes++].path = c->files[i].path;
    }
    for (size_t i = 0; i < N_PAGES; i++) {
        c->routes[c->n_routes] = file_row;
        c->routes[c->n_routes].handle = page_get;
        c->routes[c->n_routes++].path = pages[i];
    }
    return TRIAGE_OK;
}

static triage_status read_folders(console_files *c, const char *folder, triage_error *err)
{
    buffer assets = {0};
    buffer_printf(&assets, "%s/" ASSETS, folder);
    if (!buffer_string(&assets)) {
        buffer_free(&assets);
        return error_memory(err);
    }
    triage_status status = add_folder(c, folder, "", err);
    if (status == TRIAGE_OK)
        status = add_folder(c, assets.data, "/" ASSETS, err);
    buffer_free(&assets);
    return status;
}

triage_status console_files_open(const char *folder, console_files **ret_files, triage_error *err)
{
    console_files *c = mem_new_zeroed(1, sizeof *c);
    if (!c)
        return error_memory(err);
    c->files = mem_new_zeroed(MAX_FILES, sizeof *c->files);
    triage_status status = c->files ? read_folders(c, folder, err) : error_memory(err);
    if (status == TRIAGE_OK) {
        qsort(c->files, c->n_files, sizeof *c->files, compare_files);
        pair_compressed(c);
        c->index = find(c, "/index.html");
        status = c->index ? make_routes(c, err)
                          : error_set(err, TRIAGE_ERROR_IO,
                                      "%s has no index.html: it is no built console", folder);
    }
    if (status == TRIAGE_OK)
        *ret_files = c;
    else
        console_files_close(c);
    return status;
}

void console_files_close(console_files *console)
{
    if (!console)
        return;
    for (size_t i = 0; console->files && i < console->n_files; i++) {
        file_unmap(&console->files[i].plain);
        file_unmap(&console->files[i].gzip);
        free(console->files[i].path);
    }
    free(console->files);
    free(console->routes);
    free(console);
}

const http_route *console_files_routes(const console_files *console, size_t *ret_n_routes)
{
    *ret_n_routes = console->n_routes;
    return console->routes;
}
