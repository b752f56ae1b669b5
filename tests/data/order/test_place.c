#include <string.h>

#include "base/memory.h"
#include "shop.h"

static TestList live_tests;

static Shop *shop;

static void with_loops(void) {
        shop = shop_open(true);
}

static void without_loops(void) {
        shop = shop_open(false);
}

static void teardown(void) {
        shop_close(shop);
}

static const OrderV1Order *place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, NULL, &error);

        ck_assert_ok(error);
        return order;
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

TEST(the_sample_of_000_becomes_rows_events_and_an_answer) {
        const OrderV1Order *order = place();

        ck_assert_int_eq(order->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
        ck_assert_int_eq(order->pricing->subtotal->minor, 64998);
        ck_assert_int_eq(order->pricing->discounts[0]->amount->minor, 6500);
        ck_assert_str_eq(order->pricing->discounts[0]->code, "SUMMER2024");
        ck_assert_int_eq(order->pricing->discounts[1]->amount->minor, 3250);
        ck_assert_int_eq(order->pricing->total_discounts->minor, 9750);
        ck_assert_int_eq(order->pricing->shipping->minor, 1599);
        ck_assert_int_eq(order->pricing->tax->minor, 4532);
        ck_assert_int_eq(order->pricing->total->minor, 61379);
        ck_assert_str_eq(order->payment->status, "COMPLETED");
        ck_assert_str_eq(order->payment->last4, "4242");
        ck_assert_str_eq(order->items[0]->name, "Premium Wireless Headphones");
        ck_assert_int_eq(strncmp(order->order_number, "ORD-20", 6), 0);

        ck_assert_str_eq(
                SQL("SELECT status || version || payment_status || total_minor || (discounts->0->>'code') "
                    "FROM orders WHERE order_id = '%s'",
                    order->order_id),
                "CONFIRMED2paid61379SUMMER2024");
        ck_assert_str_eq(
                SQL("SELECT string_agg(sku || ':' || quantity || ':' || total_minor || ':' || discount_minor,"
                    " ' ' ORDER BY line) FROM order_items"),
                "SKU-ABC-001:2:49998:7500 SKU-DEF-002:1:15000:2250");
        ck_assert_str_eq(
                SQL("SELECT string_agg(version || coalesce(from_status, '-') || '>' || to_status"
                    " || ' by ' || actor, ', ' ORDER BY version) FROM order_history"),
                "1->PENDING_PAYMENT by CUST-12345, 2PENDING_PAYMENT>CONFIRMED by CUST-12345");
        ck_assert_str_eq(SQL("SELECT shipping_address->>'street' FROM orders"), "123 \"Main\" St");
}

TEST(both_events_are_written_in_the_envelope_of_004) {
        const OrderV1Order *order = place();

        ck_assert_str_eq(
                SQL("SELECT string_agg(event_type || aggregate_version || (payload::json->'data'->>'status')"
                    " || coalesce(payload::json->'data'->>'previousStatus', '-'), ' '"
                    " ORDER BY aggregate_version) FROM outbox WHERE aggregate_id = '%s'",
                    order->order_id),
                "order.created1PENDING_PAYMENT- order.confirmed2CONFIRMEDPENDING_PAYMENT");
        ck_assert_str_eq(
                SQL("SELECT bool_and(payload::json->>'eventId' = event_id::text"
                    " AND payload::json->>'eventType' = event_type"
                    " AND payload::json->>'source' = 'order-service'"
                    " AND payload::json->>'timestamp' LIKE '20%%Z') FROM outbox"),
                "t");
        ck_assert_str_eq(
                SQL("SELECT payload::json->'data'->'totals'->>'total' FROM outbox"
                    " WHERE aggregate_version = 2"),
                "613.79");
        ck_assert_str_eq(
                SQL("SELECT payload::json->'data'->'items'->0->>'unitPrice' FROM outbox"
                    " WHERE aggregate_version = 2"),
                "249.99");
        ck_assert_str_eq(
                SQL("SELECT payload::json->'data'->'customer'->>'tier' FROM outbox"
                    " WHERE aggregate_version = 2"),
                "gold");
        ck_assert_str_eq(SQL("SELECT payload::json->'data'->'addresses'->'shipping'->>'zipCode' FROM outbox"
                             " WHERE aggregate_version = 2"),
                         "94105");
        ck_assert_str_eq(SQL("SELECT bool_and(payload::json->'data'->'shipping'->>'method' = shipping_method"
                             "                AND payload::json->'data'->'shipping'->>'estimatedDelivery'"
                             "                    = estimated_delivery AND shipping_method = 'standard')"
                             "  FROM outbox JOIN orders ON order_id = aggregate_id"),
                         "t");
}

TEST_OF(live_tests, the_hold_is_confirmed_behind_the_reply) {
        const OrderV1Order *order = place();

        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_int_eq(warehouse_status(shop->warehouse, order->order_id),
                         WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED);
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
}

/* A tombstone may be left, which nobody looks at and no order comes of. */
static void assert_no_trace(void) {
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_items)"
                             " + (SELECT count(*) FROM order_sagas WHERE due_at IS NOT NULL)"
                             " + (SELECT count(*) FROM outbox)"),
                         "0");
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE),
                          0);
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
}

