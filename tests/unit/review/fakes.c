#include "fakes.h"

static const Error *create(ReviewRepo *self, Ctx *ctx, const Review *review, Bytes answer,
                           CreateVerdict *ret_verdict) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->saved = *review;
        repo->answer = answer;
        *ret_verdict = repo->verdict;
        return NULL;
}

static const Error *change(ReviewRepo *self, Ctx *ctx, const Review *before, const Review *after,
                           ReviewDeed deed, bool *ret_is_done) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->before = *before;
        repo->saved = *after;
        repo->deed = deed;
        *ret_is_done = !repo->is_overtaken;
        return NULL;
}

static const Error *find(ReviewRepo *self, Ctx *ctx, const char *review_id, const Review **ret_review) {
        (void) ctx;
        (void) review_id;
        *ret_review = ((FakeRepo *) self)->found;
        return NULL;
}

static const Error *history(ReviewRepo *self, Ctx *ctx, const char *review_id,
                            const ReviewHistoryEntry **ret_entries, size_t *ret_n) {
        static const ReviewHistoryEntry entry = { .version = 3, .status = REVIEW_PENDING, .actor = "CUST-1" };

        (void) self;
        (void) ctx;
        (void) review_id;
        *ret_entries = &entry;
        *ret_n = 1;
        return NULL;
}

static const Error *list(ReviewRepo *self, Ctx *ctx, const ReviewQuery *query, const Review **ret_reviews,
                         size_t *ret_n) {
        FakeRepo *repo = (FakeRepo *) self;
        size_t n = repo->n_listed < (size_t) query->limit ? repo->n_listed : (size_t) query->limit;

        repo->query = *query;
        repo->after = query->after ? *query->after : (ReviewPosition) { 0 };
        *ret_reviews = repo->listed ? repo->listed : ARENA_ARRAY(ctx->arena, Review, n);
        *ret_n = n;
        return NULL;
}

static const Error *rating(ReviewRepo *self, Ctx *ctx, const char *product_id, ProductRating *ret_rating) {
        (void) ctx;
        (void) product_id;
        *ret_rating = ((FakeRepo *) self)->rating;
        return NULL;
}

FakeRepo fake_repo(void) {
        return (FakeRepo) {
                .base = { create, change, find, history, list, rating },
        };
}

static const Error *find_purchase(Purchases *self, Ctx *ctx, const char *order_id, Purchase *ret_purchase) {
        FakePurchases *purchases = (FakePurchases *) self;

        (void) ctx;
        purchases->asked = order_id;
        TRY(purchases->error);
        *ret_purchase = purchases->purchase;
        return NULL;
}

FakePurchases fake_purchases(void) {
        static const PurchasedProduct products[] = { { "PROD-2", NULL }, { "PROD-1", "SELLER-1" } };

        return (FakePurchases) {
                .base = { find_purchase },
                .purchase = { "ORD-1", "CUST-1", true, products, 2 },
        };
}

Review fake_review(ReviewStatus status) {
        return (Review) {
                .review_id = "REV-1",
                .version = 3,
                .product_id = "PROD-1",
                .customer_id = "CUST-1",
                .order_id = "ORD-1",
                .seller_id = "SELLER-1",
                .content = { 4, "Good", "It plays." },
                .status = status,
                .status_reason = status == REVIEW_REJECTED ? "rude" : NULL,
                .is_verified = true,
                .reply = "Thank you",
                .replied_at_us = 3000000,
                .created_at_us = 1000000,
                .submitted_at_us = 2000000,
        };
}

Ctx *fake_caller(const char *id, unsigned roles) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = id, .roles = roles };
        ctx->caller = caller;
        return ctx;
}
