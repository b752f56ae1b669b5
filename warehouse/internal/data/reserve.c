#include "data/inventory_sql.h"

/*
 * Runs behind the lock, on a fresh snapshot: nothing that it reads of the stock can change before the commit.
 * A line without a stock row has nothing available. When the order has a reservation already, or a line is
 * short, nothing is written. The update says once more that there is enough, which keeps the planner from
 * reading the whole table for what it takes for many lines.
 */
static const PgStatement sql_reserve = PG_WRITE(
        "WITH wanted AS MATERIALIZED ("
        "        SELECT w.*, coalesce(s.available, 0) AS available"
        "          FROM unnest($4, $5, $6, $7) WITH ORDINALITY"
        "               AS w (product_id, sku, warehouse_id, quantity, line)"
        "          LEFT JOIN LATERAL (SELECT on_hand - reserved AS available"
        "                               FROM stock WHERE sku = w.sku AND warehouse_id = w.warehouse_id"
        "                             OFFSET 0) s ON true"
        "), hold AS ("
        "        INSERT INTO reservations (reservation_id, order_id, status, expires_at)"
        "        SELECT $1, $2, 'ACTIVE', now() + $3 * interval '1 millisecond'"
        "         WHERE NOT EXISTS (SELECT FROM wanted WHERE available < quantity)"
        "        ON CONFLICT (order_id) DO NOTHING"
        "        RETURNING reservation_id, order_id, expires_at"
        "), held_lines AS ("
        "        INSERT INTO reservation_lines (reservation_id, line, sku, warehouse_id, product_id,"
        "                                       quantity)"
        "        SELECT reservation_id, line, sku, warehouse_id, product_id, quantity FROM hold, wanted"
        "), held_stock AS ("
        "        UPDATE stock s SET reserved = s.reserved + w.quantity FROM hold, wanted w"
        "         WHERE s.sku = w.sku AND s.warehouse_id = w.warehouse_id AND w.quantity <= w.available"
        "), booked AS ("
        "        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, order_id,"
        "                                  actor)"
        "        SELECT sku, warehouse_id, 'reserved', quantity, 0, order_id, $8 FROM hold, wanted"
        ")"
        " SELECT hold.expires_at, wanted.available FROM wanted LEFT JOIN hold ON true ORDER BY wanted.line");

/* Per line, what was available when the reservation was refused. NULL when every line had enough. */
static const int64_t *availability(Ctx *ctx, const PgRows *rows, const ReserveRequest *request) {
        int64_t *available = ARENA_ARRAY(ctx->arena, int64_t, request->n_lines);
        bool is_short = false;

        for (size_t i = 0; i < request->n_lines; i++) {
                available[i] = pg_get_int64(rows, i, 1);
                is_short |= available[i] < request->lines[i].quantity;
        }
        return is_short ? available : NULL;
}

static const Reservation *new_reservation(Ctx *ctx, const ReserveRequest *request, int64_t expires_at_us) {
        Reservation *reservation = ARENA_NEW(ctx->arena, Reservation);

        *reservation = (Reservation) {
                .reservation_id = request->reservation_id,
                .order_id = request->order_id,
                .status = RESERVATION_ACTIVE,
                .expires_at_us = expires_at_us,
                .lines = request->lines,
                .n_lines = request->n_lines,
        };
        return reservation;
}

/* Nothing was written: either the order has its reservation already, or the stock is short. */
static const Error *explain_refusal(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                    const PgRows *rows, ReserveOutcome *ret_outcome) {
        ReserveOutcome outcome = { .available = availability(ctx, rows, request) };

        TRY(inventory_sql_find(self, ctx, request->order_id, &outcome.reservation));
        if (!outcome.reservation && !outcome.available)
                return error_internal(ctx->arena, NULL, "Order %s has neither a reservation nor a short line",
                                      request->order_id);
        *ret_outcome = outcome;
        return NULL;
}

const Error *inventory_sql_reserve(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                   ReserveOutcome *ret_outcome) {
        LineColumns columns = inventory_sql_columns(ctx->arena, request->lines, request->n_lines);
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);

        inventory_sql_lock_stock(batch, ctx, request->lines, request->n_lines);
        size_t reserve = pg_batch_add(
                batch, &sql_reserve,
                PG_ARGS(pg_text(request->reservation_id), pg_text(request->order_id),
                        pg_int64(request->hold_ms), pg_text_array(columns.product_ids, request->n_lines),
                        pg_text_array(columns.skus, request->n_lines),
                        pg_text_array(columns.warehouse_ids, request->n_lines),
                        pg_int64_array(columns.quantities, request->n_lines), pg_text(request->actor)));
        TRY(pg_batch_run(batch));

        const PgRows *rows = pg_batch_rows(batch, reserve);
        if (pg_is_null(rows, 0, 0))
                return explain_refusal(self, ctx, request, rows, ret_outcome);
        *ret_outcome =
                (ReserveOutcome) { .reservation = new_reservation(ctx, request, pg_get_time(rows, 0, 0)) };
        return NULL;
}

static const PgStatement sql_find = PG_READ(
        "SELECT r.reservation_id, r.status, r.expires_at, l.product_id, l.sku, l.warehouse_id, l.quantity"
        "  FROM reservations r JOIN reservation_lines l USING (reservation_id)"
        " WHERE r.order_id = $1 ORDER BY l.line");

static const StockLine *read_lines(Arena *arena, const PgRows *rows) {
        StockLine *lines = ARENA_ARRAY(arena, StockLine, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++)
                lines[i] = (StockLine) {
                        .product_id = pg_get_text(rows, i, 3),
                        .sku = pg_get_text(rows, i, 4),
                        .warehouse_id = pg_get_text(rows, i, 5),
                        .quantity = pg_get_int64(rows, i, 6),
                };
        return lines;
}

const Error *inventory_sql_find(InventoryRepo *self, Ctx *ctx, const char *order_id,
                                const Reservation **ret_reservation) {
        const PgRows *rows;

        TRY(pg_run(((PgInventoryRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(order_id)), &rows));
        if (pg_rows_count(rows) == 0) {
                *ret_reservation = NULL;
                return NULL;
        }
        Reservation *reservation = ARENA_NEW(ctx->arena, Reservation);
        *reservation = (Reservation) {
                .reservation_id = pg_get_text(rows, 0, 0),
                .order_id = order_id,
                .status = inventory_sql_status(pg_get_text(rows, 0, 1)),
                .expires_at_us = pg_get_time(rows, 0, 2),
                .lines = read_lines(ctx->arena, rows),
                .n_lines = pg_rows_count(rows),
        };
        *ret_reservation = reservation;
        return NULL;
}
