#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "commands.h"
#include "crypt/keyring.h"

#define OPEN "{{"
#define CLOSE "}}"

static const char *parse(int argc, char **argv) {
        static const struct option options[] = { { "keys", required_argument, NULL, 'k' }, { 0 } };
        const char *path = NULL;
        int option;

        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option != 'k')
                        return NULL;
                path = optarg;
        }
        return optind == argc ? path : NULL;
}

static char *read_all(Arena *arena, FILE *file) {
        StrBuf text = { .arena = arena };
        char piece[4096];
        size_t n_bytes;

        while ((n_bytes = fread(piece, 1, sizeof(piece), file)) > 0)
                strbuf_add_bytes(&text, piece, n_bytes);
        return arena_strdup(arena, strbuf_text(&text));
}

/* As SQL writes a bytea. */
static void add_bytes(StrBuf *out, Bytes bytes) {
        strbuf_add(out, "'\\x");
        for (size_t i = 0; i < bytes.n_bytes; i++)
                strbuf_addf(out, "%02x", bytes.data[i]);
        strbuf_add_char(out, '\'');
}

/* What stands between the braces; false when it is nothing that is known. */
static bool fill_one(const Keyring *ring, Arena *arena, char *wanted, StrBuf *out) {
        const char *what = strsep(&wanted, " ");

        if (str_equal(what, "hash")) {
                const char *kind = strsep(&wanted, " ");

                if (kind && wanted)
                        add_bytes(out, crypt_keyed_hash(ring, arena, kind, wanted));
                return kind && wanted;
        }
        SealedPlace place;
        place.table = strsep(&wanted, " ");
        place.column = strsep(&wanted, " ");
        place.row = strsep(&wanted, " ");
        if (!str_equal(what, "seal") || !place.row || !wanted)
                return false;
        add_bytes(out, crypt_seal(ring, arena, &place, wanted));
        return true;
}

static const Error *fill(Arena *arena, const char *path, char *text, StrBuf *out) {
        Keyring *ring;
        char *open;

        TRY(crypt_keyring_read(arena, path, &ring));
        while ((open = strstr(text, OPEN))) {
                char *close = strstr(open, CLOSE);

                if (!close)
                        return error_internal(arena, NULL, "There is a " OPEN " without " CLOSE);
                strbuf_add_bytes(out, text, (size_t) (open - text));
                *close = '\0';
                char *wanted = open + strlen(OPEN);
                if (!fill_one(ring, arena, arena_strdup(arena, wanted), out))
                        return error_internal(arena, NULL, "It is not known how to fill in %s", wanted);
                text = close + strlen(CLOSE);
        }
        strbuf_add(out, text);
        return NULL;
}

int command_fill(int argc, char **argv) {
        const char *path = parse(argc, argv);

        if (!path) {
                fprintf(stderr, "millracectl: fill --keys FILE\n");
                return 2;
        }
        Arena *arena = arena_new();
        StrBuf out = { .arena = arena };
        const Error *error = fill(arena, path, read_all(arena, stdin), &out);
        if (error)
                fprintf(stderr, "millracectl: %s\n", error->message);
        else
                fputs(strbuf_text(&out), stdout);
        arena_free(arena);
        return error ? 1 : 0;
}
