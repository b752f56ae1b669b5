#include "server/server.h"

#include "catalog_migrations.h"
#include "data/catalog_repo.h"
#include "data/pricing_client.h"
#include "data/stock_client.h"
#include "pricing/v1/pricing.rpc.h"
#include "service/catalog_service.h"
#include "warehouse/v1/warehouse.rpc.h"

static Prices *prices_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &pricing_service_rpc);

        return catalog_pricing_client_new(arena, pricing_service_connect(arena, channel));
}

static Stock *stock_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &warehouse_service_rpc);

        return catalog_stock_client_new(arena, warehouse_service_connect(arena, channel));
}

static const Error *look(void *cache, Ctx *ctx, bool *ret_more) {
        ctx_limit(ctx, CATALOG_LOOK_INTERVAL_MS);
        *ret_more = false;
        return catalog_product_cache_look(cache, ctx);
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        Arena *arena = app_part_arena(part);
        PgPool *pool = app_part_pool(part);
        ProductCache *cache = catalog_product_cache_new(arena, pool);
        CatalogUsecase *catalog = ARENA_NEW(arena, CatalogUsecase);

        (void) settings;
        *catalog = (CatalogUsecase) {
                .repo = catalog_repo_new(arena, pool, cache),
                .prices = prices_of(part),
                .stock = stock_of(part),
                .snapshots = catalog_service_snapshots,
        };
        app_part_loop(part, &(LoopSpec) { "look at the catalog's version", CATALOG_LOOK_INTERVAL_MS, cache,
                                          look });
        *ret_implementation = catalog_service_new(arena, catalog);
        return NULL;
}

static const RpcService *const calls[] = { &pricing_service_rpc, &warehouse_service_rpc, NULL };

const AppService catalog_app_service = {
        .name = "catalog",
        .summary = "Shows products, complete with price and stock, and keeps them",
        .rpc = &catalog_service_rpc,
        .calls = calls,
        .schema = &catalog_schema,
        .n_sessions = 2,
        .assemble = assemble,
};
