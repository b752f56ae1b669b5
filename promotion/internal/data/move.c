#include "data/usage_private.h"

static const PgStatement sql_lock_campaigns =
        PG_READ("SELECT c.campaign_id"
                "  FROM (SELECT DISTINCT l.campaign_id"
                "          FROM usages u JOIN usage_lines l USING (order_id)"
                "         WHERE u.order_id = ANY ($1) AND u.status IN ('HELD', 'COMMITTED')"
                "         ORDER BY l.campaign_id) w"
                " CROSS JOIN LATERAL (SELECT campaign_id FROM campaigns"
                "                      WHERE campaign_id = w.campaign_id FOR UPDATE) c");

void promotion_sql_lock_campaigns(PgBatch *batch, OrderList orders) {
        pg_batch_add(batch, &sql_lock_campaigns, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

static const PgStatement sql_lock_usages =
        PG_READ("SELECT order_id FROM usages WHERE order_id = ANY ($1) ORDER BY order_id FOR UPDATE");

void promotion_sql_lock_usages(PgBatch *batch, OrderList orders) {
        pg_batch_add(batch, &sql_lock_usages, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

/*
 * The one statement of all moves. Committing keeps what was held; RELEASED and EXPIRED give it back. Only the
 * row that still has the status it was found with moves, so nothing is given back twice.
 */
static const PgStatement sql_move = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE usages u SET status = $2, updated_at = now()"
        "          FROM (SELECT order_id, status FROM usages"
        "                 WHERE order_id = ANY ($1) AND status = ANY ($3)"
        "                   AND ($2 <> 'EXPIRED' OR expires_at <= now())) was"
        "         WHERE u.order_id = was.order_id AND u.status = was.status"
        "        RETURNING u.order_id, u.customer_id"
        "), given_back AS ("
        "        SELECT l.campaign_id, m.customer_id, l.amount_minor"
        "          FROM moved m JOIN usage_lines l USING (order_id) WHERE $2 <> 'COMMITTED'"
        "), moved_campaigns AS ("
        "        UPDATE campaigns c"
        "           SET uses = c.uses - g.uses,"
        "               spent_minor = c.spent_minor - CASE WHEN c.currency IS NULL THEN 0"
        "                                                  ELSE g.amount_minor END"
        "          FROM (SELECT campaign_id, count(*) AS uses, sum(amount_minor)::bigint AS amount_minor"
        "                  FROM given_back GROUP BY campaign_id) g"
        "         WHERE c.campaign_id = g.campaign_id"
        "), moved_customers AS ("
        "        UPDATE customer_usages u SET uses = u.uses - g.uses"
        "          FROM (SELECT campaign_id, customer_id, count(*) AS uses"
        "                  FROM given_back GROUP BY campaign_id, customer_id) g"
        "         WHERE u.campaign_id = g.campaign_id AND u.customer_id = g.customer_id"
        ")"
        " SELECT CASE WHEN m.order_id IS NOT NULL THEN $2 ELSE u.status END"
        "   FROM unnest($1) WITH ORDINALITY AS w (order_id, n)"
        "   LEFT JOIN usages u USING (order_id)"
        "   LEFT JOIN moved m USING (order_id)"
        "  ORDER BY w.n");

/*
 * One that is being written right now is waited for, and found by the statements behind this one; sorted, so
 * that nobody waits for one who waits for him.
 */
static const PgStatement sql_add_tombstones = PG_WRITE(
        "INSERT INTO usages (order_id, customer_id, currency, status, expires_at)"
        " SELECT order_id, '', '', 'RELEASED', now() FROM unnest($1) AS w (order_id)"
        "  ORDER BY order_id"
        " ON CONFLICT (order_id) DO NOTHING");

void promotion_sql_add_tombstones(PgBatch *batch, OrderList orders) {
        pg_batch_add(batch, &sql_add_tombstones, PG_ARGS(pg_text_array(orders.ids, orders.n)));
}

/* Where a move leads, and from where. */
typedef struct Transition {
        const char *to;
        const char *const *from;
        size_t n_from;
} Transition;

static const Transition *transition_of(UsageMove move) {
        static const char *const open[] = { "HELD", "COMMITTED" };
        static const Transition transitions[] = {
                [USAGE_COMMIT] = { .to = "COMMITTED", .from = open, .n_from = 1 },
                [USAGE_RELEASE] = { .to = "RELEASED", .from = open, .n_from = 2 },
                [USAGE_EXPIRE] = { .to = "EXPIRED", .from = open, .n_from = 1 },
        };

        return &transitions[move];
}

size_t promotion_sql_add_move(PgBatch *batch, UsageMove move, OrderList orders) {
        const Transition *transition = transition_of(move);

        return pg_batch_add(batch, &sql_move,
                            PG_ARGS(pg_text_array(orders.ids, orders.n), pg_text(transition->to),
                                    pg_text_array(transition->from, transition->n_from)));
}

const Error *promotion_sql_move(UsageRepo *self, Ctx *ctx, UsageMove move, const char *const *order_ids,
                                size_t n_orders, UsageStatus *ret_statuses) {
        PgBatch *batch = pg_batch_new(((PgUsageRepo *) self)->pool, ctx);
        OrderList orders = { .ids = (const char **) order_ids, .n = n_orders };

        if (move == USAGE_RELEASE)
                promotion_sql_add_tombstones(batch, orders);
        if (move != USAGE_COMMIT)
                promotion_sql_lock_campaigns(batch, orders);
        promotion_sql_lock_usages(batch, orders);
        size_t moved = promotion_sql_add_move(batch, move, orders);
        TRY(pg_batch_run(batch));
        for (size_t i = 0; i < n_orders; i++)
                TRY(promotion_sql_status(ctx->arena, pg_get_text(pg_batch_rows(batch, moved), i, 0),
                                         &ret_statuses[i]));
        return NULL;
}
