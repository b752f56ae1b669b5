/*
 * Requests for reviews: some days after an order came, its customer is asked for them once, by links that
 * fill in the form; unless he does not want to be asked, has nothing to review, or gave the order back.
 *
 * source     002 3.5 Post-Order Review Collection Flow
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "review/v1/review.reasons.h"

/* Requests that one round settles at most, and how long they belong to it: ms. */
#define REQUEST_BATCH 50
#define REQUEST_CLAIM_MS 30000

typedef enum RequestStatus {
        REQUEST_SCHEDULED = 1,
        REQUEST_SENT,
        REQUEST_SKIPPED,
        REQUEST_TAKEN_BACK, /* the order was given back before */
} RequestStatus;

typedef struct RequestedProduct {
        const char *product_id;
        const char *name;
        const char *link; /* the whole address; NULL: none was made */
} RequestedProduct;

/* One per order that came to its customer. */
typedef struct RequestForReview {
        const char *order_id;
        const char *customer_id;
        RequestStatus status;
        const char *status_reason; /* why it was skipped, else NULL */
        int64_t due_at_us;
        int64_t settled_at_us;    /* when it was sent or skipped; 0: not yet */
        int64_t taken_back_at_us; /* when the order was given back; 0: never */
        int64_t expires_at_us;    /* of its links, in what is about to be sent */
        const RequestedProduct *products;
        size_t n_products;
} RequestForReview;

/* An order that came to its customer, as its event tells. */
typedef struct Delivery {
        const char *order_id;
        const char *customer_id;
        const RequestedProduct *products; /* one may be there more than once */
        size_t n_products;
} Delivery;

/* What an event of an order means here. */
typedef enum OrderMeaning {
        ORDER_MEANS_NOTHING,
        ORDER_MEANS_REQUEST, /* it came: its customer is asked some days later */
        ORDER_MEANS_RETURN,  /* it was given back: no request, and no purchase that verifies a review */
} OrderMeaning;

/* event_type: "order.delivered" */
OrderMeaning review_meaning(const char *event_type);

/* Where requests are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct RequestRepo RequestRepo;
struct RequestRepo {
        /*
         * Claims requests that are due for claim_ms, so that no other process settles them meanwhile.
         *
         * ret_requests  each with those of its products that its customer has not reviewed
         */
        const Error *(*claim_due)(RequestRepo *self, Ctx *ctx, int64_t claim_ms, size_t limit,
                                  RequestForReview **ret_requests, size_t *ret_n);

        /* Writes that a request was sent or skipped, with its event; nothing when it is scheduled no more. */
        const Error *(*settle)(RequestRepo *self, Ctx *ctx, const RequestForReview *request);

        /* ret_request is NULL when there is none. */
        const Error *(*find)(RequestRepo *self, Ctx *ctx, const char *order_id,
                             const RequestForReview **ret_request);
};

typedef enum RequestWish {
        WISH_TO_BE_ASKED = 1,
        WISH_NOT_TO_BE_ASKED,
        WISH_UNKNOWN, /* there is no such customer, so nobody said that he may be asked */
} RequestWish;

/* Who knows what customers want. */
typedef struct Preferences Preferences;
struct Preferences {
        /* errors: UNAVAILABLE or DEADLINE_EXCEEDED, when nobody says it now */
        const Error *(*find_wish)(Preferences *self, Ctx *ctx, const char *customer_id,
                                  RequestWish *ret_wish);
};

/* Who signs links. */
typedef struct LinkSigner LinkSigner;
struct LinkSigner {
        /* Letters that stand in a URL as they are; in arena. */
        const char *(*sign)(LinkSigner *self, Arena *arena, const char *text);
        bool (*is_signed)(LinkSigner *self, Arena *arena, const char *text, const char *signature);
};

/* What a link is for. */
typedef struct ReviewLink {
        const char *order_id;
        const char *product_id;
        int64_t expires_at_us;
} ReviewLink;

/* A text for a URL, in arena. */
const char *review_link_write(LinkSigner *signer, Arena *arena, const ReviewLink *link);

/* errors: REVIEW_LINK_INVALID; its time is not looked at */
const Error *review_link_read(LinkSigner *signer, Arena *arena, const char *text,
                              ReviewLink *ret_link) MUST_CHECK;

typedef struct RequestUsecase {
        RequestRepo *repo;
        Preferences *preferences;
        LinkSigner *signer;
        const char *link_url; /* what stands before the text of a link */
        int64_t link_ms;      /* how long links lead somewhere */
} RequestUsecase;

/*
 * Settles the requests that are due: sends those that are wanted, skips the others. Harmless side by side.
 *
 * ret_n      how many were due; REQUEST_BATCH: there may be more
 * errors     the first of one whose customer's wish is not known now, or that could not be written: it holds
 *            up no other, and comes again when its claim is over
 */
const Error *review_send_requests(RequestUsecase *usecase, Ctx *ctx, size_t *ret_n) MUST_CHECK;

typedef struct OpenedLink {
        ReviewLink link;
        const char *product_name;
} OpenedLink;

/* Says what a link is for. errors: REVIEW_LINK_INVALID, REVIEW_LINK_EXPIRED */
const Error *review_open_link(RequestUsecase *usecase, Ctx *ctx, const char *text,
                              OpenedLink *ret_opened) MUST_CHECK;

/* errors: REVIEW_REQUEST_NOT_FOUND */
const Error *review_get_request(RequestUsecase *usecase, Ctx *ctx, const char *order_id,
                                const RequestForReview **ret_request) MUST_CHECK;

/* The words that the table knows the status by; errors: internal, for an unknown word. */
const char *review_request_word(RequestStatus status);
const Error *review_read_request_status(Arena *arena, const char *word, RequestStatus *ret_status) MUST_CHECK;

/* Of one that was sent or skipped: "review.request_sent". */
const char *review_request_event(RequestStatus status);
