/* Points of customers whom the customer service itself keeps: held, used and given back with their orders. */
#include <stdatomic.h>

#include "base/callee.h"
#include "race.h"
#include "real_customers.h"
#include "saga_fixture.h"

#define N_RACERS 8

static CustomerService *customers;
static const char *customer_dsn, *customer_id;

#define TEXT(...) arena_printf(test_ctx()->arena, __VA_ARGS__)
#define CUSTOMER_SQL(...) test_sql_text(customer_dsn, TEXT(__VA_ARGS__))

static void open_customers(void) {
        Ctx *call = shop_ctx(shop, "order", ROLE_SERVICE, NULL);
        CustomerV1RegisterCustomerRequest *request = customer_v1_register_customer_request_new(call->arena);
        CustomerV1RegisterCustomerResponse *response =
                customer_v1_register_customer_response_new(call->arena);
        CustomerV1EarnPointsRequest *earned = customer_v1_earn_points_request_new(call->arena);

        customers = real_customers_new(&customer_dsn);
        test_host_replace(&shop->host, &customer_service_rpc, customers);
        request->email = "ada@example.com", request->password = "correct horse", request->name = "Ada";
        ck_assert_ok(customers->register_customer(customers, call, request, response));
        customer_id = response->customer->customer_id;
        earned->customer_id = customer_id, earned->order_id = "ORD-BEFORE", earned->points = 1250;
        ck_assert_ok(customers->earn_points(customers, call, earned,
                                            customer_v1_earn_points_response_new(call->arena)));
}

static void open_for_business(void) {
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
}

static const Error *try_to_use(int64_t points, const OrderV1Order **ret_order) {
        Ctx *call = shop_ctx(shop, customer_id, ROLE_CUSTOMER, NULL);
        OrderV1PlaceOrderRequest *request = shop_request(call);
        OrderV1PlaceOrderResponse *response = order_v1_place_order_response_new(call->arena);

        request->customer_id = customer_id;
        request->use_points = points;
        TRY(shop->orders->place_order(shop->orders, call, request, response));
        *ret_order = response->order;
        return NULL;
}

static const OrderV1Order *use(int64_t points) {
        const OrderV1Order *order;

        ck_assert_ok(try_to_use(points, &order));
        return order;
}

static const char *statuses(void) {
        return CUSTOMER_SQL("SELECT coalesce(string_agg(status, ' '), '') FROM point_holds");
}

static const char *left(void) {
        return CUSTOMER_SQL("SELECT points_of('%s')", customer_id);
}

static const Error *cancel(const char *order_id) {
        Ctx *call = shop_ctx(shop, customer_id, ROLE_CUSTOMER, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(call->arena);

        request->order_id = order_id;
        return shop->orders->cancel_order(shop->orders, call, request,
                                          order_v1_cancel_order_response_new(call->arena));
}

TEST(what_is_used_is_held_and_counted_behind_the_reply) {
        open_customers();
        const OrderV1Order *order = use(500);

        ck_assert_str_eq(statuses(), "HELD");
        ck_assert_str_eq(left(), "750");
        ck_assert_str_eq(SQL("SELECT holds FROM order_sagas"), "7");
        ck_assert_int_eq(order->loyalty->points_used, 500);
        ck_assert_int_eq(order->loyalty->points_earned, order->pricing->total->minor / 100);
        ck_assert_int_eq(order->loyalty->new_balance, 750 + order->loyalty->points_earned);
        ck_assert_int_eq(order->loyalty->balance_case, ORDER__V1__ORDER_LOYALTY__BALANCE_NEW_BALANCE);
        open_for_business();
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(statuses(), "COMMITTED");
        ck_assert_str_eq(left(), "750");
}

TEST(an_order_is_read_and_told_with_its_points) {
        open_customers();
        const OrderV1Order *order = use(500);
        const OrderV1OrderDiscount *last = order->pricing->discounts[order->pricing->n_discounts - 1];
        Order *read;

        ck_assert_str_eq(last->type, "loyalty_points");
        ck_assert_int_eq(last->points_used, 500);
        ck_assert_int_eq(last->amount->minor, 500);
        ck_assert_ok(orders_of_one->find(orders_of_one, ctx(), order->order_id, &read));
        ck_assert_int_eq(read->loyalty.points_used, 500);
        ck_assert_int_eq(read->loyalty.points_earned, order->loyalty->points_earned);
        ck_assert(read->loyalty.has_new_balance);
        ck_assert_int_eq(read->loyalty.new_balance, order->loyalty->new_balance);
        ck_assert_str_eq(SQL("SELECT string_agg(payload::jsonb->'data'->'loyalty'->>'pointsUsed', ' ')"
                             "  FROM outbox"),
                         "500 500");
        ck_assert_str_eq(SQL("SELECT payload::jsonb->'data'->'loyalty'->>'pointsEarned' FROM outbox"
                             " WHERE event_type = 'order.confirmed'"),
                         TEXT("%lld", (long long) order->loyalty->points_earned));
}

TEST(who_has_too_few_keeps_them_and_orders_nothing) {
        const OrderV1Order *order;

        open_customers();
        const Error *error = ck_assert_reason(try_to_use(1251, &order), "TOO_FEW_POINTS");
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(statuses(), "");
        ck_assert_str_eq(left(), "1250");
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM outbox)"), "0");
}

TEST(a_cancelled_order_gives_its_points_back_however_old_it_is) {
        open_customers();
        const OrderV1Order *order = use(500);

        open_for_business();
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        test_sql(shop->dsn, "DELETE FROM order_sagas");
        ck_assert_ok(cancel(order->order_id));
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(statuses(), "RELEASED");
        ck_assert_str_eq(left(), "1250");
}

TEST(without_the_customer_service_points_cannot_be_used) {
        const OrderV1Order *order;

        open_customers();
        use(0);
        shop->customers->mood = MOOD_AWAY;
        test_host_replace(&shop->host, &customer_service_rpc, &shop->customers->base);
        ck_assert_reason(try_to_use(500, &order), REASON_UNAVAILABLE);
        ck_assert_ok(try_to_use(0, &order));
        ck_assert_int_eq(order->loyalty->balance_case, ORDER__V1__ORDER_LOYALTY__BALANCE__NOT_SET);
        Order *read;
        ck_assert_ok(orders_of_one->find(orders_of_one, ctx(), order->order_id, &read));
        ck_assert(!read->loyalty.has_new_balance);
}

static atomic_int n_placed, n_short;

static void use_500(Ctx *unused, void *arg, size_t i) {
        const OrderV1Order *order;

        (void) unused;
        (void) arg;
        (void) i;
        const Error *error = try_to_use(500, &order);
        n_placed += error == NULL;
        n_short += error_is(error, "TOO_FEW_POINTS");
}

TEST(orders_that_want_the_last_points_at_once_get_each_once) {
        open_customers();
        race_run(N_RACERS, use_500, NULL);
        ck_assert_int_eq(n_placed, 2);
        ck_assert_int_eq(n_short, N_RACERS - 2);
        ck_assert_str_eq(left(), "250");
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders WHERE points_used = 500"), "2");
        ck_assert_uint_eq(warehouse_count(shop->warehouse,
                                          WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE), 2);
}

int main(void) {
        Suite *suite = suite_create("order/points");
        TCase *tests = tcase_create("points");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
