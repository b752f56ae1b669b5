#include "biz/review/review_private.h"

const Error *review_get(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, const Review **ret_review,
                        const ReviewHistoryEntry **ret_history, size_t *ret_n_history) {
        bool is_admin = ctx_has_role(ctx, ROLE_ADMIN);
        const ReviewHistoryEntry *history = NULL;
        const Review *review;
        size_t n_history = 0;

        TRY(usecase->repo->find(usecase->repo, ctx, review_id, &review));
        if (!review || !(is_admin || str_equal(review->customer_id, ctx->caller->id)))
                return review_not_found(ctx, review_id);
        if (is_admin)
                TRY(usecase->repo->history(usecase->repo, ctx, review_id, &history, &n_history));
        *ret_review = review;
        *ret_history = history;
        *ret_n_history = n_history;
        return NULL;
}

/* One review more than the page shows says whether there is another page. */
static const Error *list_page(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query, ReviewPage *ret_page) {
        int64_t page_size = query.limit > 0 ? query.limit : REVIEW_PAGE_DEFAULT;
        const Review *reviews;
        size_t n;

        if (page_size > REVIEW_PAGE_MAX)
                page_size = REVIEW_PAGE_MAX;
        query.limit = page_size + 1;
        TRY(usecase->repo->list(usecase->repo, ctx, &query, &reviews, &n));
        bool has_more = n > (size_t) page_size;
        *ret_page = (ReviewPage) { reviews, has_more ? n - 1 : n, has_more };
        return NULL;
}

const Error *review_list(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query, ReviewPage *ret_page) {
        bool is_admin = ctx_has_role(ctx, ROLE_ADMIN);

        if (!is_admin && !query.customer_id)
                query.customer_id = ctx->caller->id;
        if (!is_admin && !str_equal(query.customer_id, ctx->caller->id))
                return error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_PERMISSION_DENIED,
                                 "Only an admin may see another customer's reviews: leave customerId out");
        query.order = REVIEW_BY_AGE;
        return list_page(usecase, ctx, query, ret_page);
}

const Error *review_list_pending(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query, ReviewPage *ret_page) {
        query.status = REVIEW_PENDING;
        query.order = REVIEW_BY_WAITING;
        return list_page(usecase, ctx, query, ret_page);
}

const Error *review_list_of_product(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query,
                                    ReviewPage *ret_page) {
        query.status = REVIEW_APPROVED;
        return list_page(usecase, ctx, query, ret_page);
}

ReviewPosition review_position(const Review *review, ReviewOrder order) {
        return (ReviewPosition) {
                .rating = review->content.rating,
                .time_us = order == REVIEW_BY_WAITING ? review->submitted_at_us : review->created_at_us,
                .review_id = review->review_id,
        };
}

const Error *review_rating(ReviewUsecase *usecase, Ctx *ctx, const char *product_id,
                           ProductRating *ret_rating) {
        return usecase->repo->rating(usecase->repo, ctx, product_id, ret_rating);
}

int64_t review_rating_count(const ProductRating *rating) {
        int64_t count = 0;

        for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                count += rating->star_counts[i];
        return count;
}

int64_t review_rating_average(const ProductRating *rating) {
        int64_t count = review_rating_count(rating), stars = 0;

        for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                stars += rating->star_counts[i] * (int64_t) (i + 1);
        return count > 0 ? (200 * stars + count) / (2 * count) : 0;
}
