#include "server/server.h"

#include <assert.h>
#include <string.h>

#include "data/payment_repo.h"
#include "data/sandbox_provider.h"
#include "payment_migrations.h"
#include "pg/migrate.h"
#include "service/payment_service.h"

struct PaymentServer {
        Arena *arena;
        PgPool *pool;
        PaymentUsecase payments;
        PaymentService *service;
};

size_t payment_config_variables(PaymentConfig *config, const ConfigVariable **ret_variables) {
        static ConfigVariable variables[4];
        const ConfigVariable bound[] = {
                { "MILLRACE_PAYMENT_DSN", CONFIG_TEXT, &config->dsn, NULL, NULL,
                  "The payment service's database", 0, 0 },
                { "MILLRACE_PAYMENT_CONNECTIONS", CONFIG_INT64, &config->n_connections, "8", "connections",
                  "Sessions with the database at most", 1, 1000 },
                { "MILLRACE_PAYMENT_TIMEOUT_MS", CONFIG_INT64, &config->timeout_ms, "30000", "ms",
                  "How long one attempt to take a payment may last", 1, INT64_C(600000) },
                { "MILLRACE_PAYMENT_SANDBOX_DELAY_MS", CONFIG_INT64, &config->sandbox_delay_ms, "200", "ms",
                  "How long the sandbox keeps a caller waiting whose answer it loses", 0, INT64_C(600000) },
        };

        static_assert(sizeof(variables) == sizeof(bound), "a variable more or less");
        memcpy(variables, bound, sizeof(bound));
        *ret_variables = variables;
        return sizeof(bound) / sizeof(bound[0]);
}

PaymentServer *payment_server_new(const PaymentConfig *config) {
        Arena *arena = arena_new();
        PaymentServer *server = ARENA_NEW(arena, PaymentServer);

        server->arena = arena;
        server->pool = pg_pool_new(&(PgPoolConfig) {
                .dsn = config->dsn,
                .n_connections = (size_t) config->n_connections,
                .statement_timeout_ms = PG_STATEMENT_TIMEOUT_MS,
                .lock_timeout_ms = PG_LOCK_TIMEOUT_MS,
                .idle_transaction_timeout_ms = PG_IDLE_TRANSACTION_TIMEOUT_MS,
        });
        server->payments = (PaymentUsecase) {
                .repo = payment_repo_new(arena, server->pool),
                .provider = payment_sandbox_new(arena, server->pool, config->sandbox_delay_ms),
                .timeout_ms = config->timeout_ms,
        };
        server->service = payment_service_new(arena, &server->payments);
        return server;
}

PaymentService *payment_server_interface(PaymentServer *server) {
        return server->service;
}

static const Error *start(void *self, Ctx *ctx) {
        return pg_migrate(((PaymentServer *) self)->pool, ctx, "payment", payment_migrations,
                          payment_n_migrations);
}

static const Error *ready(void *self, Ctx *ctx) {
        return pg_pool_ping(((PaymentServer *) self)->pool, ctx);
}

AppComponent payment_server_component(PaymentServer *server) {
        return (AppComponent) { .name = "payment", .self = server, .start = start, .ready = ready };
}

void payment_server_free(PaymentServer *server) {
        if (!server)
                return;
        pg_pool_free(server->pool);
        arena_free(server->arena);
}
