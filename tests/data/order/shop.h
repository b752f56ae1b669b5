/* The whole order service on a fresh database, between books of those whom it calls. */
#pragma once

#include "customer_book.h"
#include "market.h"
#include "order/v1/order.rpc.h"
#include "part.h"
#include "partners.h"
#include "pool.h"
#include "promotion_book.h"
#include "server/server.h"
#include "shipping_book.h"
#include "support.h"

/* Whose time tests let run out by hand: a call that a busy machine keeps waiting does not lose it. */
#define SHOP_LEASE_MS 60000

typedef struct Shop {
        Arena *calls; /* of every call's context; freed before the server */
        pthread_mutex_t lock;
        const char *dsn;
        OrderConfig config;
        Warehouse *warehouse;
        PaymentBook *payments;
        CatalogBook *catalog;
        PriceBook *prices;
        PromotionBook *promotions;
        CustomerBook *customers;
        ShippingBook *shipping;
        TestHost host;
        Arena *arena; /* of the part */
        AppPart *part;
        OrderService *orders;
} Shop;

/* With its loops running, or with only its schema made. */
Shop *shop_open(bool with_loops);

typedef struct ShopLimits {
        int64_t n_unpaid;     /* of one customer; 0: any number, as below */
        int64_t n_declines;   /* in ten minutes */
        int64_t last_said_ms; /* 0: half an hour */
} ShopLimits;

Shop *shop_open_with(const ShopLimits *limits, bool with_loops);

void shop_close(Shop *shop);

/* A call's context; key may be NULL. Thread-safe. */
Ctx *shop_ctx(Shop *shop, const char *customer_id, unsigned roles, const char *key);

/* The sample of 000. */
OrderV1PlaceOrderRequest *shop_request(Ctx *ctx);

/* Places the sample as CUST-12345, NULL on an error. */
const OrderV1Order *shop_place(Shop *shop, const char *key, const Error **ret_error);

/* Cancels an order as CUST-12345; reason may be NULL. Thread-safe. */
const Error *shop_cancel(Shop *shop, const char *order_id, const char *reason);

/* Waits until a query gives that text. */
void shop_wait(Shop *shop, const char *query, const char *expected);
