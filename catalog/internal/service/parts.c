#include "proto/values.h"
#include "service/mapping.h"

#define PART_PRICING "pricing"
#define PART_STOCK "stock"
#define MAX_PARTS 2

CatalogV1ProductPrice *catalog_price_to_message(Arena *arena, const ProductPrice *price) {
        CatalogV1ProductPrice *message = catalog_v1_product_price_new(arena);

        message->unit_price = proto_money_to_message(arena, price->unit_minor, price->currency);
        message->total_price = proto_money_to_message(arena, price->total_minor, price->currency);
        message->currency = str_or_empty(price->currency);
        message->quantity = price->quantity;
        message->rules_version = price->rules_version;
        message->as_of = proto_time_to_message(arena, price->as_of_us);
        return message;
}

static CatalogV1WarehouseStock *level_to_message(Arena *arena, const StockLevel *level) {
        CatalogV1WarehouseStock *message = catalog_v1_warehouse_stock_new(arena);

        message->warehouse_id = str_or_empty(level->warehouse_id);
        message->available = level->available;
        return message;
}

static CatalogV1ProductStock *stock_to_message(Arena *arena, const ProductStock *stock) {
        if (!stock->is_known)
                return NULL;
        CatalogV1ProductStock *message = catalog_v1_product_stock_new(arena);
        message->n_warehouses = stock->n_levels;
        message->warehouses = ARENA_ARRAY(arena, CatalogV1WarehouseStock *, stock->n_levels);
        for (size_t i = 0; i < stock->n_levels; i++) {
                message->warehouses[i] = level_to_message(arena, &stock->levels[i]);
                message->available += stock->levels[i].available;
        }
        message->as_of = proto_time_to_message(arena, stock->as_of_us);
        return message;
}

size_t catalog_degraded(Arena *arena, const CompleteProduct *complete, bool with_stock,
                        const char ***ret_degraded) {
        const char **parts = ARENA_ARRAY(arena, const char *, MAX_PARTS);
        size_t n = 0;

        if (complete->product.product_id && complete->price.is_fallback)
                parts[n++] = PART_PRICING;
        if (complete->product.product_id && with_stock && !complete->stock.is_known)
                parts[n++] = PART_STOCK;
        *ret_degraded = parts;
        return n;
}

CatalogV1CompleteProduct *catalog_complete_to_message(Arena *arena, const char *sku,
                                                      const CompleteProduct *complete) {
        CatalogV1CompleteProduct *message = catalog_v1_complete_product_new(arena);

        message->sku = str_or_empty(sku);
        if (!complete->product.product_id)
                return message;
        message->details = catalog_product_to_message(arena, &complete->product);
        message->pricing = catalog_price_to_message(arena, &complete->price);
        message->stock = stock_to_message(arena, &complete->stock);
        message->n_degraded = catalog_degraded(arena, complete, true, &message->degraded);
        return message;
}
