/*
 * Orders: what one is, the statuses that it goes through, and the fault points of this service.
 *
 * source     000 Sample Request Payload, Sample Response; 003 order schemas
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/error.h"
#include "base/str.h"
#include "order/v1/order.reasons.h"

/* Ends inside this service (base/error.h): another process took this order over. */
#define INNER_SAGA_FENCED "SAGA_FENCED"

/* The same of an order that is at another status or version by now. */
#define INNER_ORDER_MOVED "ORDER_MOVED"

/* The same of an order that was to be written when one of its holds was about to end. */
#define INNER_HOLD_ENDS "HOLD_ENDS"

/* A mistake of ours: the move is not in the transition table. */
#define INNER_ILLEGAL_MOVE "ILLEGAL_MOVE"

/* Limits that the request's field rules do not state. */
#define ORDER_TOTAL_MAX_MINOR INT64_C(1000000000000)
#define ORDER_PAGE_DEFAULT 20
#define ORDER_PAGE_MAX 100

/* Of an order that names none. */
#define ORDER_DEFAULT_CURRENCY "USD"

/*
 * A point takes one smallest unit of this currency off, and each of these amounts that an order comes to
 * earns one. Orders in others use and earn none: no rate is kept with them.
 */
#define ORDER_POINTS_CURRENCY "USD"
#define ORDER_POINT_EARNED_PER_MINOR 100

/* The numbers are those of the contract. */
typedef enum OrderStatus {
        ORDER_ANY_STATUS = 0,
        ORDER_PENDING_PAYMENT = 1,
        ORDER_CONFIRMED = 2,
        ORDER_PROCESSING = 3,
        ORDER_SHIPPED = 4,
        ORDER_DELIVERED = 5,
        ORDER_CANCELLED = 6,
        ORDER_PAYMENT_FAILED = 7,
        ORDER_FAILED = 8,
        ORDER_RETURNED = 9,
} OrderStatus;

/* What the warehouse should do with the hold behind an order. The numbers are those of the contract. */
typedef enum HoldOutcome {
        HOLD_UNKNOWN = 1,
        HOLD_PENDING = 2,
        HOLD_CONFIRMED = 3,
        HOLD_RELEASED = 4,
} HoldOutcome;

typedef enum OrderPaymentStatus {
        ORDER_PAYMENT_PENDING,
        ORDER_PAYMENT_PAID,
        ORDER_PAYMENT_DECLINED,
        ORDER_PAYMENT_REFUNDED,
} OrderPaymentStatus;

typedef struct OrderAddress {
        const char *street, *city, *state, *zip_code, *country;
} OrderAddress;

/* Of one piece in its package; 0: not known, or from before it was kept. */
typedef struct ProductSize {
        int64_t weight_grams, length_mm, width_mm, height_mm;
} ProductSize;

typedef struct OrderItem {
        const char *product_id;
        const char *sku;
        const char *name;
        const char *warehouse;
        const char *seller_id; /* "", as the tax class, of orders from before it was kept */
        int64_t quantity;
        int64_t unit_price_minor;
        int64_t total_minor;    /* quantity * unit price */
        int64_t discount_minor; /* this line's share of all discounts */
        const char *tax_class;
        int64_t tax_ppm;
        bool taxes_shipping; /* this line's share of the shipping cost is taxed like it */
        ProductSize size;
} OrderItem;

#define DISCOUNT_PROMOTION "promotion"
#define DISCOUNT_CUSTOMER_TIER "customer_tier"
#define DISCOUNT_BULK "bulk"
#define DISCOUNT_POINTS "loyalty_points"

typedef struct OrderDiscount {
        const char *type;
        const char *code; /* of a promotion that needs one, else NULL */
        const char *name; /* of a bulk discount, and of a promotion without a code, else NULL */
        int64_t amount_minor;
        const char *campaign_id; /* of a promotion whose use is held, else NULL */
        int64_t campaign_version;
} OrderDiscount;

/* subtotal - discounts + shipping + tax = total, always. */
typedef struct OrderPricing {
        const char *currency;
        int64_t subtotal_minor;
        OrderDiscount *discounts;
        size_t n_discounts;
        int64_t discounts_minor;
        int64_t shipping_minor;
        int64_t taxable_shipping_minor; /* the part of it that is taxed where a line's rate says so */
        int64_t tax_minor;
        int64_t total_minor;
        int64_t rules_version; /* the newest rule of pricing that was known; 0 before it was kept, as below */
        int64_t rules_at_us;   /* when it was */
        bool is_degraded;      /* customer, catalog, pricing or promotion did not answer: see the contract */
} OrderPricing;

