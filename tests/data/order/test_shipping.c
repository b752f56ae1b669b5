/* Orders and the shipping service itself: what the way costs, and whether cancelling or shipping is first. */
#include "race.h"
#include "real_shipping.h"
#include "saga_fixture.h"

#define ROUNDS 20

static RealShipping *real;
static const char *order_id;

/*
 * Parcels from the west cost 15.99 USD, those from the east 9.01 without taxes; express 29.99, and 10.00 for
 * gold. Nothing is sent but to California.
 */
static void set_rates(void) {
        test_sql(real->dsn,
                 "INSERT INTO shipping_rules (created_by, kind, country, state, zone)"
                 " VALUES ('test', 'ZONE', 'US', 'CA', 'HOME');"
                 "INSERT INTO shipping_rules (created_by, kind, warehouse_id, zone)"
                 " VALUES ('test', 'WAREHOUSE', 'US-WEST-01', 'WEST'),"
                 "        ('test', 'WAREHOUSE', 'US-EAST-01', 'EAST');"
                 "INSERT INTO shipping_rules (created_by, kind, zone, from_zone, method, currency, tier,"
                 "                            amount_minor, is_taxable) VALUES"
                 " ('test', 'RATE', 'HOME', 'WEST', 'standard', 'USD', '', 1599, true),"
                 " ('test', 'RATE', 'HOME', 'EAST', 'standard', 'USD', '', 901, false),"
                 " ('test', 'RATE', 'HOME', 'WEST', 'express', 'USD', '', 2999, true),"
                 " ('test', 'RATE', 'HOME', 'WEST', 'express', 'USD', 'gold', 1000, true);"
                 "INSERT INTO shipping_rules (created_by, kind, zone, method, days)"
                 " VALUES ('test', 'TRANSIT', 'HOME', 'standard', 5),"
                 "        ('test', 'TRANSIT', 'HOME', 'express', 2)");
}

static void set_up(void) {
        setup();
        real = real_shipping_new();
        test_host_replace(&shop->host, &shipping_service_rpc, real->service);
        set_rates();
}

#define SHIPPING(...) test_sql_text(real->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

/* ---- what it costs ---- */

typedef struct Way {
        const char *method, *state, *second_from; /* where the second line comes from */
} Way;

static const Way usual = { "standard", "CA", "US-WEST-01" };

static const OrderV1Order *try_to_send(Way way, const Error **ret_error) {
        Ctx *call = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(call);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(call->arena);

        request->shipping_method = way.method;
        request->shipping_address->state = way.state;
        request->items[1]->requested_warehouse = way.second_from;
        *ret_error = shop->orders->place_order(shop->orders, call, request, response);
        return *ret_error ? NULL : response->order;
}

static const OrderV1Order *send_by(Way way) {
        const Error *error;
        const OrderV1Order *order = try_to_send(way, &error);

        ck_assert_ok(error);
        return order;
}

static const char *costs(void) {
        return SQL("SELECT concat_ws(' ', shipping_minor, shipping_taxable_minor, tax_minor, total_minor)"
                   "  FROM orders");
}

/* One of each seller: headphones of the first, a speaker of the second. */
TEST(an_order_costs_what_its_parcels_cost_and_keeps_what_it_was_quoted_with) {
        const OrderV1Order *order = send_by(usual);

        ck_assert_int_eq(order->pricing->shipping->minor, 2 * 1599);
        ck_assert_str_eq(costs(), "3198 3198 4532 62978");
        ck_assert_str_eq(SQL("SELECT rates_version || ' ' || (shipping_rates_at <= now())"
                             "       || ' ' || (shipping_rates_at > now() - interval '30 minutes')"
                             "       || ' ' || (estimated_delivery::date >= now()::date + 5)"
                             "  FROM (SELECT *, shipping_rates_version AS rates_version FROM orders) o"),
                         arena_printf(test_ctx()->arena, "%s true true true",
                                      SHIPPING("SELECT version FROM shipping_version")));
        ck_assert_str_eq(SQL("SELECT string_agg(concat_ws(' ', weight_grams, length_mm, width_mm, height_mm),"
                             "                  ', ') FROM order_items"),
                         "250 190 170 80, 250 190 170 80");
}

