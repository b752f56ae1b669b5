#include "data/stock_client.h"

#include "base/callee.h"
#include "base/clock.h"
#include "warehouse/v1/warehouse.reasons.h"

typedef struct StockClient {
        Stock base;
        WarehouseService *warehouse;
        CalleeMethod *get;
} StockClient;

static const StockLevel *levels_of(Arena *arena, const WarehouseV1GetStockResponse *response) {
        StockLevel *levels = ARENA_ARRAY(arena, StockLevel, response->n_items);

        for (size_t i = 0; i < response->n_items; i++)
                levels[i] = (StockLevel) {
                        .warehouse_id = response->items[i]->warehouse_id,
                        .available = response->items[i]->available,
                };
        return levels;
}

static const Error *levels(Stock *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                           ProductStock *ret_stock) {
        StockClient *client = (StockClient *) self;
        WarehouseV1GetStockRequest *request = warehouse_v1_get_stock_request_new(ctx->arena);
        WarehouseV1GetStockResponse *response = warehouse_v1_get_stock_response_new(ctx->arena);
        int64_t asked_at_us = clock_wall_us();
        CalleeCall calling;

        request->sku = sku;
        request->warehouse_id = warehouse_id;
        TRY(callee_begin(client->get, ctx, &calling));
        const Error *error = client->warehouse->get_stock(client->warehouse, ctx, request, response);
        callee_end(&calling, error);
        if (!error_is(error, REASON_SKU_NOT_FOUND))
                TRY(error);
        *ret_stock = (ProductStock) {
                .is_known = true,
                .levels = levels_of(ctx->arena, response),
                .n_levels = response->n_items,
                .as_of_us = asked_at_us,
        };
        return NULL;
}

Stock *catalog_stock_client_new(Arena *arena, WarehouseService *warehouse) {
        StockClient *client = ARENA_NEW(arena, StockClient);

        *client = (StockClient) {
                .base = { .levels = levels },
                .warehouse = warehouse,
                .get = callee_method_new(arena, callee_new(arena, "warehouse"), "GetStock"),
        };
        return &client->base;
}
