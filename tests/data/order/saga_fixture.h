/* Two processes on one database, each a saga store and a repository of its own. */
#pragma once

#include "base/clock.h"
#include "base/uuid.h"
#include "data/order_repo.h"
#include "data/saga_store.h"
#include "shop.h"

static Shop *shop;
static Arena *arena;
static PgPool *pool;
static SagaStore *one, *two;
static OrderRepo *orders_of_one, *orders_of_two;

static inline void setup(void) {
        shop = shop_open(false);
        arena = arena_new();
        pool = pool_on(shop->dsn, 4);
        one = order_saga_store_new(arena, pool, SHOP_LEASE_MS);
        two = order_saga_store_new(arena, pool, SHOP_LEASE_MS);
        orders_of_one = order_repo_new(arena, pool, one);
        orders_of_two = order_repo_new(arena, pool, two);
}

static inline Ctx *ctx(void) {
        return shop_ctx(shop, "", 0, NULL);
}

static inline void teardown(void) {
        shop_close(shop);
        arena_free(arena);
        pg_pool_free(pool);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

static inline void let_leases_run_out(void) {
        test_sql(
                shop->dsn,
                "UPDATE order_sagas SET lease_until = now() - interval '1 ms' WHERE lease_until IS NOT NULL");
}

static const Bytes packed = { (const uint8_t *) "request", 7 };

static inline Saga wanted(void) {
        return (Saga) {
                .order_id = uuid_sortable(test_ctx()->arena, "ORD-"),
                .customer_id = "CUST-12345",
                .idempotency_key = "a-key-of-16-chars",
                .step = SAGA_CLAIMED,
                .is_leased = true,
        };
}

static inline Saga claim(SagaStore *store, bool *ret_is_mine) {
        Saga want = wanted();
        Claim found;

        ck_assert_ok(store->claim(store, ctx(), &want, packed, &found));
        ck_assert(found.is_same_request);
        *ret_is_mine = found.is_mine;
        return found.saga;
}

static inline Order order_of(const Saga *saga) {
        static OrderItem items[] = { { "PROD-67890", "SKU-ABC-001", "Headphones", "US-WEST-01", "SELLER-1", 2,
                                       24999, 49998, 0, "standard", 0, false } };
        static const OrderAddress address = { "123 Main St", "San Francisco", "CA", "94105", "US" };
        const char *number;

        ck_assert_ok(orders_of_one->next_number(orders_of_one, ctx(), 2026, &number));
        return (Order) {
                .id = saga->order_id,
                .number = number,
                .customer_id = saga->customer_id,
                .customer_name = "Ada",
                .customer_email = "a@b",
                .customer_tier = "gold",
                .status = ORDER_PENDING_PAYMENT,
                .version = 1,
                .items = items,
                .n_items = 1,
                .pricing = { .currency = "USD", .subtotal_minor = 49998, .total_minor = 49998 },
                .payment = { .id = "PAY-1", .method = "credit_card", .token = "pm" },
                .shipping = { .method = "standard",
                              .warehouse = "US-WEST-01",
                              .estimated_delivery = "2026-01-01" },
                .shipping_address = address,
                .billing_address = address,
                .notes = "",
                .hold_expires_at_us = clock_wall_us() + INT64_C(900000000),
                .created_at_us = clock_wall_us(),
        };
}

static inline const Error *insert(OrderRepo *orders, const Order *order, Saga *saga) {
        saga->step = SAGA_PAYMENT;
        saga->is_leased = true;
        return orders->insert(orders, ctx(), order, saga);
}

static inline const Error *confirm(OrderRepo *orders, Order *order, Saga *saga) {
        OrderChange change = { .from = ORDER_PENDING_PAYMENT };

        order->status = ORDER_CONFIRMED;
        order->version = 2;
        saga->step = SAGA_SETTLE;
        saga->is_leased = false;
        return orders->save(orders, ctx(), order, saga, &change);
}