TEST(what_is_refused_leaves_no_trace) {
        const Error *error;

        shop->warehouse->is_short = true;
        shop_place(shop, NULL, &error);
        ck_assert_reason(error, "PRODUCT_OUT_OF_STOCK");
        shop_place(shop, "a-key-of-16-chars", &error);
        ck_assert_reason(error, "PRODUCT_OUT_OF_STOCK");
        assert_no_trace();
}

TEST(a_hold_that_is_about_to_end_never_gets_an_order_row) {
        const Error *error;

        shop->warehouse->hold_s = 59;
        shop_place(shop, NULL, &error);
        ck_assert_reason(error, "HOLD_EXPIRED");
        ck_assert_ptr_nonnull(strstr(error->message, "order again"));
        assert_no_trace();
        shop_place(shop, "a-key-of-16-chars", &error);
        ck_assert_reason(error, "HOLD_EXPIRED");
        assert_no_trace();
        shop->warehouse->hold_s = 120;
        ck_assert_ptr_nonnull(shop_place(shop, NULL, &error));
}

TEST(a_bad_token_is_refused_before_anything_is_held) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        request->payment_method->token = "nonsense";
        const Error *error = ck_assert_reason(shop->orders->place_order(shop->orders, ctx, request, response),
                                              REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "paymentMethod.token");
        ck_assert_uint_eq(shop->warehouse->n_holds, 0);
        assert_no_trace();
}

TEST(promotion_codes_say_why_they_do_not_count) {
        static const struct {
                const char *code;
                const char *reason;
        } samples[] = { { "NO-SUCH-CODE", "UNKNOWN_CODE" },
                        { "WINTER2020", "EXPIRED" },
                        { "FUTURE2099", "NOT_STARTED" },
                        { "BIG1000", "MIN_ORDER_NOT_MET" } };

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
                OrderV1PlaceOrderRequest *request = shop_request(ctx);
                OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

                request->promotion_codes[0] = samples[i].code;
                const Error *error = ck_assert_reason(
                        shop->orders->place_order(shop->orders, ctx, request, response), "INVALID_PROMOTION");
                ck_assert_str_eq(error->records[0].values[0].text, samples[i].code);
                ck_assert_str_eq(error->records[0].values[1].text, samples[i].reason);
        }
        assert_no_trace();
}

TEST(a_declined_payment_is_a_row_with_its_events_and_no_hold) {
        const Error *error;

        shop->payments->outcome = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_FAILED;
        shop_place(shop, NULL, &error);
        ck_assert_reason(error, "PAYMENT_FAILED");
        ck_assert_str_eq(SQL("SELECT status || version || payment_status || payment_error FROM orders"),
                         "PAYMENT_FAILED2failedCARD_DECLINED");
        ck_assert_str_eq(
                SQL("SELECT event_type || (payload::json->'data'->>'reason') FROM outbox"
                    " WHERE aggregate_version = 2"),
                "order.payment_failedCARD_DECLINED");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "DONE");
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED),
                          1);
}

static void cancel_and_get_everything_back(const OrderV1Order *order) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(ctx->arena);
        OrderV1CancelOrderResponse *response = order_v1_cancel_order_response_new(ctx->arena);

        request->order_id = order->order_id;
        request->reason = "changed my mind";
        ck_assert_ok(shop->orders->cancel_order(shop->orders, ctx, request, response));
        ck_assert_int_eq(response->order->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CANCELLED);
        ck_assert_str_eq(response->order->payment->status, "REFUNDED");
        ck_assert_str_eq(
                SQL("SELECT status || version || payment_status || refund_minor || cancel_reason"
                    " FROM orders"),
                "CANCELLED3refunded61379changed my mind");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "DONE");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
        ck_assert_int_eq(warehouse_status(shop->warehouse, order->order_id),
                         WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED);
        ck_assert_str_eq(SQL("SELECT string_agg(event_type, ' ' ORDER BY aggregate_version) FROM outbox"),
                         "order.created order.confirmed order.cancelled");
}

