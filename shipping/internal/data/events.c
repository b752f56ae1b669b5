#include "data/fulfilment_private.h"
#include "data/fulfilment_repo.h"

/* ---- which orders have one ---- */

static const PgStatement sql_known = PG_READ("SELECT order_id FROM fulfilments WHERE order_id = ANY ($1)");

static bool is_among(const PgRows *rows, const char *order_id) {
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                if (str_equal(pg_get_text(rows, i, 0), order_id))
                        return true;
        return false;
}

static size_t orders_to(FulfilmentMove move, const OrderMove *moves, size_t n, const char **ret_order_ids) {
        size_t n_orders = 0;

        for (size_t i = 0; i < n; i++)
                if (moves[i].move == move)
                        ret_order_ids[n_orders++] = moves[i].order_id;
        return n_orders;
}

/* ---- creating ---- */

/* A cancellation that came meanwhile has left its tombstone: nothing is made then. */
#define INNER_IS_THERE "FULFILMENT_IS_THERE"

static const PgStatement sql_fulfilment = PG_WRITE_ROWS(
        "WITH wanted AS ("
        "        SELECT * FROM " PG_ROWS(n, order_id, customer_id, method, estimated_delivery, street, city,
                                          state, zip_code, country, n_shipments)
        "), made AS ("
        "        INSERT INTO fulfilments (order_id, customer_id, method, estimated_delivery, street, city,"
        "                                 state, zip_code, country, status, version, n_shipments)"
        "        SELECT order_id, customer_id, method, estimated_delivery, street, city, state, zip_code,"
        "               country, 'OPEN', 1, n_shipments"
        "          FROM wanted ORDER BY order_id"
        "        ON CONFLICT (order_id) DO NOTHING RETURNING 1"
        ")"
        " SELECT require_rows(((SELECT count(*) FROM made) = (SELECT count(*) FROM wanted))::int,"
        "                     '" INNER_IS_THERE "')");

static const PgStatement sql_shipment = PG_WRITE_ROWS(
        PG_INSERT_ROWS(shipments, shipment_id, order_id, number, seller_id, warehouse_id, status, version));

static const PgStatement sql_item = PG_WRITE_ROWS(
        PG_INSERT_ROWS(shipment_items, shipment_id, line, product_id, sku, name, quantity));

static void add_items(PgBatch *batch, const Shipment *shipment) {
        for (size_t i = 0; i < shipment->n_items; i++) {
                const ShipmentItem *item = &shipment->items[i];

                pg_batch_add(batch, &sql_item,
                             PG_ARGS(pg_text(shipment->shipment_id), pg_int64((int64_t) i + 1),
                                     pg_text(item->product_id), pg_text(item->sku), pg_text(item->name),
                                     pg_int64(item->quantity)));
        }
}

static void add_shipments(PgBatch *batch, const Fulfilment *fulfilment) {
        for (size_t i = 0; i < fulfilment->n_shipments; i++) {
                const Shipment *shipment = &fulfilment->shipments[i];

                pg_batch_add(batch, &sql_shipment,
                             PG_ARGS(pg_text(shipment->shipment_id), pg_text(fulfilment->order_id),
                                     pg_int64((int64_t) i + 1), pg_text(shipment->seller_id),
                                     pg_text(shipment->warehouse_id),
                                     pg_text(shipping_sql_status(shipment->status)),
                                     pg_int64(shipment->version)));
                add_items(batch, shipment);
                shipping_sql_add_history(batch, shipment, "");
        }
}

static void add_fulfilment(PgBatch *batch, const OrderMove *move) {
        const Fulfilment *fulfilment = move->planned;
        const ShipmentOrder *order = &fulfilment->shipments[0].order;
        const ShipmentAddress *address = &order->address;

        pg_batch_add(batch, &sql_fulfilment,
                     PG_ARGS(pg_text(fulfilment->order_id), pg_text(fulfilment->customer_id),
                             pg_text(order->method), pg_text(order->estimated_delivery),
                             pg_text(address->street), pg_text(address->city), pg_text(address->state),
                             pg_text(address->zip_code), pg_text(address->country),
                             pg_int64((int64_t) fulfilment->n_shipments)));
        add_shipments(batch, fulfilment);
        shipping_sql_add_event(batch, fulfilment, NULL, move->trace);
}

const Error *shipping_add_moves(PgPool *pool, PgBatch *batch, const OrderMove *moves, size_t n) {
        Ctx *ctx = pg_batch_ctx(batch);
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, n);
        size_t n_orders = orders_to(FULFILMENT_CREATE, moves, n, order_ids);
        const PgRows *known;

        if (n_orders > 0) {
                TRY(pg_run(pool, ctx, &sql_known, PG_ARGS(pg_text_array(order_ids, n_orders)), &known));
                for (size_t i = 0; i < n; i++)
                        if (moves[i].move == FULFILMENT_CREATE && !is_among(known, moves[i].order_id))
                                add_fulfilment(batch, &moves[i]);
        }
        n_orders = orders_to(FULFILMENT_CANCEL, moves, n, order_ids);
        if (n_orders > 0)
                shipping_sql_add_cancel(batch, order_ids, n_orders, "");
        return NULL;
}
