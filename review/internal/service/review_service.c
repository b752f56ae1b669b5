#include "service/review_service.h"

#include "proto/room.h"
#include "service/mapping.h"

typedef struct ReviewHandlers {
        ReviewService base;
        ReviewUsecase *reviews;
        RequestUsecase *requests;
} ReviewHandlers;

static ReviewUsecase *reviews_of(ReviewService *self) {
        return ((ReviewHandlers *) self)->reviews;
}

static RequestUsecase *requests_of(ReviewService *self) {
        return ((ReviewHandlers *) self)->requests;
}

Bytes review_service_snapshot(Ctx *ctx, const Review *review) {
        ReviewV1CreateReviewResponse *response = review_v1_create_review_response_new(ctx->arena);

        response->review = review_to_message(ctx->arena, review);
        return proto_message_pack(ctx->arena, &response->base);
}

static const Error *handle_create_review(ReviewService *self, Ctx *ctx,
                                         const ReviewV1CreateReviewRequest *request,
                                         ReviewV1CreateReviewResponse *response) {
        ReviewContent content = { request->rating, request->title, request->text };
        const Review *review;

        TRY(review_create(reviews_of(self), ctx, request->product_id, str_or_null(request->order_id),
                          &content, &review));
        ctx_about(ctx, "review", review->review_id);
        response->review = review_to_message(ctx->arena, review);
        return NULL;
}

static const Error *handle_edit_review(ReviewService *self, Ctx *ctx,
                                       const ReviewV1EditReviewRequest *request,
                                       ReviewV1EditReviewResponse *response) {
        ReviewContent content = { request->rating, request->title, request->text };
        const Review *review;

        ctx_about(ctx, "review", request->review_id);
        TRY(review_edit(reviews_of(self), ctx, request->review_id, request->version, &content, &review));
        response->review = review_to_message(ctx->arena, review);
        return NULL;
}

static const Error *handle_withdraw_review(ReviewService *self, Ctx *ctx,
                                           const ReviewV1WithdrawReviewRequest *request,
                                           ReviewV1WithdrawReviewResponse *response) {
        const Review *review;

        ctx_about(ctx, "review", request->review_id);
        TRY(review_withdraw(reviews_of(self), ctx, request->review_id, request->version, &review));
        response->review = review_to_message(ctx->arena, review);
        return NULL;
}

static const Error *moderate(ReviewUsecase *reviews, Ctx *ctx, const ReviewV1ModerateReviewRequest *request,
                             const Review **ret_review) {
        switch (request->decision) {
        case REVIEW__V1__MODERATION_DECISION__MODERATION_DECISION_APPROVE:
                if (!str_is_empty(request->reason))
                        return error_invalid(ctx->arena, "reason", "must be left out of an approval");
                return review_approve(reviews, ctx, request->review_id, request->version, ret_review);
        case REVIEW__V1__MODERATION_DECISION__MODERATION_DECISION_REJECT:
                return review_reject(reviews, ctx, request->review_id, request->version, request->reason,
                                     ret_review);
        default:
                return error_invalid(ctx->arena, "decision", "must be APPROVE or REJECT");
        }
}

static const Error *handle_moderate_review(ReviewService *self, Ctx *ctx,
                                           const ReviewV1ModerateReviewRequest *request,
                                           ReviewV1ModerateReviewResponse *response) {
        const Review *review;

        ctx_about(ctx, "review", request->review_id);
        TRY(moderate(reviews_of(self), ctx, request, &review));
        response->review = review_to_message(ctx->arena, review);
        return NULL;
}

static const Error *handle_reply_to_review(ReviewService *self, Ctx *ctx,
                                           const ReviewV1ReplyToReviewRequest *request,
                                           ReviewV1ReplyToReviewResponse *response) {
        const Review *review;

        ctx_about(ctx, "review", request->review_id);
        TRY(review_reply(reviews_of(self), ctx, request->review_id, request->text, &review));
        response->review = review_to_public_message(ctx->arena, review);
        return NULL;
}

static const Error *handle_get_review(ReviewService *self, Ctx *ctx, const ReviewV1GetReviewRequest *request,
                                      ReviewV1GetReviewResponse *response) {
        const ReviewHistoryEntry *history;
        const Review *review;
        size_t n;

        ctx_about(ctx, "review", request->review_id);
        TRY(review_get(reviews_of(self), ctx, request->review_id, &review, &history, &n));
        response->review = review_to_message(ctx->arena, review);
        response->n_history = n;
        response->history = ARENA_ARRAY(ctx->arena, ReviewV1ReviewHistoryEntry *, n);
        for (size_t i = 0; i < n; i++)
                response->history[i] = review_history_to_message(ctx->arena, &history[i]);
        return NULL;
}

/* ---- lists ---- */

/* A page as the business wants to know it; after: where the cursor is read to. */
static const Error *read_page(Ctx *ctx, int64_t page_size, const char *cursor, ReviewPosition *after,
                              ReviewQuery *query) {
        query->limit = page_size;
        if (str_is_empty(cursor))
                return NULL;
        query->after = after;
        return review_cursor_from_message(ctx->arena, cursor, after);
}

/* The i-th of the page, which ends before it when it would not fit into the answer with those before. */
static void take(MessageRoom *room, const ProtobufCMessage *review, size_t i, ReviewPage *page) {
        if (proto_room_take(room, review) || i == 0)
                return;
        page->n_reviews = i;
        page->has_more = true;
}

