/* Orders of customers whom the customer service itself keeps: who may order, and what his tier takes off. */
#include "base/clock.h"
#include "base/memory.h"
#include "real_customers.h"
#include "shop.h"

#define SUBTOTAL_MINOR 64998

static Shop *shop;
static CustomerService *customers;
static const char *customer_dsn, *customer_id;

#define TEXT(...) arena_printf(test_ctx()->arena, __VA_ARGS__)
#define SQL(...) test_sql_text(shop->dsn, TEXT(__VA_ARGS__))

static const char *register_customer(void) {
        Ctx *ctx = shop_ctx(shop, "", ROLE_ANYONE, NULL);
        CustomerV1RegisterCustomerRequest *request = customer_v1_register_customer_request_new(ctx->arena);
        CustomerV1RegisterCustomerResponse *response = customer_v1_register_customer_response_new(ctx->arena);

        request->email = "Ada@Example.com";
        request->password = "correct horse";
        request->name = "Ada Example";
        ck_assert_ok(customers->register_customer(customers, ctx, request, response));
        return response->customer->customer_id;
}

static void setup(void) {
        shop = shop_open(false);
        customers = real_customers_new(&customer_dsn);
        test_host_replace(&shop->host, &customer_service_rpc, customers);
        test_sql(customer_dsn, "INSERT INTO tier_benefits (tier, discount_bp)"
                               " VALUES ('silver', 200), ('gold', 500), ('platinum', 1000)");
        customer_id = register_customer();
}

static void teardown(void) {
        shop_close(shop);
}

static void stand(const char *status, const char *tier, int64_t for_s) {
        Ctx *ctx = shop_ctx(shop, "USER-ADMIN", ROLE_ADMIN, NULL);
        CustomerV1SetStandingRequest *request = customer_v1_set_standing_request_new(ctx->arena);

        request->customer_id = customer_id;
        request->status = status;
        request->tier = tier;
        if (*tier) {
                request->tier_until = google_protobuf_timestamp_new(ctx->arena);
                request->tier_until->seconds = clock_wall_us() / 1000000 + for_s;
        }
        ck_assert_ok(customers->set_standing(customers, ctx, request,
                                             customer_v1_set_standing_response_new(ctx->arena)));
}

#define AN_HOUR_S 3600

static void stand_as(const char *tier) {
        stand("active", tier, AN_HOUR_S);
}

/* The sample without codes, so that nothing but the tier takes something off. */
static const OrderV1Order *try_to_place_for(const char *id, const Error **ret_error) {
        Ctx *ctx = shop_ctx(shop, id, ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        request->customer_id = id;
        request->n_promotion_codes = 0;
        *ret_error = shop->orders->place_order(shop->orders, ctx, request, response);
        return *ret_error ? NULL : response->order;
}

static const OrderV1Order *place(void) {
        const Error *error;
        const OrderV1Order *order = try_to_place_for(customer_id, &error);

        ck_assert_ok(error);
        return order;
}

static void assert_refused(const char *id, const char *reason) {
        const Error *error;

        ck_assert_ptr_null(try_to_place_for(id, &error));
        ck_assert_reason(error, reason);
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM order_sagas)"),
                         "0");
        ck_assert_uint_eq(shop->warehouse->n_holds, 0);
}

/* ---- who orders ---- */

TEST(an_order_says_who_ordered_as_the_customer_service_does) {
        place();
        ck_assert_str_eq(SQL("SELECT concat_ws('|', customer_id, customer_name, customer_email,"
                             "                 customer_tier, degraded) FROM orders"),
                         TEXT("%s|Ada Example|ada@example.com|bronze|f", customer_id));
}

TEST(a_customer_whom_nobody_knows_may_not_order) {
        assert_refused("CUST-NOBODY", "CUSTOMER_NOT_FOUND");
}

TEST(a_customer_who_was_closed_may_order_once_he_is_active_again) {
        stand("closed", "", 0);
        assert_refused(customer_id, "CUSTOMER_INACTIVE");
        stand_as("");
        place();
}

