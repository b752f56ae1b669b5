#include "base/str.h"
#include "data/inventory_private.h"

/*
 * The one statement of all moves. What a move does to the stock follows from the status before and after:
 * ACTIVE -> CONFIRMED is a sale, ACTIVE -> RELEASED or EXPIRED gives back, CONFIRMED -> RELEASED is a return.
 * Only the row that still has the status it was found with moves, so no effect happens twice.
 */
static const PgStatement sql_move = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE reservations r SET status = $2, updated_at = now()"
        "          FROM (SELECT reservation_id, status FROM reservations"
        "                 WHERE order_id = ANY ($1) AND status = ANY ($3)"
        "                   AND ($2 <> 'EXPIRED' OR expires_at <= now())) was"
        "         WHERE r.reservation_id = was.reservation_id AND r.status = was.status"
        "        RETURNING r.reservation_id, r.order_id, was.status AS was"
        "), effects AS ("
        "        SELECT m.order_id, l.sku, l.warehouse_id, l.quantity,"
        "               CASE WHEN $2 = 'CONFIRMED' THEN 'sold'"
        "                    WHEN m.was = 'CONFIRMED' THEN 'returned' ELSE 'released' END AS kind,"
        "               CASE WHEN $2 = 'CONFIRMED' THEN -l.quantity"
        "                    WHEN m.was = 'CONFIRMED' THEN l.quantity ELSE 0 END AS on_hand_effect,"
        "               CASE WHEN m.was = 'ACTIVE' THEN -l.quantity ELSE 0 END AS reserved_effect"
        "          FROM moved m JOIN reservation_lines l USING (reservation_id)"
        "), moved_stock AS ("
        "        UPDATE stock s"
        "           SET on_hand = s.on_hand + e.on_hand_effect, reserved = s.reserved + e.reserved_effect"
        "          FROM (SELECT sku, warehouse_id, sum(on_hand_effect)::bigint AS on_hand_effect,"
        "                       sum(reserved_effect)::bigint AS reserved_effect"
        "                  FROM effects GROUP BY sku, warehouse_id) e"
        "         WHERE s.sku = e.sku AND s.warehouse_id = e.warehouse_id"
        "), booked AS ("
        "        INSERT INTO stock_ledger (sku, warehouse_id, kind, quantity, on_hand_effect, order_id,"
        "                                  reason, actor)"
        "        SELECT sku, warehouse_id, kind, quantity, on_hand_effect, order_id, $4, $5 FROM effects"
        ")"
        " SELECT CASE WHEN m.order_id IS NOT NULL THEN $2 ELSE r.status END"
        "   FROM unnest($1) WITH ORDINALITY AS w (order_id, n)"
        "   LEFT JOIN reservations r USING (order_id)"
        "   LEFT JOIN moved m USING (order_id)"
        "  ORDER BY w.n");

/*
 * One that is being written right now is waited for, and found by the statements behind this one; sorted, so
 * that nobody waits for one who waits for him.
 */
static const PgStatement sql_add_tombstones = PG_WRITE(
        "INSERT INTO reservations (reservation_id, order_id, status, expires_at)"
        " SELECT 'RSV-' || gen_random_uuid(), order_id, 'RELEASED', now() FROM unnest($1) AS w (order_id)"
        "  ORDER BY order_id"
        " ON CONFLICT (order_id) DO NOTHING");

void warehouse_sql_add_tombstones(PgBatch *batch, OrderList orders) {
        pg_batch_add(batch, &sql_add_tombstones, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

/* Where a move leads, and from where. */
typedef struct Transition {
        const char *to;
        const char *const *from;
        size_t n_from;
} Transition;

static const Transition *transition_of(ReservationMove move) {
        static const char *const open[] = { "ACTIVE", "CONFIRMED" };
        static const Transition transitions[] = {
                [RESERVATION_CONFIRM] = { .to = "CONFIRMED", .from = open, .n_from = 1 },
                [RESERVATION_RELEASE] = { .to = "RELEASED", .from = open, .n_from = 2 },
                [RESERVATION_EXPIRE] = { .to = "EXPIRED", .from = open, .n_from = 1 },
        };

        return &transitions[move];
}

size_t warehouse_sql_add_move(PgBatch *batch, const MoveRequest *request) {
        const Transition *transition = transition_of(request->move);

        return pg_batch_add(batch, &sql_move,
                            PG_ARGS(pg_text_array(request->order_ids, request->n_orders),
                                    pg_text(transition->to),
                                    pg_text_array(transition->from, transition->n_from),
                                    pg_text(request->reason), pg_text(request->actor)));
}

const Error *warehouse_sql_move(InventoryRepo *self, Ctx *ctx, const MoveRequest *request,
                                ReservationStatus *ret_statuses) {
        PgBatch *batch = pg_batch_new(((PgInventoryRepo *) self)->pool, ctx);
        OrderList orders = { .ids = (const char **) request->order_ids, .n = request->n_orders };
        OrderList released = request->move == RESERVATION_RELEASE ? orders : (OrderList) { 0 };

        if (released.n > 0)
                warehouse_sql_add_tombstones(batch, released);
        warehouse_sql_lock_orders(batch, orders, released);
        size_t move = warehouse_sql_add_move(batch, request);
        TRY(pg_batch_run(batch));
        for (size_t i = 0; i < request->n_orders; i++)
                TRY(warehouse_sql_status(ctx->arena, pg_get_text(pg_batch_rows(batch, move), i, 0),
                                         &ret_statuses[i]));
        return NULL;
}
