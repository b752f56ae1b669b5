/* Runs a fuzz target once on each file of its corpus. usage: replay FOLDER */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"

#define MAX_BYTES (1024 * 1024)

static void replay(const char *folder, const char *name) {
        char path[4096];

        snprintf(path, sizeof(path), "%s/%s", folder, name);
        FILE *file = fopen(path, "re");
        if (!file)
                abort();
        uint8_t *data = malloc(MAX_BYTES);
        size_t n_bytes = fread(data, 1, MAX_BYTES, file);
        fprintf(stderr, "%s\n", name); /* the last one is what it died of */
        LLVMFuzzerTestOneInput(data, n_bytes);
        free(data);
        fclose(file);
}

int main(int argc, char **argv) {
        DIR *folder = argc == 2 ? opendir(argv[1]) : NULL;
        size_t n = 0;

        if (!folder)
                return 2;
        for (const struct dirent *entry; (entry = readdir(folder));)
                if (entry->d_name[0] != '.') {
                        replay(argv[1], entry->d_name);
                        n++;
                }
        closedir(folder);
        printf("%zu inputs\n", n);
        return n > 0 ? 0 : 1;
}
