/* Cancellations on PostgreSQL whose call dies or stalls at each moment, and several at once. */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>

#include "cancel_fixture.h"
#include "race.h"

/* ---- calls that die, or stall until somebody else has gone on ---- */

typedef enum Moment { BEFORE_SHIPPING, AFTER_SHIPPING, AFTER_CANCELLED, N_MOMENTS } Moment;

static Moment moment;
static atomic_bool has_stalled, may_go_on;

static bool it_may_go_on(void *arg) {
        (void) arg;
        return may_go_on;
}

/* The first call that comes to the moment waits there; all others pass. */
static void stall_at(Moment here) {
        if (here != moment || atomic_exchange(&has_stalled, true))
                return;
        test_wait_until(it_may_go_on, NULL, TEST_WAIT_MS, "the call that stands still may go on");
}

static const Error *stall_around_shipping(ShippingService *self, Ctx *context,
                                          const ShippingV1CancelShipmentsRequest *request,
                                          ShippingV1CancelShipmentsResponse *response) {
        stall_at(BEFORE_SHIPPING);
        TRY(cancel_shipments(self, context, request, response));
        stall_at(AFTER_SHIPPING);
        return NULL;
}

static typeof(((PaymentService *) NULL)->refund_payment) refund_payment;

static const Error *stall_before_refund(PaymentService *self, Ctx *context,
                                        const PaymentV1RefundPaymentRequest *request,
                                        PaymentV1RefundPaymentResponse *response) {
        stall_at(AFTER_CANCELLED);
        return refund_payment(self, context, request, response);
}

static void *cancel_and_stall(void *error) {
        *(const Error **) error = cancel(WHY);
        return NULL;
}

static bool is_stalled(void *arg) {
        (void) arg;
        return has_stalled;
}

/* Its process stands still from then on, with all that it has; its lease runs out. */
static pthread_t stall_a_call(int at, const Error **error) {
        pthread_t call;

        moment = (Moment) at;
        stand_before_shipping(stall_around_shipping);
        refund_payment = shop->payments->base.refund_payment;
        shop->payments->base.refund_payment = stall_before_refund;
        pthread_create(&call, NULL, cancel_and_stall, error);
        test_wait_until(is_stalled, NULL, TEST_WAIT_MS, "the call has come to its moment");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"),
                         at == AFTER_CANCELLED ? "COMPENSATE" : "CANCEL");
        return call;
}

static void wake(pthread_t call) {
        may_go_on = true;
        pthread_join(call, NULL);
}

START_TEST(another_process_goes_on_and_the_call_that_wakes_up_changes_nothing) {
        const Error *error;

        place_behind(_i / N_MOMENTS);
        pthread_t call = stall_a_call(_i % N_MOMENTS, &error);
        let_leases_run_out();
        assert_cancelled();
        wake(call);
        ck_assert_ok(error);
        assert_cancelled();
        ck_assert_uint_eq(shop->shipping->n_cancelled, 1);
}
END_TEST

START_TEST(another_process_hears_of_something_shipped_and_so_does_the_call) {
        const Error *error;

        place_behind(_i);
        pthread_t call = stall_a_call(BEFORE_SHIPPING, &error);
        shop->shipping->is_shipped = true;
        let_leases_run_out();
        assert_back_at(behind[_i]);
        wake(call);
        ck_assert_reason(error, "ALREADY_SHIPPED");
        assert_back_at("DONE");
}
END_TEST

START_TEST(who_asks_meanwhile_takes_it_over_and_both_are_told) {
        const Error *error;

        place_behind(1);
        pthread_t call = stall_a_call(_i, &error);
        ck_assert_ok(cancel(WHY));
        wake(call);
        ck_assert_ok(error);
        assert_cancelled();
}
END_TEST

/* The saga was seized, and nothing written yet: whoever wanted it cancelled has to ask again. */
START_TEST(a_call_that_dies_before_it_says_what_it_wants_leaves_all_as_it_was) {
        Saga saga;

        place_behind(_i);
        ck_assert_ok(one->seize(one, ctx(), order_id, &saga));
        let_leases_run_out();
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        assert_untouched();
        ck_assert_ok(cancel(WHY));
        assert_cancelled();
}
END_TEST

/* ---- several at once ---- */

#define N_CALLERS 8
#define N_ROUNDS 10

static void cancel_it(Ctx *racer, void *n_told, size_t i) {
        const Error *error = cancel(WHY);

        (void) racer, (void) i;
        ck_assert_msg(!error || error_is(error, "ORDER_CHANGED"), "%s", error ? error->message : "");
        if (!error)
                atomic_fetch_add((atomic_int *) n_told, 1);
}

/* While its stock is being sold, too. */
TEST(of_many_who_cancel_at_once_one_does_it) {
        open_for_business();
        for (int round = 0; round < N_ROUNDS; round++) {
                atomic_int n_told = 0;

                test_sql(shop->dsn, "TRUNCATE orders, order_sagas, order_items, order_history, outbox");
                place();
                race_run(N_CALLERS, cancel_it, &n_told);
                ck_assert_int_ge(n_told, 1);
                assert_cancelled();
        }
        ck_assert_uint_eq(shop->shipping->n_cancelled, N_ROUNDS);
}

static void is_told_that_it_was_shipped(Ctx *racer, void *arg, size_t i) {
        const Error *error = cancel(WHY);

        (void) racer, (void) arg, (void) i;
        ck_assert_msg(error_is(error, "ALREADY_SHIPPED") || error_is(error, "ORDER_CHANGED"), "%s",
                      error ? error->message : "cancelled");
}

TEST(of_many_who_cancel_what_was_shipped_none_does_it) {
        open_for_business();
        shop->shipping->is_shipped = true;
        for (int round = 0; round < N_ROUNDS; round++) {
                test_sql(shop->dsn, "TRUNCATE orders, order_sagas, order_items, order_history, outbox");
                payment_book_init(shop->payments);
                shop->payments->n_payments = 0;
                place();
                race_run(N_CALLERS, is_told_that_it_was_shipped, NULL);
                shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
                assert_untouched();
                ck_assert_int_eq(warehouse_status(shop->warehouse, order_id), HOLD(CONFIRMED));
        }
}

int main(void) {
        Suite *suite = suite_create("cancelling at once on PostgreSQL");
        TCase *tests = tcase_create("takeovers");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        tcase_add_loop_test(tests, another_process_goes_on_and_the_call_that_wakes_up_changes_nothing, 0,
                            2 * N_MOMENTS);
        tcase_add_loop_test(tests, another_process_hears_of_something_shipped_and_so_does_the_call, 0,
                            2);
        tcase_add_loop_test(tests, who_asks_meanwhile_takes_it_over_and_both_are_told, 0, N_MOMENTS);
        tcase_add_loop_test(tests, a_call_that_dies_before_it_says_what_it_wants_leaves_all_as_it_was, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
