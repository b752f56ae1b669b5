/*
 * Fulfilment: the shipments of an order, one per seller and warehouse, from the order's confirmation until
 * they are delivered. It is also the arbiter between cancelling and shipping: an order's shipments are
 * cancelled together, and only while none of them was shipped.
 *
 * source     000 Step 9; 003 Multi-Seller Order Processing; 004 4
 */
#pragma once

#include "base/ctx.h"
#include "shipping/v1/shipping.reasons.h"

#define SHIPMENTS_PAGE 20

/* The numbers are those of the contract. */
typedef enum ShipmentStatus {
        SHIPMENT_ANY_STATUS,
        SHIPMENT_CREATED,
        SHIPMENT_SHIPPED,
        SHIPMENT_DELIVERED,
        SHIPMENT_CANCELLED,
} ShipmentStatus;

typedef struct ShipmentItem {
        const char *product_id;
        const char *sku;
        const char *name;
        int64_t quantity;
} ShipmentItem;

typedef struct ShipmentAddress {
        const char *street;
        const char *city;
        const char *state;
        const char *zip_code;
        const char *country;
} ShipmentAddress;

/* What all shipments of an order share. */
typedef struct ShipmentOrder {
        const char *order_id;
        const char *customer_id;
        const char *method;             /* "": not known, as the next */
        const char *estimated_delivery; /* "2024-08-15" */
        ShipmentAddress address;
} ShipmentOrder;

typedef struct Shipment {
        const char *shipment_id;
        ShipmentOrder order;
        const char *seller_id; /* "": not known */
        const char *warehouse_id;
        ShipmentStatus status;
        const char *carrier;         /* "" until it is shipped, as the next */
        const char *tracking_number;
        int64_t created_at_us;       /* wall clock, as all times here */
        int64_t shipped_at_us;       /* 0: it was not, as the next */
        int64_t delivered_at_us;
        int64_t version;             /* 1, 2, 3 ... */
        const ShipmentItem *items;   /* none where they were not asked for */
        size_t n_items;
} Shipment;

/* All shipments of an order. */
typedef struct Fulfilment {
        const char *order_id;
        const char *customer_id; /* "": it was cancelled before any shipment was made */
        bool is_cancelled;
        int64_t version; /* of its events; 0: there was none */
        Shipment *shipments;
        size_t n_shipments;
} Fulfilment;

/* One line of an order that is to be shipped. */
typedef struct OrderLine {
        ShipmentItem item;
        const char *seller_id;
        const char *warehouse_id;
} OrderLine;

typedef struct ShipmentChange {
        int64_t version;
        ShipmentStatus status;
        const char *carrier;
        const char *tracking_number;
        const char *reason;
        const char *actor;
        int64_t changed_at_us;
} ShipmentChange;

/* A place in a list, newest first; after the last one of the page before. */
typedef struct ShipmentPosition {
        int64_t created_at_us;
        const char *shipment_id;
} ShipmentPosition;

typedef struct ShipmentQuery {
        const char *order_id;          /* "": of all */
        const char *seller_id;         /* "": of all */
        ShipmentStatus status;         /* SHIPMENT_ANY_STATUS: all */
        const ShipmentPosition *after; /* NULL: from the first */
        int64_t limit;                 /* 0: SHIPMENTS_PAGE */
} ShipmentQuery;

typedef struct ShipmentPage {
        const Shipment *shipments;
        size_t n_shipments;
        bool has_more;
} ShipmentPage;

/*
 * Where fulfilments are kept. Whoever changes one locks its row first. All may fail with UNAVAILABLE,
 * WRITE_UNCERTAIN or DEADLINE_EXCEEDED.
 */
typedef struct FulfilmentRepo FulfilmentRepo;
struct FulfilmentRepo {
        /* With items. ret_fulfilment is NULL when there is none. */
        const Error *(*find)(FulfilmentRepo *self, Ctx *ctx, const char *order_id,
                             Fulfilment **ret_fulfilment);

        /* The same of the order that a shipment belongs to. */
        const Error *(*find_of)(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                Fulfilment **ret_fulfilment);

