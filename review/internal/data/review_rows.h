/* Rows of reviews, read and written. */
#pragma once

#include "biz/review/review.h"
#include "pg/reader.h"

/* As review_rows_read reads them. */
#define REVIEW_COLUMNS                                                                                       \
        " review_id, version, product_id, customer_id, order_id, seller_id, rating, title, body, status,"    \
        " status_reason, is_verified, reply, replied_at, created_at, submitted_at"

/* All rows; in ctx->arena. errors: internal, for a row that is not what it should be */
const Error *review_rows_read(Ctx *ctx, const PgRows *rows, const Review **ret_reviews,
                              size_t *ret_n) MUST_CHECK;

/* Adds to the batch a new review. */
void review_rows_insert(PgBatch *batch, const Review *review);

/*
 * Adds to the batch a review's next version. The batch fails with INNER_REVIEW_MOVED when the review is not
 * as before says any more: its version, and whether it is verified, which may be taken away without one.
 */
#define INNER_REVIEW_MOVED "REVIEW_MOVED"
void review_rows_update(PgBatch *batch, const Review *before, const Review *after);

/* Adds to the batch what the change does to the product's rating. */
void review_rows_rate(PgBatch *batch, const Review *before, const Review *after);

/* Adds to the batch the line of history, and the event, of a version. */
void review_rows_tell(PgBatch *batch, const Review *review, ReviewDeed deed);
