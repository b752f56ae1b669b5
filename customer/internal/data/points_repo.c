#include "data/points_repo.h"

#include "base/memory.h"
#include "base/word.h"
#include "data/points_private.h"
#include "pg/reader.h"

static PgPool *pool_of(PointsRepo *self) {
        return ((PgPointsRepo *) self)->pool;
}

static const PgStatement sql_balance = PG_READ("SELECT points_of($1)");

static const Error *balance(PointsRepo *self, Ctx *ctx, const char *customer_id, int64_t *ret_points) {
        const PgRows *rows;

        TRY(pg_run(pool_of(self), ctx, &sql_balance, PG_ARGS(pg_text(customer_id)), &rows));
        *ret_points = pg_get_int64(rows, 0, 0);
        return NULL;
}

static const PgStatement sql_expiry = PG_READ(
        "SELECT coalesce(sum(remaining), 0)::bigint, min(expires_at)"
        "  FROM point_lots"
        " WHERE customer_id = $1 AND remaining > 0 AND expires_at > now()"
        "   AND expires_at <= now() + interval '30 days'");

static const Error *expiry(PointsRepo *self, Ctx *ctx, const char *customer_id, PointsExpiry *ret_expiry) {
        PointsExpiry found;
        const PgRows *rows;

        TRY(pg_run(pool_of(self), ctx, &sql_expiry, PG_ARGS(pg_text(customer_id)), &rows));
        PgReader at = pg_reader(rows, 0);
        found.points = pg_next_int64(&at);
        found.first_at_us = pg_next_time_or_zero(&at);
        TRY(pg_reader_end(&at));
        *ret_expiry = found;
        return NULL;
}

static const PgStatement sql_list = PG_READ(
        "SELECT entry_id, order_id, kind, points, created_at FROM point_entries"
        " WHERE customer_id = $1 AND ($2::timestamptz IS NULL OR (created_at, entry_id) < ($2, $3))"
        " ORDER BY created_at DESC, entry_id DESC LIMIT $4");

static const Error *read_entry(Arena *arena, const PgRows *rows, size_t row, PointsEntry *entry) {
        static const char *const words[] = {
                [POINTS_KIND_EARNED] = "EARNED",
                [POINTS_KIND_USED] = "USED",
                [POINTS_KIND_RETURNED] = "RETURNED",
                [POINTS_KIND_REVOKED] = "REVOKED",
                [POINTS_KIND_EXPIRED] = "EXPIRED",
        };
        PgReader at = pg_reader(rows, row);
        size_t kind;

        entry->entry_id = pg_next_text(&at);
        entry->order_id = pg_next_text(&at);
        TRY(word_read(arena, words, ARRAY_SIZE(words), "point_entries.kind", pg_next_text(&at), &kind));
        entry->kind = (PointsKind) kind;
        entry->points = pg_next_int64(&at);
        entry->created_at_us = pg_next_time(&at);
        return pg_reader_end(&at);
}

static const Error *list(PointsRepo *self, Ctx *ctx, const char *customer_id, const PointsPosition *after,
                         int64_t limit, const PointsEntry **ret_entries, size_t *ret_n) {
        PgArg time = after ? pg_time(after->created_at_us) : pg_null(PG_TIME);
        PgArg id = pg_text(after ? after->entry_id : NULL);
        const PgRows *rows;

        TRY(pg_run(pool_of(self), ctx, &sql_list, PG_ARGS(pg_text(customer_id), time, id, pg_int64(limit)),
                   &rows));
        PointsEntry *entries = ARENA_ARRAY(ctx->arena, PointsEntry, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_entry(ctx->arena, rows, i, &entries[i]));
        *ret_entries = entries;
        *ret_n = pg_rows_count(rows);
        return NULL;
}

/* ---- events ---- */

static IdList orders_to(Arena *arena, PointsMove move, const OrderPoints *orders, size_t n) {
        IdList list = { .ids = ARENA_ARRAY(arena, const char *, n) };

        for (size_t i = 0; i < n; i++)
                if (orders[i].move == move)
                        list.ids[list.n++] = orders[i].order_id;
        return list;
}

/* Of orders that are confirmed. Returns how many earned something. */
static size_t earnings_of(const OrderPoints *orders, size_t n, PointsEarning *ret_earnings,
                          IdList *ret_customers) {
        size_t n_earnings = 0;

        for (size_t i = 0; i < n; i++) {
                if (orders[i].move != POINTS_COMMIT || orders[i].earned == 0)
                        continue;
                ret_customers->ids[n_earnings] = orders[i].customer_id;
                ret_earnings[n_earnings++] = (PointsEarning) { .order_id = orders[i].order_id,
                                                               .customer_id = orders[i].customer_id,
                                                               .points = orders[i].earned };
        }
        ret_customers->n = n_earnings;
        return n_earnings;
}

static IdList all_of(Arena *arena, const OrderPoints *orders, size_t n) {
        IdList list = { .ids = ARENA_ARRAY(arena, const char *, n), .n = n };

        for (size_t i = 0; i < n; i++)
                list.ids[i] = orders[i].order_id;
        return list;
}

/* An order is confirmed before it ends, so giving and taking back stand behind the others. */
void customer_add_order_points(PgBatch *batch, const OrderPoints *orders, size_t n) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        IdList committed = orders_to(arena, POINTS_COMMIT, orders, n);
        IdList released = orders_to(arena, POINTS_RELEASE, orders, n);
        IdList customers = { .ids = ARENA_ARRAY(arena, const char *, n) }, all = all_of(arena, orders, n);
        PointsEarning *earnings = ARENA_ARRAY(arena, PointsEarning, n);
        size_t n_earnings = earnings_of(orders, n, earnings, &customers);

        if (committed.n + released.n == 0)
                return;
        if (released.n > 0) {
                customer_sql_bury_holds(batch, released);
                customer_sql_bury_lots(batch, released);
        }
        customer_sql_lock_points(batch, customers, all);
        if (committed.n > 0)
                customer_sql_add_move(batch, POINTS_COMMIT, committed);
        if (n_earnings > 0)
                customer_sql_add_earnings(batch, earnings, n_earnings);
        if (released.n > 0) {
                customer_sql_add_move(batch, POINTS_RELEASE, released);
                customer_sql_add_revoke(batch, released);
        }
        customer_sql_add_payment(batch, all);
}

PointsRepo *customer_points_repo_new(Arena *arena, PgPool *pool) {
        PgPointsRepo *repo = ARENA_NEW(arena, PgPointsRepo);

        *repo = (PgPointsRepo) {
                .base = {
                        .hold = customer_sql_hold_points,
                        .find = customer_sql_find_points,
                        .move = customer_sql_move_points,
                        .extend = customer_sql_extend_points,
                        .earn = customer_sql_earn_points,
                        .revoke = customer_sql_revoke_points,
                        .balance = balance,
                        .expiry = expiry,
                        .list = list,
                        .claim_expired = customer_sql_claim_points,
                        .expire_lots = customer_sql_expire_lots,
                        .tidy = customer_sql_tidy_points,
                },
                .pool = pool,
        };
        return &repo->base;
}
