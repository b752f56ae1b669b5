#include "data/inventory_private.h"
#include "pg/idempotency.h"
#include "pg/reader.h"

/* of a SKU ($1), in one warehouse or all ($2) */
#define STOCK                                                                                                \
        "SELECT s.sku, s.warehouse_id, s.on_hand, s.reserved - expired.quantity AS reserved"                 \
        "  FROM stock s"                                                                                     \
        " CROSS JOIN LATERAL (SELECT coalesce(sum(l.quantity), 0)::bigint AS quantity"                       \
        "                       FROM reservations r JOIN reservation_lines l USING (reservation_id)"         \
        "                      WHERE r.status = 'ACTIVE' AND r.expires_at <= now()"                          \
        "                        AND l.sku = s.sku AND l.warehouse_id = s.warehouse_id) expired"             \
        " WHERE s.sku = $1 AND ($2 = '' OR s.warehouse_id = $2)"                                             \
        " ORDER BY s.warehouse_id"

static const PgStatement sql_stock = PG_READ(STOCK);

static const Error *read_stock(const PgRows *rows, size_t row, Stock *ret_stock) {
        PgReader at = pg_reader(rows, row);
        Stock stock = { 0 };

        stock.sku = pg_next_text(&at);
        stock.warehouse_id = pg_next_text(&at);
        stock.on_hand = pg_next_int64(&at);
        stock.reserved = pg_next_int64(&at);
        stock.available = stock.on_hand - stock.reserved;
        TRY(pg_reader_end(&at));
        *ret_stock = stock;
        return NULL;
}

const Error *warehouse_sql_stock(InventoryRepo *self, Ctx *ctx, const char *sku, const char *warehouse_id,
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

/* What would take more than is free is refused, and with it whatever the batch did before. */
#define INNER_NOT_ADJUSTED "NOT_ADJUSTED"

static const PgStatement sql_adjust = PG_WRITE(
        "WITH entry AS ("
        "        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, reason, actor)"
        "        SELECT sku, warehouse_id, CASE WHEN $3 > 0 THEN 'received' ELSE 'adjusted' END,"
        "               $3, $3, $4, $5"
        "          FROM stock WHERE sku = $1 AND warehouse_id = $2 AND on_hand + $3 >= reserved"
        "        RETURNING on_hand_effect"
        "), moved AS ("
        "        UPDATE stock SET on_hand = on_hand + entry.on_hand_effect"
        "          FROM entry WHERE sku = $1 AND warehouse_id = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_NOT_ADJUSTED "') FROM moved");

/* The stock afterwards, which is the answer of AdjustStock. */
static const PgStatement sql_adjusted = PG_WRITE(
        "SELECT sku, warehouse_id, on_hand, reserved"
        "  FROM (" STOCK ") AS s"
        " CROSS JOIN LATERAL keep_answer($3, json_build_object('stock', json_build_object("
        "               'sku', sku, 'warehouseId', warehouse_id, 'onHand', on_hand, 'reserved', reserved,"
        "               'available', on_hand - reserved)))");

/* What the stock was like that could not be adjusted. */
static const Error *find_refusal(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                                 AdjustVerdict *ret_verdict, Stock *ret_stock) {
        const Stock *stock;
        size_t n_stock;

        TRY(warehouse_sql_stock(self, ctx, adjustment->sku, adjustment->warehouse_id, &stock, &n_stock));
        *ret_verdict = n_stock > 0 ? ADJUST_BELOW_RESERVED : ADJUST_NO_STOCK;
        if (n_stock > 0)
                *ret_stock = stock[0];
        return NULL;
}

const Error *warehouse_sql_adjust(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                                  AdjustVerdict *ret_verdict, Stock *ret_stock) {
        StockLine line = { .sku = adjustment->sku, .warehouse_id = adjustment->warehouse_id };
        PgArg sku = pg_text(adjustment->sku), warehouse_id = pg_text(adjustment->warehouse_id);
        PgArg quantity = pg_int64(adjustment->quantity);
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);

        pg_batch_add(batch, &sql_make_stock, PG_ARGS(sku, warehouse_id, quantity));
        warehouse_sql_lock_stock(batch, &line, 1);
        pg_batch_add(batch, &sql_adjust,
                     PG_ARGS(sku, warehouse_id, quantity, pg_text(adjustment->reason),
                             pg_text(adjustment->actor)));
        size_t adjusted = pg_batch_add(batch, &sql_adjusted,
                                       PG_ARGS(sku, warehouse_id, pg_idempotency_answered_by_sql(batch)));
        const Error *error = pg_batch_run(batch);
        if (error_is(error, INNER_NOT_ADJUSTED))
                return find_refusal(self, ctx, adjustment, ret_verdict, ret_stock);
        TRY(error);
        TRY(read_stock(pg_batch_rows(batch, adjusted), 0, ret_stock));
        *ret_verdict = ADJUST_DONE;
        return NULL;
}
