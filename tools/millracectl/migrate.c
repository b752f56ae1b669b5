#include <getopt.h>
#include <stdio.h>

#include "base/memory.h"
#include "base/str.h"
#include "commands.h"
#include "holdings.h"

/* What each service's database holds; that of a service that publishes has the relay's schema, too. */
static const struct {
        const char *service;
        const PgSchema *schema;
} holdings[] = { HOLDINGS };

typedef struct MigrateOptions {
        const char *service;
        const char *dsn;
} MigrateOptions;

static bool parse(int argc, char **argv, MigrateOptions *ret_options) {
        static const struct option options[] = {
                { "service", required_argument, NULL, 's' }, { "dsn", required_argument, NULL, 'd' }, { 0 },
        };
        int option;

        *ret_options = (MigrateOptions) { 0 };
        while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
                if (option == 's')
                        ret_options->service = optarg;
                else if (option == 'd')
                        ret_options->dsn = optarg;
                else
                        return false;
        }
        return optind == argc && ret_options->service && ret_options->dsn;
}

static const Error *migrate(Ctx *ctx, PgPool *pool, const char *service) {
        size_t n_found = 0;

        for (size_t i = 0; i < ARRAY_SIZE(holdings); i++) {
                if (!str_equal(holdings[i].service, service))
                        continue;
                TRY(pg_migrate(pool, ctx, holdings[i].schema));
                n_found++;
        }
        if (n_found == 0)
                return error_internal(ctx->arena, NULL, "'%s' is no service with a database", service);
        return NULL;
}

static void print_causes(const Error *error) {
        for (; error; error = error->cause)
                fprintf(stderr, "millracectl: %s\n", error->message);
}

int command_migrate(int argc, char **argv) {
        MigrateOptions options;

        if (!parse(argc, argv, &options)) {
                fprintf(stderr, "millracectl: migrate --service NAME --dsn DSN\n");
                return 2;
        }
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        PgPool *pool = pg_pool_new(&(PgPoolConfig) { .dsn = options.dsn, .n_connections = 1 });
        const Error *error = migrate(&ctx, pool, options.service);
        print_causes(error);
        pg_pool_free(pool);
        arena_free(arena);
        return error ? 1 : 0;
}
