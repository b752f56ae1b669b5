/*
 * The use case: what callers can do with orders, and what the background does for them. This header is what
 * the service and server layers need of the business.
 */
#pragma once

#include "biz/order/ports.h"

/* Packs the answer of PlaceOrder, so that it is stored in the transaction that confirms the order. */
typedef Bytes (*OrderSnapshot)(Ctx *ctx, const Order *order);

/* Everything that the use case works with; nothing here is optional. */
typedef struct OrderUsecase {
        OrderRepo *orders;
        SagaStore *sagas;
        Catalog *catalog;
        Prices *prices;
        Customers *customers;
        Promotions *promotions;
        Points *points;
        Shipping *shipping;
        Stock *stock;
        Payments *payments;
        Wakeups *wakeups;
        OrderSnapshot snapshot;
        int64_t deadline_ms; /* PlaceOrder's machine steps take this at most */
        int64_t hold_ms;     /* how long the warehouse holds the stock, and so who must pay has time */
        OrderLimits limits;
} OrderUsecase;

typedef struct OrderLine {
        const char *product_id;
        const char *sku;
        int64_t quantity;
        const char *warehouse;
} OrderLine;

/* A request to place an order; its fields obey the rules of the contract. */
typedef struct OrderRequest {
        const char *customer_id;
        const OrderLine *lines;
        size_t n_lines;
        OrderAddress shipping_address;
        OrderAddress billing_address;
        const char *payment_method;
        const char *payment_token;
        const char *shipping_method;
        const char *const *promotion_codes;
        size_t n_promotion_codes;
        int64_t use_points; /* of the customer's, at most: what no line has left for is not used */
        const char *notes;
        const char *currency; /* "": ORDER_DEFAULT_CURRENCY */
        Bytes packed; /* all of the above as it came, to recognise the same request under the same key */
} OrderRequest;

/* Either the order, or the stored answer of the first call with the same key. */
typedef struct PlacedOrder {
        const Order *order; /* NULL: see answer */
        Bytes answer;
} PlacedOrder;

/*
 * Prices the order, holds its stock, takes its payment and confirms it.
 *
 * ret_placed   CONFIRMED, or PENDING_PAYMENT with payment.action_url when the customer must act
 * errors       CUSTOMER_MISMATCH, CUSTOMER_NOT_FOUND, CUSTOMER_INACTIVE, UNKNOWN_SKU, PRICE_UNAVAILABLE,
 *              INVALID_PROMOTION, PRODUCT_OUT_OF_STOCK, TOO_FEW_POINTS, SHIPPING_UNAVAILABLE,
 *              TAX_UNAVAILABLE, HOLD_EXPIRED, INVALID_REQUEST, TOO_MANY_UNPAID_ORDERS, TOO_MANY_DECLINES:
 *              nothing is left of it;
 *              PAYMENT_FAILED, ORDER_FAILED, ORDER_CANCELLED: the order exists, nothing is held or captured;
 *              PAYMENT_PENDING: the order exists, its outcome is not known yet;
 *              WRITE_UNCERTAIN: nobody knows whether the order exists, or will before its hold ends;
 *              IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT
 * source       000 Sequence Diagram, Error Handling, Rollback Strategy
 */
const Error *order_place(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request,
                         PlacedOrder *ret_placed) MUST_CHECK;

/* What an order would be. */
typedef struct OrderQuote {
        const Order *order; /* by the method that was asked for; without number and payment */
        Order *ways;        /* the same by every method, which they differ by, and by what follows from it */
        size_t n_ways;
        RefusedCode *refused;
        size_t n_refused;
} OrderQuote;

/*
 * Prices an order as placing it would, by every way to send it; holds nothing, writes nothing.
 *
 * request      without payment, billing address, notes; shipping_method "": the one that costs least
 * errors       those of order_place that are told before anything is held, codes and payment apart
 */
