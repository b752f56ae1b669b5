#include "data/order_standing.h"

#include "pg/reader.h"

/*
 * Counts no further than the limit. Declined are the orders with a payment error, whatever it was; the oldest
 * of as many as the limit says whether there is a pause. One that lies farther ahead than the clocks of two
 * machines differ was placed before a clock stepped back, and stops nobody.
 */
static const PgStatement sql_standing = PG_READ_ROWS(
        "SELECT ordinal,"
        "       (SELECT count(*) FROM (SELECT FROM order_sagas s"
        "                               WHERE s.customer_id = c.customer_id AND s.due_at IS NOT NULL"
        "                                 AND s.step IN ('PAYMENT', 'AWAIT_CUSTOMER') LIMIT unpaid) u),"
        "       (SELECT (extract(epoch FROM o.created_at - now()) * 1000)::bigint + window_ms FROM orders o"
        "         WHERE o.customer_id = c.customer_id AND o.payment_error IS NOT NULL AND declines > 0"
        "           AND o.created_at > now() - window_ms * interval '1 ms'"
        "           AND o.created_at < now() + interval '1 minute'"
        "         ORDER BY o.created_at DESC OFFSET greatest(declines - 1, 0) LIMIT 1)"
        "  FROM " PG_ROWS(c, customer_id, unpaid, declines, window_ms));

const Error *order_standing_load(PgPool *pool, Ctx *ctx, const char *customer_id, const OrderLimits *limits,
                                 OrderStanding *ret_standing) {
        const PgRows *rows;

        TRY(pg_run_shared(pool, ctx, &sql_standing,
                          PG_ARGS(pg_text(customer_id), pg_int64(limits->n_unpaid),
                                  pg_int64(limits->n_declines), pg_int64(limits->declines_ms)),
                          &rows));
        PgReader at = pg_reader(rows, 0);
        OrderStanding standing;
        standing.n_unpaid = pg_next_int64(&at);
        standing.pause_ms = pg_next_int64_or_zero(&at);
        TRY(pg_reader_end(&at));
        *ret_standing = standing;
        return NULL;
}
