#include "server/server.h"

#include "base/last_said.h"
#include "catalog/v1/catalog.rpc.h"
#include "customer/v1/customer.rpc.h"
#include "data/catalog_client.h"
#include "data/customer_client.h"
#include "data/order_repo.h"
#include "data/payment_client.h"
#include "data/points_client.h"
#include "data/pricing_client.h"
#include "data/promotion_client.h"
#include "data/saga_store.h"
#include "data/shipping_client.h"
#include "data/stock_client.h"
#include "order_migrations.h"
#include "payment/v1/payment.rpc.h"
#include "pricing/v1/pricing.rpc.h"
#include "promotion/v1/promotion.rpc.h"
#include "server/saga_runner.h"
#include "server/shipment_events.h"
#include "service/order_service.h"
#include "shipping/v1/shipping.rpc.h"
#include "warehouse/v1/warehouse.rpc.h"

#define MS_PER_MINUTE 60000

/* Of customers; of the catalog, by SKU; of pricing, by line, place of taxes and cart. */
#define N_LAST_SAID 16384

static const ConfigVariable variables[] = {
        CONFIG_NUMBER(OrderConfig, deadline_ms, "MILLRACE_ORDER_DEADLINE_MS", "45000", "ms", 1000, 600000,
                      "How long placing an order may take"),
        CONFIG_NUMBER(OrderConfig, hold_ms, "MILLRACE_WAREHOUSE_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long stock is held for an order"),
        CONFIG_NUMBER(OrderConfig, usage_hold_ms, "MILLRACE_PROMOTION_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long uses of promotions are held for an order"),
        CONFIG_NUMBER(OrderConfig, points_hold_ms, "MILLRACE_CUSTOMER_POINTS_HOLD_MS", "900000", "ms", 1,
                      INT64_C(86400000), "How long points are held for an order"),
        CONFIG_NUMBER(OrderConfig, lease_ms, "MILLRACE_ORDER_LEASE_MS", "15000", "ms", 100, 600000,
                      "After this the orders of a process that died are taken over"),
        CONFIG_NUMBER(OrderConfig, runner_interval_ms, "MILLRACE_ORDER_RUNNER_INTERVAL_MS", "500", "ms", 10,
                      60000, "Pause between looks for orders to take over"),
        CONFIG_NUMBER(OrderConfig, settle_interval_ms, "MILLRACE_ORDER_SETTLE_INTERVAL_MS", "200", "ms", 10,
                      60000, "Pause between looks for holds to confirm"),
        CONFIG_NUMBER(OrderConfig, unpaid_limit, "MILLRACE_ORDER_UNPAID_LIMIT", "10", "orders", 0, 1000000,
                      "Orders of one customer that hold stock and are not paid; 0: any number"),
        CONFIG_NUMBER(OrderConfig, declines_limit, "MILLRACE_ORDER_DECLINES_LIMIT", "10", "orders", 0,
                      1000000, "Failed payments after which a customer has to wait; 0: any number"),
        CONFIG_NUMBER(OrderConfig, declines_minutes, "MILLRACE_ORDER_DECLINES_MINUTES", "10", "minutes", 1,
                      1440, "Time in which they count"),
        CONFIG_NUMBER(OrderConfig, last_said_ms, "MILLRACE_ORDER_LAST_SAID_MS", "1800000", "ms", 0, 86400000,
                      "What customer, catalog and pricing said counts so long while they do not answer"),
};

static const ConfigTable config_table = CONFIG_TABLE(OrderConfig, variables);

/* An order that takes its whole time must still be written before one of its holds runs out. */
static const Error *check_hold(Arena *arena, const OrderConfig *config, const char *what, int64_t hold_ms) {
        if (hold_ms > config->deadline_ms + ORDER_HOLD_MARGIN_MS)
                return NULL;
        return error_internal(
                arena, NULL,
                "%s held for %lld ms, which must be more than the %lld ms of an order and %d ms", what,
                (long long) hold_ms, (long long) config->deadline_ms, ORDER_HOLD_MARGIN_MS);
}

static Stock *stock_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &warehouse_service_rpc);

        return order_stock_client_new(arena, warehouse_service_connect(arena, channel));
}