TEST(a_rate_of_the_customers_tier_counts) {
        const OrderV1Order *order = send_by((Way) { "express", "CA", "US-WEST-01" });

        ck_assert_int_eq(order->pricing->shipping->minor, 2 * 1000);
}

/* 8.203 % of what is left of the lines, 552.48, and of the 15.99 that are taxable. */
TEST(only_the_parcels_that_are_taxable_are_taxed) {
        shop->prices->taxes_shipping = true;
        send_by((Way) { "standard", "CA", "US-EAST-01" });
        ck_assert_str_eq(costs(), "2500 1599 4663 62411");
}

static ShippingV1ParcelLine *line_like(const char *sku, int64_t quantity) {
        ShippingV1ParcelLine *line = shipping_v1_parcel_line_new(test_ctx()->arena);

        line->sku = sku;
        line->quantity = quantity;
        line->weight_grams = 250;
        line->length_mm = 190;
        line->width_mm = 170;
        line->height_mm = 80;
        return line;
}

static ShippingV1Parcel *parcel_like(const char *seller_id, ShippingV1ParcelLine *line) {
        ShippingV1Parcel *parcel = shipping_v1_parcel_new(test_ctx()->arena);

        parcel->seller_id = seller_id;
        parcel->warehouse_id = "US-WEST-01";
        parcel->lines = ARENA_ARRAY(test_ctx()->arena, ShippingV1ParcelLine *, 1);
        parcel->lines[parcel->n_lines++] = line;
        return parcel;
}

/* The order's parcels are asked for again: with what its row says, or as of now. */
static const ShippingV1ShippingOption *quote_again(bool as_then) {
        Ctx *call = shop_ctx(shop, "USER-ADMIN", ROLE_ADMIN, NULL);
        ShippingV1QuoteRequest *request = shipping_v1_quote_request_new(call->arena);
        ShippingV1QuoteResponse *response = shipping_v1_quote_response_new(call->arena);
        int64_t at_us = test_sql_int64(
                shop->dsn, "SELECT (extract(epoch FROM shipping_rates_at) * 1000000)::bigint FROM orders");

        request->parcels = ARENA_ARRAY(call->arena, ShippingV1Parcel *, 2);
        request->parcels[request->n_parcels++] = parcel_like("SELLER-1", line_like("SKU-ABC-001", 2));
        request->parcels[request->n_parcels++] = parcel_like("SELLER-2", line_like("SKU-DEF-002", 1));
        request->destination = shipping_v1_destination_new(call->arena);
        request->destination->country = "US";
        request->destination->state = "CA";
        request->currency = "USD";
        request->tier = "gold";
        if (as_then) {
                request->rates_version =
                        test_sql_int64(shop->dsn, "SELECT shipping_rates_version FROM orders");
                request->as_of = google_protobuf_timestamp_new(call->arena);
                request->as_of->seconds = at_us / 1000000;
                request->as_of->nanos = (int32_t) (at_us % 1000000 * 1000);
        }
        ck_assert_ok(real->service->quote(real->service, call, request, response));
        ck_assert_str_eq(response->options[0]->method, "standard");
        return response->options[0];
}

static void raise_the_rate(void) {
        Ctx *call = shop_ctx(shop, "USER-ADMIN", ROLE_ADMIN, NULL);
        ShippingV1SetShippingRateRequest *request = shipping_v1_set_shipping_rate_request_new(call->arena);
        ShippingV1SetShippingRateResponse *response = shipping_v1_set_shipping_rate_response_new(call->arena);

        request->zone = "HOME";
        request->from_zone = "WEST";
        request->method = "standard";
        request->currency = "USD";
        request->price_case = SHIPPING__V1__SET_SHIPPING_RATE_REQUEST__PRICE_AMOUNT_MINOR;
        request->amount_minor = 5000;
        ck_assert_ok(real->service->set_shipping_rate(real->service, call, request, response));
}

