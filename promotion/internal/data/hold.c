#include "data/usage_private.h"
#include "pg/reader.h"

/* LATERAL looks each row up by its key and locks it before the next. */
static const PgStatement sql_lock = PG_READ_ROWS(
        "SELECT c.campaign_id"
        "  FROM (SELECT DISTINCT campaign_id COLLATE \"C\" AS campaign_id"
        "          FROM " PG_ROWS(l, campaign_id)
        "         ORDER BY campaign_id) w"
        " CROSS JOIN LATERAL (SELECT campaign_id FROM campaigns"
        "                      WHERE campaign_id = w.campaign_id FOR UPDATE) c");

/*
 * Runs behind the lock, on a fresh snapshot: nothing that it reads of a campaign can change before the
 * commit. A line may have what is left behind those that stand before it in the call; so however many orders
 * share it, no limit is passed. An order is held when all its lines may have theirs, and when it has no usage
 * yet; of any other, nothing is written. A line is crowded when too little is left for it behind the others.
 */
static const PgStatement sql_hold = PG_WRITE_ROWS(
        "WITH wanted AS ("
        "        SELECT w.*, c.campaign_id IS NULL AS is_unknown, c.currency <> w.currency AS is_other,"
        "               c.max_uses - c.uses AS uses_left, c.budget_minor - c.spent_minor AS budget_left,"
        "               c.max_uses_per_customer - coalesce(u.uses, 0) AS customer_left,"
        "               count(*) OVER of_campaign AS uses_wanted,"
        "               sum(w.amount_minor) OVER of_campaign AS budget_wanted,"
        "               count(*) OVER (PARTITION BY w.campaign_id, w.customer_id"
        "                              ORDER BY w.ordinal) AS customer_wanted"
        "          FROM " PG_ROWS(w, order_id, customer_id, currency, hold_ms, campaign_id, version,
                                  amount_minor)
        "          LEFT JOIN LATERAL (SELECT * FROM campaigns"
        "                              WHERE campaign_id = w.campaign_id OFFSET 0) c ON true"
        "          LEFT JOIN LATERAL (SELECT uses FROM customer_usages"
        "                              WHERE campaign_id = w.campaign_id AND customer_id = w.customer_id"
        "                             OFFSET 0) u ON true"
        "        WINDOW of_campaign AS (PARTITION BY w.campaign_id ORDER BY w.ordinal)"
        "), judged AS MATERIALIZED ("
        "        SELECT wanted.*,"
        "               CASE WHEN is_unknown THEN 'UNKNOWN_CODE'"
        "                    WHEN is_other THEN 'OTHER_CURRENCY'"
        "                    WHEN uses_left < 1 OR customer_left < 1 THEN 'USAGE_LIMIT_REACHED'"
        "                    WHEN budget_left < amount_minor THEN 'BUDGET_EXHAUSTED' END AS refusal,"
        "               coalesce(uses_wanted > uses_left, false)"
        "                   OR coalesce(customer_wanted > customer_left, false)"
        "                   OR coalesce(budget_wanted > budget_left, false) AS is_crowded"
        "          FROM wanted"
        "), hold AS ("
        "        INSERT INTO usages (order_id, customer_id, currency, status, expires_at)"
        "        SELECT order_id, customer_id, currency, 'HELD',"
        "               now() + hold_ms * interval '1 millisecond'"
        "          FROM judged GROUP BY order_id, customer_id, currency, hold_ms"
        "        HAVING bool_and(refusal IS NULL AND NOT is_crowded)"
        "        ON CONFLICT (order_id) DO NOTHING"
        "        RETURNING order_id, expires_at"
        "), held AS ("
        "        SELECT judged.* FROM hold JOIN judged USING (order_id)"
        "), held_lines AS ("
        "        INSERT INTO usage_lines (order_id, campaign_id, version, amount_minor)"
        "        SELECT order_id, campaign_id, version, amount_minor FROM held"
        "), held_campaigns AS ("
        "        UPDATE campaigns c"
        "           SET uses = c.uses + h.uses,"
        "               spent_minor = c.spent_minor + CASE WHEN c.currency IS NULL THEN 0"
        "                                                  ELSE h.amount_minor END"
        "          FROM (SELECT campaign_id, count(*) AS uses, sum(amount_minor)::bigint AS amount_minor"
        "                  FROM held GROUP BY campaign_id) h"
        "         WHERE c.campaign_id = h.campaign_id"
        "), held_customers AS ("
        "        INSERT INTO customer_usages AS u (campaign_id, customer_id, uses)"
        "        SELECT campaign_id, customer_id, count(*) FROM held GROUP BY campaign_id, customer_id"
        "        ON CONFLICT (campaign_id, customer_id) DO UPDATE SET uses = u.uses + excluded.uses"
        ")"
        " SELECT j.ordinal, hold.expires_at, j.refusal, j.refusal IS NULL AND j.is_crowded AS is_contended"
        "   FROM judged j LEFT JOIN hold USING (order_id) ORDER BY j.ordinal");