TEST(a_cancelled_order_gives_everything_back) {
        cancel_and_get_everything_back(place());
}

TEST_OF(live_tests, an_order_whose_saga_is_forgotten_gives_everything_back_as_well) {
        const OrderV1Order *order = place();

        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        test_sql(shop->dsn, "UPDATE order_sagas SET forget_at = now()");
        app_part_stop(shop->part);
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
        shop_wait(shop, "SELECT count(*) FROM order_sagas", "0");
        cancel_and_get_everything_back(order);
        ck_assert_str_eq(SQL("SELECT forget_at > now() + interval '23 hours' FROM order_sagas"), "t");
}

static bool fails(const char *sql) {
        return str_equal(
                SQL("DO $$ BEGIN %s; RAISE EXCEPTION 'it was accepted';"
                    " EXCEPTION WHEN check_violation THEN END $$; SELECT 'refused'",
                    sql),
                "refused");
}

TEST(the_database_itself_refuses_what_must_not_be) {
        place();
        ck_assert(fails("UPDATE orders SET total_minor = total_minor + 1"));
        ck_assert(fails("UPDATE orders SET status = 'LOST'"));
        ck_assert(fails("UPDATE orders SET version = 0"));
        ck_assert(fails("UPDATE orders SET refund_minor = total_minor + 1"));
        ck_assert(fails("UPDATE orders SET discount_minor = subtotal_minor + 1,"
                        " total_minor = shipping_minor + tax_minor - 1"));
        ck_assert(fails("UPDATE order_items SET total_minor = 1"));
        ck_assert(fails("UPDATE order_items SET quantity = 0"));
        ck_assert(fails("UPDATE order_sagas SET step = 'LIMBO'"));
}

static void *place_some(void *arg) {
        (void) arg;
        for (int i = 0; i < 25; i++) {
                const Error *error;

                ck_assert_ptr_nonnull(shop_place(shop, NULL, &error));
        }
        return NULL;
}

TEST_OF(live_tests, many_orders_at_once_have_their_own_numbers_and_gapless_versions) {
        pthread_t threads[8];

        for (int i = 0; i < 8; i++)
                pthread_create(&threads[i], NULL, place_some, NULL);
        for (int i = 0; i < 8; i++)
                pthread_join(threads[i], NULL);
        ck_assert_str_eq(SQL("SELECT count(DISTINCT order_number) FROM orders"), "200");
        shop_wait(shop, "SELECT count(*) FROM order_sagas WHERE step = 'DONE'", "200");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "400");
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED),
                          200);
        ck_assert_int_lt(shop->warehouse->n_confirm_calls, 200);
}

/* Every change of an order is refused with that SQLSTATE, until the trigger is dropped. */
static void refuse_changes(const char *sqlstate) {
        test_sql(shop->dsn, arena_printf(test_ctx()->arena,
                                         "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
                                         " $$ BEGIN RAISE EXCEPTION USING ERRCODE = '%s'; END $$;"
                                         "CREATE TRIGGER refuse BEFORE UPDATE ON orders"
                                         " FOR EACH ROW EXECUTE FUNCTION refuse()",
                                         sqlstate));
}

/* A lock that is held, a full disk, a privilege that is missing: all of it passes. */
START_TEST(a_paid_order_waits_for_whatever_passes) {
        static const char *const passing[] = { "55P03", "53100", "42501", "40001", "57014", "XX000" };
        const Error *error;

        refuse_changes(passing[_i]);
        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_reason(error, "PAYMENT_PENDING");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "PENDING_PAYMENT");
        test_sql(shop->dsn, "DROP TRIGGER refuse ON orders");
        shop_wait(shop, "SELECT status FROM orders", "CONFIRMED");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 61379);
}
END_TEST

/* The database refuses the row's values whenever it is asked. */
TEST_OF(live_tests, a_paid_order_that_can_never_be_written_is_refunded) {
        const Error *error;

        test_sql(shop->dsn, "ALTER TABLE orders ADD CONSTRAINT planted CHECK (status <> 'CONFIRMED')");
        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_reason(error, "ORDER_FAILED");
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status || payment_status FROM orders"), "FAILEDrefunded");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
}

/* ---- what nobody knows ---- */

