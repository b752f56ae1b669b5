#include "data/points_private.h"

static void read_order_ids(Ctx *ctx, const PgRows *rows, IdList *ret_orders) {
        IdList orders = { .ids = ARENA_ARRAY(ctx->arena, const char *, pg_rows_count(rows)),
                          .n = pg_rows_count(rows) };

        for (size_t i = 0; i < orders.n; i++)
                orders.ids[i] = pg_get_text(rows, i, 0);
        *ret_orders = orders;
}

/* The claim outlives the transaction, since whoever claims has to ask another service. Nobody waits here. */
static const PgStatement sql_claim = PG_WRITE(
        "UPDATE point_holds SET claimed_until = now() + $1 * interval '1 millisecond'"
        " WHERE order_id IN ("
        "        SELECT order_id FROM point_holds"
        "         WHERE status = 'HELD' AND expires_at <= now()"
        "           AND is_over(claimed_until, $1 * interval '1 millisecond')"
        "         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " RETURNING order_id");

const Error *customer_sql_claim_points(PointsRepo *self, Ctx *ctx, int64_t claim_ms,
                                       const char *const **ret_order_ids, size_t *ret_n_orders) {
        const PgRows *rows;
        IdList orders;

        TRY(pg_run(((PgPointsRepo *) self)->pool, ctx, &sql_claim,
                   PG_ARGS(pg_int64(claim_ms), pg_int64(POINTS_MAX_ORDERS)), &rows));
        read_order_ids(ctx, rows, &orders);
        *ret_order_ids = orders.ids;
        *ret_n_orders = orders.n;
        return NULL;
}

/* ---- lots ---- */

static const PgStatement sql_over = PG_READ(
        "SELECT order_id FROM point_lots WHERE remaining > 0 AND expires_at <= now()"
        " ORDER BY expires_at LIMIT $1");

/* The condition again: what was found may have been used, or taken back, before the locks. */
static const PgStatement sql_expire = PG_WRITE(
        "WITH expired AS ("
        "        UPDATE point_lots l SET remaining = 0, expired = l.expired + was.remaining"
        "          FROM (SELECT order_id, remaining FROM point_lots"
        "                 WHERE order_id = ANY ($1) AND remaining > 0 AND expires_at <= now()) was"
        "         WHERE l.order_id = was.order_id AND l.remaining = was.remaining"
        "        RETURNING l.order_id, l.customer_id, was.remaining AS points"
        "), noted AS ("
        "        INSERT INTO point_entries (customer_id, order_id, kind, points)"
        "        SELECT customer_id, order_id, 'EXPIRED', - points FROM expired"
        ")"
        " UPDATE point_accounts a SET remaining = a.remaining - e.points"
        "   FROM (SELECT customer_id, sum(points)::bigint AS points FROM expired GROUP BY customer_id) e"
        "  WHERE a.customer_id = e.customer_id");

const Error *customer_sql_expire_lots(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n) {
        PgPool *pool = ((PgPointsRepo *) self)->pool;
        PgBatch *batch = pg_batch_new(pool, ctx);
        const PgRows *rows;
        IdList orders;

        TRY(pg_run(pool, ctx, &sql_over, PG_ARGS(pg_int64((int64_t) limit)), &rows));
        read_order_ids(ctx, rows, &orders);
        if (orders.n > 0) {
                customer_sql_lock_points(batch, (IdList) { 0 }, orders);
                pg_batch_add(batch, &sql_expire, PG_ARGS(pg_text_array(orders.ids, orders.n)));
                TRY(pg_batch_run(batch));
        }
        *ret_n = orders.n;
        return NULL;
}

/* ---- what nobody needs any more ---- */

/* Longer than a late packet can be on its way, which the tombstones of a closed order are kept for. */
#define CLOSED_KEPT "24 hours"

static const PgStatement sql_forget_holds = PG_WRITE(
        "WITH old AS ("
        "        SELECT order_id FROM point_holds"
        "         WHERE status IN ('RELEASED', 'EXPIRED')"
        "           AND updated_at < now() - interval '" CLOSED_KEPT "'"
        "         ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED"
        "), parts AS ("
        "        DELETE FROM point_hold_lots l USING old WHERE l.order_id = old.order_id"
        ")"
        " DELETE FROM point_holds h USING old WHERE h.order_id = old.order_id");

static const PgStatement sql_forget_lots = PG_WRITE(
        "WITH old AS ("
        "        SELECT order_id FROM point_lots"
        "         WHERE earned = 0 AND revoked_at < now() - interval '" CLOSED_KEPT "'"
        "         ORDER BY revoked_at LIMIT $1 FOR UPDATE SKIP LOCKED"
        ")"
        " DELETE FROM point_lots l USING old WHERE l.order_id = old.order_id");

/* What was held more than a minute ahead was held before the clock stepped back. */
static const PgStatement sql_bring_back = PG_WRITE(
        "UPDATE point_holds SET expires_at = now(), updated_at = now()"
        " WHERE status = 'HELD' AND expires_at > now() AND updated_at > now() + interval '1 minute'");

const Error *customer_sql_tidy_points(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);
        PgArg most = pg_int64((int64_t) limit);

        pg_batch_add(batch, &sql_forget_holds, PG_ARGS(most));
        pg_batch_add(batch, &sql_forget_lots, PG_ARGS(most));
        pg_batch_add(batch, &sql_bring_back, PG_NO_ARGS);
        TRY(pg_batch_run(batch));
        size_t n_holds = pg_rows_affected(pg_batch_rows(batch, 0));
        size_t n_lots = pg_rows_affected(pg_batch_rows(batch, 1));
        *ret_n = n_holds > n_lots ? n_holds : n_lots;
        return NULL;
}
