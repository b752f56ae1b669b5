#include "data/points_private.h"
#include "pg/reader.h"

/* ---- locks ---- */

static const PgStatement sql_open = PG_WRITE(
        "INSERT INTO point_accounts (customer_id)"
        " SELECT DISTINCT customer_id COLLATE \"C\" AS customer_id FROM unnest($1) AS w (customer_id)"
        "  ORDER BY customer_id"
        " ON CONFLICT (customer_id) DO NOTHING");

static const PgStatement sql_lock = PG_READ(
        "SELECT customer_id FROM point_accounts"
        " WHERE customer_id IN (SELECT unnest($1) UNION"
        "                       SELECT customer_id FROM point_holds WHERE order_id = ANY ($2) UNION"
        "                       SELECT customer_id FROM point_lots WHERE order_id = ANY ($2))"
        " ORDER BY customer_id FOR UPDATE");

void customer_sql_lock_points(PgBatch *batch, IdList customers, IdList orders) {
        PgArg of_customers = pg_text_array(customers.ids, customers.n);

        if (customers.n > 0)
                pg_batch_add(batch, &sql_open, PG_ARGS(of_customers));
        pg_batch_add(batch, &sql_lock, PG_ARGS(of_customers, pg_text_array(orders.ids, orders.n)));
}

/* ---- earned ---- */

#define KEPT "12 months"

static const PgStatement sql_earn = PG_WRITE(
        "WITH earned AS ("
        "        INSERT INTO point_lots (order_id, customer_id, earned, remaining, expires_at)"
        "        SELECT order_id, customer_id, points, points, now() + interval '" KEPT "'"
        "          FROM unnest($1, $2, $3) AS e (order_id, customer_id, points) ORDER BY order_id"
        "        ON CONFLICT (order_id) DO NOTHING RETURNING order_id, customer_id, earned"
        "), noted AS ("
        "        INSERT INTO point_entries (customer_id, order_id, kind, points)"
        "        SELECT customer_id, order_id, 'EARNED', earned FROM earned"
        ")"
        " UPDATE point_accounts a SET remaining = a.remaining + e.points"
        "   FROM (SELECT customer_id, sum(earned)::bigint AS points FROM earned GROUP BY customer_id) e"
        "  WHERE a.customer_id = e.customer_id");

void customer_sql_add_earnings(PgBatch *batch, const PointsEarning *earnings, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        const char **order_ids = ARENA_ARRAY(arena, const char *, n);
        const char **customer_ids = ARENA_ARRAY(arena, const char *, n);
        int64_t *points = ARENA_ARRAY(arena, int64_t, n);

        for (size_t i = 0; i < n; i++) {
                order_ids[i] = earnings[i].order_id;
                customer_ids[i] = earnings[i].customer_id;
                points[i] = earnings[i].points;
        }
        pg_batch_add(batch, &sql_earn,
                     PG_ARGS(pg_text_array(order_ids, n), pg_text_array(customer_ids, n),
                             pg_int64_array(points, n)));
}

static const PgStatement sql_earning = PG_READ(
        "SELECT customer_id, earned, revoked_at IS NOT NULL FROM point_lots WHERE order_id = $1");

const Error *customer_sql_earn_points(PointsRepo *self, Ctx *ctx, const PointsEarning *wanted,
                                      PointsEarning *ret_earning) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);
        IdList customer = { .ids = (const char *[]) { wanted->customer_id }, .n = 1 };
        IdList order = { .ids = (const char *[]) { wanted->order_id }, .n = 1 };
        PointsEarning earning = { .order_id = wanted->order_id };

        customer_sql_lock_points(batch, customer, (IdList) { 0 });
        customer_sql_add_earnings(batch, wanted, 1);
        customer_sql_add_payment(batch, order);
        size_t found = pg_batch_add(batch, &sql_earning, PG_ARGS(pg_text(wanted->order_id)));
        TRY(pg_batch_run(batch));
        PgReader at = pg_reader(pg_batch_rows(batch, found), 0);
        earning.customer_id = pg_next_text(&at);
        earning.points = pg_next_int64(&at);
        earning.is_revoked = pg_next_bool(&at);
        TRY(pg_reader_end(&at));
        *ret_earning = earning;
        return NULL;
}

