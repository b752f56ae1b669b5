/*
 * Everything around the order use case, faked: a table of one order and its saga, and partners that do as
 * they are told.
 */
#pragma once

#include "biz/order/usecase.h"
#include "offers.h"
#include "purse.h"
#include "support.h"

#define WORLD_EVENTS 16

#define WORLD_FINAL "FINAL"
#define WORLD_LOST "LOST"

typedef struct World {
        OrderUsecase usecase;
        OrderRepo orders;
        SagaStore sagas;
        Catalog catalog;
        Customers customers;
        Offers promotions;
        Purse points;
        Shipping shipping;
        Prices prices;
        Stock stock;
        Payments payments;
        Wakeups wakeups;
        Caller caller;

        /* What the partners answer. */
        Customer customer;
        OrderStanding standing;
        PaymentResult payment;
        PaymentResult refund;
        const char *payment_problem;
        ConfirmState stock_state;
        int64_t hold_expires_at_us;
        int64_t shipping_cost_minor, shipping_taxable_minor;
        bool is_shipped; /* something of the order */
        bool is_customer_old, is_catalog_old, is_pricing_old;
        BulkDiscount bulk; /* amount 0: none */
        PriceQuestion priced; /* what was asked last, as the next is */
        Order quoted;

        /* Reason with which a call fails, NULL: it works. REASON_WRITE_UNCERTAIN: after it was done. */
        const char *reserve_fails, *confirm_holds_fails, *release_fails, *process_fails, *refund_fails;
        /* The same; "": internal; WORLD_FINAL: internal and final; WORLD_LOST: uncertain, and not done. */
        const char *insert_fails, *give_up_fails, *save_fails, *shipping_fails, *prices_fail, *customer_fails;
        const char *cancel_fails; /* of shipping; DEADLINE_EXCEEDED: after it was done */
        const Error *(*when_processing)(struct World *world,
                                        Ctx *ctx); /* what somebody else does meanwhile */
        const Error *(*when_reserving)(struct World *world, Ctx *ctx);
        const Error *(*when_cancelling)(struct World *world, Ctx *ctx);
        const Error *(*when_claiming)(struct World *world, Ctx *ctx);
        void (*when_letting_go)(struct World *world);

        /* The tables. */
        bool has_saga;
        Saga saga;
        Bytes claimed_with;
        bool has_order;
        Order order;
        const char *events[WORLD_EVENTS];
        int n_events;
        const char *review;
        const char *settle_problem, *settle_review;

        /* What was done. */
        bool is_held, is_sold, are_shipments_cancelled;
        const char *shipping_cancel_reason;
        int64_t captured_minor;
        int n_reserved, n_released, n_processed, n_refunded, n_forgotten, n_let_go, n_wakeups;
        int n_shipping_cancels;
} World;

/* The demo world of 000: two products, a gold customer, SUMMER2024, standard shipping, Californian tax. */
World *world_new(Ctx *ctx);

/* The work that the saga needs. */
OrderWork world_work(const World *world);

/* The request of 000's sample. */
OrderRequest *world_request(Ctx *ctx);
