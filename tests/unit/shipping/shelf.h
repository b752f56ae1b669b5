/* A repository with one fulfilment, and callers. */
#pragma once

#include <string.h>

#include "biz/shipping/fulfilment.h"
#include "support.h"

typedef struct Shelf {
        FulfilmentRepo base;
        Shipment shipments[2];
        Fulfilment fulfilment; /* as it is kept; without an order id: there is none */
        Fulfilment saved;
        Shipment saved_shipment;
        size_t n_saves;
        size_t n_overtaken;       /* so many saves fail */
        Shipment while_overtaken; /* what shipments[0] is after that */
        ShipmentQuery query;
        size_t n_listed;
        int64_t n_shipments, n_shipped; /* that cancelling finds */
        const char *cancel_reason;
} Shelf;

static Shelf shelf;
static FulfilmentUsecase usecase;

static inline const Error *shelf_find(FulfilmentRepo *self, Ctx *ctx, const char *id,
                                      Fulfilment **ret_fulfilment) {
        Fulfilment *copy = ARENA_NEW(ctx->arena, Fulfilment);

        (void) self;
        (void) id;
        *copy = shelf.fulfilment;
        copy->shipments = ARENA_ARRAY(ctx->arena, Shipment, 2);
        memcpy(copy->shipments, shelf.shipments, sizeof(shelf.shipments));
        *ret_fulfilment = shelf.fulfilment.order_id ? copy : NULL;
        return NULL;
}

static inline const Error *shelf_save(FulfilmentRepo *self, Ctx *ctx, const Fulfilment *fulfilment,
                                      size_t changed, bool *ret_is_saved) {
        (void) self;
        (void) ctx;
        shelf.n_saves++;
        *ret_is_saved = shelf.n_saves > shelf.n_overtaken;
        if (!*ret_is_saved) {
                shelf.shipments[0] = shelf.while_overtaken;
                return NULL;
        }
        shelf.saved = *fulfilment;
        shelf.saved_shipment = fulfilment->shipments[changed];
        return NULL;
}

static inline const Error *shelf_history(FulfilmentRepo *self, Ctx *ctx, const char *shipment_id,
                                         const ShipmentChange **ret_changes, size_t *ret_n) {
        (void) self;
        (void) ctx;
        (void) shipment_id;
        *ret_changes = NULL;
        *ret_n = 0;
        return NULL;
}

static inline const Error *shelf_list(FulfilmentRepo *self, Ctx *ctx, const ShipmentQuery *query,
                                      const Shipment **ret_shipments, size_t *ret_n) {
        (void) self;
        (void) ctx;
        shelf.query = *query;
        *ret_shipments = shelf.shipments;
        *ret_n = shelf.n_listed;
        return NULL;
}

static inline const Error *shelf_cancel(FulfilmentRepo *self, Ctx *ctx, const char *order_id,
                                        const char *reason, int64_t *ret_n_shipments,
                                        int64_t *ret_n_shipped) {
        (void) self;
        (void) ctx;
        (void) order_id;
        shelf.cancel_reason = reason;
        *ret_n_shipments = shelf.n_shipments;
        *ret_n_shipped = shelf.n_shipped;
        return NULL;
}

static inline Shipment shelf_shipment(const char *shipment_id, const char *seller_id) {
        return (Shipment) { .shipment_id = shipment_id, .seller_id = seller_id, .warehouse_id = "WH-1",
                            .order = { "ORD-1", "CUST-1", "standard", "2024-08-15" },
                            .status = SHIPMENT_CREATED, .carrier = "", .tracking_number = "", .version = 1 };
}

/* Order ORD-1 of CUST-1, with SHP-1 of SELLER-1 and SHP-2 of SELLER-2. */
static inline void shelf_fill(void) {
        shelf = (Shelf) {
                .base = { .find = shelf_find, .find_of = shelf_find, .history = shelf_history,
                          .list = shelf_list, .save = shelf_save, .cancel = shelf_cancel },
                .shipments = { shelf_shipment("SHP-1", "SELLER-1"), shelf_shipment("SHP-2", "SELLER-2") },
                .fulfilment = { .order_id = "ORD-1", .customer_id = "CUST-1", .version = 1,
                                .n_shipments = 2 },
        };
        usecase.repo = &shelf.base;
}

static inline Ctx *shelf_ctx(const char *id, unsigned roles) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = id, .roles = roles };
        ctx->caller = caller;
        return ctx;
}