/* That he could order before is not what was said last. */
TEST(a_customer_who_was_closed_may_not_order_while_the_service_is_away) {
        const Error *error;

        place();
        test_host_replace(&shop->host, &customer_service_rpc, shop->customers);
        shop->customers->mood = MOOD_AWAY;
        ck_assert(place()->pricing->degraded);
        test_host_replace(&shop->host, &customer_service_rpc, customers);
        stand("closed", "", 0);
        ck_assert_ptr_null(try_to_place_for(customer_id, &error));
        ck_assert_reason(error, "CUSTOMER_INACTIVE");
        test_host_replace(&shop->host, &customer_service_rpc, shop->customers);
        ck_assert_ptr_null(try_to_place_for(customer_id, &error));
        ck_assert_reason(error, REASON_UNAVAILABLE);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "2");
}

/* ---- what a tier takes off ---- */

static void assert_tier_takes_off(const OrderV1Order *order, const char *tier, int64_t minor) {
        ck_assert_int_eq(order->pricing->total_discounts->minor, minor);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', customer_tier, discount_minor,"
                             "                 jsonb_array_length(discounts), discounts->0->>'type',"
                             "                 discounts->0->>'amountMinor')"
                             "  FROM orders WHERE order_id = '%s'",
                             order->order_id),
                         minor > 0 ? TEXT("%s %lld 1 customer_tier %lld", tier, (long long) minor,
                                          (long long) minor)
                                   : TEXT("%s 0 0", tier));
        ck_assert_str_eq(SQL("SELECT sum(discount_minor) FROM order_items WHERE order_id = '%s'",
                             order->order_id),
                         TEXT("%lld", (long long) minor));
        ck_assert_str_eq(SQL("SELECT subtotal_minor - discount_minor + shipping_minor + tax_minor ="
                             "       total_minor FROM orders WHERE order_id = '%s'",
                             order->order_id),
                         "t");
}

/* 2, 5 and 10 % of 649.98 USD, rounded half up; bronze has no row. */
static const struct {
        const char *tier;
        int64_t minor;
} tiers[] = { { "bronze", 0 }, { "silver", 1300 }, { "gold", 3250 }, { "platinum", 6500 } };

START_TEST(a_tier_takes_off_what_the_customer_service_says_of_it) {
        stand_as(tiers[_i].tier);
        assert_tier_takes_off(place(), tiers[_i].tier, tiers[_i].minor);
}
END_TEST

/* Of 64998: the last that is rounded down, the half that is rounded up, all of it. */
static const struct {
        int64_t bp, minor;
} shares[] = { { 1, 6 }, { 2499, 16243 }, { 2500, 16250 }, { 10000, SUBTOTAL_MINOR } };

START_TEST(a_benefit_is_rounded_once_half_up) {
        test_sql(customer_dsn, TEXT("UPDATE tier_benefits SET discount_bp = %lld WHERE tier = 'gold'",
                                    (long long) shares[_i].bp));
        stand_as("gold");
        assert_tier_takes_off(place(), "gold", shares[_i].minor);
}
END_TEST

TEST(a_tier_that_was_granted_for_a_time_counts_until_it_is_over) {
        stand_as("platinum");
        assert_tier_takes_off(place(), "platinum", 6500);
        test_sql(customer_dsn, "UPDATE customers SET tier_until = now()");
        assert_tier_takes_off(place(), "bronze", 0);
}

TEST(what_the_tier_takes_off_comes_behind_what_promotions_do) {
        Ctx *ctx = shop_ctx(shop, customer_id, ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(ctx);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(ctx->arena);

        stand_as("gold");
        request->customer_id = customer_id;
        ck_assert_ok(shop->orders->place_order(shop->orders, ctx, request, response));
        ck_assert_int_eq(response->order->pricing->total->minor, 61379);
        ck_assert_str_eq(SQL("SELECT string_agg(discount_minor::text, ' ' ORDER BY line) FROM order_items"),
                         "7500 2250");
}

int main(void) {
        Suite *suite = suite_create("orders and the customer service on PostgreSQL");
        TCase *tests = tcase_create("customers");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        tcase_add_loop_test(tests, a_tier_takes_off_what_the_customer_service_says_of_it, 0,
                            (int) ARRAY_SIZE(tiers));
        tcase_add_loop_test(tests, a_benefit_is_rounded_once_half_up, 0, (int) ARRAY_SIZE(shares));
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