TEST(with_what_an_order_keeps_its_shipping_is_computed_again) {
        const OrderV1Order *order = send_by(usual);

        raise_the_rate();
        ck_assert_int_eq(quote_again(false)->total->minor, 2 * 5000);
        ck_assert_int_eq(quote_again(true)->total->minor, order->pricing->shipping->minor);
        ck_assert_str_eq(quote_again(true)->estimated_delivery, order->shipping->estimated_delivery);
}

static void assert_not_sent(Way way, const char *why) {
        const Error *error;

        ck_assert_ptr_null(try_to_send(way, &error));
        ck_assert_reason(error, "SHIPPING_UNAVAILABLE");
        ck_assert_str_eq(error->records[0].values[3].key, "reason");
        ck_assert_str_eq(error->records[0].values[3].text, why);
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_sagas)"),
                         "0");
        ck_assert_uint_eq(shop->warehouse->n_holds, 0);
        ck_assert_int_eq(shop->promotions->n_held, 0);
}

TEST(an_address_that_is_not_served_is_refused_and_nothing_is_left) {
        assert_not_sent((Way) { "standard", "NY", "US-WEST-01" }, "DESTINATION_NOT_SERVED");
}

TEST(a_method_that_is_not_offered_there_is_refused_and_nothing_is_left) {
        assert_not_sent((Way) { "overnight", "CA", "US-WEST-01" }, "METHOD_NOT_OFFERED");
}

TEST(a_method_that_does_not_take_all_parcels_is_not_offered) {
        assert_not_sent((Way) { "express", "CA", "US-EAST-01" }, "METHOD_NOT_OFFERED");
}

TEST(without_any_method_nothing_is_sent) {
        assert_not_sent((Way) { "standard", "CA", "US-NORTH-01" }, "NO_SHIPPING_METHOD");
}

/* ---- cancelling and shipping ---- */

static void hear(Ctx *call, const char *type) {
        real_shipping_hear(real, call, type, order_id,
                           SQL("SELECT payload FROM outbox WHERE event_type = '%s' AND aggregate_id = '%s'",
                               type, order_id));
}

static const char *shipments(void) {
        return SHIPPING("SELECT string_agg(status, ' ' ORDER BY number) FROM shipments WHERE order_id = '%s'",
                        order_id);
}

static const Error *ship(Ctx *racer, int64_t number) {
        static const Caller admin = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        Ctx call = *racer;
        ShippingV1MarkShippedRequest *request = shipping_v1_mark_shipped_request_new(call.arena);

        call.caller = &admin;
        request->shipment_id = SHIPPING("SELECT shipment_id FROM shipments"
                                        " WHERE order_id = '%s' AND number = %lld",
                                        order_id, (long long) number);
        request->carrier = "UPS";
        request->tracking_number = "1Z999AA10123456784";
        return real->service->mark_shipped(real->service, &call, request,
                                           shipping_v1_mark_shipped_response_new(call.arena));
}

static void place(void) {
        order_id = send_by(usual)->order_id;
}

static const Error *cancel(void) {
        return shop_cancel(shop, order_id, "changed my mind");
}

/* The order, its saga, and what of its money is kept. */
static void assert_order(const char *status, const char *step, bool is_paid) {
        PaymentBook *book = shop->payments;
        int64_t kept_minor = 0;
        const char *payment_id = SQL("SELECT payment_id FROM orders WHERE order_id = '%s'", order_id);

        ck_assert_str_eq(SQL("SELECT status || ' ' || step FROM orders JOIN order_sagas USING (order_id)"
                             " WHERE order_id = '%s'",
                             order_id),
                         arena_printf(test_ctx()->arena, "%s %s", status, step));
        for (size_t i = 0; i < book->n_payments; i++)
                if (str_equal(book->payments[i].payment_id, payment_id) &&
                    book->payments[i].status == PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_COMPLETED)
                        kept_minor += book->payments[i].amount_minor;
        ck_assert_int_eq(kept_minor, is_paid ? 62978 : 0);
}

