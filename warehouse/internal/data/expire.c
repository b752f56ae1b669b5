#include "data/inventory_private.h"

static const PgStatement sql_extend =
        PG_WRITE("UPDATE reservations"
                 "   SET expires_at = now() + $2 * interval '1 millisecond', claimed_until = '-infinity',"
                 "       updated_at = now()"
                 " WHERE order_id = ANY ($1) AND status = 'ACTIVE'");

const Error *warehouse_sql_extend(InventoryRepo *self, Ctx *ctx, const char *const *order_ids,
                                  size_t n_orders, int64_t hold_ms) {
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);
        OrderList orders = { .ids = (const char **) order_ids, .n = n_orders };

        warehouse_sql_lock_orders(batch, orders, (OrderList) { 0 });
        pg_batch_add(batch, &sql_extend, PG_ARGS(pg_text_array(order_ids, n_orders), pg_int64(hold_ms)));
        return pg_batch_run(batch);
}

static void read_order_ids(Ctx *ctx, const PgRows *rows, const char *const **ret_order_ids,
                           size_t *ret_n_orders) {
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++)
                order_ids[i] = pg_get_text(rows, i, 0);
        *ret_order_ids = order_ids;
        *ret_n_orders = pg_rows_count(rows);
}

static const PgStatement sql_find_expired =
        PG_READ("SELECT r.order_id FROM reservations r"
                " WHERE r.status = 'ACTIVE' AND r.expires_at <= now()"
                "   AND EXISTS (SELECT FROM reservation_lines l"
                "                 JOIN unnest($1, $2) AS w (sku, warehouse_id) USING (sku, warehouse_id)"
                "                WHERE l.reservation_id = r.reservation_id)"
                " ORDER BY r.expires_at LIMIT $3");

static const PgStatement sql_is_enough =
        PG_READ("SELECT bool_and(coalesce(s.on_hand - s.reserved, 0) >= w.quantity)"
                "  FROM unnest($1, $2, $3) AS w (sku, warehouse_id, quantity)"
                "  LEFT JOIN stock s USING (sku, warehouse_id)");

const Error *warehouse_sql_find_expired(InventoryRepo *self, Ctx *ctx, const StockLine *lines, size_t n_lines,
                                        const char *const **ret_order_ids, size_t *ret_n_orders,
                                        bool *ret_is_enough) {
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);
        const char **skus = ARENA_ARRAY(ctx->arena, const char *, n_lines);
        const char **warehouse_ids = ARENA_ARRAY(ctx->arena, const char *, n_lines);
        int64_t *quantities = ARENA_ARRAY(ctx->arena, int64_t, n_lines);

        for (size_t i = 0; i < n_lines; i++) {
                skus[i] = lines[i].sku;
                warehouse_ids[i] = lines[i].warehouse_id;
                quantities[i] = lines[i].quantity;
        }
        PgArg sku = pg_text_array(skus, n_lines), warehouse = pg_text_array(warehouse_ids, n_lines);
        size_t expired = pg_batch_add(batch, &sql_find_expired,
                                      PG_ARGS(sku, warehouse, pg_int64(INVENTORY_MAX_ORDERS)));
        size_t enough = pg_batch_add(batch, &sql_is_enough,
                                     PG_ARGS(sku, warehouse, pg_int64_array(quantities, n_lines)));
        TRY(pg_batch_run(batch));
        read_order_ids(ctx, pg_batch_rows(batch, expired), ret_order_ids, ret_n_orders);
        *ret_is_enough = pg_get_bool(pg_batch_rows(batch, enough), 0, 0);
        return NULL;
}

/* The claim outlives the transaction, since whoever claims has to ask another service. Nobody waits here. */
static const PgStatement sql_claim_expired =
        PG_WRITE("UPDATE reservations SET claimed_until = now() + $1 * interval '1 millisecond'"
                 " WHERE reservation_id IN ("
                 "        SELECT reservation_id FROM reservations"
                 "         WHERE status = 'ACTIVE' AND expires_at <= now()"
                 "           AND is_over(claimed_until, $1 * interval '1 millisecond')"
                 "         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
                 " RETURNING order_id");

const Error *warehouse_sql_claim_expired(InventoryRepo *self, Ctx *ctx, int64_t claim_ms,
                                         const char *const **ret_order_ids, size_t *ret_n_orders) {
        const PgRows *rows;

        TRY(pg_run(((PgInventoryRepo *) self)->pool, ctx, &sql_claim_expired,
                   PG_ARGS(pg_int64(claim_ms), pg_int64(INVENTORY_MAX_ORDERS)), &rows));
        read_order_ids(ctx, rows, ret_order_ids, ret_n_orders);
        return NULL;
}

/* Longer than a late hold can be on its way, which the tombstone of a released order is kept for. */
#define CLOSED_KEPT "48 hours"

static const PgStatement sql_forget_closed =
        PG_WRITE("WITH old AS ("
                 "        SELECT reservation_id FROM reservations"
                 "         WHERE status IN ('RELEASED', 'EXPIRED')"
                 "           AND updated_at < now() - interval '" CLOSED_KEPT "'"
                 "         ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED"
                 "), lines AS ("
                 "        DELETE FROM reservation_lines l USING old"
                 "         WHERE l.reservation_id = old.reservation_id"
                 ")"
                 " DELETE FROM reservations r USING old WHERE r.reservation_id = old.reservation_id");

/* What was held more than a minute ahead was held before the clock stepped back. */
static const PgStatement sql_bring_back =
        PG_WRITE("UPDATE reservations SET expires_at = now(), updated_at = now()"
                 " WHERE status = 'ACTIVE' AND expires_at > now()"
                 "   AND updated_at > now() + interval '1 minute'");

const Error *warehouse_sql_tidy(InventoryRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten) {
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);

        pg_batch_add(batch, &sql_forget_closed, PG_ARGS(pg_int64((int64_t) limit)));
        pg_batch_add(batch, &sql_bring_back, PG_NO_ARGS);
        TRY(pg_batch_run(batch));
        *ret_n_forgotten = (size_t) pg_rows_affected(pg_batch_rows(batch, 0));
        return NULL;
}
