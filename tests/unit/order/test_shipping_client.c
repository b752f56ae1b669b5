/* The shipping service's client: parcels, prices, and what an order hears when there are none. */
#include "base/callee.h"
#include "base/memory.h"
#include "data/shipping_client.h"
#include "market.h"
#include "shipping_book.h"
#include "support.h"

#define N_FAILURES 5

static Ctx *ctx;
static ShippingBook book;
static Shipping *shipping;
static Order order;
static OrderItem items[4];
static ShippingQuote quote;

static OrderItem item(const char *sku, const char *seller_id, const char *warehouse) {
        return (OrderItem) { .sku = sku, .seller_id = seller_id, .warehouse = warehouse, .quantity = 2,
                             .size = { 250, 190, 170, 80 } };
}

static void setup(void) {
        ctx = test_ctx();
        shipping_book_init(&book);
        callee_init(&(CalleeLimits) { .n_calls = 8,
                                      .wait_ms = TEST_WAIT_MS,
                                      .breaker = { N_FAILURES, TEST_WAIT_MS, TEST_WAIT_MS } },
                    NULL);
        shipping = order_shipping_client_new(ctx->arena, &book.base);
        items[0] = item("SKU-1", "SELLER-1", "US-WEST-01");
        items[1] = item("SKU-2", "SELLER-2", "US-WEST-01");
        items[2] = item("SKU-3", "SELLER-1", "US-EAST-01");
        items[3] = item("SKU-4", "SELLER-1", "US-WEST-01");
        order = (Order) {
                .id = "ORD-1",
                .customer_tier = "gold",
                .items = items,
                .n_items = ARRAY_SIZE(items),
                .pricing.currency = "USD",
                .shipping.method = "standard",
                .shipping_address = { .state = "CA", .country = "US" },
        };
}

static const Error *ask(void) {
        return shipping->quote(shipping, ctx, &order, &quote);
}

static const Error *look(ShippingBook *asked, Ctx *call, const ShippingV1QuoteRequest *request,
                         ShippingV1QuoteResponse *response) {
        const ShippingV1ParcelLine *line = request->parcels[0]->lines[1];

        (void) asked, (void) call, (void) response;
        ck_assert_uint_eq(request->n_parcels, 3);
        ck_assert_str_eq(request->parcels[1]->seller_id, "SELLER-2");
        ck_assert_str_eq(request->parcels[2]->warehouse_id, "US-EAST-01");
        ck_assert_uint_eq(request->parcels[0]->n_lines, 2);
        ck_assert_uint_eq(request->parcels[1]->n_lines, 1);
        ck_assert_str_eq(line->sku, "SKU-4");
        ck_assert_int_eq(line->quantity, 2);
        ck_assert_int_eq(line->weight_grams, 250);
        ck_assert_int_eq(line->length_mm, 190);
        ck_assert_int_eq(line->width_mm, 170);
        ck_assert_int_eq(line->height_mm, 80);
        ck_assert_str_eq(request->destination->country, "US");
        ck_assert_str_eq(request->destination->state, "CA");
        ck_assert_str_eq(request->currency, "USD");
        ck_assert_str_eq(request->tier, "gold");
        ck_assert_int_eq(request->rates_version, 0);
        ck_assert_ptr_null(request->as_of);
        return NULL;
}

TEST(a_parcel_per_seller_and_warehouse_is_asked_for) {
        book.when_asked = look;
        ck_assert_ok(ask());
}

TEST(the_method_of_the_order_is_what_it_costs) {
        ck_assert_ok(ask());
        ck_assert_int_eq(quote.cost_minor, 1599);
        ck_assert_int_eq(quote.taxable_minor, 1599);
        ck_assert_str_eq(quote.estimated_delivery, "2024-08-15");
        ck_assert_int_eq(quote.rates_version, 1);
        ck_assert_int_eq(quote.rates_at_us, SHIPPING_BOOK_AS_OF_S * 1000000);
        order.shipping.method = "express";
        ck_assert_ok(ask());
        ck_assert_int_eq(quote.cost_minor, 2999);
}

static const Error *ask_ways(ShippingWay **ret_ways, size_t *ret_n) {
        return shipping->ways(shipping, ctx, &order, ret_ways, ret_n);
}

