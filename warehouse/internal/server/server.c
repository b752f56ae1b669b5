#include "server/server.h"

#include "data/inventory_repo.h"
#include "data/order_owner.h"
#include "order/v1/order.rpc.h"
#include "pg/inbox.h"
#include "server/order_events.h"
#include "service/warehouse_service.h"
#include "warehouse_migrations.h"

#define EVENTS_FILTER "events.order.*"
#define EVENTS_BATCH 64
#define TIDY_INTERVAL_MS 10000
#define TIDY_BATCH 1000
#define EVENTS_ACK_PENDING 512

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(WarehouseConfig, hold_ms, "MILLRACE_WAREHOUSE_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long stock is held for an order"),
        CONFIG_NUMBER(WarehouseConfig, sweep_interval_ms, "MILLRACE_WAREHOUSE_SWEEP_INTERVAL_MS", "5000",
                      "ms", 1, INT64_C(3600000), "Pause between looks for expired holds"),
        CONFIG_NUMBER(WarehouseConfig, ack_wait_ms, "MILLRACE_WAREHOUSE_ACK_WAIT_MS", "10000", "ms", 100,
                      600000,
                      "After this an event that a process took and did not acknowledge is given to another"),
        CONFIG_NUMBER(WarehouseConfig, inbox_hours, "MILLRACE_WAREHOUSE_INBOX_HOURS", "720", "hours", 1,
                      24 * 3650,
                      "How long the inbox remembers an order that nothing happens to; more than stream and"
                      " outbox keep events"),
};

static const ConfigTable config_table = CONFIG_TABLE(WarehouseConfig, variables);

/* What the loop tidies. */
typedef struct Tidying {
        InventoryRepo *repo;
        int64_t hold_ms;
        InboxSweep inbox;
} Tidying;

static const Error *sweep(void *inventory, Ctx *ctx, bool *ret_more) {
        size_t n_found;

        ctx_limit(ctx, INVENTORY_CLAIM_MS);
        TRY(inventory_sweep(inventory, ctx, &n_found));
        *ret_more = n_found == INVENTORY_MAX_ORDERS;
        return NULL;
}

static const Error *tidy(void *self, Ctx *ctx, bool *ret_more) {
        Tidying *tidying = self;
        bool has_more;
        size_t n;

        ctx_limit(ctx, 2 * PG_STATEMENT_TIMEOUT_MS);
        TRY(inbox_sweep(&tidying->inbox, ctx, &has_more));
        TRY(tidying->repo->tidy(tidying->repo, ctx, tidying->hold_ms, TIDY_BATCH, &n));
        *ret_more = has_more || n == TIDY_BATCH;
        return NULL;
}

/* What the stream still has must not be new to the inbox. */
static const Error *check_inbox(AppPart *part, const WarehouseConfig *config) {
        if (config->inbox_hours > bus_retention_hours(app_part_bus(part)))
                return NULL;
        return error_internal(app_part_arena(part), NULL,
                              "MILLRACE_WAREHOUSE_INBOX_HOURS must be more than"
                              " MILLRACE_NATS_RETENTION_HOURS");
}

static void add_loops(AppPart *part, const WarehouseConfig *config, InventoryUsecase *inventory) {
        Tidying *tidying = ARENA_NEW(app_part_arena(part), Tidying);

        *tidying = (Tidying) {
                .repo = inventory->repo,
                .hold_ms = config->hold_ms,
                .inbox = { .pool = app_part_pool(part),
                           .consumer = WAREHOUSE_CONSUMER,
                           .retention_hours = config->inbox_hours },
        };
        app_part_loop(part, &(LoopSpec) { "sweep holds", config->sweep_interval_ms, inventory, sweep });
        app_part_loop(part, &(LoopSpec) { "tidy", TIDY_INTERVAL_MS, tidying, tidy });
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const WarehouseConfig *config = settings;
        Arena *arena = app_part_arena(part);
        OrderService *orders = order_service_connect(arena, app_part_channel(part, &order_service_rpc));
        InventoryUsecase *inventory = ARENA_NEW(arena, InventoryUsecase);

        TRY(check_inbox(part, config));
        *inventory = (InventoryUsecase) {
                .repo = inventory_repo_new(arena, app_part_pool(part)),
                .owner = warehouse_order_owner_new(arena, orders),
                .hold_ms = config->hold_ms,
        };
        add_loops(part, config, inventory);
        app_part_consumer(part, &(BusConsumerConfig) {
                                        .durable = WAREHOUSE_CONSUMER,
                                        .filter = EVENTS_FILTER,
                                        .batch_limit = EVENTS_BATCH,
                                        .max_ack_pending = EVENTS_ACK_PENDING,
                                        .ack_wait_ms = config->ack_wait_ms,
                                        .handler = warehouse_order_events_handle,
                                        .self = inventory,
                                });
        *ret_implementation = warehouse_service_new(arena, inventory);
        return NULL;
}

static const RpcService *const calls[] = { &order_service_rpc, NULL };

const AppService warehouse_app_service = {
        .name = "warehouse",
        .summary = "Holds, sells and gives back stock",
        .rpc = &warehouse_service_rpc,
        .calls = calls,
        .schema = &warehouse_schema,
        .n_sessions = 8,
        .uses_bus = true,
        .config = &config_table,
        .assemble = assemble,
};
