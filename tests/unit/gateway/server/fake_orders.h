/* An order service that remembers what it was asked and answers what it is told to. */
#pragma once

#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "order/v1/order.rpc.h"

typedef struct FakeOrders {
        OrderService base;
        const Error *error;
        int n_calls;
        char caller[64], client[64], key[300], request_id[64], customer[64];
        const char *voucher; /* the service that vouched for the last one */
        int64_t remaining_ms, quantity;
        bool waits; /* get_order: until the call is cancelled */
        atomic_bool is_waiting, is_cancelled;
} FakeOrders;

static inline void remember(FakeOrders *fake, const Ctx *ctx) {
        __atomic_add_fetch(&fake->n_calls, 1, __ATOMIC_RELAXED);
        snprintf(fake->caller, sizeof(fake->caller), "%s", ctx->caller->id);
        snprintf(fake->client, sizeof(fake->client), "%s", ctx->client);
        snprintf(fake->key, sizeof(fake->key), "%s", ctx->idempotency_key ? ctx->idempotency_key : "");
        snprintf(fake->request_id, sizeof(fake->request_id), "%s", ctx->trace.request_id);
        fake->voucher = ctx->caller->service;
        fake->remaining_ms = ctx_remaining_ms(ctx);
}

static inline const Error *fake_place_order(OrderService *self, Ctx *ctx,
                                            const OrderV1PlaceOrderRequest *request,
                                            OrderV1PlaceOrderResponse *response) {
        FakeOrders *fake = (FakeOrders *) self;

        remember(fake, ctx);
        snprintf(fake->customer, sizeof(fake->customer), "%s", request->customer_id);
        fake->quantity = request->items[0]->quantity;
        ctx_reply_header(ctx, "idempotent-replayed", "true");
        if (fake->error)
                return fake->error;
        response->order = order_v1_order_new(ctx->arena);
        response->order->order_id = "ORD-1";
        return NULL;
}

static inline void await_cancellation(FakeOrders *fake, const Ctx *ctx) {
        atomic_store(&fake->is_waiting, true);
        while (!ctx_check(ctx))
                nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
        atomic_store(&fake->is_cancelled, atomic_load(ctx->cancelled));
}

static inline const Error *fake_get_order(OrderService *self, Ctx *ctx, const OrderV1GetOrderRequest *request,
                                          OrderV1GetOrderResponse *response) {
        remember((FakeOrders *) self, ctx);
        if (((FakeOrders *) self)->waits)
                await_cancellation((FakeOrders *) self, ctx);
        response->order = order_v1_order_new(ctx->arena);
        response->order->order_id = arena_strdup(ctx->arena, request->order_id);
        return NULL;
}

static inline const Error *fake_list_orders(OrderService *self, Ctx *ctx,
                                            const OrderV1ListOrdersRequest *request,
                                            OrderV1ListOrdersResponse *response) {
        (void) request;
        (void) response;
        remember((FakeOrders *) self, ctx);
        return NULL;
}

static inline const Error *fake_cancel_order(OrderService *self, Ctx *ctx,
                                             const OrderV1CancelOrderRequest *request,
                                             OrderV1CancelOrderResponse *response) {
        (void) request;
        remember((FakeOrders *) self, ctx);
        response->order = order_v1_order_new(ctx->arena);
        return NULL;
}

/* The calls that the tests make; of the others it has none. */
static inline FakeOrders fake_orders(void) {
        return (FakeOrders) { .base = { .place_order = fake_place_order,
                                        .get_order = fake_get_order,
                                        .list_orders = fake_list_orders,
                                        .cancel_order = fake_cancel_order } };
}