/* ---- taken back ---- */

static const PgStatement sql_bury = PG_WRITE(
        "INSERT INTO point_lots (order_id, customer_id, earned, remaining, expires_at, revoked_at)"
        " SELECT order_id, '', 0, 0, now(), now() FROM unnest($1) AS w (order_id) ORDER BY order_id"
        " ON CONFLICT (order_id) DO NOTHING");

void customer_sql_bury_lots(PgBatch *batch, IdList orders) {
        pg_batch_add(batch, &sql_bury, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

/* What its lot has not left is owed; what expired was taken back by that. */
static const PgStatement sql_revoke = PG_WRITE(
        "WITH revoked AS ("
        "        UPDATE point_lots l SET remaining = 0, revoked_at = now()"
        "          FROM (SELECT order_id, remaining FROM point_lots"
        "                 WHERE order_id = ANY ($1) AND revoked_at IS NULL) was"
        "         WHERE l.order_id = was.order_id AND l.revoked_at IS NULL"
        "        RETURNING l.order_id, l.customer_id, l.earned - l.expired AS points, was.remaining AS taken"
        "), noted AS ("
        "        INSERT INTO point_entries (customer_id, order_id, kind, points)"
        "        SELECT customer_id, order_id, 'REVOKED', - points FROM revoked WHERE points > 0"
        ")"
        " UPDATE point_accounts a SET remaining = a.remaining - r.taken, debt = a.debt + r.points - r.taken"
        "   FROM (SELECT customer_id, sum(points)::bigint AS points, sum(taken)::bigint AS taken"
        "           FROM revoked GROUP BY customer_id) r"
        "  WHERE a.customer_id = r.customer_id");

void customer_sql_add_revoke(PgBatch *batch, IdList orders) {
        pg_batch_add(batch, &sql_revoke, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

const Error *customer_sql_revoke_points(PointsRepo *self, Ctx *ctx, const char *const *order_ids,
                                        size_t n_orders) {
        PgBatch *batch = pg_batch_new(((PgPointsRepo *) self)->pool, ctx);
        IdList orders = { .ids = (const char **) order_ids, .n = n_orders };

        customer_sql_bury_lots(batch, orders);
        customer_sql_lock_points(batch, (IdList) { 0 }, orders);
        customer_sql_add_revoke(batch, orders);
        customer_sql_add_payment(batch, orders);
        return pg_batch_run(batch);
}

/* ---- what is owed ---- */

/* From the lots that expire first, as an order would use them. */
static const PgStatement sql_pay = PG_WRITE(
        "WITH lots AS ("
        "        SELECT l.order_id, l.customer_id, l.remaining, a.debt,"
        "               sum(l.remaining) OVER (PARTITION BY l.customer_id ORDER BY l.expires_at, l.order_id)"
        "                   - l.remaining AS before"
        "          FROM point_accounts a JOIN point_lots l USING (customer_id)"
        "         WHERE a.debt > 0 AND l.remaining > 0 AND l.expires_at > now()"
        "           AND a.customer_id IN ("
        "                SELECT customer_id FROM point_holds WHERE order_id = ANY ($1) UNION"
        "                SELECT customer_id FROM point_lots WHERE order_id = ANY ($1))"
        "), paid AS ("
        "        SELECT order_id, customer_id, least(remaining, debt - before)::bigint AS points"
        "          FROM lots WHERE before < debt"
        "), moved_lots AS ("
        "        UPDATE point_lots l SET remaining = l.remaining - p.points"
        "          FROM paid p WHERE l.order_id = p.order_id"
        ")"
        " UPDATE point_accounts a SET remaining = a.remaining - p.points, debt = a.debt - p.points"
        "   FROM (SELECT customer_id, sum(points)::bigint AS points FROM paid GROUP BY customer_id) p"
        "  WHERE a.customer_id = p.customer_id");

void customer_sql_add_payment(PgBatch *batch, IdList orders) {
        pg_batch_add(batch, &sql_pay, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}
