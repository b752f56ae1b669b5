/*
 * Reviews: what a customer says of a product, in one review at most. It is shown, and counts, once an admin
 * has approved it; each change is a version of its own, with a line of history and an event.
 *
 * source     002 4.7 Review Service Integration
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"
#include "review/v1/review.reasons.h"

#define REVIEW_MAX_RATING 5

/* Reviews on a page of a list; fewer where they would not fit into one message. */
#define REVIEW_PAGE_DEFAULT 20
#define REVIEW_PAGE_MAX 100

/* Lines of its history that are shown of a review. */
#define REVIEW_HISTORY_SHOWN 50

typedef enum ReviewStatus {
        REVIEW_ANY_STATUS, /* in queries */
        REVIEW_PENDING,
        REVIEW_APPROVED,
        REVIEW_REJECTED,
        REVIEW_WITHDRAWN,
} ReviewStatus;

/* What happened to a review, which its event tells. */
typedef enum ReviewDeed {
        REVIEW_WAS_CREATED,
        REVIEW_WAS_EDITED,
        REVIEW_WAS_WITHDRAWN,
        REVIEW_WAS_APPROVED,
        REVIEW_WAS_REJECTED,
        REVIEW_WAS_REPLIED,
} ReviewDeed;

typedef struct ReviewContent {
        int64_t rating; /* 1 to REVIEW_MAX_RATING stars */
        const char *title;
        const char *text;
} ReviewContent;

typedef struct Review {
        const char *review_id;
        int64_t version; /* 1, 2, 3 */
        const char *product_id;
        const char *customer_id;
        const char *order_id;  /* NULL: he named none */
        const char *seller_id; /* who sold it; NULL: not known */
        ReviewContent content;
        ReviewStatus status;
        const char *status_reason; /* why it was rejected, else NULL */
        bool is_verified;          /* he bought the product, and did not give it back */
        const char *reply;         /* the seller's; NULL: none */
        int64_t replied_at_us;     /* 0: never */
        int64_t created_at_us;
        int64_t submitted_at_us; /* when its content was written */
} Review;

/* What a version of a review was. */
typedef struct ReviewHistoryEntry {
        int64_t version;
        ReviewStatus status;
        const char *status_reason;
        const char *actor;
        int64_t changed_at_us;
} ReviewHistoryEntry;

/* How many approved reviews of a product give 1, 2 ... stars, at [0], [1] ... */
typedef struct ProductRating {
        int64_t star_counts[REVIEW_MAX_RATING];
} ProductRating;

typedef enum ReviewOrder {
        REVIEW_BY_AGE,     /* the newest first */
        REVIEW_BY_RATING,  /* most stars first, among equals the newest */
        REVIEW_BY_WAITING, /* the one that waits longest first */
} ReviewOrder;

/* A place in a list: behind the last item of the page before. */
typedef struct ReviewPosition {
        int64_t rating;
        int64_t time_us; /* created_at_us; submitted_at_us in REVIEW_BY_WAITING */
        const char *review_id;
} ReviewPosition;

typedef struct ReviewQuery {
        const char *product_id;  /* NULL: any */
        const char *customer_id; /* NULL: any */
        ReviewStatus status;
        ReviewOrder order;
        const ReviewPosition *after; /* NULL: the first page */
        int64_t limit;
} ReviewQuery;

typedef struct ReviewPage {
        const Review *reviews;
        size_t n_reviews;
        bool has_more;
} ReviewPage;

/* How writing a review went; what is not CREATE_DONE has written nothing. */
typedef enum CreateVerdict {
        CREATE_DONE,
        CREATE_EXISTS,     /* the customer has another one of the product */
        CREATE_GIVEN_BACK, /* the order was given back meanwhile */
} CreateVerdict;

/* Where reviews are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct ReviewRepo ReviewRepo;
struct ReviewRepo {
        /* Writes version 1; answer: what the call answers, kept for its idempotency key. */
        const Error *(*create)(ReviewRepo *self, Ctx *ctx, const Review *review, Bytes answer,
                               CreateVerdict *ret_verdict);

        /*
         * Writes the version behind that of before, and what it does to the product's rating.
         *
         * ret_is_done  false: the review is not as before says any more, and nothing was written
         */
        const Error *(*change)(ReviewRepo *self, Ctx *ctx, const Review *before, const Review *after,
                               ReviewDeed deed, bool *ret_is_done);

        /* ret_review is NULL when there is none. */
        const Error *(*find)(ReviewRepo *self, Ctx *ctx, const char *review_id, const Review **ret_review);

        /* Newest first, at most REVIEW_HISTORY_SHOWN. */
        const Error *(*history)(ReviewRepo *self, Ctx *ctx, const char *review_id,
                                const ReviewHistoryEntry **ret_entries, size_t *ret_n);

        const Error *(*list)(ReviewRepo *self, Ctx *ctx, const ReviewQuery *query,
                             const Review **ret_reviews, size_t *ret_n);

        /* All zero for a product without approved reviews. */
        const Error *(*rating)(ReviewRepo *self, Ctx *ctx, const char *product_id,
                               ProductRating *ret_rating);
};

