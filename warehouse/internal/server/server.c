#include "server/server.h"

#include "data/inventory_repo.h"
#include "data/order_owner.h"
#include "order/v1/order.rpc.h"
#include "server/order_events.h"
#include "service/warehouse_service.h"
#include "warehouse_migrations.h"

#define TIDY_INTERVAL_MS 10000
#define TIDY_BATCH 1000

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(WarehouseConfig, hold_ms, "MILLRACE_WAREHOUSE_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long stock is held for an order"),
        CONFIG_NUMBER(WarehouseConfig, sweep_interval_ms, "MILLRACE_WAREHOUSE_SWEEP_INTERVAL_MS", "5000",
                      "ms", 1, INT64_C(3600000), "Pause between looks for expired holds"),
};

static const ConfigTable config_table = CONFIG_TABLE(WarehouseConfig, variables);

static const Error *sweep(void *inventory, Ctx *ctx, bool *ret_more) {
        size_t n_found;

        ctx_limit(ctx, INVENTORY_CLAIM_MS);
        TRY(warehouse_sweep(inventory, ctx, &n_found));
        *ret_more = n_found == INVENTORY_MAX_ORDERS;
        return NULL;
}

static const Error *tidy(void *arg, Ctx *ctx, bool *ret_more) {
        InventoryUsecase *inventory = arg;
        size_t n;

        ctx_limit(ctx, PG_STATEMENT_TIMEOUT_MS);
        TRY(inventory->repo->tidy(inventory->repo, ctx, TIDY_BATCH, &n));
        *ret_more = n == TIDY_BATCH;
        return NULL;
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const WarehouseConfig *config = settings;
        Arena *arena = app_part_arena(part);
        OrderService *orders = order_service_connect(arena, app_part_channel(part, &order_service_rpc));
        InventoryUsecase *inventory = ARENA_NEW(arena, InventoryUsecase);

        *inventory = (InventoryUsecase) {
                .repo = warehouse_repo_new(arena, app_part_pool(part)),
                .owner = warehouse_order_owner_new(arena, orders),
                .hold_ms = config->hold_ms,
        };
        app_part_loop(part, &(LoopSpec) { "sweep holds", config->sweep_interval_ms, inventory, sweep });
        app_part_loop(part, &(LoopSpec) { "tidy", TIDY_INTERVAL_MS, inventory, tidy });
        app_part_events(part, &warehouse_order_events);
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
        .n_sessions = 6,
        .consumes = true,
        .config = &config_table,
        .assemble = assemble,
};
