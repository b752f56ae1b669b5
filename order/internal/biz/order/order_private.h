/* What the files of this use case share among themselves. */
#pragma once

#include "base/clock.h"
#include "base/idempotency.h"
#include "biz/order/usecase.h"

/* What a call may still spend, once it is over for the caller, on writing down or giving back. */
#define ORDER_AFTERWARDS_MS 5000

/* When to ask again about an order that is not settled yet. */
#define ORDER_RETRY_AFTER_MS 1000

/* A context for what must be done even when the caller is gone or out of time. */
static inline Ctx order_afterwards(const Ctx *ctx) {
        return ctx_afterwards(ctx, ORDER_AFTERWARDS_MS);
}

/* transition.c */

/* What becomes of an order. */
typedef struct OrderMove {
        OrderStatus to;     /* where it stands already: it is changed, and does not move */
        const char *reason; /* for the history; NULL: none */
        const char *review; /* why a person must look at it; NULL: nobody must */
        bool is_answer;     /* the order as it will be is stored as the answer to the saga's key */
} OrderMove;

/*
 * Moves the order by the transition table and writes it, its event and where its saga stands. It keeps its
 * status when that fails.
 *
 * errors       ILLEGAL_MOVE; those of OrderRepo.save
 */
const Error *order_change(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                          OrderMove move) MUST_CHECK;

/* True when the write lost against another process. */
bool order_lost_race(const Error *error);

/* The currency that the order is priced and paid in. */
static inline const char *order_currency(const OrderRequest *request) {
        return str_is_empty(request->currency) ? ORDER_DEFAULT_CURRENCY : request->currency;
}

/* check.c */

/*
 * errors: CUSTOMER_MISMATCH; INVALID_REQUEST for a line or a promotion code that appears twice, a currency
 * that Millrace does not trade in, or points in an order that takes none
 */
const Error *order_check_request(Ctx *ctx, const OrderRequest *request) MUST_CHECK;

/* errors: CUSTOMER_NOT_FOUND, CUSTOMER_INACTIVE */
const Error *order_check_context(Ctx *ctx, const char *customer_id, const Customer *customer) MUST_CHECK;

/* errors: TOO_MANY_UNPAID_ORDERS, TOO_MANY_DECLINES, with when to try again */
const Error *order_check_standing(Ctx *ctx, const OrderLimits *limits,
                                  const OrderStanding *standing) MUST_CHECK;

/* products are those of the request's lines. errors: UNKNOWN_SKU */
const Error *order_check_products(Ctx *ctx, const OrderRequest *request, const Product *products) MUST_CHECK;

/*
 * The first code of the request that does not count for this order refuses it; one that is valid, and loses
 * against a better combination, does not. errors: INVALID_PROMOTION with {code, reason}
 */
const Error *order_check_codes(Ctx *ctx, const OrderRequest *request,
                               const PromotionAnswer *answer) MUST_CHECK;

/* gone: of the order's campaigns. errors: INVALID_PROMOTION with {code, reason} when one needs a code */
const Error *order_check_uses(Ctx *ctx, const Order *order, const GoneUse *gone, size_t n_gone) MUST_CHECK;

/* problem: what the payment service says against the method, or NULL. errors: INVALID_REQUEST */
const Error *order_check_payment(Ctx *ctx, const char *problem) MUST_CHECK;

/* claim.c */

/*
 * Finds out what the request's key stands for, waiting as base/idempotency.h says; without a key makes a new
 * id.
 *
 * saga         out: the saga; step CLAIMED or PAYMENT when this call shall go on with it
 * ret_is_mine  false: the request has been answered before (saga->answer, or else by the order row)
 * errors       IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT, INVALID_REQUEST
 */
const Error *order_claim(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request, Saga *ret_saga,
                         bool *ret_is_mine) MUST_CHECK;

/* price.c */

/*
 * Line totals and the subtotal, from unit prices and quantities.
 * errors: INVALID_REQUEST when they are too large
 */
const Error *order_price_lines(Ctx *ctx, Order *order) MUST_CHECK;

/* What makes an order cheaper than its lines, in the order in which it is taken off. */
typedef struct OrderReductions {
        const AppliedPromotion *promotions;
        size_t n_promotions;
        int64_t tier_bp;
        const BulkDiscount *bulk;
        size_t n_bulk;
        int64_t points;
} OrderReductions;

/*
 * Promotions first, then the tier, then what bulk takes off, then points. Each is computed on the original
 * amounts; the tier, bulk and points are spread over the lines by them, promotions say themselves what they
 * take off each line. None takes more than is left of a line: points beyond that are not used.
 */
const Error *order_price_discounts(Ctx *ctx, Order *order, const OrderReductions *reductions) MUST_CHECK;

/*
 * Tax on what is left of the lines and, where they say so, on their part of the shipping that is taxable; the
 * total; and the points that it earns.
 */
const Error *order_price_total(Ctx *ctx, Order *order) MUST_CHECK;

/* draft.c */

