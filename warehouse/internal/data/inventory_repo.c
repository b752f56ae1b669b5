#include "data/inventory_repo.h"

#include <string.h>

#include "base/str.h"
#include "data/inventory_sql.h"

InventoryRepo *inventory_repo_new(Arena *arena, PgPool *pool) {
        PgInventoryRepo *repo = ARENA_NEW(arena, PgInventoryRepo);

        *repo = (PgInventoryRepo) {
                .base = {
                        .reserve = inventory_sql_reserve,
                        .move = inventory_sql_move,
                        .extend = inventory_sql_extend,
                        .find = inventory_sql_find,
                        .find_expired = inventory_sql_find_expired,
                        .claim_expired = inventory_sql_claim_expired,
                        .adjust = inventory_sql_adjust,
                        .stock = inventory_sql_stock,
                        .apply_events = inventory_sql_apply_events,
                        .park_event = inventory_sql_park_event,
                },
                .pool = pool,
        };
        return &repo->base;
}

LineColumns inventory_sql_columns(Arena *arena, const StockLine *lines, size_t n_lines) {
        LineColumns columns = {
                .product_ids = ARENA_ARRAY(arena, const char *, n_lines),
                .skus = ARENA_ARRAY(arena, const char *, n_lines),
                .warehouse_ids = ARENA_ARRAY(arena, const char *, n_lines),
                .quantities = ARENA_ARRAY(arena, int64_t, n_lines),
        };

        for (size_t i = 0; i < n_lines; i++) {
                columns.product_ids[i] = lines[i].product_id;
                columns.skus[i] = lines[i].sku;
                columns.warehouse_ids[i] = lines[i].warehouse_id;
                columns.quantities[i] = lines[i].quantity;
        }
        return columns;
}

ReservationStatus inventory_sql_status(const char *text) {
        static const struct {
                const char *text;
                ReservationStatus status;
        } names[] = {
                { "ACTIVE", RESERVATION_ACTIVE },
                { "CONFIRMED", RESERVATION_CONFIRMED },
                { "RELEASED", RESERVATION_RELEASED },
                { "EXPIRED", RESERVATION_EXPIRED },
        };

        for (size_t i = 0; text && i < sizeof(names) / sizeof(names[0]); i++) {
                if (str_equal(text, names[i].text))
                        return names[i].status;
        }
        return RESERVATION_NONE;
}