        /* The oldest first. */
        const Error *(*history)(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                const ShipmentChange **ret_changes, size_t *ret_n);

        /* Up to limit shipments, without items. */
        const Error *(*list)(FulfilmentRepo *self, Ctx *ctx, const ShipmentQuery *query,
                             const Shipment **ret_shipments, size_t *ret_n);

        /*
         * Writes a change of shipments[changed], with history and event: version is the fulfilment's new one,
         * status the shipment's. *ret_is_saved is false when somebody else has changed the fulfilment since
         * it was read: then nothing was written.
         */
        const Error *(*save)(FulfilmentRepo *self, Ctx *ctx, const Fulfilment *fulfilment, size_t changed,
                             bool *ret_is_saved);

        /*
         * Cancels the shipments of an order unless one was shipped; an order without any has a tombstone
         * then, which keeps them from being made. *ret_n_shipments: of the order; *ret_n_shipped: of those
         * that keep it from being cancelled.
         */
        const Error *(*cancel)(FulfilmentRepo *self, Ctx *ctx, const char *order_id, const char *reason,
                               int64_t *ret_n_shipments, int64_t *ret_n_shipped);

        /* Forgets at most limit tombstones that are a day old. */
        const Error *(*tidy)(FulfilmentRepo *self, Ctx *ctx, size_t limit, size_t *ret_n_forgotten);
};

typedef struct FulfilmentUsecase {
        FulfilmentRepo *repo;
} FulfilmentUsecase;

/* errors: SHIPMENT_NOT_FOUND, also for a seller whose it is not */
const Error *shipping_get_shipment(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                   const Shipment **ret_shipment, const ShipmentChange **ret_changes,
                                   size_t *ret_n_changes) MUST_CHECK;

/* A seller who names none sees his own. errors: FOREIGN_SHIPMENTS */
const Error *shipping_list_shipments(FulfilmentUsecase *usecase, Ctx *ctx, ShipmentQuery query,
                                     ShipmentPage *ret_page) MUST_CHECK;

/*
 * Shows an order's fulfilment to the order service, which knows who may see it.
 *
 * errors     NOTHING_TO_TRACK
 * source     003 Multi-Seller Order Processing
 */
const Error *shipping_track(FulfilmentUsecase *usecase, Ctx *ctx, const char *order_id,
                            const Fulfilment **ret_fulfilment) MUST_CHECK;

/* The status of the shipment that is least far; SHIPMENT_CANCELLED when it has none. */
ShipmentStatus shipping_overall_status(const Fulfilment *fulfilment);

/*
 * errors     SHIPMENT_NOT_FOUND, SHIPMENT_CANCELLED; TRACKING_MISMATCH when it was shipped as something else
 */
const Error *shipping_mark_shipped(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                   const char *carrier, const char *tracking_number,
                                   const Shipment **ret_shipment) MUST_CHECK;

/* errors: SHIPMENT_NOT_FOUND, SHIPMENT_CANCELLED, SHIPMENT_NOT_SHIPPED */
const Error *shipping_mark_delivered(FulfilmentUsecase *usecase, Ctx *ctx, const char *shipment_id,
                                     const Shipment **ret_shipment) MUST_CHECK;

/*
 * Cancels the shipments of an order, and those that would be made later.
 *
 * ret_n_cancelled    how many the order has
 * errors             ALREADY_SHIPPED
 */
const Error *shipping_cancel(FulfilmentUsecase *usecase, Ctx *ctx, const char *order_id, const char *reason,
                             int64_t *ret_n_cancelled) MUST_CHECK;

/*
 * The fulfilment of an order that was confirmed: one shipment per seller and warehouse, in the order in which
 * the lines name them; in arena.
 */
const Fulfilment *shipping_plan(Arena *arena, const ShipmentOrder *order, const OrderLine *lines,
                                size_t n_lines);

/* What an event of an order ("order.confirmed") means to its shipments. */
typedef enum FulfilmentMove { FULFILMENT_KEEP, FULFILMENT_CREATE, FULFILMENT_CANCEL } FulfilmentMove;

FulfilmentMove shipping_meaning(const char *event_type);