TEST(every_way_is_told_to_who_asks_what_an_order_would_cost) {
        ShippingWay *ways;
        size_t n;

        order.shipping.method = "";
        ck_assert_ok(ask_ways(&ways, &n));
        ck_assert_uint_eq(n, 3);
        ck_assert_str_eq(ways[0].method, "standard");
        ck_assert_int_eq(ways[0].quote.cost_minor, 1599);
        ck_assert_str_eq(ways[1].method, "express");
        ck_assert_int_eq(ways[1].quote.cost_minor, 2999);
        ck_assert_int_eq(ways[1].quote.rates_version, 1);
        order.shipping.method = "overnight";
        ck_assert_ok(ask_ways(&ways, &n));
        order.shipping_address.country = "DE";
        order.pricing.currency = "EUR";
        const Error *error = ck_assert_reason(ask_ways(&ways, &n), REASON_SHIPPING_UNAVAILABLE);
        ck_assert_str_eq(error->records[0].values[3].text, "METHOD_NOT_OFFERED");
        order.shipping_address.country = "FR";
        order.shipping.method = "";
        error = ck_assert_reason(ask_ways(&ways, &n), REASON_SHIPPING_UNAVAILABLE);
        ck_assert_str_eq(error->message, "There is no shipping to FR in EUR");
        ck_assert_str_eq(error->records[0].values[0].text, "");
        book.mood = MOOD_AWAY;
        ck_assert_reason(ask_ways(&ways, &n), REASON_UNAVAILABLE);
}

static const Error *charge_two(ShippingBook *asked, Ctx *call, const ShippingV1QuoteRequest *request,
                               ShippingV1QuoteResponse *response) {
        ShippingV1ShippingOption *option = response->options[0];

        (void) asked, (void) call, (void) request;
        option->parcels[1]->price->minor = 500;
        option->parcels[1]->taxable = false;
        option->total->minor += 500;
        return NULL;
}

TEST(only_parcels_that_say_so_are_taxable) {
        book.when_asked = charge_two;
        ck_assert_ok(ask());
        ck_assert_int_eq(quote.cost_minor, 2099);
        ck_assert_int_eq(quote.taxable_minor, 1599);
        book.when_asked = NULL;
        book.is_free_of_taxes = true;
        ck_assert_ok(ask());
        ck_assert_int_eq(quote.taxable_minor, 0);
}

static void assert_unavailable(const char *reason) {
        const Error *error = ck_assert_reason(ask(), REASON_SHIPPING_UNAVAILABLE);

        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_uint_eq(error->n_records, 1);
        ck_assert_str_eq(error->records[0].values[0].text, order.shipping.method);
        ck_assert_str_eq(error->records[0].values[1].text, order.shipping_address.country);
        ck_assert_str_eq(error->records[0].values[2].text, order.pricing.currency);
        ck_assert_str_eq(error->records[0].values[3].text, reason);
}

TEST(an_order_that_cannot_be_sent_hears_why) {
        order.shipping_address.country = "FR";
        assert_unavailable("DESTINATION_NOT_SERVED");
        order.shipping_address.country = "DE";
        assert_unavailable("NO_SHIPPING_METHOD");
        order.pricing.currency = "EUR";
        order.shipping.method = "overnight";
        assert_unavailable("METHOD_NOT_OFFERED");
        order.shipping.method = "express";
        ck_assert_ok(ask());
}

static const char *refused_field;

static const Error *refuse(ShippingBook *asked, Ctx *call, const ShippingV1QuoteRequest *request,
                           ShippingV1QuoteResponse *response) {
        (void) asked, (void) request, (void) response;
        return error_invalid(call->arena, refused_field, "must be another");
}

START_TEST(a_field_that_shipping_refuses_is_one_of_the_order) {
        static const char *const fields[][2] = { { "destination.country", "shippingAddress.country" },
                                                 { "parcels[1].lines", "items" },
                                                 { "currency", "currency" } };

        refused_field = fields[_i][0];
        book.when_asked = refuse;
        const Error *error = ck_assert_reason(ask(), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, fields[_i][1]);
        ck_assert_str_eq(error->violations[0].description, "must be another");
}
END_TEST

