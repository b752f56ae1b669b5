#include <stdlib.h>
#include <string.h>

#include "data/inventory_sql.h"

/* The rows come in the order of the arrays: LATERAL looks each up by its key and locks it before the next. */
static const PgStatement sql_lock_stock =
        PG_READ("SELECT s.sku"
                "  FROM unnest($1, $2) AS w (sku, warehouse_id)"
                " CROSS JOIN LATERAL (SELECT sku FROM stock"
                "                      WHERE sku = w.sku AND warehouse_id = w.warehouse_id FOR UPDATE) s");

static int compare_stock(const void *left, const void *right) {
        const StockLine *a = left, *b = right;
        int by_sku = strcmp(a->sku, b->sku);

        return by_sku != 0 ? by_sku : strcmp(a->warehouse_id, b->warehouse_id);
}

void inventory_sql_lock_stock(PgBatch *batch, Ctx *ctx, const StockLine *lines, size_t n_lines) {
        StockLine *sorted = arena_memdup(ctx->arena, lines, n_lines * sizeof(StockLine));

        qsort(sorted, n_lines, sizeof(StockLine), compare_stock);
        LineColumns columns = inventory_sql_columns(ctx->arena, sorted, n_lines);
        pg_batch_add(
                batch, &sql_lock_stock,
                PG_ARGS(pg_text_array(columns.skus, n_lines), pg_text_array(columns.warehouse_ids, n_lines)));
}

/* Reservations that are done with are left out, so that repeating a move does not wait for a hot row. */
static const PgStatement sql_lock_orders =
        PG_READ("SELECT s.sku"
                "  FROM (SELECT DISTINCT l.sku, l.warehouse_id"
                "          FROM reservations r JOIN reservation_lines l USING (reservation_id)"
                "         WHERE r.order_id = ANY ($1)"
                "           AND (r.status = 'ACTIVE' OR (r.status = 'CONFIRMED' AND r.order_id = ANY ($2)))"
                "         ORDER BY l.sku, l.warehouse_id) w"
                " CROSS JOIN LATERAL (SELECT sku FROM stock"
                "                      WHERE sku = w.sku AND warehouse_id = w.warehouse_id FOR UPDATE) s");

void inventory_sql_lock_orders(PgBatch *batch, OrderList orders, OrderList returned) {
        pg_batch_add(batch, &sql_lock_orders,
                     PG_ARGS(pg_text_array(orders.ids, orders.n), pg_text_array(returned.ids, returned.n)));
}