static size_t add_hold(PgBatch *batch, const HoldRequest *request) {
        size_t index = 0;

        for (size_t i = 0; i < request->n_lines; i++)
                pg_batch_add(batch, &sql_lock, PG_ARGS(pg_text(request->lines[i].campaign_id)));
        for (size_t i = 0; i < request->n_lines; i++) {
                const UsageLine *line = &request->lines[i];

                index = pg_batch_add(batch, &sql_hold,
                                     PG_ARGS(pg_text(request->order_id), pg_text(request->customer_id),
                                             pg_text(request->currency), pg_int64(request->hold_ms),
                                             pg_text(line->campaign_id), pg_int64(line->version),
                                             pg_int64(line->amount_minor)));
        }
        return index;
}

/* What it says, of an order's lines. */
typedef struct Answer {
        int64_t expires_at_us; /* 0: not held */
        Refusal *refusals;     /* per line */
        bool is_refused;
        bool is_contended; /* only those who shared the call took from it */
} Answer;

static const Error *read_answer(Ctx *ctx, const PgRows *rows, const HoldRequest *request,
                                Answer *ret_answer) {
        Answer answer = { .refusals = ARENA_ARRAY(ctx->arena, Refusal, request->n_lines) };

        for (size_t i = 0; i < request->n_lines; i++) {
                PgReader at = pg_reader(rows, i);

                answer.expires_at_us = pg_next_time_or_zero(&at);
                const char *refusal = pg_next_text_or_null(&at);
                answer.is_contended |= pg_next_bool(&at);
                TRY(pg_reader_end(&at));
                if (refusal)
                        TRY(promotion_read_refusal(ctx->arena, refusal, &answer.refusals[i]));
                answer.is_refused |= refusal != NULL;
        }
        *ret_answer = answer;
        return NULL;
}

static const Usage *new_usage(Ctx *ctx, const HoldRequest *request, int64_t expires_at_us) {
        Usage *usage = ARENA_NEW(ctx->arena, Usage);

        *usage = (Usage) {
                .order_id = request->order_id,
                .customer_id = request->customer_id,
                .currency = request->currency,
                .status = USAGE_HELD,
                .expires_at_us = expires_at_us,
                .lines = request->lines,
                .n_lines = request->n_lines,
        };
        return usage;
}

/* Nothing was written: either the order has its usage already, or too little is left. */
static const Error *explain_refusal(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                    const Answer *answer, HoldOutcome *ret_outcome) {
        HoldOutcome outcome = { .refusals = answer->refusals };

        TRY(promotion_sql_find(self, ctx, request->order_id, &outcome.usage));
        if (!outcome.usage && !answer->is_refused)
                return error_internal(ctx->arena, NULL, "Order %s has neither a usage nor a refused line",
                                      request->order_id);
        *ret_outcome = outcome;
        return NULL;
}

/* What wanted too much together with others is held or refused by itself. */
const Error *promotion_sql_hold(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                HoldOutcome *ret_outcome) {
        PgBatch *batch = pg_batch_new(((PgUsageRepo *) self)->pool, ctx);
        size_t hold = add_hold(batch, request);
        Answer answer;

        TRY(pg_batch_run_shared(batch));
        TRY(read_answer(ctx, pg_batch_rows(batch, hold), request, &answer));
        if (!answer.expires_at_us && answer.is_contended) {
                TRY(pg_batch_run(batch));
                TRY(read_answer(ctx, pg_batch_rows(batch, hold), request, &answer));
        }
        if (!answer.expires_at_us)
                return explain_refusal(self, ctx, request, &answer, ret_outcome);
        *ret_outcome = (HoldOutcome) { .usage = new_usage(ctx, request, answer.expires_at_us) };
        return NULL;
}