/* The sessions that insert such rows die while they commit. */
static void die_at_commit(const char *table, const char *when) {
        test_sql(shop->dsn,
                 arena_printf(test_ctx()->arena,
                              "CREATE OR REPLACE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS"
                              " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;"
                              "CREATE CONSTRAINT TRIGGER die AFTER INSERT ON %s DEFERRABLE INITIALLY DEFERRED"
                              " FOR EACH ROW %s EXECUTE FUNCTION die()",
                              table, when));
}

static void giving_up_is_lost(void) {
        die_at_commit("order_sagas", "WHEN (NEW.step = 'COMPENSATE')");
}

static const Error *assert_not_named(const char *reason) {
        const Error *error;

        ck_assert_ptr_null(shop_place(shop, NULL, &error));
        ck_assert_reason(error, reason);
        ck_assert_uint_eq(error->n_records, 0);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "0");
        return error;
}

TEST(an_order_that_lost_the_answers_to_its_hold_and_its_end_was_not_placed) {
        shop->warehouse->answers_get_lost = true;
        giving_up_is_lost();
        ck_assert_ptr_nonnull(strstr(assert_not_named("UNAVAILABLE")->message, "was not placed"));
}

TEST(an_order_that_lost_the_answers_to_its_write_and_its_end_is_not_named) {
        die_at_commit("orders", "");
        giving_up_is_lost();
        ck_assert_ptr_nonnull(strstr(assert_not_named("WRITE_UNCERTAIN")->message, "look among your orders"));
}

TEST(an_order_that_lost_the_answer_to_its_write_alone_is_given_up) {
        die_at_commit("orders", "");
        ck_assert_ptr_nonnull(strstr(assert_not_named("UNAVAILABLE")->message, "nothing is left of it"));
        assert_no_trace();
}

/* ---- currencies and places ---- */

static const char *shipping_method = "standard";

/* The sample in yen; code: a promotion code. */
static const Error *place_in_yen(const char *code) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        request->currency = "JPY";
        request->n_items = 1;
        request->items[0]->sku = "SKU-YEN";
        request->items[0]->product_id = "PROD-YEN";
        request->promotion_codes[0] = code;
        request->shipping_method = shipping_method;
        const Error *error = shop->orders->place_order(shop->orders, ctx, request, response);
        if (!error)
                ck_assert_str_eq(response->order->pricing->shipping->currency, "JPY");
        return error;
}

TEST(an_amount_counts_in_its_own_currency_only) {
        const Error *error;

        shop->shipping->has_yen = true;
        error = ck_assert_reason(place_in_yen("BIG1000"), "INVALID_PROMOTION");
        ck_assert_str_eq(error->records[0].values[1].text, "OTHER_CURRENCY");
        ck_assert_reason(place_in_yen("SUMMER2024"), "SHIPPING_UNAVAILABLE");
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "0");
        shipping_method = "express";
        ck_assert_ok(place_in_yen("SUMMER2024"));
        ck_assert_str_eq(SQL("SELECT currency || shipping_minor FROM orders"), "JPY2500");
}

/* The sample for a customer in another place. */
static const Error *place_to(const char *country, const char *state) {
        Ctx *ctx = shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);

        request->shipping_address->country = country;
        request->shipping_address->state = state;
        return shop->orders->place_order(shop->orders, ctx, request,
                                         order_v1_place_order_response_new(ctx->arena));
}

TEST(an_address_without_taxes_or_shipping_is_refused) {
        ck_assert_reason(place_to("US", "TX"), "TAX_UNAVAILABLE");
        const Error *error = ck_assert_reason(place_to("DE", "BE"), "SHIPPING_UNAVAILABLE");
        ck_assert_uint_eq(error->n_records, 1);
        ck_assert_str_eq(error->records[0].values[0].text, "standard");
        ck_assert_str_eq(error->records[0].values[1].text, "DE");
        ck_assert_str_eq(error->records[0].values[2].text, "USD");
        ck_assert_str_eq(error->records[0].values[3].text, "NO_SHIPPING_METHOD");
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "0");
        ck_assert_ok(place_to("US", "OR"));
        ck_assert_str_eq(SQL("SELECT tax_minor FROM orders"), "0");
}

int main(void) {
        Suite *suite = suite_create("order place on PostgreSQL");
        TCase *tests = tcase_create("quiet");
        TCase *live = tcase_create("with loops");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, without_loops, teardown);
        test_add(tests);
        tcase_set_timeout(live, 30);
        tcase_add_checked_fixture(live, with_loops, teardown);
        test_add_list(live, live_tests);
        tcase_add_loop_test(live, a_paid_order_waits_for_whatever_passes, 0, 6);
        suite_add_tcase(suite, tests);
        suite_add_tcase(suite, live);
        return test_main(suite);
}
