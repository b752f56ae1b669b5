#include "data/usage_private.h"

static const PgStatement sql_extend =
        PG_WRITE("UPDATE usages"
                 "   SET expires_at = now() + $2 * interval '1 millisecond', claimed_until = '-infinity',"
                 "       updated_at = now()"
                 " WHERE order_id = ANY ($1) AND status = 'HELD'");

const Error *promotion_sql_extend(UsageRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                  int64_t hold_ms) {
        PgBatch *batch = pg_batch_new(((PgUsageRepo *) self)->pool, ctx);
        OrderList orders = { .ids = (const char **) order_ids, .n = n_orders };

        promotion_sql_lock_usages(batch, orders);
        pg_batch_add(batch, &sql_extend, PG_ARGS(pg_text_array(order_ids, n_orders), pg_int64(hold_ms)));
        return pg_batch_run(batch);
}

static void read_order_ids(Ctx *ctx, const PgRows *rows, const char *const **ret_order_ids,
                           size_t *ret_n_orders) {
        const char **order_ids = ARENA_ARRAY(ctx->arena, const char *, pg_rows_count(rows));

        for (size_t i = 0; i < pg_rows_count(rows); i++)
                order_ids[i] = pg_get_text(rows, i, 0);
        *ret_order_ids = order_ids;
        *ret_n_orders = pg_rows_count(rows);
}

static const PgStatement sql_find_expired =
        PG_READ("SELECT u.order_id FROM usages u"
                " WHERE u.status = 'HELD' AND u.expires_at <= now()"
                "   AND EXISTS (SELECT FROM usage_lines l"
                "                WHERE l.order_id = u.order_id AND l.campaign_id = ANY ($1))"
                " ORDER BY u.expires_at LIMIT $2");

static const PgStatement sql_is_enough =
        PG_READ("SELECT coalesce(bool_and((c.max_uses IS NULL OR c.uses < c.max_uses)"
                "                     AND (c.budget_minor IS NULL"
                "                          OR c.budget_minor - c.spent_minor >= w.amount_minor)"
                "                     AND (c.max_uses_per_customer IS NULL"
                "                          OR coalesce(u.uses, 0) < c.max_uses_per_customer)), false)"
                "  FROM unnest($1, $2) AS w (campaign_id, amount_minor)"
                "  JOIN campaigns c USING (campaign_id)"
                "  LEFT JOIN customer_usages u ON u.campaign_id = w.campaign_id AND u.customer_id = $3");

const Error *promotion_sql_find_expired(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                        const char *const **ret_order_ids, size_t *ret_n_orders,
                                        bool *ret_is_enough) {
        PgBatch *batch = pg_batch_new(((PgUsageRepo *) self)->pool, ctx);
        const char **campaign_ids = ARENA_ARRAY(ctx->arena, const char *, request->n_lines);
        int64_t *amounts = ARENA_ARRAY(ctx->arena, int64_t, request->n_lines);

        for (size_t i = 0; i < request->n_lines; i++) {
                campaign_ids[i] = request->lines[i].campaign_id;
                amounts[i] = request->lines[i].amount_minor;
        }
        PgArg campaigns = pg_text_array(campaign_ids, request->n_lines);
        size_t expired = pg_batch_add(batch, &sql_find_expired,
                                      PG_ARGS(campaigns, pg_int64(USAGE_MAX_ORDERS)));
        size_t enough = pg_batch_add(batch, &sql_is_enough,
                                     PG_ARGS(campaigns, pg_int64_array(amounts, request->n_lines),
                                             pg_text(request->customer_id)));
        TRY(pg_batch_run(batch));
        read_order_ids(ctx, pg_batch_rows(batch, expired), ret_order_ids, ret_n_orders);
        *ret_is_enough = pg_get_bool(pg_batch_rows(batch, enough), 0, 0);
        return NULL;
}

/* The claim outlives the transaction, since whoever claims has to ask another service. Nobody waits here. */
static const PgStatement sql_claim_expired =
        PG_WRITE("UPDATE usages SET claimed_until = now() + $1 * interval '1 millisecond'"
                 " WHERE order_id IN ("
                 "        SELECT order_id FROM usages"
                 "         WHERE status = 'HELD' AND expires_at <= now()"
                 "           AND is_over(claimed_until, $1 * interval '1 millisecond')"
                 "         ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
                 " RETURNING order_id");

const Error *promotion_sql_claim_expired(UsageRepo *self, Ctx *ctx, int64_t claim_ms,
                                         const char *const **ret_order_ids, size_t *ret_n_orders) {
        const PgRows *rows;

        TRY(pg_run(((PgUsageRepo *) self)->pool, ctx, &sql_claim_expired,
                   PG_ARGS(pg_int64(claim_ms), pg_int64(USAGE_MAX_ORDERS)), &rows));
        read_order_ids(ctx, rows, ret_order_ids, ret_n_orders);
        return NULL;
}

/* Longer than a late hold can be on its way, which the tombstone of a released order is kept for. */
#define CLOSED_KEPT "24 hours"

static const PgStatement sql_forget_closed =
        PG_WRITE("WITH old AS ("
                 "        SELECT order_id FROM usages"
                 "         WHERE status IN ('RELEASED', 'EXPIRED')"
                 "           AND updated_at < now() - interval '" CLOSED_KEPT "'"
                 "         ORDER BY updated_at LIMIT $1 FOR UPDATE SKIP LOCKED"
                 "), lines AS ("
                 "        DELETE FROM usage_lines l USING old WHERE l.order_id = old.order_id"
                 ")"
                 " DELETE FROM usages u USING old WHERE u.order_id = old.order_id");

/* What was held more than a minute ahead was held before the clock stepped back. */
static const PgStatement sql_bring_back =
        PG_WRITE("UPDATE usages SET expires_at = now(), updated_at = now()"
                 " WHERE status = 'HELD' AND expires_at > now()"
                 "   AND updated_at > now() + interval '1 minute'");

const Error *promotion_sql_tidy(UsageRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten) {
        PgBatch *batch = pg_batch_new(((PgUsageRepo *) self)->pool, ctx);

        pg_batch_add(batch, &sql_forget_closed, PG_ARGS(pg_int64((int64_t) limit)));
        pg_batch_add(batch, &sql_bring_back, PG_NO_ARGS);
        TRY(pg_batch_run(batch));
        *ret_n_forgotten = (size_t) pg_rows_affected(pg_batch_rows(batch, 0));
        return NULL;
}