START_TEST(without_an_answer_no_price_is_made_up) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        ck_assert_ok(ask());
        book.mood = moods[_i];
        ck_assert_int_eq(ck_assert_reason(ask(), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
        for (int i = 0; i < N_FAILURES; i++)
                ck_assert_reason(ask(), REASON_UNAVAILABLE);
        ck_assert_int_eq(book.n_calls, 1 + N_FAILURES);
}
END_TEST

TEST(any_other_failure_is_a_failure) {
        book.mood = MOOD_BROKEN;
        ck_assert_int_eq(ask()->code, ERROR_INTERNAL);
}

static int nonsense;

static const Error *talk_nonsense(ShippingBook *asked, Ctx *call, const ShippingV1QuoteRequest *request,
                                  ShippingV1QuoteResponse *response) {
        ShippingV1ShippingOption *option = response->options[0];

        (void) asked, (void) call, (void) request;
        switch (nonsense) {
        case 0:
                option->total->minor++;
                break;
        case 1:
                option->total->currency = "EUR";
                break;
        case 2:
                option->n_parcels--;
                break;
        case 3:
                option->parcels[0]->price->minor = -1599;
                option->total->minor = -1599;
                break;
        case 4:
                option->estimated_delivery = "";
                break;
        case 5:
                response->rates_version = 0;
                break;
        case 6:
                response->as_of = NULL;
                break;
        case 7:
                option->parcels[0]->price->currency = "EUR";
                break;
        default:
                option->total = NULL;
                break;
        }
        return NULL;
}

START_TEST(an_answer_without_sense_is_a_failure) {
        nonsense = _i;
        book.when_asked = talk_nonsense;
        ck_assert_int_eq(ask()->code, ERROR_INTERNAL);
}
END_TEST

TEST(cancelling_passes_what_shipping_says_and_no_breaker_refuses_it) {
        ck_assert_ok(shipping->cancel(shipping, ctx, "ORD-1", NULL));
        ck_assert(shipping_book_has_cancelled(&book, "ORD-1"));
        book.cancel_mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++)
                ck_assert_reason(shipping->cancel(shipping, ctx, "ORD-2", "why"), REASON_UNAVAILABLE);
        book.cancel_mood = MOOD_ANSWERS;
        ck_assert_ok(shipping->cancel(shipping, ctx, "ORD-2", "why"));
        book.is_shipped = true;
        ck_assert_int_eq(ck_assert_reason(shipping->cancel(shipping, ctx, "ORD-3", NULL),
                                          "ALREADY_SHIPPED")->code,
                         ERROR_FAILED_PRECONDITION);
}

static Shipment *shipments;
static size_t n_shipments;

static const Error *track(void) {
        return shipping->track(shipping, ctx, "ORD-1", &shipments, &n_shipments);
}

TEST(shipments_are_shown_as_shipping_knows_them) {
        ck_assert_ok(track());
        ck_assert_uint_eq(n_shipments, 0);
        for (int status = SHIPMENT_CREATED; status <= SHIPMENT_CANCELLED; status++) {
                book.tracked_status = status;
                ck_assert_ok(track());
                ck_assert_uint_eq(n_shipments, 1);
                ck_assert_int_eq(shipments[0].status, status);
        }
        ck_assert_str_eq(shipments[0].id, "SHP-1");
        ck_assert_str_eq(shipments[0].seller_id, "SELLER-1");
        ck_assert_str_eq(shipments[0].warehouse_id, "US-WEST-01");
        ck_assert_str_eq(shipments[0].carrier, "UPS");
        ck_assert_str_eq(shipments[0].tracking_number, "1Z999");
        ck_assert_str_eq(shipments[0].estimated_delivery, "2024-08-15");
        ck_assert_int_eq(shipments[0].shipped_at_us, INT64_C(1723500000000000));
        ck_assert_int_eq(shipments[0].delivered_at_us, 0);
        ck_assert_uint_eq(shipments[0].n_items, 1);
        ck_assert_str_eq(shipments[0].items[0].sku, "SKU-ABC-001");
        ck_assert_int_eq(shipments[0].items[0].quantity, 2);
}

TEST(a_status_of_shipments_that_is_none_is_a_failure) {
        for (int i = 0; i < 2; i++) {
                book.tracked_status = i ? SHIPMENT_CANCELLED + 1 : -1;
                ck_assert_int_eq(track()->code, ERROR_INTERNAL);
        }
}

TEST(where_shipments_are_is_not_made_up) {
        book.tracked_status = SHIPMENT_SHIPPED;
        book.track_mood = MOOD_AWAY;
        for (int i = 0; i < N_FAILURES + 1; i++)
                ck_assert_int_eq(ck_assert_reason(track(), REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
        ck_assert_ok(ask());
        ck_assert_ok(shipping->cancel(shipping, ctx, "ORD-1", NULL));
}

int main(void) {
        Suite *suite = suite_create("order shipping client");
        TCase *tests = tcase_create("shipping client");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, a_field_that_shipping_refuses_is_one_of_the_order, 0, 3);
        tcase_add_loop_test(tests, without_an_answer_no_price_is_made_up, 0, 2);
        tcase_add_loop_test(tests, an_answer_without_sense_is_a_failure, 0, 9);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