/* An order that is priced by what all partners say; nothing is held for it. */
typedef struct OrderDraft {
        OrderUsecase *usecase;
        Ctx *ctx;
        const OrderRequest *request;
        const char *order_id;
        Order *order; /* out, once it is priced */
        Customer customer;
        bool is_customer_old;
        Product *products; /* one per line */
        bool is_catalog_old;
        PriceAnswer prices;
        OrderStanding standing;
        ShippingQuote shipping_quote;
        const char *payment_problem;
        bool keeps_refused_codes; /* in refused, instead of being refused for them */
        RefusedCode *refused;
        size_t n_refused;
        const char **without; /* ids of campaigns that had too little left */
        size_t n_without;
} OrderDraft;

/* Step 1: who orders, and what. errors: those of order_check_context, _standing and _products */
const Error *order_draft_gather(OrderDraft *draft) MUST_CHECK;

/* Step 2: prices, promotions, tier, points. errors: PRICE_UNAVAILABLE, TAX_UNAVAILABLE, INVALID_PROMOTION */
const Error *order_draft_price(OrderDraft *draft) MUST_CHECK;

/* Step 4: can it be paid like that, what does the way cost? errors: SHIPPING_UNAVAILABLE, INVALID_REQUEST */
const Error *order_draft_validate(OrderDraft *draft) MUST_CHECK;

/* Prices it once more, without campaigns that are gone. errors: INVALID_PROMOTION */
const Error *order_draft_reprice(OrderDraft *draft, const GoneUse *gone, size_t n_gone) MUST_CHECK;

/* What the way costs, before the total is computed. */
void order_note_shipping(Order *order, const ShippingQuote *quote);

/* hold.c */

/* Holding what an order needs: stock, uses of its campaigns, and points. */
typedef struct OrderHolding {
        OrderUsecase *usecase;
        Order *order;      /* out: when the first of its holds ends */
        unsigned may_hold; /* what may be held for it, or a call that holds it may be on its way */
        GoneUse *gone;     /* campaigns that had too little left: no use is held then */
        size_t n_gone;
} OrderHolding;

/* Step 3: stock and uses side by side. errors: those of Stock.reserve, then those of Promotions.hold */
const Error *order_hold(OrderHolding *holding, Ctx *ctx) MUST_CHECK;

/* Uses alone, once the order is priced without what was gone. errors: those of Promotions.hold */
const Error *order_hold_uses(OrderHolding *holding, Ctx *ctx) MUST_CHECK;

/*
 * The points that it uses, if any; last, since promotions that were gone may have left another number of them
 * to use, and a hold is never changed. errors: those of Points.hold
 */
const Error *order_hold_points(OrderHolding *holding, Ctx *ctx) MUST_CHECK;

/* pay.c */

/*
 * Steps 6 and 7: takes the payment, or finds out what became of it, and moves the order to where that leads.
 *
 * errors       the outcome is not known, or could not be written down: the order is to be tried again
 */
const Error *order_pay(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) MUST_CHECK;

/*
 * What the caller of PlaceOrder hears of an order that stands where it stands; cause, why it got no further,
 * or NULL.
 */
const Error *order_outcome(Ctx *ctx, const Order *order, const Error *cause) MUST_CHECK;

/* The error of an order that exists and whose outcome is not known yet. */
const Error *order_pending(Ctx *ctx, const char *order_id, const Error *cause);

/* The error of an order of which nobody knows whether it exists, or will. */
const Error *order_unknown(Ctx *ctx, const Error *cause);

/* compensate.c */

/* Notes on the order how its payment ended, from an answer of the payment service that it has ended. */
void order_payment_ended(Order *order, const PaymentResult *result);

/* Gives back money, then stock, uses and points, and ends the saga; every part may be repeated. */
const Error *order_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) MUST_CHECK;

/* Compensates at once where that works; else the background goes on with it. */
void order_try_compensate(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga);

/*
 * Releases what an order that never came to be may hold, then forgets its saga, which stands at COMPENSATE.
 */
const Error *order_release_unwritten(OrderUsecase *usecase, Ctx *ctx, const Saga *saga) MUST_CHECK;

/* cancel.c */

/*
 * Cancels an order whose saga stands at SAGA_CANCEL, when shipping says that it may be, and gives back what
 * it has. When something of it was shipped, the order stays as it is, and its saga goes on where it stood.
 *
 * ret_refusal  what shipping says then; NULL: the order is cancelled
 * errors       what shipping says is not known, or could not be written down: it is to be tried again
 */
const Error *order_go_on_cancelling(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                                    const Error **ret_refusal) MUST_CHECK;

/* saga.c */

typedef enum SagaLease {
        SAGA_LEASED, /* this process goes on with it */
        SAGA_FREE,   /* anybody may, at once */
} SagaLease;

/* Has the saga stand at that step; one that is let go has made progress, and all its attempts again. */
void order_saga_at(Saga *saga, SagaStep step, SagaLease lease);

/* How long to wait before the next try; it grows with the attempts. */
int64_t order_pause_after_ms(int64_t attempts);

/* The order of a saga that stands behind its writing. errors: internal, when it has no row */
const Error *order_of_saga(OrderUsecase *usecase, Ctx *ctx, const Saga *saga, Order **ret_order) MUST_CHECK;

/* Lets go of a saga that cannot go on now; the pause grows with the attempts. */
void order_postpone(OrderUsecase *usecase, Ctx *ctx, Saga *saga, const Error *why);

/* query.c */

/* errors: CUSTOMER_MISMATCH when the caller may not act for that customer */
const Error *order_check_customer(Ctx *ctx, const char *customer_id) MUST_CHECK;
