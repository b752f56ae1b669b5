#include "server/server.h"

#include <assert.h>
#include <string.h>

#include "data/demo_books.h"
#include "data/order_repo.h"
#include "data/payment_client.h"
#include "data/stock_client.h"
#include "order_migrations.h"
#include "pg/migrate.h"
#include "pg/outbox.h"
#include "server/saga_runner.h"
#include "service/order_service.h"

#define MS_PER_MINUTE 60000

struct OrderServer {
        Arena *arena;
        OrderConfig config;
        PgPool *pool;
        DemoBooks books;
        StockClient stock;
        PaymentClient payments;
        OrderUsecase usecase;
        OrderHandlers handlers;
        SagaRunner *runner;
};

size_t order_config_variables(OrderConfig *config, const ConfigVariable **ret_variables) {
        static ConfigVariable variables[13];
        const ConfigVariable bound[] = {
                { "MILLRACE_ORDER_DSN", CONFIG_TEXT, &config->dsn, NULL, NULL, "The order service's database",
                  0, 0 },
                { "MILLRACE_ORDER_CONNECTIONS", CONFIG_INT64, &config->n_connections, "12", "connections",
                  "Sessions with the database at most", 1, 1000 },
                { "MILLRACE_ORDER_DEADLINE_MS", CONFIG_INT64, &config->deadline_ms, "45000", "ms",
                  "How long placing an order may take", 1000, 600000 },
                { "MILLRACE_WAREHOUSE_HOLD_MS", CONFIG_INT64, &config->hold_ms, "900000", "ms",
                  "How long stock is held for an order", 1, INT64_C(86400000) },
                { "MILLRACE_ORDER_LEASE_MS", CONFIG_INT64, &config->lease_ms, "15000", "ms",
                  "After this the orders of a process that died are taken over", 100, 600000 },
                { "MILLRACE_ORDER_RUNNER_INTERVAL_MS", CONFIG_INT64, &config->runner_interval_ms, "500", "ms",
                  "Pause between looks for orders to take over", 10, 60000 },
                { "MILLRACE_ORDER_SETTLE_INTERVAL_MS", CONFIG_INT64, &config->settle_interval_ms, "200", "ms",
                  "Pause between looks for holds to confirm", 10, 60000 },
                { "MILLRACE_ORDER_UNPAID_LIMIT", CONFIG_INT64, &config->unpaid_limit, "10", "orders",
                  "Orders of one customer that hold stock and are not paid; 0: any number", 0, 1000000 },
                { "MILLRACE_ORDER_DECLINES_LIMIT", CONFIG_INT64, &config->declines_limit, "10", "orders",
                  "Failed payments after which a customer has to wait; 0: any number", 0, 1000000 },
                { "MILLRACE_ORDER_DECLINES_MINUTES", CONFIG_INT64, &config->declines_minutes, "10", "minutes",
                  "Time in which they count", 1, 1440 },
                { "MILLRACE_RELAY_HINT", CONFIG_TEXT, &config->relay_hint, "", NULL,
                  "Path of the relay's socket, which is told that there are events to publish", 0, 0 },
                { "MILLRACE_WAREHOUSE_TARGET", CONFIG_TEXT, &config->warehouse_target, "127.0.0.1:8004", NULL,
                  "Where the warehouse service is", 0, 0 },
                { "MILLRACE_PAYMENT_TARGET", CONFIG_TEXT, &config->payment_target, "127.0.0.1:8005", NULL,
                  "Where the payment service is", 0, 0 },
        };

        static_assert(sizeof(variables) == sizeof(bound), "a variable more or less");
        memcpy(variables, bound, sizeof(bound));
        *ret_variables = variables;
        return sizeof(bound) / sizeof(bound[0]);
}

static void assemble(OrderServer *server, WarehouseService *warehouse, PaymentService *payment) {
        const OrderConfig *config = &server->config;
        PgSagaStore *sagas = order_saga_store_new(server->arena, server->pool, config->lease_ms);
        PgOrderRepo *orders = order_repo_new(server->arena, server->pool, sagas);

        order_demo_books_init(&server->books, server->pool);
        order_stock_client_init(&server->stock, server->arena, warehouse);
        order_payment_client_init(&server->payments, server->arena, payment);
        server->runner = order_saga_runner_new(server->arena, &server->usecase, sagas,
                                               config->runner_interval_ms, config->settle_interval_ms);
        server->usecase = (OrderUsecase) {
                .orders = &orders->base,
                .sagas = &sagas->base,
                .catalog = &server->books.catalog,
                .customers = &server->books.customers,
                .promotions = &server->books.promotions,
                .shipping = &server->books.shipping,
                .tax = &server->books.tax,
                .stock = &server->stock.base,
                .payments = &server->payments.base,
                .wakeups = order_saga_runner_wakeups(server->runner),
                .snapshot = order_service_snapshot,
                .deadline_ms = config->deadline_ms,
                .hold_ms = config->hold_ms,
                .limits = { .n_unpaid = config->unpaid_limit,
                            .n_declines = config->declines_limit,
                            .declines_ms = config->declines_minutes * MS_PER_MINUTE },
        };
        monitor_init(&server->usecase.waiters.monitor);
        order_service_init(&server->handlers, &server->usecase);
}

OrderServer *order_server_new(const OrderConfig *config, WarehouseService *warehouse,
                              PaymentService *payment) {
        Arena *arena = arena_new();
        OrderServer *server = ARENA_NEW(arena, OrderServer);

        server->arena = arena;
        server->config = *config;
        server->pool = pg_pool_new(&(PgPoolConfig) {
                .dsn = config->dsn,
                .n_connections = (size_t) config->n_connections,
                .statement_timeout_ms = PG_STATEMENT_TIMEOUT_MS,
                .lock_timeout_ms = PG_LOCK_TIMEOUT_MS,
                .idle_transaction_timeout_ms = PG_IDLE_TRANSACTION_TIMEOUT_MS,
        });
        assemble(server, warehouse, payment);
        return server;
}

OrderService *order_server_interface(OrderServer *server) {
        return &server->handlers.base;
}

/* An order that takes its whole time must still be written before its hold runs out. */
static const Error *check_hold(const OrderConfig *config, Ctx *ctx) {
        if (config->hold_ms > config->deadline_ms + ORDER_HOLD_MARGIN_MS)
                return NULL;
        return error_internal(
                ctx->arena, NULL,
                "Stock is held for %lld ms, which must be more than the %lld ms of an order and %d ms",
                (long long) config->hold_ms, (long long) config->deadline_ms, ORDER_HOLD_MARGIN_MS);
}

static const Error *start(void *self, Ctx *ctx) {
        OrderServer *server = self;

        TRY(check_hold(&server->config, ctx));
        outbox_hint_init(server->config.relay_hint);
        TRY(pg_migrate(server->pool, ctx, "order", order_migrations, order_n_migrations));
        order_saga_runner_start(server->runner);
        return NULL;
}

static void stop(void *self) {
        order_saga_runner_stop(((OrderServer *) self)->runner);
}

static const Error *ready(void *self, Ctx *ctx) {
        return pg_pool_ping(((OrderServer *) self)->pool, ctx);
}

AppComponent order_server_component(OrderServer *server) {
        return (AppComponent) {
                .name = "order", .self = server, .start = start, .stop = stop, .ready = ready
        };
}

void order_server_free(OrderServer *server) {
        if (!server)
                return;
        Arena *arena = server->arena;
        PgPool *pool = server->pool;

        order_demo_books_deinit(&server->books);
        arena_free(arena);
        pg_pool_free(pool);
}
