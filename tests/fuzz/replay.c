/* SPDX-License-Identifier: MIT */
/* Gives each file of the folders in its arguments to a fuzz target, in order of name. */
#include "fuzz.h"

#include <dirent.h>
#include <string.h>

/* A seed is small; a larger file is none. */
#define MAX_SEED_BYTES (1 << 20)

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Exactly as large as the file, so that a sanitizer sees a read beyond its end. */
static void replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    FUZZ_CHECK(file && fseek(file, 0, SEEK_END) == 0);
    long size = ftell(file);
    FUZZ_CHECK(size >= 0 && size <= MAX_SEED_BYTES);
    rewind(file);
    uint8_t *bytes = malloc(size ? (size_t)size : 1);
    FUZZ_CHECK(bytes && fread(bytes, 1, (size_t)size, file) == (size_t)size);
    fclose(file);
    LLVMFuzzerTestOneInput(bytes, (size_t)size);
    free(bytes);
}

static int replay_folder(const char *folder)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_visible, alphasort);
    for (int i = 0; i < n; i++) {
        char path[4096];
        snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name);
        replay_file(path);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return n;
}

int main(int n_arguments, char **arguments)
{
    int n = 0;
    for (int i = 1; i < n_arguments; i++) {
        int n_files = replay_folder(arguments[i]);
        if (n_files <= 0) {
            fprintf(stderr, "%s: no seeds\n", arguments[i]);
            return EXIT_FAILURE;
        }
        n += n_files;
    }
    printf("%d seeds replayed\n", n);
    return n > 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
