/*
 * Usage: what an order takes of the uses and budgets of campaigns: held while it is placed, then committed
 * once or given back.
 *
 * A hold whose time is over is not simply given back: its order may be paying at that very moment. The owner
 * of the order says what became of it (see UsageOwner).
 *
 * source     000 Step 11; 002 3.4
 */
#pragma once

#include "biz/promotion/evaluate.h"

/* Orders that one call commits, releases or resolves, at most. */
#define USAGE_MAX_ORDERS 100

/* How long a sweeper has to resolve the holds that it claimed before another one may. */
#define USAGE_CLAIM_MS INT64_C(10000)

/* One use of a campaign. */
typedef struct UsageLine {
        const char *campaign_id;
        int64_t version;      /* that the order was priced with */
        int64_t amount_minor; /* that is taken off the order */
} UsageLine;

typedef enum UsageStatus {
        USAGE_NONE, /* the order has none */
        USAGE_HELD,
        USAGE_COMMITTED,
        USAGE_RELEASED,
        USAGE_EXPIRED,
} UsageStatus;

typedef struct Usage {
        const char *order_id;
        const char *customer_id;
        const char *currency;
        UsageStatus status;
        int64_t expires_at_us;  /* wall clock */
        const UsageLine *lines; /* by campaign id */
        size_t n_lines;
} Usage;

/* What may happen to a usage. */
typedef enum UsageMove {
        USAGE_KEEP,
        USAGE_COMMIT,  /* held: counts for good */
        USAGE_RELEASE, /* held or committed: given back */
        USAGE_EXPIRE,  /* held, with its time over: given back */
        USAGE_EXTEND,  /* held: its full time from now */
} UsageMove;

/* What a repository is asked to hold: lines by campaign id, no two of one campaign. */
typedef struct HoldRequest {
        const char *order_id;
        const char *customer_id;
        const char *currency;
        const UsageLine *lines;
        size_t n_lines;
        int64_t hold_ms;
} HoldRequest;

typedef struct HoldOutcome {
        const Usage *usage;      /* new, or what the order has already; NULL: it is refused */
        const Refusal *refusals; /* per line, when it is refused; REFUSAL_UNKNOWN_CODE: no such campaign */
} HoldOutcome;

/*
 * Where usages are kept. Every function that changes something is one transaction; whoever holds or gives
 * back locks the campaigns in the order of their ids. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or
 * DEADLINE_EXCEEDED.
 */
typedef struct UsageRepo UsageRepo;
struct UsageRepo {
        /* All lines or none. */
        const Error *(*hold)(UsageRepo *self, Ctx *ctx, const HoldRequest *request, HoldOutcome *ret_outcome);

        /* ret_statuses: n_orders items, the status of each then; what the move is not for stays as it is. */
        const Error *(*move)(UsageRepo *self, Ctx *ctx, UsageMove move, const char *const *order_ids,
                             size_t n_orders, UsageStatus *ret_statuses);

        /* Gives holds their full time from now. */
        const Error *(*extend)(UsageRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               int64_t hold_ms);

        /* ret_usage is NULL when the order has none. */
        const Error *(*find)(UsageRepo *self, Ctx *ctx, const char *order_id, const Usage **ret_usage);

        /*
         * The orders of at most USAGE_MAX_ORDERS expired holds of these campaigns. ret_is_enough: the request
         * could be held by now, since somebody else has freed some.
         */
        const Error *(*find_expired)(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                     const char *const **ret_order_ids, size_t *ret_n_orders,
                                     bool *ret_is_enough);

        /* The same of any campaign, that nobody else has claimed; they are claimed for claim_ms. */
        const Error *(*claim_expired)(UsageRepo *self, Ctx *ctx, int64_t claim_ms,
                                      const char *const **ret_order_ids, size_t *ret_n_orders);

        /*
         * Forgets at most limit usages that were released or expired long ago. What was held before the clock
         * stepped back ends now, however long it was to be held: then the owner is asked.
         */
        const Error *(*tidy)(UsageRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten);
};

/* Who knows what became of the orders behind holds. */
typedef struct UsageOwner UsageOwner;
struct UsageOwner {
        /*
         * ret_moves  per order: USAGE_EXPIRE, USAGE_COMMIT or USAGE_EXTEND; USAGE_KEEP when the owner does
         *            not say
         * errors     those of the call to the owner
         */
        const Error *(*resolve)(UsageOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                UsageMove *ret_moves);
};

typedef struct UsageUsecase {
        UsageRepo *repo;
        UsageOwner *owner;
        int64_t hold_ms; /* how long a hold lasts */
} UsageUsecase;

/*
 * Holds the uses and budget of an order's campaigns, all or none. An order that has its hold already gets
 * that one, whatever is left now. When too little is left, expired holds are resolved first.
 *
 * errors     INVALID_REQUEST for a campaign that comes twice or has another currency; CAMPAIGN_NOT_FOUND;
 *            PROMOTION_EXHAUSTED with one record per campaign; USAGE_CLOSED, USAGE_MISMATCH
 */
const Error *promotion_hold(UsageUsecase *usecase, Ctx *ctx, const char *order_id, const char *customer_id,
                            const char *currency, const UsageLine *lines, size_t n_lines,
                            const Usage **ret_usage) MUST_CHECK;

/*
 * Counts the held uses of orders for good. One that is closed stays closed: the caller sees it in its status.
 *
 * ret_statuses   n_orders items
 * source         000 Step 11
 */
const Error *promotion_commit(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                              UsageStatus *ret_statuses) MUST_CHECK;

/*
 * Gives back what is held or committed for orders; what is closed stays as it is. An order that holds nothing
 * is closed too, so that a hold which is still on its way is refused.
 */
const Error *promotion_release(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               UsageStatus *ret_statuses) MUST_CHECK;

/*
 * Resolves at most USAGE_MAX_ORDERS expired holds of any campaign.
 *
 * ret_n_found    how many there were
 */
const Error *promotion_sweep(UsageUsecase *usecase, Ctx *ctx, size_t *ret_n_found) MUST_CHECK;

/* What an event of an order ("order.confirmed") means to its usage; USAGE_KEEP: nothing. */
UsageMove promotion_meaning(const char *event_type);

/*
 * Moves the usages of orders, together or else each alone: one that cannot be moved, for a reason of its own,
 * is logged and stays as its status says.
 *
 * ret_statuses   n_orders items; not set by USAGE_EXTEND
 * errors         of a single one, or one that trying again later may mend: all of them are to be tried again
 */
const Error *promotion_move(UsageUsecase *usecase, Ctx *ctx, UsageMove move, const char *const *order_ids,
                            size_t n_orders, UsageStatus *ret_statuses, size_t *ret_n_moved) MUST_CHECK;

/* Resolves these expired holds. ret_n_resolved: how many are not expired any more. */
const Error *promotion_resolve(UsageUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                               size_t *ret_n_resolved) MUST_CHECK;
