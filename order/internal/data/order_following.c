#include "data/order_following.h"

#include <string.h>

#include "data/order_moves.h"
#include "data/order_rows.h"

/* Who moves an order with its shipments, as shipping calls itself. */
#define SHIPPING_ACTOR "shipping-service"

/* From CONFIRMED to DELIVERED. */
#define MOST_MOVES 3

typedef struct Move {
        Order order; /* as it is then */
        OrderStatus from;
        const Trace *trace;
} Move;

/* Orders as they were and as the news leave them, and the moves in between. */
typedef struct Following {
        const Order *before;
        Order *orders;
        size_t n_orders;
        Move *moves;
        size_t n_moves;
} Following;

static const Error *load(PgPool *pool, Ctx *ctx, const ShipmentsNews *news, size_t n, Following *following) {
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, n);

        for (size_t i = 0; i < n; i++)
                order_ids[i] = news[i].order_id;
        TRY(order_rows_load(pool, ctx, order_ids, n, &following->orders, &following->n_orders));
        Order *before = ARENA_ARRAY(ctx->arena, Order, following->n_orders);
        if (following->n_orders > 0)
                memcpy(before, following->orders, following->n_orders * sizeof(*before));
        following->before = before;
        following->moves = ARENA_ARRAY(ctx->arena, Move, MOST_MOVES * following->n_orders);
        return NULL;
}

static Order *order_of(const Following *following, const ShipmentsNews *news) {
        for (size_t i = 0; i < following->n_orders; i++)
                if (str_equal(following->orders[i].id, news->order_id))
                        return &following->orders[i];
        return NULL;
}

/* False when it is too late for the order. */
static bool follow(Following *following, const ShipmentsNews *news) {
        Order *order = order_of(following, news);
        ShipmentsMeaning meaning = SHIPMENTS_ARE_LATE;
        OrderStatus from;

        if (!order)
                return false;
        for (from = order->status; (meaning = order_follow_shipments(order, &news->state)) ==
                                   SHIPMENTS_MOVE_ORDER; from = order->status)
                following->moves[following->n_moves++] = (Move) { *order, from, news->trace };
        return meaning != SHIPMENTS_ARE_LATE;
}

/* Sorted, so that two processes with events of the same orders cannot deadlock. */
static const PgStatement sql_lock =
        PG_READ("SELECT order_id FROM orders WHERE order_id = ANY ($1) ORDER BY order_id FOR UPDATE");

/* Nothing but what shipments change: what others write without moving the order stays. */
static const PgStatement sql_follow = PG_WRITE_ROWS(
        "WITH moved AS ("
        "        UPDATE orders o"
        "           SET status = n.status, version = n.version, tracking_number = n.tracking_number,"
        "               shipped_at = n.shipped_at, delivered_at = n.delivered_at, updated_at = now()"
        "          FROM " PG_ROWS(n, order_id, from_status, from_version, status, version, tracking_number,
                                  shipped_at, delivered_at)
        "         WHERE o.order_id = n.order_id AND o.status = n.from_status AND o.version = n.from_version"
        "        RETURNING 1)"
        " SELECT require_rows((count(*) = cardinality($1))::int, '" INNER_ORDER_MOVED "') FROM moved");

static void add_order(PgBatch *batch, const Order *order, const Order *before) {
        pg_batch_add(batch, &sql_follow,
                     PG_ARGS(pg_text(order->id), pg_text(order_status_name(before->status)),
                             pg_int64(before->version), pg_text(order_status_name(order->status)),
                             pg_int64(order->version), pg_text(order->shipping.tracking_number),
                             pg_time_or_null(order->shipped_at_us), pg_time_or_null(order->delivered_at_us)));
}

/* The orders come first: where one of them was moved meanwhile, nothing else is tried. */
static void add_moves(PgBatch *batch, const Following *following) {
        const char **order_ids = ARENA_ARRAY(pg_batch_ctx(batch)->arena, const char *, following->n_moves);

        for (size_t i = 0; i < following->n_moves; i++)
                order_ids[i] = following->moves[i].order.id;
        pg_batch_add(batch, &sql_lock, PG_ARGS(pg_text_array(order_ids, following->n_moves)));
        for (size_t i = 0; i < following->n_orders; i++)
                if (following->orders[i].version != following->before[i].version)
                        add_order(batch, &following->orders[i], &following->before[i]);
        for (size_t i = 0; i < following->n_moves; i++) {
                const Move *move = &following->moves[i];

                order_moves_add(batch, &move->order, move->from, NULL, SHIPPING_ACTOR, move->trace);
        }
}

const Error *order_add_following(PgPool *pool, PgBatch *batch, const ShipmentsNews *news, size_t n,
                                 size_t *ret_n_late) {
        Following following = { 0 };
        size_t n_late = 0;

        TRY(load(pool, pg_batch_ctx(batch), news, n, &following));
        for (size_t i = 0; i < n; i++)
                n_late += !follow(&following, &news[i]);
        if (following.n_moves > 0)
                add_moves(batch, &following);
        *ret_n_late = n_late;
        return NULL;
}
