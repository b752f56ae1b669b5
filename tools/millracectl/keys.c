#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/token.h"
#include "commands.h"

#define PRIVATE_MODE 0400
#define PUBLIC_MODE 0444

static const char *parse(int argc, char **argv) {
        static const struct option options[] = { { "out", required_argument, NULL, 'o' }, { 0 } };
        const char *folder = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option != 'o')
                        return NULL;
                folder = optarg;
        }
        return optind == argc ? folder : NULL;
}

/* Never over a file that is there: a lost key would lock everybody out. */
static bool write_file(const char *path, mode_t mode, const char *text) {
        int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        size_t n_bytes = strlen(text);

        if (fd < 0 || write(fd, text, n_bytes) != (ssize_t) n_bytes || fsync(fd) != 0 || close(fd) != 0) {
                fprintf(stderr, "millracectl: cannot write %s: %s\n", path, strerror(errno));
                return false;
        }
        return true;
}

static int make_key(Arena *arena, const char *folder) {
        const char *private_jwk, *jwks;
        const Error *error = token_make_key(arena, &private_jwk, &jwks);

        if (error) {
                fprintf(stderr, "millracectl: %s\n", error->message);
                return 1;
        }
        return write_file(arena_printf(arena, "%s/access.jwk", folder), PRIVATE_MODE, private_jwk) &&
                               write_file(arena_printf(arena, "%s/jwks.json", folder), PUBLIC_MODE, jwks)
                       ? 0
                       : 1;
}

int command_keys(int argc, char **argv) {
        const char *folder = parse(argc, argv);
        Arena *arena = arena_new();

        if (!folder)
                fprintf(stderr, "millracectl: keys --out DIR\n");
        int code = folder ? make_key(arena, folder) : 2;
        arena_free(arena);
        return code;
}
