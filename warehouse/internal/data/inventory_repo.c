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