static ReviewV1Review **page_to_message(Arena *arena, ReviewPage *page) {
        ReviewV1Review **messages = ARENA_ARRAY(arena, ReviewV1Review *, page->n_reviews);
        MessageRoom room = { 0 };

        for (size_t i = 0; i < page->n_reviews; i++) {
                messages[i] = review_to_message(arena, &page->reviews[i]);
                take(&room, &messages[i]->base, i, page);
        }
        return messages;
}

static ReviewV1PublicReview **public_page_to_message(Arena *arena, ReviewPage *page) {
        ReviewV1PublicReview **messages = ARENA_ARRAY(arena, ReviewV1PublicReview *, page->n_reviews);
        MessageRoom room = { 0 };

        for (size_t i = 0; i < page->n_reviews; i++) {
                messages[i] = review_to_public_message(arena, &page->reviews[i]);
                take(&room, &messages[i]->base, i, page);
        }
        return messages;
}

static const Error *handle_list_reviews(ReviewService *self, Ctx *ctx,
                                        const ReviewV1ListReviewsRequest *request,
                                        ReviewV1ListReviewsResponse *response) {
        ReviewQuery query = {
                .customer_id = str_or_null(request->customer_id), .status = (ReviewStatus) request->status
        };
        ReviewPosition after;
        ReviewPage page;

        TRY(read_page(ctx, request->page_size, request->cursor, &after, &query));
        TRY(review_list(reviews_of(self), ctx, query, &page));
        response->reviews = page_to_message(ctx->arena, &page);
        response->n_reviews = page.n_reviews;
        response->next_cursor = review_cursor_to_message(ctx->arena, &page, REVIEW_BY_AGE);
        return NULL;
}

static const Error *handle_list_pending_reviews(ReviewService *self, Ctx *ctx,
                                                const ReviewV1ListPendingReviewsRequest *request,
                                                ReviewV1ListPendingReviewsResponse *response) {
        ReviewQuery query = { 0 };
        ReviewPosition after;
        ReviewPage page;

        TRY(read_page(ctx, request->page_size, request->cursor, &after, &query));
        TRY(review_list_pending(reviews_of(self), ctx, query, &page));
        response->reviews = page_to_message(ctx->arena, &page);
        response->n_reviews = page.n_reviews;
        response->next_cursor = review_cursor_to_message(ctx->arena, &page, REVIEW_BY_WAITING);
        return NULL;
}

static const Error *handle_list_product_reviews(ReviewService *self, Ctx *ctx,
                                                const ReviewV1ListProductReviewsRequest *request,
                                                ReviewV1ListProductReviewsResponse *response) {
        bool by_rating = request->order == REVIEW__V1__REVIEW_ORDER__REVIEW_ORDER_RATING;
        ReviewQuery query = { .product_id = request->product_id,
                              .order = by_rating ? REVIEW_BY_RATING : REVIEW_BY_AGE };
        ReviewPosition after;
        ReviewPage page;

        ctx_about(ctx, "product", request->product_id);
        TRY(read_page(ctx, request->page_size, request->cursor, &after, &query));
        TRY(review_list_of_product(reviews_of(self), ctx, query, &page));
        response->reviews = public_page_to_message(ctx->arena, &page);
        response->n_reviews = page.n_reviews;
        response->next_cursor = review_cursor_to_message(ctx->arena, &page, query.order);
        return NULL;
}

static const Error *handle_get_product_rating(ReviewService *self, Ctx *ctx,
                                              const ReviewV1GetProductRatingRequest *request,
                                              ReviewV1GetProductRatingResponse *response) {
        ProductRating rating;

        ctx_about(ctx, "product", request->product_id);
        TRY(review_rating(reviews_of(self), ctx, request->product_id, &rating));
        response->rating = review_rating_to_message(ctx->arena, request->product_id, &rating);
        return NULL;
}

/* ---- requests ---- */

static const Error *handle_open_review_link(ReviewService *self, Ctx *ctx,
                                            const ReviewV1OpenReviewLinkRequest *request,
                                            ReviewV1OpenReviewLinkResponse *response) {
        OpenedLink opened;

        TRY(review_open_link(requests_of(self), ctx, request->link, &opened));
        ctx_about(ctx, "order", opened.link.order_id);
        review_opened_link_to_message(ctx->arena, &opened, response);
        return NULL;
}

static const Error *handle_get_request_for_review(ReviewService *self, Ctx *ctx,
                                                  const ReviewV1GetRequestForReviewRequest *request,
                                                  ReviewV1GetRequestForReviewResponse *response) {
        const RequestForReview *found;

        ctx_about(ctx, "order", request->order_id);
        TRY(review_get_request(requests_of(self), ctx, request->order_id, &found));
        response->request = review_request_to_message(ctx->arena, found);
        return NULL;
}

ReviewService *review_service_new(Arena *arena, ReviewUsecase *reviews, RequestUsecase *requests) {
        ReviewHandlers *handlers = ARENA_NEW(arena, ReviewHandlers);

        *handlers = (ReviewHandlers) {
                .base = REVIEW_SERVICE_IMPL(handle), .reviews = reviews, .requests = requests
        };
        return &handlers->base;
}