static Payments *payments_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &payment_service_rpc);

        return order_payment_client_new(arena, payment_service_connect(arena, channel));
}

static LastSaid *last_said_of(AppPart *part, const OrderConfig *config) {
        return last_said_new(app_part_arena(part), N_LAST_SAID, config->last_said_ms);
}

/* One service, and one bulkhead before it, for both of what the business wants of it. */
static void connect_customers(AppPart *part, const OrderConfig *config, OrderUsecase *orders) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &customer_service_rpc);
        CustomerService *customers = customer_service_connect(arena, channel);
        Callee *callee = callee_new(arena, "customer");

        orders->customers = order_customer_client_new(arena, customers, callee, last_said_of(part, config));
        orders->points = order_points_client_new(arena, customers, callee);
}

static Shipping *shipping_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &shipping_service_rpc);

        return order_shipping_client_new(arena, shipping_service_connect(arena, channel));
}

static Catalog *catalog_of(AppPart *part, const OrderConfig *config) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &catalog_service_rpc);

        return order_catalog_client_new(arena, catalog_service_connect(arena, channel),
                                        last_said_of(part, config));
}

static Prices *prices_of(AppPart *part, const OrderConfig *config) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &pricing_service_rpc);

        return order_pricing_client_new(arena, pricing_service_connect(arena, channel),
                                        last_said_of(part, config));
}

static Promotions *promotions_of(AppPart *part) {
        Arena *arena = app_part_arena(part);
        RpcChannel *channel = app_part_channel(part, &promotion_service_rpc);

        return order_promotion_client_new(arena, promotion_service_connect(arena, channel));
}

static const Error *assemble(AppPart *part, const void *settings, void **ret_implementation) {
        const OrderConfig *config = settings;
        Arena *arena = app_part_arena(part);
        PgPool *pool = app_part_pool(part);
        SagaStore *sagas = order_saga_store_new(arena, pool, config->lease_ms);
        OrderUsecase *orders = ARENA_NEW(arena, OrderUsecase);
        EventConsumerSpec shipment_events = order_shipment_events;

        TRY(check_hold(arena, config, "Stock is", config->hold_ms));
        TRY(check_hold(arena, config, "Uses of promotions are", config->usage_hold_ms));
        TRY(check_hold(arena, config, "Points are", config->points_hold_ms));
        *orders = (OrderUsecase) {
                .orders = order_repo_new(arena, pool, sagas),
                .sagas = sagas,
                .catalog = catalog_of(part, config),
                .prices = prices_of(part, config),
                .promotions = promotions_of(part),
                .shipping = shipping_of(part),
                .stock = stock_of(part),
                .payments = payments_of(part),
                .wakeups = order_saga_runner_new(part, orders, config),
                .snapshot = order_service_snapshot,
                .deadline_ms = config->deadline_ms,
                .hold_ms = config->hold_ms,
                .limits = { .n_unpaid = config->unpaid_limit,
                            .n_declines = config->declines_limit,
                            .declines_ms = config->declines_minutes * MS_PER_MINUTE },
        };
        connect_customers(part, config, orders);
        shipment_events.self = order_follower_new(arena, pool);
        app_part_events(part, &shipment_events);
        *ret_implementation = order_service_new(arena, orders);
        return NULL;
}

static const RpcService *const calls[] = { &warehouse_service_rpc, &payment_service_rpc, &catalog_service_rpc,
                                           &pricing_service_rpc, &promotion_service_rpc,
                                           &customer_service_rpc, &shipping_service_rpc, NULL };

/* The claim of PlaceOrder is its saga's row. */
static const char *const keeps_keys_of[] = { "PlaceOrder", NULL };

const AppService order_app_service = {
        .name = "order",
        .summary = "Places, shows, lists and cancels orders, and follows their shipments",
        .rpc = &order_service_rpc,
        .calls = calls,
        .schema = &order_schema,
        .keeps_keys_of = keeps_keys_of,
        .n_sessions = 10,
        .publishes = true,
        .consumes = true,
        .config = &config_table,
        .assemble = assemble,
};
