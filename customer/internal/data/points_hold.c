#include "base/memory.h"
#include "base/word.h"
#include "data/points_private.h"
#include "pg/reader.h"

/*
 * Takes from the customer's lots, behind the lock of his account, so that nobody else takes from them: each
 * gives what is wanted beyond those that expire before it. Nothing is written when they have too few, or when
 * the order has its hold.
 */
static const PgStatement sql_hold = PG_WRITE(
        "WITH lots AS ("
        "        SELECT order_id, remaining,"
        "               sum(remaining) OVER (ORDER BY expires_at, order_id) - remaining AS before"
        "          FROM point_lots WHERE customer_id = $2 AND remaining > 0 AND expires_at > now()"
        "), taken AS ("
        "        SELECT order_id, least(remaining, $3 - before)::bigint AS points"
        "          FROM lots WHERE before < $3"
        "), hold AS ("
        "        INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)"
        "        SELECT $1, $2, $3, 'HELD', now() + $4 * interval '1 millisecond'"
        "         WHERE (SELECT sum(points) FROM taken) = $3"
        "        ON CONFLICT (order_id) DO NOTHING RETURNING order_id"
        "), parts AS ("
        "        INSERT INTO point_hold_lots (order_id, lot_id, points)"
        "        SELECT h.order_id, t.order_id, t.points FROM hold h CROSS JOIN taken t"
        "), moved_lots AS ("
        "        UPDATE point_lots l SET remaining = l.remaining - t.points"
        "          FROM hold h CROSS JOIN taken t WHERE l.order_id = t.order_id"
        "), moved_account AS ("
        "        UPDATE point_accounts SET remaining = remaining - $3"
        "         WHERE customer_id = $2 AND EXISTS (SELECT FROM hold)"
        ")"
        " SELECT order_id FROM hold");

const Error *customer_sql_hold_points(PointsRepo *self, Ctx *ctx, const PointsHold *wanted, int64_t hold_ms,
                                      bool *ret_is_held) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);
        IdList customer = { .ids = (const char *[]) { wanted->customer_id }, .n = 1 };

        customer_sql_lock_points(batch, customer, (IdList) { 0 });
        size_t hold = pg_batch_add(batch, &sql_hold,
                                   PG_ARGS(pg_text(wanted->order_id), pg_text(wanted->customer_id),
                                           pg_int64(wanted->points), pg_int64(hold_ms)));
        TRY(pg_batch_run(batch));
        *ret_is_held = pg_rows_count(pg_batch_rows(batch, hold)) > 0;
        return NULL;
}

static const Error *read_status(Arena *arena, const char *text, PointsStatus *ret_status) {
        static const char *const words[] = {
                [POINTS_HELD] = "HELD",
                [POINTS_COMMITTED] = "COMMITTED",
                [POINTS_RELEASED] = "RELEASED",
                [POINTS_EXPIRED] = "EXPIRED",
        };
        size_t status = POINTS_NONE;

        if (text)
                TRY(word_read(arena, words, ARRAY_SIZE(words), "point_holds.status", text, &status));
        *ret_status = (PointsStatus) status;
        return NULL;
}

static const PgStatement sql_find = PG_READ(
        "SELECT customer_id, points, status, expires_at FROM point_holds WHERE order_id = $1");

