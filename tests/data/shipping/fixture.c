#include "fixture.h"

#include "data/fulfilment_repo.h"
#include "data/rule_repo.h"
#include "events/v1/order.rpc.h"
#include "pool.h"
#include "server/order_events.h"
#include "shipping_migrations.h"

static void tell_nobody(ShippingNews *self) {
        (void) self;
}

static ShippingNews silence = { .tell = tell_nobody };

Tariff fixture_other(Fixture *fixture, int64_t max_age_ms) {
        return (Tariff) { .repo = shipping_rule_repo_new(test_ctx()->arena, fixture->pool, max_age_ms),
                          .news = &silence };
}

Fixture *fixture_new(void) {
        Fixture *fixture = ARENA_NEW(test_ctx()->arena, Fixture);

        fixture->pool = test_pool("shipping", &shipping_schema, &fixture->dsn);
        fixture->tariff = fixture_other(fixture, MAX_AGE_MS);
        fixture->fulfilments.repo = shipping_fulfilment_repo_new(test_ctx()->arena, fixture->pool);
        return fixture;
}

/* ---- rules ---- */

int64_t fixture_set(Fixture *fixture, const ShippingRule *rule) {
        int64_t id;

        ck_assert_ok(shipping_set_rule(&fixture->tariff, test_ctx(), rule, &id));
        return id;
}

void fixture_set_home(Fixture *fixture) {
        ShippingRule zone = shipping_rule_of(SHIPPING_ZONE), transit = shipping_rule_of(SHIPPING_TRANSIT);

        zone.country = "US";
        zone.zone = transit.zone = "HOME";
        transit.method = SHIPPING_STANDARD;
        transit.days = 1;
        fixture_set(fixture, &zone);
        fixture_set(fixture, &transit);
}

ShippingRule fixture_rate(int64_t minor) {
        ShippingRule rule = shipping_rule_of(SHIPPING_RATE);

        rule.zone = "HOME";
        rule.method = SHIPPING_STANDARD;
        rule.currency = "USD";
        rule.amount_minor = minor;
        return rule;
}

int64_t fixture_set_rate(Fixture *fixture, int64_t minor) {
        ShippingRule rule = fixture_rate(minor);

        return fixture_set(fixture, &rule);
}

const Error *fixture_quote(Tariff *tariff, Ctx *ctx, int64_t version, const int64_t *at_us,
                           ShippingQuote *ret_quote) {
        ParcelLine line = { .quantity = 1, .weight_grams = 100 };
        Parcel parcel = { .seller_id = "SELLER-1", .warehouse_id = "WH-1", .lines = &line, .n_lines = 1 };
        ShippingQuestion question = { .parcels = &parcel, .n_parcels = 1, .country = "US", .state = "",
                                      .currency = "", .tier = "" };

        return shipping_quote(tariff, ctx, &question, version, at_us, ret_quote);
}

int64_t fixture_price(Tariff *tariff) {
        ShippingQuote quote;
        const Error *error = fixture_quote(tariff, test_ctx(), 0, NULL, &quote);

        if (error_is(error, REASON_NO_SHIPPING_METHOD) || error_is(error, REASON_DESTINATION_NOT_SERVED))
                return -1;
        ck_assert_ok(error);
        return quote.options[0].total_minor;
}

/* ---- shipments ---- */

static EventsV1OrderEventItem *item(Arena *arena, const char *sku, const char *seller_id) {
        EventsV1OrderEventItem *message = events_v1_order_event_item_new(arena);

        message->product_id = "PROD-1";
        message->sku = sku;
        message->name = "A thing";
        message->quantity = 2;
        message->warehouse = "US-WEST-01";
        message->seller_id = seller_id;
        return message;
}

static EventsV1OrderEventAddresses *addresses(Arena *arena) {
        EventsV1OrderEventAddresses *message = events_v1_order_event_addresses_new(arena);

        message->shipping = events_v1_order_event_address_new(arena);
        message->shipping->street = "123 Main St";
        message->shipping->city = "Berkeley";
        message->shipping->state = "CA";
        message->shipping->zip_code = "94704";
        message->shipping->country = "US";
        return message;
}

