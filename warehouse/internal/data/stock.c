#include "data/inventory_sql.h"
#include "pg/reader.h"

static const PgStatement sql_stock =
        PG_READ("SELECT s.sku, s.warehouse_id, s.on_hand, s.reserved - expired.quantity"
                "  FROM stock s"
                " CROSS JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0)::bigint AS quantity"
                "                       FROM reservations r JOIN reservation_lines l USING (reservation_id)"
                "                      WHERE r.status = 'ACTIVE' AND r.expires_at <= now()"
                "                        AND l.sku = s.sku AND l.warehouse_id = s.warehouse_id) expired"
                " WHERE s.sku = $1 AND ($2 = '' OR s.warehouse_id = $2)"
                " ORDER BY s.warehouse_id");

static const Error *read_stock(const PgRows *rows, size_t row, Stock *stock) {
        PgReader at = pg_reader(rows, row);

        stock->sku = pg_next_text(&at);
        stock->warehouse_id = pg_next_text(&at);
        stock->on_hand = pg_next_int64(&at);
        stock->reserved = pg_next_int64(&at);
        stock->available = stock->on_hand - stock->reserved;
        return pg_reader_end(&at);
}

const Error *inventory_sql_stock(InventoryRepo *self, Ctx *ctx, const char *sku, const char *warehouse_id,
                                 const Stock **ret_stock, size_t *ret_n_stock) {
        const PgRows *rows;

        TRY(pg_run(((PgInventoryRepo *) self)->pool, ctx, &sql_stock,
                   PG_ARGS(pg_text(sku), pg_text(warehouse_id)), &rows));
        Stock *stock = ARENA_ARRAY(ctx->arena, Stock, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_stock(rows, i, &stock[i]));
        *ret_stock = stock;
        *ret_n_stock = pg_rows_count(rows);
        return NULL;
}

/* Stock that is received may be the first of its SKU; there is nothing to correct where there was none. */
static const PgStatement sql_make_stock =
        PG_WRITE("INSERT INTO stock (sku, warehouse_id) SELECT $1, $2 WHERE $3 > 0"
                 " ON CONFLICT (sku, warehouse_id) DO NOTHING");

/*
 * Writes one ledger row per caller and key, and the stock follows; a key that is there already writes
 * nothing.
 */
static const PgStatement sql_adjust = PG_WRITE(
        "WITH entry AS ("
        "        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, reason, actor,"
        "                                  idempotency_key)"
        "        SELECT sku, warehouse_id, CASE WHEN $3 > 0 THEN 'received' ELSE 'adjusted' END,"
        "               $3, $3, $4, $5, $6"
        "          FROM stock WHERE sku = $1 AND warehouse_id = $2 AND on_hand + $3 >= reserved"
        "        ON CONFLICT (actor, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING"
        "        RETURNING on_hand_effect"
        ")"
        " UPDATE stock SET on_hand = on_hand + entry.on_hand_effect"
        "   FROM entry WHERE sku = $1 AND warehouse_id = $2");

static const PgStatement sql_ledger_of_key =
        PG_READ("SELECT sku = $3 AND warehouse_id = $4 AND on_hand_effect = $5"
                "  FROM stock_ledger WHERE actor = $1 AND idempotency_key = $2");

/* The statement at index adjust wrote nothing: says why. */
static AdjustVerdict refusal(const PgRows *ledger_of_key, const PgRows *stock) {
        if (pg_rows_count(ledger_of_key) > 0)
                return pg_get_bool(ledger_of_key, 0, 0) ? ADJUST_DONE : ADJUST_KEY_REUSED;
        return pg_rows_count(stock) > 0 ? ADJUST_BELOW_RESERVED : ADJUST_NO_STOCK;
}

const Error *inventory_sql_adjust(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                                  AdjustVerdict *ret_verdict, Stock *ret_stock) {
        StockLine line = { .sku = adjustment->sku, .warehouse_id = adjustment->warehouse_id };
        PgArg sku = pg_text(adjustment->sku), warehouse_id = pg_text(adjustment->warehouse_id);
        PgArg quantity = pg_int64(adjustment->quantity), actor = pg_text(adjustment->actor);
        PgArg key = pg_text(adjustment->idempotency_key);
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);
        Stock found = { 0 };

        pg_batch_add(batch, &sql_make_stock, PG_ARGS(sku, warehouse_id, quantity));
        inventory_sql_lock_stock(batch, &line, 1);
        size_t adjust =
                pg_batch_add(batch, &sql_adjust,
                             PG_ARGS(sku, warehouse_id, quantity, pg_text(adjustment->reason), actor, key));
        size_t ledger_of_key =
                pg_batch_add(batch, &sql_ledger_of_key, PG_ARGS(actor, key, sku, warehouse_id, quantity));
        size_t stock = pg_batch_add(batch, &sql_stock, PG_ARGS(sku, warehouse_id));
        TRY(pg_batch_run(batch));
        if (pg_rows_count(pg_batch_rows(batch, stock)) > 0)
                TRY(read_stock(pg_batch_rows(batch, stock), 0, &found));
        bool is_done = pg_rows_affected(pg_batch_rows(batch, adjust)) > 0;
        *ret_verdict = is_done ? ADJUST_DONE
                               : refusal(pg_batch_rows(batch, ledger_of_key), pg_batch_rows(batch, stock));
        *ret_stock = found;
        return NULL;
}
