#include <getopt.h>
#include <stdio.h>

#include "auth/token.h"
#include "base/secret.h"
#include "base/str.h"
#include "commands.h"

#define MAX_LIFETIME_S (INT64_C(365) * 24 * 3600)

typedef struct TokenOptions {
        const char *key;
        const char *subject;
        unsigned roles;
        int64_t lifetime_s;
        int64_t count; /* 0: one token for the subject itself */
} TokenOptions;

static bool set(TokenOptions *ret_options, int option, const char *value) {
        Role role;

        switch (option) {
        case 'k':
                ret_options->key = value;
                return true;
        case 's':
                ret_options->subject = value;
                return true;
        case 'r':
                role = ctx_role_of(value);
                ret_options->roles |= role;
                return role != 0;
        case 'l':
                return str_parse_int64(value, &ret_options->lifetime_s) &&
                       ret_options->lifetime_s >= -MAX_LIFETIME_S &&
                       ret_options->lifetime_s <= MAX_LIFETIME_S;
        case 'c':
                return str_parse_int64(value, &ret_options->count) && ret_options->count > 0;
        default:
                return false;
        }
}

static bool parse(int argc, char **argv, TokenOptions *ret_options) {
        static const struct option options[] = {
                { "key", required_argument, NULL, 'k' },        { "subject", required_argument, NULL, 's' },
                { "role", required_argument, NULL, 'r' },       { "count", required_argument, NULL, 'c' },
                { "lifetime-s", required_argument, NULL, 'l' }, { 0 },
        };
        int option;

        *ret_options = (TokenOptions) { .lifetime_s = TOKEN_ACCESS_MS / 1000 };
        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
                if (!set(ret_options, option, optarg))
                        return false;
        return optind == argc && ret_options->key && ret_options->subject && ret_options->roles;
}

static const Error *print_token(TokenSigner *signer, Arena *arena, const TokenOptions *options,
                                int64_t number) {
        const char *subject = options->subject;
        const char *token;

        if (options->count)
                subject = arena_printf(arena, "%s%05lld", subject, (long long) number);
        TRY(auth_token_sign(signer, arena, subject, options->roles, options->lifetime_s * 1000, &token));
        puts(token);
        return NULL;
}

/* scratch is emptied between two tokens, there may be many; an error stays in it. */
static const Error *print_tokens(Arena *arena, Arena *scratch, const TokenOptions *options) {
        int64_t n = options->count ? options->count : 1;
        const Error *error = NULL;
        TokenSigner *signer;
        const char *key;

        TRY(secret_file_read(arena, options->key, &key));
        TRY(auth_token_signer_new(arena, key, &signer));
        for (int64_t number = 1; !error && number <= n; number++) {
                arena_reset(scratch);
                error = print_token(signer, scratch, options, number);
        }
        auth_token_signer_free(signer);
        return error;
}

static int issue(const TokenOptions *options) {
        Arena *arena = arena_new(), *scratch = arena_new();
        const Error *error = print_tokens(arena, scratch, options);
        if (error)
                fprintf(stderr, "millracectl: %s\n", error->message);
        arena_free(scratch);
        arena_free(arena);
        return error ? 1 : 0;
}

int command_token(int argc, char **argv) {
        TokenOptions options;

        if (parse(argc, argv, &options))
                return issue(&options);
        fprintf(stderr, "millracectl: token --key FILE --subject ID --role customer|seller|admin|service"
                        " [--lifetime-s N] [--count N]\n");
        return 2;
}