Event fixture_event(const char *order_id, int64_t version, const char *type) {
        Arena *arena = test_ctx()->arena;
        EventsV1OrderEvent *message = events_v1_order_event_new(arena);
        EventsV1OrderEventData *data = message->data = events_v1_order_event_data_new(arena);

        data->order_id = order_id;
        data->customer_id = "CUST-1";
        data->n_items = 3;
        data->items = ARENA_ARRAY(arena, EventsV1OrderEventItem *, 3);
        data->items[0] = item(arena, "SKU-1", "SELLER-1");
        data->items[1] = item(arena, "SKU-2", "SELLER-2");
        data->items[2] = item(arena, "SKU-3", "SELLER-1");
        data->addresses = addresses(arena);
        data->shipping = events_v1_order_event_shipping_new(arena);
        data->shipping->method = "standard";
        data->shipping->estimated_delivery = "2024-08-15";
        return (Event) { .type = type, .aggregate_id = order_id, .version = version,
                         .message = &message->base };
}

const Error *fixture_try_events(Fixture *fixture, Ctx *ctx, const Event *events, size_t n) {
        PgBatch *batch = pg_batch_new(fixture->pool, ctx);

        TRY(shipping_order_events.apply(fixture->pool, batch, events, n));
        return pg_batch_run(batch);
}

const char *fixture_confirm(Fixture *fixture, const char *order_id) {
        const Event confirmed = fixture_event(order_id, 2, "order.confirmed");

        ck_assert_ok(fixture_try_events(fixture, test_ctx(), &confirmed, 1));
        return test_sql_text(fixture->dsn, arena_printf(test_ctx()->arena,
                                                        "SELECT shipment_id FROM shipments"
                                                        " WHERE order_id = '%s' AND number = 1",
                                                        order_id));
}

Ctx fixture_admin(const Ctx *ctx) {
        static const Caller admin = { .id = "USER-1", .roles = ROLE_ADMIN };
        Ctx own = *ctx;

        own.caller = &admin;
        return own;
}

static void assert_none(Fixture *fixture, const char *query) {
        ck_assert_msg(test_sql_int64(fixture->dsn, query) == 0, "%s", query);
}

void fixture_assert_books(Fixture *fixture) {
        assert_none(fixture, "SELECT count(*) FROM fulfilments f"
                             " WHERE n_shipments <> (SELECT count(*) FROM shipments s"
                             "                        WHERE s.order_id = f.order_id)");
        assert_none(fixture,
                    "SELECT count(*) FROM fulfilments f WHERE n_shipped <> (SELECT count(*) FROM shipments s"
                    " WHERE s.order_id = f.order_id AND s.status IN ('SHIPPED', 'DELIVERED'))");
        assert_none(fixture, "SELECT count(*) FROM fulfilments f JOIN shipments s USING (order_id)"
                             " WHERE (f.status = 'CANCELLED') <> (s.status = 'CANCELLED')");
        assert_none(fixture,
                    "SELECT count(*) FROM fulfilments f WHERE version <> (SELECT count(*) FROM outbox o"
                    " WHERE o.aggregate_type = 'shipment' AND o.aggregate_id = f.order_id"
                    " AND o.aggregate_version BETWEEN 1 AND f.version)");
        assert_none(fixture, "SELECT count(*) FROM outbox o"
                             "  LEFT JOIN fulfilments f ON f.order_id = o.aggregate_id"
                             " WHERE f.order_id IS NULL OR o.aggregate_version > f.version");
        assert_none(fixture, "SELECT count(*) FROM shipments s"
                             " WHERE version <> (SELECT count(*) FROM shipment_history h"
                             "                    WHERE h.shipment_id = s.shipment_id"
                             "                      AND h.version BETWEEN 1 AND s.version)");
}
