#include "server/server.h"

#include <assert.h>
#include <string.h>

#include "base/loop.h"
#include "bus/consumer.h"
#include "bus/settings.h"
#include "data/inventory_repo.h"
#include "data/order_owner.h"
#include "pg/migrate.h"
#include "server/order_events.h"
#include "service/warehouse_service.h"
#include "warehouse_migrations.h"

#define N_OWN_VARIABLES 6

#define EVENTS_FILTER "events.order.*"
#define EVENTS_BATCH 64
#define EVENTS_ACK_PENDING 512

struct WarehouseServer {
        Arena *arena;
        WarehouseConfig config;
        Bus *bus;
        PgPool *pool;
        InventoryUsecase inventory;
        WarehouseService *service;
        Loop *sweeper;
        BusConsumer *consumer;
};

size_t warehouse_config_variables(WarehouseConfig *config, const ConfigVariable **ret_variables) {
        static ConfigVariable variables[N_OWN_VARIABLES + BUS_N_VARIABLES];
        const ConfigVariable bound[] = {
                { "MILLRACE_WAREHOUSE_DSN", CONFIG_TEXT, &config->dsn, NULL, NULL, "The warehouse's database",
                  0, 0 },
                { "MILLRACE_WAREHOUSE_CONNECTIONS", CONFIG_INT64, &config->n_connections, "8", "connections",
                  "Sessions with the database at most", 1, 1000 },
                { "MILLRACE_WAREHOUSE_HOLD_MS", CONFIG_INT64, &config->hold_ms, "900000", "ms",
                  "How long stock is held for an order", 1, INT64_C(86400000) },
                { "MILLRACE_WAREHOUSE_SWEEP_INTERVAL_MS", CONFIG_INT64, &config->sweep_interval_ms, "5000",
                  "ms", "Pause between looks for expired holds", 1, INT64_C(3600000) },
                { "MILLRACE_WAREHOUSE_ACK_WAIT_MS", CONFIG_INT64, &config->ack_wait_ms, "10000", "ms",
                  "After this an event that a process took and did not acknowledge is given to another", 100,
                  600000 },
                { "MILLRACE_ORDER_TARGET", CONFIG_TEXT, &config->order_target, "127.0.0.1:8001", NULL,
                  "Where the order service is", 0, 0 },
        };

        static_assert(sizeof(bound) == N_OWN_VARIABLES * sizeof(ConfigVariable), "one more or less");
        memcpy(variables, bound, sizeof(bound));
        bus_config_variables(&config->bus, "millrace-warehouse", variables + N_OWN_VARIABLES);
        *ret_variables = variables;
        return sizeof(variables) / sizeof(variables[0]);
}

static const Error *sweep(void *inventory, Ctx *ctx, bool *ret_more) {
        size_t n_found;

        ctx_limit(ctx, INVENTORY_CLAIM_MS);
        TRY(inventory_sweep(inventory, ctx, &n_found));
        *ret_more = n_found == INVENTORY_MAX_ORDERS;
        return NULL;
}

WarehouseServer *warehouse_server_new(const WarehouseConfig *config, Bus *bus) {
        Arena *arena = arena_new();
        WarehouseServer *server = ARENA_NEW(arena, WarehouseServer);

        server->arena = arena;
        server->config = *config;
        server->bus = bus;
        server->pool = pg_pool_new(&(PgPoolConfig) {
                .dsn = config->dsn,
                .n_connections = (size_t) config->n_connections,
                .statement_timeout_ms = PG_STATEMENT_TIMEOUT_MS,
                .lock_timeout_ms = PG_LOCK_TIMEOUT_MS,
                .idle_transaction_timeout_ms = PG_IDLE_TRANSACTION_TIMEOUT_MS,
        });
        server->inventory.repo = inventory_repo_new(arena, server->pool);
        server->inventory.hold_ms = config->hold_ms;
        server->service = warehouse_service_new(arena, &server->inventory);
        server->sweeper = loop_new(
                arena, &(LoopSpec) { "sweep holds", config->sweep_interval_ms, &server->inventory, sweep });
        return server;
}

void warehouse_server_set_orders(WarehouseServer *server, OrderService *orders) {
        server->inventory.owner = warehouse_order_owner_new(server->arena, orders);
}

WarehouseService *warehouse_server_interface(WarehouseServer *server) {
        return server->service;
}

static BusConsumer *consume_order_events(WarehouseServer *server) {
        return bus_consumer_new(server->bus, &(BusConsumerConfig) {
                                                     .durable = WAREHOUSE_CONSUMER,
                                                     .filter = EVENTS_FILTER,
                                                     .batch_limit = EVENTS_BATCH,
                                                     .max_ack_pending = EVENTS_ACK_PENDING,
                                                     .ack_wait_ms = server->config.ack_wait_ms,
                                                     .handler = warehouse_order_events_handle,
                                                     .self = &server->inventory,
                                             });
}

static const Error *start(void *self, Ctx *ctx) {
        WarehouseServer *server = self;

        if (!server->inventory.owner)
                return error_internal(ctx->arena, NULL, "The warehouse was not told who owns the orders");
        TRY(pg_migrate(server->pool, ctx, "warehouse", warehouse_migrations, warehouse_n_migrations));
        loop_start(server->sweeper);
        server->consumer = consume_order_events(server);
        return NULL;
}

static void drain(void *self) {
        WarehouseServer *server = self;

        bus_consumer_free(server->consumer);
        server->consumer = NULL;
        loop_stop(server->sweeper);
}

static const Error *ready(void *self, Ctx *ctx) {
        return pg_pool_ping(((WarehouseServer *) self)->pool, ctx);
}

AppComponent warehouse_server_component(WarehouseServer *server) {
        return (AppComponent) {
                .name = "warehouse",
                .self = server,
                .start = start,
                .drain = drain,
                .stop = drain,
                .ready = ready,
        };
}

void warehouse_server_free(WarehouseServer *server) {
        if (!server)
                return;
        pg_pool_free(server->pool);
        arena_free(server->arena);
}