typedef struct PurchasedProduct {
        const char *product_id;
        const char *seller_id; /* NULL: not known */
} PurchasedProduct;

/* What the order service says of an order. */
typedef struct Purchase {
        const char *order_id;
        const char *customer_id;
        bool is_delivered; /* and not given back */
        const PurchasedProduct *products;
        size_t n_products;
} Purchase;

/* Who knows what was bought. */
typedef struct Purchases Purchases;
struct Purchases {
        /*
         * By the order's id or number.
         *
         * errors     ORDER_NOT_FOUND of order.v1; UNAVAILABLE, also when there was no answer in time
         */
        const Error *(*find)(Purchases *self, Ctx *ctx, const char *order_id, Purchase *ret_purchase);
};

/* What CreateReview answers, as it is stored with its idempotency key; in ctx->arena. */
typedef Bytes (*ReviewSnapshot)(Ctx *ctx, const Review *review);

typedef struct ReviewUsecase {
        ReviewRepo *repo;
        Purchases *purchases;
        ReviewSnapshot snapshot;
} ReviewUsecase;

/*
 * Writes the caller's review of a product, once per claim of the context.
 *
 * order_id   that the product came with, its id or number; NULL: the purchase is not verified
 * errors     ORDER_NOT_FOUND of order.v1, ORDER_CUSTOMER_MISMATCH, ORDER_NOT_DELIVERED, PRODUCT_NOT_IN_ORDER,
 *            REVIEW_EXISTS; UNAVAILABLE when the order service does not answer: nothing was written
 */
const Error *review_create(ReviewUsecase *usecase, Ctx *ctx, const char *product_id, const char *order_id,
                           const ReviewContent *content, const Review **ret_review) MUST_CHECK;

/*
 * Changes the caller's review, which waits for an admin again.
 *
 * version    that the change is made from
 * errors     REVIEW_NOT_FOUND, REVIEW_CHANGED with the version that it has
 */
const Error *review_edit(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                         const ReviewContent *content, const Review **ret_review) MUST_CHECK;

/* Takes the caller's review back, with what it says. errors: REVIEW_NOT_FOUND, REVIEW_CHANGED */
const Error *review_withdraw(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                             const Review **ret_review) MUST_CHECK;

/* Approves a review. One that is approved stays as it is. errors: REVIEW_NOT_FOUND, REVIEW_CHANGED */
const Error *review_approve(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                            const Review **ret_review) MUST_CHECK;

/*
 * Rejects a review, or takes an approved one down.
 *
 * reason     for its customer
 * errors     INVALID_REQUEST without a reason, REVIEW_NOT_FOUND, REVIEW_CHANGED
 */
const Error *review_reject(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                           const char *reason, const Review **ret_review) MUST_CHECK;

/*
 * Answers an approved review of what the caller sold; an admin may answer any.
 *
 * errors     REVIEW_NOT_FOUND also for one that is not shown, or of what somebody else sold; REVIEW_CHANGED
 *            when it was changed at this very moment
 */
const Error *review_reply(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, const char *text,
                          const Review **ret_review) MUST_CHECK;

/*
 * Shows the caller's review, to an admin any.
 *
 * ret_history  for an admin, else NULL and 0
 * errors       REVIEW_NOT_FOUND
 */
const Error *review_get(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, const Review **ret_review,
                        const ReviewHistoryEntry **ret_history, size_t *ret_n_history) MUST_CHECK;

/* query.limit: 0 for REVIEW_PAGE_DEFAULT; at most REVIEW_PAGE_MAX count */

/* The caller's; an admin's query may name a customer, or none. errors: PERMISSION_DENIED */
const Error *review_list(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query,
                         ReviewPage *ret_page) MUST_CHECK;

/* For admins: what waits for them. */
const Error *review_list_pending(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query,
                                 ReviewPage *ret_page) MUST_CHECK;

/* For everybody: what is approved of a product, in query.order. */
const Error *review_list_of_product(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query,
                                    ReviewPage *ret_page) MUST_CHECK;

/* Where a list in that order goes on behind the review. */
ReviewPosition review_position(const Review *review, ReviewOrder order);

const Error *review_rating(ReviewUsecase *usecase, Ctx *ctx, const char *product_id,
                           ProductRating *ret_rating) MUST_CHECK;

int64_t review_rating_count(const ProductRating *rating);

/* The average of the stars in hundredths, half-up; 0 without a review. */
int64_t review_rating_average(const ProductRating *rating);

/* The words that tables and events know the status by; errors: internal, for an unknown word. */
const char *review_status_word(ReviewStatus status);
const Error *review_read_status(Arena *arena, const char *column, const char *word,
                                ReviewStatus *ret_status) MUST_CHECK;

/* "review.created" */
const char *review_deed_event(ReviewDeed deed);
