#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/token.h"
#include "base/memory.h"
#include "commands.h"
#include "crypt/keyring.h"

#define PRIVATE_MODE 0400
#define PUBLIC_MODE 0444

/*
 * Who signs, and what its key may say (auth/rights.h). A service that calls others has a row; the gateway
 * alone speaks for whoever showed it a token, the order service for those whose orders it cancels or places.
 */
static const struct {
        const char *file;
        const char *may;
} keys[] = {
        { "gateway", "service:gateway for:customer for:seller for:admin" },
        { "order", "service:order for:customer" },
        { "warehouse", "service:warehouse" },
        { "catalog", "service:catalog" },
        { "promotion", "service:promotion" },
        { "customer", "service:customer" },
        { "review", "service:review" },
};

#define N_KEYS ARRAY_SIZE(keys)

/* Of tests and benchmarks, which make users' tokens themselves. */
#define TEST_KEY_MAY "customer seller admin"

/* The one option of these commands. */
static const char *parse(int argc, char **argv) {
        static const struct option options[] = { { "out", required_argument, NULL, 'o' }, { 0 } };
        const char *out = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option != 'o')
                        return NULL;
                out = optarg;
        }
        return optind == argc ? out : NULL;
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

static bool make_key(Arena *arena, const char *folder, const char *name, const char *may,
                     const char **ret_jwks) {
        const char *private_jwk;
        const Error *error = auth_token_make_key(arena, may, &private_jwk, ret_jwks);

        if (error)
                fprintf(stderr, "millracectl: %s\n", error->message);
        return !error &&
               write_file(arena_printf(arena, "%s/%s.jwk", folder, name), PRIVATE_MODE, private_jwk);
}

static int make_keys(Arena *arena, const char *folder) {
        const char *jwks[N_KEYS];

        for (size_t i = 0; i < N_KEYS; i++)
                if (!make_key(arena, folder, keys[i].file, keys[i].may, &jwks[i]))
                        return 1;
        return write_file(arena_printf(arena, "%s/jwks.json", folder), PUBLIC_MODE,
                          auth_token_join_keys(arena, jwks, N_KEYS))
                       ? 0
                       : 1;
}

int command_keys(int argc, char **argv) {
        const char *folder = parse(argc, argv);
        Arena *arena = arena_new();

        if (!folder)
                fprintf(stderr, "millracectl: keys --out DIR\n");
        int code = folder ? make_keys(arena, folder) : 2;
        arena_free(arena);
        return code;
}

int command_test_key(int argc, char **argv) {
        const char *folder = parse(argc, argv);
        Arena *arena = arena_new();
        const char *jwks;

        bool is_made = folder && make_key(arena, folder, "test", TEST_KEY_MAY, &jwks) &&
                       write_file(arena_printf(arena, "%s/test.jwks.json", folder), PUBLIC_MODE, jwks);
        if (!folder)
                fprintf(stderr, "millracectl: test-key --out DIR\n");
        arena_free(arena);
        return is_made ? 0 : folder ? 1 : 2;
}

int command_fields(int argc, char **argv) {
        const char *path = parse(argc, argv);
        Arena *arena = arena_new();
        bool is_written = path && write_file(path, PRIVATE_MODE, crypt_keyring_make(arena));

        if (!path)
                fprintf(stderr, "millracectl: fields --out FILE\n");
        arena_free(arena);
        return is_written ? 0 : path ? 1 : 2;
}
