#include "shop.h"

#include <stdlib.h>

#include "base/callee.h"
#include "bus/bus.h"
#include "order_migrations.h"

#define N_SESSIONS 8
#define HALF_AN_HOUR_MS 1800000

/* Orders are placed whether the events of shipments come or not. */
#define NOBODY "nats://127.0.0.1:1"

static void migrate(const char *dsn) {
        PgPool *pool = pool_on(dsn, 1);

        ck_assert_ok(pg_migrate(pool, test_ctx(), &order_schema));
        pg_pool_free(pool);
}

Shop *shop_open(bool with_loops) {
        return shop_open_with(&(ShopLimits) { 0 }, with_loops);
}

Shop *shop_open_with(const ShopLimits *limits, bool with_loops) {
        Shop *shop = calloc(1, sizeof(Shop));

        shop->calls = arena_new();
        pthread_mutex_init(&shop->lock, NULL);
        shop->dsn = test_database("order");
        shop->warehouse = calloc(1, sizeof(Warehouse));
        shop->payments = calloc(1, sizeof(PaymentBook));
        shop->catalog = calloc(1, sizeof(CatalogBook));
        shop->prices = calloc(1, sizeof(PriceBook));
        shop->promotions = calloc(1, sizeof(PromotionBook));
        shop->customers = calloc(1, sizeof(CustomerBook));
        shop->shipping = calloc(1, sizeof(ShippingBook));
        warehouse_init(shop->warehouse);
        payment_book_init(shop->payments);
        catalog_book_init(shop->catalog);
        price_book_init(shop->prices);
        promotion_book_init(shop->promotions);
        customer_book_init(shop->customers);
        shipping_book_init(shop->shipping);
        shop->config = (OrderConfig) {
                .deadline_ms = 45000,
                .hold_ms = 900000,
                .usage_hold_ms = 900000,
                .points_hold_ms = 900000,
                .lease_ms = SHOP_LEASE_MS,
                .runner_interval_ms = 20,
                .settle_interval_ms = 20,
                .unpaid_limit = limits->n_unpaid,
                .declines_limit = limits->n_declines,
                .declines_minutes = 10,
                .last_said_ms = limits->last_said_ms ? limits->last_said_ms : HALF_AN_HOUR_MS,
        };
        BreakerLimits never_opens = { .n_failures = 1000000, .window_ms = 60000, .trial_ms = 1 };
        callee_init(&(CalleeLimits) { .n_calls = 64, .wait_ms = TEST_WAIT_MS, .breaker = never_opens }, NULL);
        test_host_init(&shop->host);
        shop->host.base.bus = bus_new(&(BusConfig) {
                .url = NOBODY, .user = "order", .password_file = "/dev/null", .name = "order" });
        test_host_serve(&shop->host, &warehouse_service_rpc, &shop->warehouse->base);
        test_host_serve(&shop->host, &payment_service_rpc, &shop->payments->base);
        test_host_serve(&shop->host, &catalog_service_rpc, &shop->catalog->base);
        test_host_serve(&shop->host, &pricing_service_rpc, &shop->prices->base);
        test_host_serve(&shop->host, &promotion_service_rpc, &shop->promotions->base);
        test_host_serve(&shop->host, &customer_service_rpc, &shop->customers->base);
        test_host_serve(&shop->host, &shipping_service_rpc, &shop->shipping->base);
        shop->arena = arena_new();
        shop->part = test_part_new(shop->arena, &order_app_service, &shop->host, shop->dsn, N_SESSIONS,
                                   &shop->config);
        shop->orders = app_part_implementation(shop->part);
        migrate(shop->dsn);
        if (with_loops)
                ck_assert_ok(app_part_start(shop->part, test_ctx()));
        return shop;
}

void shop_close(Shop *shop) {
        app_part_stop(shop->part);
        arena_free(shop->calls);
        app_part_free(shop->part);
        arena_free(shop->arena);
        bus_free(shop->host.base.bus);
        free(shop->shipping);
        free(shop->customers);
        free(shop->promotions);
        free(shop->prices);
        free(shop->catalog);
        free(shop->payments);
        free(shop->warehouse);
        free(shop);
}

static void free_arena(void *arena) {
        arena_free(arena);
}

Ctx *shop_ctx(Shop *shop, const char *customer_id, unsigned roles, const char *key) {
        Arena *arena = arena_new();
        Ctx *ctx = ARENA_NEW(arena, Ctx);
        Caller *caller = ARENA_NEW(arena, Caller);

        pthread_mutex_lock(&shop->lock);
        arena_defer(shop->calls, free_arena, arena);
        pthread_mutex_unlock(&shop->lock);
        *ctx = ctx_background(arena);
        *caller = (Caller) { .id = customer_id, .roles = roles };
        ctx->caller = caller;
        ctx->idempotency_key = key;
        return ctx;
}

static OrderV1OrderLine *line(Arena *arena, const char *sku, const char *product_id, int64_t quantity) {
        OrderV1OrderLine *message = order_v1_order_line_new(arena);

        message->sku = sku;
        message->product_id = product_id;
        message->quantity = quantity;
        message->requested_warehouse = "US-WEST-01";
        return message;
}

static CommonV1Address *address(Arena *arena) {
        CommonV1Address *message = common_v1_address_new(arena);

        message->street = "123 \"Main\" St";
        message->city = "San Francisco";
        message->state = "CA";
        message->zip_code = "94105";
        message->country = "US";
        return message;
}

OrderV1PlaceOrderRequest *shop_request(Ctx *ctx) {
        Arena *arena = ctx->arena;
        OrderV1PlaceOrderRequest *request = order_v1_place_order_request_new(arena);

        request->customer_id = "CUST-12345";
        request->n_items = 2;
        request->items = ARENA_ARRAY(arena, OrderV1OrderLine *, 2);
        request->items[0] = line(arena, "SKU-ABC-001", "PROD-67890", 2);
        request->items[1] = line(arena, "SKU-DEF-002", "PROD-11111", 1);
        request->shipping_address = address(arena);
        request->billing_address = address(arena);
        request->payment_method = order_v1_payment_method_new(arena);
        request->payment_method->type = "credit_card";
        request->payment_method->token = "pm_1234567890";
        request->shipping_method = "standard";
        request->n_promotion_codes = 1;
        request->promotion_codes = ARENA_ARRAY(arena, const char *, 1);
        request->promotion_codes[0] = "SUMMER2024";
        request->notes = "Please deliver after 5 PM";
        return request;
}

const OrderV1Order *shop_place(Shop *shop, const char *key, const Error **ret_error) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, key);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        *ret_error = shop->orders->place_order(shop->orders, ctx, shop_request(ctx), response);
        return *ret_error ? NULL : response->order;
}

const Error *shop_cancel(Shop *shop, const char *order_id, const char *reason) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(ctx->arena);

        request->order_id = order_id;
        request->reason = str_or_empty(reason);
        return shop->orders->cancel_order(shop->orders, ctx, request,
                                          order_v1_cancel_order_response_new(ctx->arena));
}

typedef struct Expectation {
        Shop *shop;
        const char *query;
        const char *expected;
} Expectation;

static bool holds(void *arg) {
        const Expectation *expectation = arg;

        return str_equal(test_sql_text(expectation->shop->dsn, expectation->query), expectation->expected);
}

void shop_wait(Shop *shop, const char *query, const char *expected) {
        Expectation expectation = { shop, query, expected };

        test_wait_until(holds, &expectation, TEST_WAIT_MS, query);
}
