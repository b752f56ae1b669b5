#include "data/review_repo.h"

#include "data/order_lock.h"
#include "data/review_rows.h"
#include "events/outbox.h"
#include "pg/idempotency.h"

typedef struct PgReviewRepo {
        ReviewRepo base;
        PgPool *pool;
} PgReviewRepo;

static PgPool *pool_of(ReviewRepo *self) {
        return ((PgReviewRepo *) self)->pool;
}

#define INNER_GIVEN_BACK "ORDER_GIVEN_BACK"

static const PgStatement sql_check_order = PG_READ(
        "SELECT require_rows((count(*) = 0)::int, '" INNER_GIVEN_BACK "')"
        "  FROM review_requests WHERE order_id = $1 AND taken_back_at IS NOT NULL");

/* What is refused has written nothing. */
static const Error *verdict_of(const PgBatch *batch, const Error *error, CreateVerdict *ret_verdict) {
        *ret_verdict = CREATE_DONE;
        if (error_is(error, INNER_GIVEN_BACK))
                *ret_verdict = CREATE_GIVEN_BACK;
        else if (error && pg_batch_violates(batch, "reviews_one_per_customer"))
                *ret_verdict = CREATE_EXISTS;
        return *ret_verdict == CREATE_DONE ? error : NULL;
}

static const Error *create(ReviewRepo *self, Ctx *ctx, const Review *review, Bytes answer,
                           CreateVerdict *ret_verdict) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);

        if (review->order_id) {
                review_lock_orders(batch, &review->order_id, 1);
                pg_batch_add(batch, &sql_check_order, PG_ARGS(pg_text(review->order_id)));
        }
        review_rows_insert(batch, review);
        review_rows_tell(batch, review, REVIEW_WAS_CREATED);
        pg_idempotency_answer(batch, answer);
        TRY(verdict_of(batch, pg_batch_run(batch), ret_verdict));
        if (*ret_verdict == CREATE_DONE)
                outbox_hint();
        return NULL;
}

static const Error *change(ReviewRepo *self, Ctx *ctx, const Review *before, const Review *after,
                           ReviewDeed deed, bool *ret_is_done) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);

        review_rows_update(batch, before, after);
        review_rows_rate(batch, before, after);
        review_rows_tell(batch, after, deed);
        const Error *error = pg_batch_run(batch);
        bool is_done = !error_is(error, INNER_REVIEW_MOVED);
        if (is_done)
                TRY(error);
        *ret_is_done = is_done;
        if (is_done)
                outbox_hint();
        return NULL;
}

static const PgStatement sql_find = PG_READ("SELECT" REVIEW_COLUMNS " FROM reviews WHERE review_id = $1");

static const Error *find(ReviewRepo *self, Ctx *ctx, const char *review_id, const Review **ret_review) {
        const Review *reviews;
        const PgRows *rows;
        size_t n;

        TRY(pg_run(pool_of(self), ctx, &sql_find, PG_ARGS(pg_text(review_id)), &rows));
        TRY(review_rows_read(ctx, rows, &reviews, &n));
        *ret_review = n > 0 ? reviews : NULL;
        return NULL;
}

static const PgStatement sql_history = PG_READ(
        "SELECT version, status, status_reason, actor, changed_at FROM review_history"
        " WHERE review_id = $1 ORDER BY version DESC LIMIT " PG_NUMBER(REVIEW_HISTORY_SHOWN));

static const Error *read_entry(Ctx *ctx, const PgRows *rows, size_t row, ReviewHistoryEntry *ret_entry) {
        PgReader at = pg_reader(rows, row);
        ReviewHistoryEntry entry = { 0 };

        entry.version = pg_next_int64(&at);
        TRY(review_read_status(ctx->arena, "review_history.status", pg_next_text(&at), &entry.status));
        entry.status_reason = pg_next_text_or_null(&at);
        entry.actor = pg_next_text(&at);
        entry.changed_at_us = pg_next_time(&at);
        TRY(pg_reader_end(&at));
        *ret_entry = entry;
        return NULL;
}

static const Error *history(ReviewRepo *self, Ctx *ctx, const char *review_id,
                            const ReviewHistoryEntry **ret_entries, size_t *ret_n) {
        const PgRows *rows;

        TRY(pg_run(pool_of(self), ctx, &sql_history, PG_ARGS(pg_text(review_id)), &rows));
        ReviewHistoryEntry *entries = ARENA_ARRAY(ctx->arena, ReviewHistoryEntry, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++)
                TRY(read_entry(ctx, rows, i, &entries[i]));
        *ret_entries = entries;
        *ret_n = pg_rows_count(rows);
        return NULL;
}

