/*
 * What the files of the inventory repository share.
 *
 * Whoever changes stock or a reservation first locks the stock rows of its lines, in the order of SKU and
 * warehouse, with a statement of its own in the same batch. So nobody waits for a lock that waits for him,
 * the statement after it sees what the lock protects, and a hot row is held for only one round in the server.
 */
#pragma once

#include "biz/inventory/inventory.h"
#include "pg/batch.h"

typedef struct PgInventoryRepo {
        InventoryRepo base;
        PgPool *pool;
} PgInventoryRepo;

/* Orders that an event or a caller moves in one batch. */
typedef struct OrderList {
        const char **ids;
        size_t n;
} OrderList;

const Error *warehouse_sql_reserve(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                   ReserveOutcome *ret_outcome) MUST_CHECK;
const Error *warehouse_sql_find(InventoryRepo *self, Ctx *ctx, const char *order_id,
                                const Reservation **ret_reservation) MUST_CHECK;
const Error *warehouse_sql_move(InventoryRepo *self, Ctx *ctx, const MoveRequest *request,
                                ReservationStatus *ret_statuses) MUST_CHECK;
const Error *warehouse_sql_extend(InventoryRepo *self, Ctx *ctx, const char *const *order_ids,
                                  size_t n_orders, int64_t hold_ms) MUST_CHECK;
const Error *warehouse_sql_find_expired(InventoryRepo *self, Ctx *ctx, const StockLine *lines, size_t n_lines,
                                        const char *const **ret_order_ids, size_t *ret_n_orders,
                                        bool *ret_is_enough) MUST_CHECK;
const Error *warehouse_sql_claim_expired(InventoryRepo *self, Ctx *ctx, int64_t claim_ms,
                                         const char *const **ret_order_ids, size_t *ret_n_orders) MUST_CHECK;
const Error *warehouse_sql_tidy(InventoryRepo *self, Ctx *ctx, size_t limit,
                                size_t *ret_n_forgotten) MUST_CHECK;
const Error *warehouse_sql_adjust(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                                  AdjustVerdict *ret_verdict, Stock *ret_stock) MUST_CHECK;
const Error *warehouse_sql_stock(InventoryRepo *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                                 const Stock **ret_stock, size_t *ret_n_stock) MUST_CHECK;

/* Adds the lock of these stock rows to the batch. */
void warehouse_sql_lock_stock(PgBatch *batch, const StockLine *lines, size_t n_lines);

/*
 * Adds the lock of the stock behind the active reservations of orders to the batch, and behind the confirmed
 * ones of those in returned, which are part of orders.
 */
void warehouse_sql_lock_orders(PgBatch *batch, OrderList orders, OrderList returned);

/*
 * Adds a closed reservation without lines for each of these orders that has none, in front of the lock: a
 * hold that is still on its way to the database meets it and is refused.
 */
void warehouse_sql_add_tombstones(PgBatch *batch, OrderList orders);

/* Adds the move to the batch, behind its lock; its rows are the statuses then. Returns the index. */
size_t warehouse_sql_add_move(PgBatch *batch, const MoveRequest *request);

/* RESERVATION_NONE for NULL. errors: internal, for a word that this version does not know */
const Error *warehouse_sql_status(Arena *arena, const char *text, ReservationStatus *ret_status) MUST_CHECK;
