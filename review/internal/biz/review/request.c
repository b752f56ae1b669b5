#include "biz/review/request.h"

#include "base/clock.h"
#include "base/fault.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/word.h"

#define NOTHING_TO_REVIEW "NOTHING_TO_REVIEW"

/* Why nobody is asked who has something to review; NULL: he is. */
static const char *const refusals[] = {
        [WISH_TO_BE_ASKED] = NULL,
        [WISH_NOT_TO_BE_ASKED] = "OPTED_OUT",
        [WISH_UNKNOWN] = "CUSTOMER_UNKNOWN",
};

static const char *const statuses[] = {
        [REQUEST_SCHEDULED] = "SCHEDULED",
        [REQUEST_SENT] = "SENT",
        [REQUEST_SKIPPED] = "SKIPPED",
        [REQUEST_TAKEN_BACK] = "TAKEN_BACK",
};

const char *review_request_word(RequestStatus status) {
        return statuses[status];
}

const Error *review_read_request_status(Arena *arena, const char *word, RequestStatus *ret_status) {
        size_t status;

        TRY(word_read(arena, statuses, ARRAY_SIZE(statuses), "review_requests.status", word, &status));
        *ret_status = (RequestStatus) status;
        return NULL;
}

const char *review_request_event(RequestStatus status) {
        return status == REQUEST_SENT ? "review.request_sent" : "review.request_skipped";
}

OrderMeaning review_meaning(const char *event_type) {
        if (str_equal(event_type, "order.delivered"))
                return ORDER_MEANS_REQUEST;
        if (str_equal(event_type, "order.cancelled") || str_equal(event_type, "order.returned"))
                return ORDER_MEANS_RETURN;
        return ORDER_MEANS_NOTHING;
}

/* One link for each product; they end with the time of this one. */
static void add_links(RequestUsecase *usecase, Ctx *ctx, RequestForReview *request) {
        RequestedProduct *products = ARENA_ARRAY(ctx->arena, RequestedProduct, request->n_products);

        request->expires_at_us = clock_wall_us() + usecase->link_ms * US_PER_MS;
        for (size_t i = 0; i < request->n_products; i++) {
                const ReviewLink link = { request->order_id, request->products[i].product_id,
                                          request->expires_at_us };

                products[i] = request->products[i];
                products[i].link = arena_printf(ctx->arena, "%s%s", usecase->link_url,
                                                review_link_write(usecase->signer, ctx->arena, &link));
        }
        request->products = products;
}

static void decide(RequestUsecase *usecase, Ctx *ctx, RequestWish wish, RequestForReview *request) {
        request->status_reason = request->n_products > 0 ? refusals[wish] : NOTHING_TO_REVIEW;
        if (!request->status_reason) {
                request->status = REQUEST_SENT;
                add_links(usecase, ctx, request);
                return;
        }
        request->status = REQUEST_SKIPPED;
        request->n_products = 0;
}

/* Whose request leads to nothing is not asked about. */
static const Error *settle(RequestUsecase *usecase, Ctx *ctx, RequestForReview *request) {
        RequestWish wish = WISH_UNKNOWN;

        TRY(ctx_check(ctx));
        if (request->n_products > 0)
                TRY(usecase->preferences->find_wish(usecase->preferences, ctx, request->customer_id, &wish));
        decide(usecase, ctx, wish, request);
        TRY(fault_point(ctx, "review.before_request"));
        TRY(usecase->repo->settle(usecase->repo, ctx, request));
        return fault_point(ctx, "review.after_request");
}

/* One that cannot be settled holds up no other. */
static const Error *settle_all(RequestUsecase *usecase, Ctx *ctx, RequestForReview *requests, size_t n) {
        const Error *first = NULL;

        for (size_t i = 0; i < n; i++) {
                const Error *error = settle(usecase, ctx, &requests[i]);

                first = first ? first : error;
        }
        return first;
}

const Error *review_send_requests(RequestUsecase *usecase, Ctx *ctx, size_t *ret_n) {
        RequestForReview *requests;
        size_t n;

        TRY(usecase->repo->claim_due(usecase->repo, ctx, REQUEST_CLAIM_MS, REQUEST_BATCH, &requests, &n));
        TRY(settle_all(usecase, ctx, requests, n));
        *ret_n = n;
        return NULL;
}

const Error *review_get_request(RequestUsecase *usecase, Ctx *ctx, const char *order_id,
                                const RequestForReview **ret_request) {
        const RequestForReview *request;

        TRY(usecase->repo->find(usecase->repo, ctx, order_id, &request));
        if (!request)
                return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_REVIEW_REQUEST_NOT_FOUND,
                                 "Nobody is asked for reviews of order %s", order_id);
        *ret_request = request;
        return NULL;
}

static const char *name_of(const RequestForReview *request, const char *product_id) {
        for (size_t i = 0; i < request->n_products; i++)
                if (str_equal(request->products[i].product_id, product_id))
                        return request->products[i].name;
        return "";
}

const Error *review_open_link(RequestUsecase *usecase, Ctx *ctx, const char *text, OpenedLink *ret_opened) {
        const RequestForReview *request;
        ReviewLink link;

        TRY(review_link_read(usecase->signer, ctx->arena, text, &link));
        TRY(usecase->repo->find(usecase->repo, ctx, link.order_id, &request));
        if (!request || request->taken_back_at_us > 0 || link.expires_at_us <= clock_wall_us())
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_REVIEW_LINK_EXPIRED,
                                 "The link leads nowhere any more: log in to write a review");
        *ret_opened = (OpenedLink) { link, name_of(request, link.product_id) };
        return NULL;
}
