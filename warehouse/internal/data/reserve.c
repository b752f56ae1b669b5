#include "data/inventory_private.h"
#include "pg/reader.h"

/*
 * Runs behind the lock, on a fresh snapshot: nothing that it reads of the stock can change before the commit.
 * A line without a stock row has nothing available. An order is held when what all orders of the call want of
 * its stock is there, and when it has no reservation yet; of any other, nothing is written. A line is
 * contended when its stock is enough for its own order, but not for all of the call.
 */
static const PgStatement sql_reserve = PG_WRITE_ROWS(
        "WITH wanted AS MATERIALIZED ("
        "        SELECT w.*, coalesce(s.available, 0) AS available,"
        "               sum(w.quantity) OVER (PARTITION BY w.sku, w.warehouse_id) AS demand"
        "          FROM " PG_ROWS(w, order_id, reservation_id, hold_ms, actor, line, product_id, sku,
                                  warehouse_id, quantity)
        "          LEFT JOIN LATERAL (SELECT on_hand - reserved AS available"
        "                               FROM stock WHERE sku = w.sku AND warehouse_id = w.warehouse_id"
        "                             OFFSET 0) s ON true"
        "), hold AS ("
        "        INSERT INTO reservations (reservation_id, order_id, status, expires_at)"
        "        SELECT reservation_id, order_id, 'ACTIVE', now() + hold_ms * interval '1 millisecond'"
        "          FROM wanted GROUP BY reservation_id, order_id, hold_ms"
        "        HAVING bool_and(demand <= available)"
        "        ON CONFLICT (order_id) DO NOTHING"
        "        RETURNING reservation_id, expires_at"
        "), held AS ("
        "        SELECT hold.expires_at, wanted.* FROM hold JOIN wanted USING (reservation_id)"
        "), held_lines AS ("
        "        INSERT INTO reservation_lines (reservation_id, line, sku, warehouse_id, product_id,"
        "                                       quantity)"
        "        SELECT reservation_id, line, sku, warehouse_id, product_id, quantity FROM held"
        "), held_stock AS ("
        "        UPDATE stock s SET reserved = s.reserved + h.quantity"
        "          FROM (SELECT sku, warehouse_id, sum(quantity)::bigint AS quantity"
        "                  FROM held GROUP BY sku, warehouse_id) h"
        "         WHERE s.sku = h.sku AND s.warehouse_id = h.warehouse_id"
        "), booked AS ("
        "        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, order_id,"
        "                                  actor)"
        "        SELECT sku, warehouse_id, 'reserved', quantity, 0, order_id, actor FROM held"
        ")"
        " SELECT w.ordinal, hold.expires_at, w.available,"
        "        w.quantity <= w.available AND w.demand > w.available AS is_contended"
        "   FROM wanted w LEFT JOIN hold USING (reservation_id) ORDER BY w.ordinal");

static size_t add_reserve(PgBatch *batch, const ReserveRequest *request) {
        size_t index = 0;

        for (size_t i = 0; i < request->n_lines; i++) {
                const StockLine *line = &request->lines[i];

                index = pg_batch_add(batch, &sql_reserve,
                                     PG_ARGS(pg_text(request->order_id), pg_text(request->reservation_id),
                                             pg_int64(request->hold_ms), pg_text(request->actor),
                                             pg_int64((int64_t) i + 1), pg_text(line->product_id),
                                             pg_text(line->sku), pg_text(line->warehouse_id),
                                             pg_int64(line->quantity)));
        }
        return index;
}

/* What it says, of an order's lines. */
typedef struct Answer {
        int64_t expires_at_us; /* 0: not held */
        int64_t *available;    /* per line, when it was refused */
        bool is_short;
        bool is_contended; /* only those who shared the call took stock from it */
} Answer;

static const Error *read_answer(Ctx *ctx, const PgRows *rows, const ReserveRequest *request,
                                Answer *ret_answer) {
        Answer answer = { .available = ARENA_ARRAY(ctx->arena, int64_t, request->n_lines) };

        for (size_t i = 0; i < request->n_lines; i++) {
                PgReader at = pg_reader(rows, i);

                answer.expires_at_us = pg_next_time_or_zero(&at);
                answer.available[i] = pg_next_int64(&at);
                answer.is_contended |= pg_next_bool(&at);
                answer.is_short |= answer.available[i] < request->lines[i].quantity;
                TRY(pg_reader_end(&at));
        }
        *ret_answer = answer;
        return NULL;
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
                                    const Answer *answer, ReserveOutcome *ret_outcome) {
        ReserveOutcome outcome = { .available = answer->is_short ? answer->available : NULL };

        TRY(warehouse_sql_find(self, ctx, request->order_id, &outcome.reservation));
        if (!outcome.reservation && !outcome.available)
                return error_internal(ctx->arena, NULL, "Order %s has neither a reservation nor a short line",
                                      request->order_id);
        *ret_outcome = outcome;
        return NULL;
}

/* What wanted too much together with others is held or refused by itself. */
const Error *warehouse_sql_reserve(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                   ReserveOutcome *ret_outcome) {
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);
        Answer answer;

        warehouse_sql_lock_stock(batch, request->lines, request->n_lines);
        size_t reserve = add_reserve(batch, request);
        TRY(pg_batch_run_shared(batch));
        TRY(read_answer(ctx, pg_batch_rows(batch, reserve), request, &answer));
        if (!answer.expires_at_us && answer.is_contended) {
                TRY(pg_batch_run(batch));
                TRY(read_answer(ctx, pg_batch_rows(batch, reserve), request, &answer));
        }
        if (!answer.expires_at_us)
                return explain_refusal(self, ctx, request, &answer, ret_outcome);
        *ret_outcome =
                (ReserveOutcome) { .reservation = new_reservation(ctx, request, answer.expires_at_us) };
        return NULL;
}

static const PgStatement sql_find = PG_READ(
        "SELECT r.reservation_id, r.status, r.expires_at, l.product_id, l.sku, l.warehouse_id, l.quantity"
        "  FROM reservations r LEFT JOIN reservation_lines l USING (reservation_id)"
        " WHERE r.order_id = $1 ORDER BY l.line");

/* A tombstone has one row, without a line. */
static const Error *read_line(Arena *arena, const PgRows *rows, size_t row, Reservation *reservation,
                              StockLine *lines) {
        PgReader at = pg_reader(rows, row);
        StockLine *line = &lines[row];

        reservation->reservation_id = pg_next_text(&at);
        TRY(warehouse_sql_status(arena, pg_next_text(&at), &reservation->status));
        reservation->expires_at_us = pg_next_time(&at);
        line->product_id = pg_next_text_or_null(&at);
        line->sku = pg_next_text_or_null(&at);
        line->warehouse_id = pg_next_text_or_null(&at);
        line->quantity = pg_next_int64_or_zero(&at);
        reservation->n_lines += line->sku != NULL;
        return pg_reader_end(&at);
}

const Error *warehouse_sql_find(InventoryRepo *self, Ctx *ctx, const char *order_id,
                                const Reservation **ret_reservation) {
        Reservation *reservation = ARENA_NEW(ctx->arena, Reservation);
        const PgRows *rows;

        TRY(pg_run(((PgInventoryRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(order_id)), &rows));
        StockLine *lines = ARENA_ARRAY(ctx->arena, StockLine, pg_rows_count(rows));
        *reservation = (Reservation) { .order_id = order_id, .lines = lines };
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_line(ctx->arena, rows, i, reservation, lines));
        *ret_reservation = pg_rows_count(rows) > 0 ? reservation : NULL;
        return NULL;
}
