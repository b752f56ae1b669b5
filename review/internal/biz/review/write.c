#include "biz/review/review_private.h"

#include "base/clock.h"
#include "base/uuid.h"

/* ---- what a customer does with his own ---- */

static const PurchasedProduct *find_product(const Purchase *purchase, const char *product_id) {
        for (size_t i = 0; i < purchase->n_products; i++)
                if (str_equal(purchase->products[i].product_id, product_id))
                        return &purchase->products[i];
        return NULL;
}

static const Error *not_delivered(Ctx *ctx, const char *order_id) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_ORDER_NOT_DELIVERED,
                         "Order %s was not delivered, or was given back: review what you have", order_id);
}

static const Error *check_purchase(Ctx *ctx, const Purchase *purchase, const char *product_id,
                                   const PurchasedProduct **ret_product) {
        if (!str_equal(purchase->customer_id, ctx->caller->id))
                return error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_ORDER_CUSTOMER_MISMATCH,
                                 "The order is another customer's");
        *ret_product = find_product(purchase, product_id);
        if (!*ret_product)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PRODUCT_NOT_IN_ORDER,
                                 "Order %s has no product %s", purchase->order_id, product_id);
        return purchase->is_delivered ? NULL : not_delivered(ctx, purchase->order_id);
}

/* What the order says of the purchase; a review without one is not verified. */
static const Error *verify(ReviewUsecase *usecase, Ctx *ctx, const char *order_id, Review *review) {
        const PurchasedProduct *product;
        Purchase purchase;

        if (!order_id)
                return NULL;
        TRY(usecase->purchases->find(usecase->purchases, ctx, order_id, &purchase));
        TRY(check_purchase(ctx, &purchase, review->product_id, &product));
        review->order_id = purchase.order_id;
        review->seller_id = product->seller_id;
        review->is_verified = true;
        return NULL;
}

static const Error *exists(Ctx *ctx, const char *product_id) {
        Error *error = error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_REVIEW_EXISTS,
                                 "You have reviewed product %s already: change that review, or withdraw it",
                                 product_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("productId", product_id));
        return error;
}

const Error *review_create(ReviewUsecase *usecase, Ctx *ctx, const char *product_id, const char *order_id,
                           const ReviewContent *content, const Review **ret_review) {
        Review *review = ARENA_NEW(ctx->arena, Review);
        int64_t now_us = clock_wall_us();
        CreateVerdict verdict;

        *review = (Review) {
                .review_id = uuid_sortable(ctx->arena, "REV-"),
                .version = 1,
                .product_id = product_id,
                .customer_id = ctx->caller->id,
                .content = *content,
                .status = REVIEW_PENDING,
                .created_at_us = now_us,
                .submitted_at_us = now_us,
        };
        TRY(verify(usecase, ctx, order_id, review));
        TRY(usecase->repo->create(usecase->repo, ctx, review, usecase->snapshot(ctx, review), &verdict));
        if (verdict == CREATE_EXISTS)
                return exists(ctx, product_id);
        if (verdict == CREATE_GIVEN_BACK)
                return not_delivered(ctx, review->order_id);
        *ret_review = review;
        return NULL;
}

/* The caller's own, as he saw it. */
static const Error *find_own(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                             const Review **ret_review) {
        const Review *review;

        TRY(review_find(usecase, ctx, review_id, &review));
        if (!str_equal(review->customer_id, ctx->caller->id))
                return review_not_found(ctx, review_id);
        TRY(review_check_version(ctx, review, version));
        *ret_review = review;
        return NULL;
}

const Error *review_edit(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                         const ReviewContent *content, const Review **ret_review) {
        const Review *before;

        TRY(find_own(usecase, ctx, review_id, version, &before));
        Review after = *before;
        after.content = *content;
        after.status = REVIEW_PENDING;
        after.status_reason = NULL;
        after.submitted_at_us = clock_wall_us();
        return review_save(usecase, ctx, before, after, REVIEW_WAS_EDITED, ret_review);
}

const Error *review_withdraw(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                             const Review **ret_review) {
        const Review *before;

        TRY(find_own(usecase, ctx, review_id, version, &before));
        Review after = *before;
        after.content.title = "";
        after.content.text = "";
        after.status = REVIEW_WITHDRAWN;
        after.status_reason = NULL;
        after.reply = NULL;
        after.replied_at_us = 0;
        return review_save(usecase, ctx, before, after, REVIEW_WAS_WITHDRAWN, ret_review);
}

/* ---- what admins and sellers do ---- */

const Error *review_approve(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                            const Review **ret_review) {
        const Review *before;

        TRY(review_find(usecase, ctx, review_id, &before));
        TRY(review_check_version(ctx, before, version));
        if (before->status == REVIEW_APPROVED) {
                *ret_review = before;
                return NULL;
        }
        Review after = *before;
        after.status = REVIEW_APPROVED;
        after.status_reason = NULL;
        return review_save(usecase, ctx, before, after, REVIEW_WAS_APPROVED, ret_review);
}

const Error *review_reject(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, int64_t version,
                           const char *reason, const Review **ret_review) {
        const Review *before;

        if (str_is_blank(reason))
                return error_invalid(ctx->arena, "reason", "must say why the review is rejected");
        TRY(review_find(usecase, ctx, review_id, &before));
        TRY(review_check_version(ctx, before, version));
        Review after = *before;
        after.status = REVIEW_REJECTED;
        after.status_reason = reason;
        return review_save(usecase, ctx, before, after, REVIEW_WAS_REJECTED, ret_review);
}

static bool may_reply(const Ctx *ctx, const Review *review) {
        return ctx_has_role(ctx, ROLE_ADMIN) ||
               (review->seller_id && str_equal(review->seller_id, ctx->caller->id));
}

const Error *review_reply(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, const char *text,
                          const Review **ret_review) {
        const Review *before;

        TRY(review_find(usecase, ctx, review_id, &before));
        if (before->status != REVIEW_APPROVED || !may_reply(ctx, before))
                return review_not_found(ctx, review_id);
        Review after = *before;
        after.reply = text;
        after.replied_at_us = clock_wall_us();
        return review_save(usecase, ctx, before, after, REVIEW_WAS_REPLIED, ret_review);
}