const Error *order_quote(OrderUsecase *usecase, Ctx *ctx, const OrderRequest *request,
                         OrderQuote *ret_quote) MUST_CHECK;

/* By id or number, whosever it is: for services, which ask on nobody's behalf. errors: ORDER_NOT_FOUND */
const Error *order_find(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number,
                        Order **ret_order) MUST_CHECK;

/* By id or number, when the caller may see it. errors: ORDER_NOT_FOUND */
const Error *order_get(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number,
                       Order **ret_order) MUST_CHECK;

/*
 * Shows where the shipments of an order are, when the caller may see it.
 *
 * errors       ORDER_NOT_FOUND; UNAVAILABLE: shipping does not answer, and nobody else knows
 * source       003 Component Responsibilities, Multi-Seller Order Processing
 */
const Error *order_track(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const Order **ret_order,
                         Shipment **ret_shipments, size_t *ret_n) MUST_CHECK;

/*
 * What happened to an order, when the caller may see it. A customer is not told of its saga.
 *
 * errors       ORDER_NOT_FOUND
 */
const Error *order_timeline(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number,
                            const Order **ret_order, Timeline *ret_timeline) MUST_CHECK;

typedef struct OrderPage {
        Order *orders;
        size_t n_orders;
        bool has_more;
} OrderPage;

/*
 * Orders of the caller's, newest first; an admin sees those of the customer named, or all.
 *
 * query        limit 0: ORDER_PAGE_DEFAULT; at most ORDER_PAGE_MAX
 * errors       CUSTOMER_MISMATCH
 */
const Error *order_list(OrderUsecase *usecase, Ctx *ctx, OrderQuery query, OrderPage *ret_page) MUST_CHECK;

/*
 * Cancels an order that is not on its way yet; an order that is already cancelled stays as it is. Shipping
 * is asked first, when the order may have shipments. Money, stock, uses of promotions and points are given
 * back at once where that works, else by the saga until it does.
 *
 * reason       NULL or "": none given
 * errors       ORDER_NOT_FOUND, ORDER_NOT_CANCELLABLE, ORDER_CHANGED, ALREADY_SHIPPED (of shipping);
 *              UNAVAILABLE: shipping does not answer, and the saga goes on with it
 */
const Error *order_cancel(OrderUsecase *usecase, Ctx *ctx, const char *id_or_number, const char *reason,
                          Order **ret_order) MUST_CHECK;

/* Says per order id what should become of its hold; ret_outcomes has room for n. */
const Error *order_resolve_holds(OrderUsecase *usecase, Ctx *ctx, const char *const *order_ids, size_t n,
                                 HoldOutcome *ret_outcomes) MUST_CHECK;

/* What a saga may need: what is given back waits neither for payments nor for shipping, which may be slow. */
typedef enum OrderWork {
        ORDER_WORK_PAY,       /* the outcome of a payment */
        ORDER_WORK_CANCEL,    /* what shipping says of an order that is to be cancelled */
        ORDER_WORK_GIVE_BACK, /* what an order that came to nothing has or may hold */
} OrderWork;

/* Takes over up to limit sagas that need this work, whose owner died or whose pause is over. */
const Error *order_take_due(OrderUsecase *usecase, Ctx *ctx, OrderWork work, size_t limit, Saga **ret_sagas,
                            size_t *ret_n) MUST_CHECK;

/* Carries a saga that this process has taken over as far as it goes. On an error it is tried again later. */
const Error *order_resume(OrderUsecase *usecase, Ctx *ctx, Saga *saga) MUST_CHECK;

/* Orders whose holds are confirmed in one call to each service that holds something for them. */
#define ORDER_SETTLE_BATCH 100

/*
 * Step 8: confirms what is held of orders that were confirmed, many at once; failures are noted on the order
 * and tried again.
 *
 * ret_n        sagas that were due; ORDER_SETTLE_BATCH: there may be more
 */
const Error *order_settle(OrderUsecase *usecase, Ctx *ctx, size_t *ret_n) MUST_CHECK;