/* Points of the customer's. */
typedef struct OrderLoyalty {
        int64_t points_used;   /* what DISCOUNT_POINTS takes off */
        int64_t points_earned; /* once it is confirmed */
        bool has_new_balance;  /* customer said what he had when it was placed */
        int64_t new_balance;   /* what he has then, once they are used and earned */
} OrderLoyalty;

typedef struct OrderPayment {
        const char *id; /* "PAY-..."; the same for every attempt */
        const char *method;
        const char *token;
        OrderPaymentStatus status;
        const char *transaction_id; /* NULL until captured, as is last4 */
        const char *last4;
        const char *error;      /* CARD_DECLINED, ...; NULL: none */
        const char *action_url; /* where the customer finishes the payment; NULL: nothing to do */
        int64_t refunded_minor;
} OrderPayment;

typedef struct OrderShipping {
        const char *method;
        const char *estimated_delivery; /* "2024-08-15" */
        const char *tracking_number;    /* of the only shipment; NULL: not yet, or there are several */
        const char *warehouse;
        int64_t rates_version; /* of the quote that its cost is from; 0 before it was kept, as below */
        int64_t rates_at_us;
} OrderShipping;

typedef struct Order {
        const char *id;
        const char *number;
        const char *customer_id;
        const char *customer_name;
        const char *customer_email;
        const char *customer_tier;
        OrderStatus status;
        int64_t version; /* of its last event: 1, 2, 3 ... */
        OrderItem *items;
        size_t n_items;
        OrderPricing pricing;
        OrderLoyalty loyalty;
        OrderPayment payment;
        OrderShipping shipping;
        OrderAddress shipping_address;
        OrderAddress billing_address;
        const char *notes;
        const char *cancel_reason; /* also of one that failed for its stock; NULL: neither, or none given */
        int64_t hold_expires_at_us;
        int64_t created_at_us;
        int64_t confirmed_at_us; /* 0: never, as below */
        int64_t cancelled_at_us;
        int64_t shipped_at_us; /* its last shipment, as the next */
        int64_t delivered_at_us;
} Order;

/* A line of an order's history. */
typedef struct TimelineMove {
        int64_t version;
        OrderStatus from; /* ORDER_ANY_STATUS at creation */
        OrderStatus to;
        const char *reason; /* NULL: none */
        const char *actor;
        int64_t moved_at_us;
} TimelineMove;

typedef struct TimelineEvent {
        int64_t version;
        const char *type; /* "order.confirmed" */
        const char *event_id;
        int64_t written_at_us;
        int64_t published_at_us; /* 0: not yet, as the next */
        int64_t stream_sequence;
} TimelineEvent;

typedef struct TimelineSaga {
        const char *step; /* "SETTLE" */
        int64_t attempts;
        const char *last_error; /* NULL: none */
        int64_t started_at_us;
        int64_t changed_at_us;
        int64_t due_at_us; /* 0: never */
} TimelineSaga;

/* What happened to an order, the oldest first. */
typedef struct Timeline {
        TimelineMove *moves;
        size_t n_moves;
        TimelineEvent *events; /* those that the outbox still has */
        size_t n_events;
        const TimelineSaga *saga; /* NULL: it was forgotten */
} Timeline;

/* "CONFIRMED"; "" for ORDER_ANY_STATUS. */
const char *order_status_name(OrderStatus status);

/* The reverse; ORDER_ANY_STATUS when it is none. */
OrderStatus order_status_of(const char *name);

/* The event that tells of a move into that status: "order.confirmed". */
const char *order_status_event(OrderStatus status);

/* What becomes of the hold behind an order in that status. */
HoldOutcome order_status_hold(OrderStatus status);

bool order_may_move(OrderStatus from, OrderStatus to);

/* How far the shipments of an order are, which are all made at once. */
typedef struct ShipmentsState {
        size_t n; /* more than 0 */
        size_t n_shipped; /* those that were delivered among them */
        size_t n_delivered;
        int64_t shipped_at_us; /* the last of them; 0: none was, as the next */
        int64_t delivered_at_us;
        const char *tracking_number; /* of the only one; NULL: not yet, or there are several */
} ShipmentsState;

/* What the state of its shipments means to an order. */
typedef enum ShipmentsMeaning {
        SHIPMENTS_MOVE_ORDER, /* it has moved on by one status */
        SHIPMENTS_ARE_KNOWN,  /* it is where they are, or further */
        SHIPMENTS_ARE_LATE,   /* it goes its own way: it was cancelled, has failed, or came back */
} ShipmentsMeaning;

/*
 * Moves an order one status towards where its shipments are: to PROCESSING when they are made, to SHIPPED and
 * DELIVERED when all are. Asked until it does not move any more, each move is one of the transition table.
 */
ShipmentsMeaning order_follow_shipments(Order *order, const ShipmentsState *state);