const Error *customer_sql_find_points(PointsRepo *self, Ctx *ctx, const char *order_id,
                                      PointsHold *ret_hold) {
        PointsHold hold = { .order_id = order_id };
        const PgRows *rows;

        TRY(pg_run(((PgPointsRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(order_id)), &rows));
        if (pg_rows_count(rows) > 0) {
                PgReader at = pg_reader(rows, 0);

                hold.customer_id = pg_next_text(&at);
                hold.points = pg_next_int64(&at);
                TRY(read_status(ctx->arena, pg_next_text(&at), &hold.status));
                hold.expires_at_us = pg_next_time(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_hold = hold;
        return NULL;
}

/* ---- moves ---- */

/* One that is being written right now is waited for, and found by the statements behind this one. */
static const PgStatement sql_bury = PG_WRITE(
        "INSERT INTO point_holds (order_id, customer_id, points, status, expires_at)"
        " SELECT order_id, '', 0, 'RELEASED', now() FROM unnest($1) AS w (order_id) ORDER BY order_id"
        " ON CONFLICT (order_id) DO NOTHING");

void customer_sql_bury_holds(PgBatch *batch, IdList orders) {
        pg_batch_add(batch, &sql_bury, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

/*
 * The one statement of all moves. Committing keeps what was held; RELEASED and EXPIRED give it back to its
 * lots. Only the row that still has the status it was found with moves, so nothing is given back twice.
 */
static const PgStatement sql_move = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE point_holds h SET status = $2, updated_at = now()"
        "          FROM (SELECT order_id, status FROM point_holds"
        "                 WHERE order_id = ANY ($1) AND status = ANY ($3)"
        "                   AND ($2 <> 'EXPIRED' OR expires_at <= now())) was"
        "         WHERE h.order_id = was.order_id AND h.status = was.status"
        "        RETURNING h.order_id, h.customer_id, h.points, was.status AS was"
        "), moved_lots AS ("
        "        UPDATE point_lots p SET remaining = p.remaining + g.points"
        "          FROM (SELECT l.lot_id, sum(l.points)::bigint AS points"
        "                  FROM moved JOIN point_hold_lots l USING (order_id)"
        "                 WHERE $2 <> 'COMMITTED' GROUP BY l.lot_id) g"
        "         WHERE p.order_id = g.lot_id"
        "), moved_accounts AS ("
        "        UPDATE point_accounts a SET remaining = a.remaining + g.points"
        "          FROM (SELECT customer_id, sum(points)::bigint AS points FROM moved"
        "                 WHERE $2 <> 'COMMITTED' GROUP BY customer_id) g"
        "         WHERE a.customer_id = g.customer_id"
        "), noted AS ("
        "        INSERT INTO point_entries (customer_id, order_id, kind, points)"
        "        SELECT customer_id, order_id, CASE $2 WHEN 'COMMITTED' THEN 'USED' ELSE 'RETURNED' END,"
        "               CASE $2 WHEN 'COMMITTED' THEN - points ELSE points END"
        "          FROM moved WHERE $2 = 'COMMITTED' OR was = 'COMMITTED'"
        ")"
        " SELECT CASE WHEN m.order_id IS NOT NULL THEN $2 ELSE h.status END"
        "   FROM unnest($1) WITH ORDINALITY AS w (order_id, n)"
        "   LEFT JOIN point_holds h USING (order_id)"
        "   LEFT JOIN moved m USING (order_id)"
        "  ORDER BY w.n");

/* Where a move leads, and from where. */
typedef struct Transition {
        const char *to;
        const char *const *from;
        size_t n_from;
} Transition;

static const Transition *transition_of(PointsMove move) {
        static const char *const open[] = { "HELD", "COMMITTED" };
        static const Transition transitions[] = {
                [POINTS_COMMIT] = { .to = "COMMITTED", .from = open, .n_from = 1 },
                [POINTS_RELEASE] = { .to = "RELEASED", .from = open, .n_from = 2 },
                [POINTS_EXPIRE] = { .to = "EXPIRED", .from = open, .n_from = 1 },
        };

        return &transitions[move];
}

size_t customer_sql_add_move(PgBatch *batch, PointsMove move, IdList orders) {
        const Transition *transition = transition_of(move);

        return pg_batch_add(batch, &sql_move,
                            PG_ARGS(pg_text_array(orders.ids, orders.n), pg_text(transition->to),
                                    pg_text_array(transition->from, transition->n_from)));
}

const Error *customer_sql_move_points(PointsRepo *self, Ctx *ctx, PointsMove move,
                                      const char *const *order_ids, size_t n_orders,
                                      PointsStatus *ret_statuses) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);
        IdList orders = { .ids = (const char **) order_ids, .n = n_orders };

        if (move == POINTS_RELEASE)
                customer_sql_bury_holds(batch, orders);
        customer_sql_lock_points(batch, (IdList) { 0 }, orders);
        size_t moved = customer_sql_add_move(batch, move, orders);
        if (move != POINTS_COMMIT)
                customer_sql_add_payment(batch, orders);
        TRY(pg_batch_run(batch));
        for (size_t i = 0; i < n_orders; i++)
                TRY(read_status(ctx->arena, pg_get_text(pg_batch_rows(batch, moved), i, 0),
                                &ret_statuses[i]));
        return NULL;
}

static const PgStatement sql_extend = PG_WRITE(
        "UPDATE point_holds"
        "   SET expires_at = now() + $2 * interval '1 millisecond', claimed_until = '-infinity',"
        "       updated_at = now()"
        " WHERE order_id = ANY ($1) AND status = 'HELD'");

const Error *customer_sql_extend_points(PointsRepo *self, Ctx *ctx, const char *const *order_ids,
                                        size_t n_orders, int64_t hold_ms) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);

        customer_sql_lock_points(batch, (IdList) { 0 }, (IdList) { (const char **) order_ids, n_orders });
        pg_batch_add(batch, &sql_extend, PG_ARGS(pg_text_array(order_ids, n_orders), pg_int64(hold_ms)));
        return pg_batch_run(batch);
}