TEST(an_order_whose_confirmation_comes_after_its_cancellation_is_not_sent) {
        place();
        ck_assert_ok(cancel());
        assert_order("CANCELLED", "DONE", false);
        hear(test_ctx(), "order.confirmed");
        hear(test_ctx(), "order.cancelled");
        ck_assert_str_eq(shipments(), "");
        ck_assert_str_eq(SHIPPING("SELECT status || n_shipments FROM fulfilments"), "CANCELLED0");
}

TEST(what_is_not_shipped_yet_is_cancelled_and_cannot_be_shipped_later) {
        place();
        hear(test_ctx(), "order.confirmed");
        ck_assert_str_eq(shipments(), "CREATED CREATED");
        ck_assert_ok(cancel());
        assert_order("CANCELLED", "DONE", false);
        ck_assert_str_eq(shipments(), "CANCELLED CANCELLED");
        ck_assert_str_eq(SHIPPING("SELECT DISTINCT reason FROM shipment_history WHERE status = 'CANCELLED'"),
                         "changed my mind");
        ck_assert_reason(ship(test_ctx(), 1), "SHIPMENT_CANCELLED");
        hear(test_ctx(), "order.cancelled");
        ck_assert_str_eq(shipments(), "CANCELLED CANCELLED");
}

TEST(when_a_part_is_shipped_the_order_stays_and_the_rest_may_be_shipped) {
        place();
        hear(test_ctx(), "order.confirmed");
        ck_assert_ok(ship(test_ctx(), 2));
        const Error *error = ck_assert_reason(cancel(), "ALREADY_SHIPPED");
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        assert_order("CONFIRMED", "SETTLE", true);
        ck_assert_ok(ship(test_ctx(), 1));
        ck_assert_reason(cancel(), "ALREADY_SHIPPED");
        assert_order("CONFIRMED", "SETTLE", true);
        ck_assert_str_eq(shipments(), "SHIPPED SHIPPED");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "2");
}

typedef struct Race {
        char reasons[2][64]; /* "": it was done */
} Race;

static void note(Race *race, size_t i, const Error *error) {
        snprintf(race->reasons[i], sizeof(race->reasons[i]), "%s", error ? error->reason : "");
}

static void cancel_or_ship(Ctx *racer, void *race, size_t i) {
        note(race, i, i == 0 ? cancel() : ship(racer, 1));
}

TEST(of_cancelling_and_shipping_at_once_exactly_one_is_done) {
        for (int round = 0; round < ROUNDS; round++) {
                Race race;

                place();
                hear(test_ctx(), "order.confirmed");
                race_run(2, cancel_or_ship, &race);
                bool is_cancelled = str_is_empty(race.reasons[0]);
                ck_assert_str_eq(race.reasons[0], is_cancelled ? "" : "ALREADY_SHIPPED");
                ck_assert_str_eq(race.reasons[1], is_cancelled ? "SHIPMENT_CANCELLED" : "");
                ck_assert_str_eq(shipments(), is_cancelled ? "CANCELLED CANCELLED" : "SHIPPED CREATED");
                assert_order(is_cancelled ? "CANCELLED" : "CONFIRMED", is_cancelled ? "DONE" : "SETTLE",
                             !is_cancelled);
        }
}

static void cancel_or_make_shipments(Ctx *racer, void *race, size_t i) {
        if (i == 0)
                note(race, i, cancel());
        else
                hear(racer, "order.confirmed");
}

TEST(what_is_cancelled_while_its_shipments_are_made_is_not_sent) {
        for (int round = 0; round < ROUNDS; round++) {
                Race race;

                place();
                race_run(2, cancel_or_make_shipments, &race);
                ck_assert_str_eq(race.reasons[0], "");
                assert_order("CANCELLED", "DONE", false);
                const char *left = shipments();
                ck_assert_msg(str_equal(left, "") || str_equal(left, "CANCELLED CANCELLED"), "%s", left);
        }
}

int main(void) {
        Suite *suite = suite_create("orders and the shipping service on PostgreSQL");
        TCase *tests = tcase_create("shipping");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
