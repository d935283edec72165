/* SPDX-License-Identifier: MIT */
/*
 * Reads JSON from standard input, one value a line, and prints for each line what stands at each
 * PATH ("fields.category.labels.0.label"): a string or bool as it is, a number as "number", an
 * array or object with its length. Exit code 1 if a line is not JSON or a path leads nowhere.
 */
#include "base/json.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

static const json_value *step(const json_value *value, const char *name, bool *found)
{
    const json_value *next = NULL;
    uint64_t index;
    if (json_kind_of(value) == JSON_ARRAY) {
        *found = number_parse_uint(name, strlen(name), 0, json_length(value) - 1, &index);
        return *found ? json_element(value, (size_t)index) : NULL;
    }
    *found = json_member(value, name, &next);
    return next;
}

static const json_value *find(const json_value *value, const char *path, bool *found)
{
    char name[128];
    *found = true;
    while (*found && *path) {
        /* A name may hold points if they are doubled: "0..95". */
        size_t length = 0;
        while (*path && (*path != '.' || path[1] == '.') && length + 1 < sizeof name) {
            path += *path == '.';
            name[length++] = *path++;
        }
        name[length] = '\0';
        path += *path == '.';
        value = step(value, name, found);
    }
    return value;
}

static void print(const char *path, const json_value *value)
{
    const char *text = "null";
    size_t length = 4;
    json_kind kind = json_kind_of(value);
    if (kind == JSON_ARRAY || kind == JSON_OBJECT)
        printf("%s %s of %zu\n", path, json_kind_name(kind), json_length(value));
    else if (kind == JSON_NUMBER)
        printf("%s number\n", path);
    else if (kind == JSON_NULL || json_scalar_text(value, &text, &length))
        printf("%s %.*s\n", path, (int)length, text);
}

static bool take_line(json_parser *parser, const char *line, size_t length, char **paths)
{
    json_value *value = NULL;
    triage_error err = {0};
    bool good = json_parse(parser, line, length, &value, &err) == TRIAGE_OK;
    if (!good)
        printf("%s\n", err.message);
    for (; good && *paths; paths++) {
        bool found;
        const json_value *at = find(value, *paths, &found);
        if (found)
            print(*paths, at);
        else
            printf("%s is not there\n", *paths);
        good = good && found;
    }
    json_free(value);
    return good;
}

int main(int argc, char **argv)
{
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length;
    bool good = true;
    json_parser *parser = json_parser_new();
    if (!parser || argc < 1)
        return 1;
    while ((length = getline(&line, &capacity, stdin)) >= 0)
        good &= take_line(parser, line, (size_t)length, argv + 1);
    free(line);
    json_parser_free(parser);
    return good ? 0 : 1;
}
