#include "data/inventory_repo.h"

#include <string.h>

#include "base/memory.h"
#include "base/word.h"
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
                        .tidy = inventory_sql_tidy,
                        .adjust = inventory_sql_adjust,
                        .stock = inventory_sql_stock,
                },
                .pool = pool,
        };
        return &repo->base;
}

const Error *inventory_sql_status(Arena *arena, const char *text, ReservationStatus *ret_status) {
        static const char *const words[] = {
                [RESERVATION_ACTIVE] = "ACTIVE",
                [RESERVATION_CONFIRMED] = "CONFIRMED",
                [RESERVATION_RELEASED] = "RELEASED",
                [RESERVATION_EXPIRED] = "EXPIRED",
        };
        size_t status = RESERVATION_NONE;

        if (text)
                TRY(word_read(arena, words, ARRAY_SIZE(words), "reservations.status", text,
                              &status));
        *ret_status = (ReservationStatus) status;
        return NULL;
}