/* Each walks an index of its own. */
static const PgStatement sql_of_product = PG_READ(
        "SELECT" REVIEW_COLUMNS " FROM reviews"
        " WHERE product_id = $1 AND status = 'APPROVED'"
        "   AND ($2::timestamptz IS NULL OR (created_at, review_id) < ($2, $3))"
        " ORDER BY created_at DESC, review_id DESC LIMIT $4");

static const PgStatement sql_of_product_by_rating = PG_READ(
        "SELECT" REVIEW_COLUMNS " FROM reviews"
        " WHERE product_id = $1 AND status = 'APPROVED'"
        "   AND ($2::timestamptz IS NULL OR (rating, created_at, review_id) < ($5, $2, $3))"
        " ORDER BY rating DESC, created_at DESC, review_id DESC LIMIT $4");

static const PgStatement sql_of_customer = PG_READ(
        "SELECT" REVIEW_COLUMNS " FROM reviews"
        " WHERE customer_id = $1 AND ($5::text IS NULL OR status = $5)"
        "   AND ($2::timestamptz IS NULL OR (created_at, review_id) < ($2, $3))"
        " ORDER BY created_at DESC, review_id DESC LIMIT $4");

static const PgStatement sql_all = PG_READ(
        "SELECT" REVIEW_COLUMNS " FROM reviews"
        " WHERE ($1::timestamptz IS NULL OR (created_at, review_id) < ($1, $2))"
        "   AND ($4::text IS NULL OR status = $4)"
        " ORDER BY created_at DESC, review_id DESC LIMIT $3");

static const PgStatement sql_pending = PG_READ(
        "SELECT" REVIEW_COLUMNS " FROM reviews"
        " WHERE status = 'PENDING' AND ($1::timestamptz IS NULL OR (submitted_at, review_id) > ($1, $2))"
        " ORDER BY submitted_at, review_id LIMIT $3");

static const Error *run_list(PgPool *pool, Ctx *ctx, const ReviewQuery *query, const PgRows **ret_rows) {
        const ReviewPosition *after = query->after;
        PgArg time = after ? pg_time(after->time_us) : pg_null(PG_TIME);
        PgArg id = pg_text(after ? after->review_id : NULL);
        PgArg rating = after ? pg_int64(after->rating) : pg_null(PG_INT64);
        PgArg status = pg_text(review_status_word(query->status));
        PgArg limit = pg_int64(query->limit);

        if (query->order == REVIEW_BY_WAITING)
                return pg_run(pool, ctx, &sql_pending, PG_ARGS(time, id, limit), ret_rows);
        if (query->product_id && query->order == REVIEW_BY_RATING)
                return pg_run(pool, ctx, &sql_of_product_by_rating,
                              PG_ARGS(pg_text(query->product_id), time, id, limit, rating), ret_rows);
        if (query->product_id)
                return pg_run(pool, ctx, &sql_of_product,
                              PG_ARGS(pg_text(query->product_id), time, id, limit), ret_rows);
        if (query->customer_id)
                return pg_run(pool, ctx, &sql_of_customer,
                              PG_ARGS(pg_text(query->customer_id), time, id, limit, status), ret_rows);
        return pg_run(pool, ctx, &sql_all, PG_ARGS(time, id, limit, status), ret_rows);
}

static const Error *list(ReviewRepo *self, Ctx *ctx, const ReviewQuery *query, const Review **ret_reviews,
                         size_t *ret_n) {
        const PgRows *rows;

        TRY(run_list(pool_of(self), ctx, query, &rows));
        return review_rows_read(ctx, rows, ret_reviews, ret_n);
}

static const PgStatement sql_rating = PG_READ(
        "SELECT stars_1, stars_2, stars_3, stars_4, stars_5 FROM product_ratings WHERE product_id = $1");

static const Error *rating(ReviewRepo *self, Ctx *ctx, const char *product_id, ProductRating *ret_rating) {
        ProductRating found = { 0 };
        const PgRows *rows;

        TRY(pg_run(pool_of(self), ctx, &sql_rating, PG_ARGS(pg_text(product_id)), &rows));
        if (pg_rows_count(rows) > 0) {
                PgReader at = pg_reader(rows, 0);

                for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                        found.star_counts[i] = pg_next_int64(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_rating = found;
        return NULL;
}

ReviewRepo *review_repo_new(Arena *arena, PgPool *pool) {
        PgReviewRepo *repo = ARENA_NEW(arena, PgReviewRepo);

        *repo = (PgReviewRepo) {
                .base = {
                        .create = create,
                        .change = change,
                        .find = find,
                        .history = history,
                        .list = list,
                        .rating = rating,
                },
                .pool = pool,
        };
        return &repo->base;
}
