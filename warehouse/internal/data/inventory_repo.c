#include "data/inventory_repo.h"

#include <string.h>

#include "base/memory.h"
#include "base/word.h"
#include "data/inventory_private.h"

InventoryRepo *warehouse_repo_new(Arena *arena, PgPool *pool) {
        PgInventoryRepo *repo = ARENA_NEW(arena, PgInventoryRepo);

        *repo = (PgInventoryRepo) {
                .base = {
                        .reserve = warehouse_sql_reserve,
                        .move = warehouse_sql_move,
                        .extend = warehouse_sql_extend,
                        .find = warehouse_sql_find,
                        .find_expired = warehouse_sql_find_expired,
                        .claim_expired = warehouse_sql_claim_expired,
                        .tidy = warehouse_sql_tidy,
                        .adjust = warehouse_sql_adjust,
                        .stock = warehouse_sql_stock,
                },
                .pool = pool,
        };
        return &repo->base;
}

const Error *warehouse_sql_status(Arena *arena, const char *text, ReservationStatus *ret_status) {
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
