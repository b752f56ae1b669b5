#include "data/inventory_private.h"

/* LATERAL looks each row up by its key and locks it before the next. */
static const PgStatement sql_lock_stock = PG_READ_ROWS(
        "SELECT s.sku"
        "  FROM (SELECT DISTINCT sku COLLATE \"C\" AS sku, warehouse_id COLLATE \"C\" AS warehouse_id"
        "          FROM " PG_ROWS(l, sku, warehouse_id)
        "         ORDER BY sku, warehouse_id) w"
        " CROSS JOIN LATERAL (SELECT sku FROM stock"
        "                      WHERE sku = w.sku AND warehouse_id = w.warehouse_id FOR UPDATE) s");

void warehouse_sql_lock_stock(PgBatch *batch, const StockLine *lines, size_t n_lines) {
        for (size_t i = 0; i < n_lines; i++)
                pg_batch_add(batch, &sql_lock_stock,
                             PG_ARGS(pg_text(lines[i].sku), pg_text(lines[i].warehouse_id)));
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

void warehouse_sql_lock_orders(PgBatch *batch, OrderList orders, OrderList returned) {
        pg_batch_add(batch, &sql_lock_orders,
                     PG_ARGS(pg_text_array(orders.ids, orders.n), pg_text_array(returned.ids, returned.n)));
}
