#include "data/usage_repo.h"

#include "base/memory.h"
#include "base/word.h"
#include "data/usage_private.h"
#include "pg/reader.h"

const Error *promotion_sql_status(Arena *arena, const char *text, UsageStatus *ret_status) {
        static const char *const words[] = {
                [USAGE_HELD] = "HELD",
                [USAGE_COMMITTED] = "COMMITTED",
                [USAGE_RELEASED] = "RELEASED",
                [USAGE_EXPIRED] = "EXPIRED",
        };
        size_t status = USAGE_NONE;

        if (text)
                TRY(word_read(arena, words, ARRAY_SIZE(words), "usages.status", text, &status));
        *ret_status = (UsageStatus) status;
        return NULL;
}

static const PgStatement sql_find = PG_READ(
        "SELECT u.customer_id, u.currency, u.status, u.expires_at, l.campaign_id, l.version, l.amount_minor"
        "  FROM usages u LEFT JOIN usage_lines l USING (order_id)"
        " WHERE u.order_id = $1 ORDER BY l.campaign_id");

/* A tombstone has one row, without a line. */
static const Error *read_line(Arena *arena, const PgRows *rows, size_t row, Usage *usage, UsageLine *lines) {
        PgReader at = pg_reader(rows, row);
        UsageLine *line = &lines[row];

        usage->customer_id = pg_next_text(&at);
        usage->currency = pg_next_text(&at);
        TRY(promotion_sql_status(arena, pg_next_text(&at), &usage->status));
        usage->expires_at_us = pg_next_time(&at);
        line->campaign_id = pg_next_text_or_null(&at);
        line->version = pg_next_int64_or_zero(&at);
        line->amount_minor = pg_next_int64_or_zero(&at);
        usage->n_lines += line->campaign_id != NULL;
        return pg_reader_end(&at);
}

const Error *promotion_sql_find(UsageRepo *self, Ctx *ctx, const char *order_id, const Usage **ret_usage) {
        Usage *usage = ARENA_NEW(ctx->arena, Usage);
        const PgRows *rows;

        TRY(pg_run(((PgUsageRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(order_id)), &rows));
        UsageLine *lines = ARENA_ARRAY(ctx->arena, UsageLine, pg_rows_count(rows));
        *usage = (Usage) { .order_id = order_id, .lines = lines };
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_line(ctx->arena, rows, i, usage, lines));
        *ret_usage = pg_rows_count(rows) > 0 ? usage : NULL;
        return NULL;
}

UsageRepo *promotion_usage_repo_new(Arena *arena, PgPool *pool) {
        PgUsageRepo *repo = ARENA_NEW(arena, PgUsageRepo);

        *repo = (PgUsageRepo) {
                .base = {
                        .hold = promotion_sql_hold,
                        .move = promotion_sql_move,
                        .extend = promotion_sql_extend,
                        .find = promotion_sql_find,
                        .find_expired = promotion_sql_find_expired,
                        .claim_expired = promotion_sql_claim_expired,
                        .tidy = promotion_sql_tidy,
                },
                .pool = pool,
        };
        return &repo->base;
}
