#include "data/review_rows.h"

#include "base/uuid.h"
#include "data/review_event.h"
#include "events/outbox.h"

static const Error *read_review(Ctx *ctx, const PgRows *rows, size_t row, Review *ret_review) {
        PgReader at = pg_reader(rows, row);
        Review review = { 0 };

        review.review_id = pg_next_text(&at);
        review.version = pg_next_int64(&at);
        review.product_id = pg_next_text(&at);
        review.customer_id = pg_next_text(&at);
        review.order_id = pg_next_text_or_null(&at);
        review.seller_id = pg_next_text_or_null(&at);
        review.content.rating = pg_next_int64(&at);
        review.content.title = pg_next_text(&at);
        review.content.text = pg_next_text(&at);
        TRY(review_read_status(ctx->arena, "reviews.status", pg_next_text(&at), &review.status));
        review.status_reason = pg_next_text_or_null(&at);
        review.is_verified = pg_next_bool(&at);
        review.reply = pg_next_text_or_null(&at);
        review.replied_at_us = pg_next_time_or_zero(&at);
        review.created_at_us = pg_next_time(&at);
        review.submitted_at_us = pg_next_time(&at);
        TRY(pg_reader_end(&at));
        *ret_review = review;
        return NULL;
}

const Error *review_rows_read(Ctx *ctx, const PgRows *rows, const Review **ret_reviews, size_t *ret_n) {
        size_t n = pg_rows_count(rows);
        Review *reviews = ARENA_ARRAY(ctx->arena, Review, n);

        for (size_t i = 0; i < n; i++)
                TRY(read_review(ctx, rows, i, &reviews[i]));
        *ret_reviews = reviews;
        *ret_n = n;
        return NULL;
}

static const PgStatement sql_insert = PG_WRITE(
        "INSERT INTO reviews (review_id, version, product_id, customer_id, order_id, seller_id, rating,"
        "                     title, body, status, is_verified, created_at, submitted_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)");

void review_rows_insert(PgBatch *batch, const Review *review) {
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_text(review->review_id), pg_int64(review->version),
                             pg_text(review->product_id), pg_text(review->customer_id),
                             pg_text(review->order_id), pg_text(review->seller_id),
                             pg_int64(review->content.rating), pg_text(review->content.title),
                             pg_text(review->content.text), pg_text(review_status_word(review->status)),
                             pg_bool(review->is_verified), pg_time(review->created_at_us),
                             pg_time(review->submitted_at_us)));
}

static const PgStatement sql_update = PG_WRITE(
        "WITH changed AS ("
        "        UPDATE reviews"
        "           SET version = $2, rating = $4, title = $5, body = $6, status = $7, status_reason = $8,"
        "               reply = $9, replied_at = $10, submitted_at = $11"
        "         WHERE review_id = $1 AND version = $2 - 1 AND is_verified = $3 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_REVIEW_MOVED "') FROM changed");

void review_rows_update(PgBatch *batch, const Review *before, const Review *after) {
        PgArg replied_at = after->reply ? pg_time(after->replied_at_us) : pg_null(PG_TIME);

        pg_batch_add(batch, &sql_update,
                     PG_ARGS(pg_text(before->review_id), pg_int64(before->version + 1),
                             pg_bool(before->is_verified), pg_int64(after->content.rating),
                             pg_text(after->content.title), pg_text(after->content.text),
                             pg_text(review_status_word(after->status)), pg_text(after->status_reason),
                             pg_text(after->reply), replied_at, pg_time(after->submitted_at_us)));
}

/* Apart from the counting, since a CHECK is asked of what would be inserted, too, and counts may go down. */
static const PgStatement sql_add_rating = PG_WRITE(
        "INSERT INTO product_ratings (product_id, stars_1, stars_2, stars_3, stars_4, stars_5)"
        " VALUES ($1, 0, 0, 0, 0, 0) ON CONFLICT (product_id) DO NOTHING");

static const PgStatement sql_count = PG_WRITE(
        "UPDATE product_ratings"
        "   SET stars_1 = stars_1 + $2, stars_2 = stars_2 + $3, stars_3 = stars_3 + $4,"
        "       stars_4 = stars_4 + $5, stars_5 = stars_5 + $6"
        " WHERE product_id = $1");

static void count(int64_t stars[], const Review *review, int64_t by) {
        if (review->status == REVIEW_APPROVED)
                stars[review->content.rating - 1] += by;
}

void review_rows_rate(PgBatch *batch, const Review *before, const Review *after) {
        int64_t stars[REVIEW_MAX_RATING] = { 0 };
        bool is_same = true;

        count(stars, before, -1);
        count(stars, after, 1);
        for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                is_same &= stars[i] == 0;
        if (is_same)
                return;
        pg_batch_add(batch, &sql_add_rating, PG_ARGS(pg_text(before->product_id)));
        pg_batch_add(batch, &sql_count,
                     PG_ARGS(pg_text(before->product_id), pg_int64(stars[0]), pg_int64(stars[1]),
                             pg_int64(stars[2]), pg_int64(stars[3]), pg_int64(stars[4])));
}

static const PgStatement sql_add_history = PG_WRITE(
        "INSERT INTO review_history (review_id, version, status, status_reason, actor)"
        " VALUES ($1, $2, $3, $4, $5)");

void review_rows_tell(PgBatch *batch, const Review *review, ReviewDeed deed) {
        Arena *arena = pg_batch_ctx(batch)->arena;
        const char *event_id = uuid_new(arena);

        pg_batch_add(batch, &sql_add_history,
                     PG_ARGS(pg_text(review->review_id), pg_int64(review->version),
                             pg_text(review_status_word(review->status)), pg_text(review->status_reason),
                             pg_text(ctx_actor(pg_batch_ctx(batch), "review"))));
        outbox_add(batch, &(OutboxEvent) {
                .event_id = event_id,
                .aggregate_type = REVIEW_AGGREGATE_TYPE,
                .aggregate_id = review->review_id,
                .aggregate_version = review->version,
                .event_type = review_deed_event(deed),
                .payload = review_event_payload(arena, review, deed, event_id),
        });
}
