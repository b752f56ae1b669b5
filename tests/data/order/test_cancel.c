/*
 * The step CANCEL of an order's saga on PostgreSQL: what it writes before shipping is asked, who goes on with
 * it when the call dies, and where it goes back to when something was shipped.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "race.h"
#include "saga_fixture.h"

#define HOLD(name) WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_##name
#define KEY "a-key-of-16-chars"
#define WHY "changed my mind"
#define TOTAL_MINOR 61379

/* Another process on the same database, whose loops run once it is open; calls are the first one's. */
static Arena *arena_of_other;
static AppPart *other;
static const char *order_id;

/* Where the saga of a confirmed order may stand. */
static const char *const behind[] = { "SETTLE", "DONE" };

static void open_for_business(void) {
        ck_assert_ok(app_part_start(other, test_ctx()));
}

static void set_up(void) {
        setup();
        arena_of_other = arena_new();
        other = test_part_new(arena_of_other, &order_app_service, &shop->host, shop->dsn, 8, &shop->config);
}

static void tear_down(void) {
        app_part_stop(other);
        teardown();
        app_part_free(other);
        arena_free(arena_of_other);
}

static void place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, KEY, &error);

        ck_assert_ok(error);
        order_id = order->order_id;
}

/* Places an order whose saga stands there, while the other process is open. */
static void place_behind(int i) {
        shop->warehouse->cannot_confirm = str_equal(behind[i], "SETTLE");
        open_for_business();
        place();
        if (str_equal(behind[i], "SETTLE"))
                shop_wait(shop, "SELECT (attempts > 0 AND lease_until IS NULL)::text FROM order_sagas", "true");
        else
                shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
}

static const Error *cancel(const char *reason) {
        return shop_cancel(shop, order_id, reason);
}

/* ---- what the order has come to ---- */

static void assert_events(const char *types) {
        ck_assert_str_eq(SQL("SELECT string_agg(event_type, ' ' ORDER BY aggregate_version) FROM outbox"),
                         types);
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM order_history) = version FROM orders"), "t");
}

static void assert_cancelled(void) {
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT status || ' ' || payment_status || ' ' || refund_minor || ' ' || cancel_reason"
                             "  FROM orders"),
                         "CANCELLED refunded 61379 " WHY);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', owner, lease_until, due_at, back_to, cancel_reason)"
                             "  FROM order_sagas"),
                         "");
        assert_events("order.created order.confirmed order.cancelled");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
        ck_assert_int_eq(warehouse_status(shop->warehouse, order_id), HOLD(RELEASED));
        ck_assert_int_eq(promotion_book_status(shop->promotions, order_id),
                         PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_RELEASED);
        ck_assert(shipping_book_has_cancelled(shop->shipping, order_id));
}

/* As if nobody had ever asked for it. */
static void assert_untouched(void) {
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', status, payment_status, refund_minor, cancel_reason)"
                             "  FROM orders"),
                         "CONFIRMED completed 0");
        assert_events("order.created order.confirmed");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), TOTAL_MINOR);
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(RELEASED)), 0);
        ck_assert_int_eq(shop->promotions->n_released, 0);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', back_to, cancel_reason) FROM order_sagas"), "");
}

static void assert_back_at(const char *step) {
        shop_wait(shop, "SELECT (step <> 'CANCEL')::text FROM order_sagas", "true");
        assert_untouched();
        shop->warehouse->cannot_confirm = false;
        if (str_equal(step, "DONE"))
                ck_assert_str_eq(SQL("SELECT concat_ws(' ', step, owner, lease_until, due_at,"
                                     "                 forget_at = created_at + interval '24 hours')"
                                     "  FROM order_sagas"),
                                 "DONE t");
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_int_eq(warehouse_status(shop->warehouse, order_id), HOLD(CONFIRMED));
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
        assert_untouched();
}

/* ---- the row ---- */

/* That of shipping's book, which the tests stand before. */
static const Error *(*cancel_shipments)(ShippingService *self, Ctx *ctx,
                                        const ShippingV1CancelShipmentsRequest *request,
                                        ShippingV1CancelShipmentsResponse *response);

static void stand_before_shipping(const Error *(*instead)(ShippingService *self, Ctx *ctx,
                                                          const ShippingV1CancelShipmentsRequest *request,
                                                          ShippingV1CancelShipmentsResponse *response)) {
        cancel_shipments = shop->shipping->base.cancel_shipments;
        shop->shipping->base.cancel_shipments = instead;
}

static const char *row;

static const Error *look_at_the_row(ShippingService *self, Ctx *context,
                                    const ShippingV1CancelShipmentsRequest *request,
                                    ShippingV1CancelShipmentsResponse *response) {
        ck_assert_str_eq(request->order_id, order_id);
        ck_assert_str_eq(request->reason, WHY);
        row = SQL("SELECT concat_ws(' ', s.step, s.back_to, s.cancel_reason, length(s.owner),"
                  "                 s.lease_until > now(), s.due_at <= now(), s.forget_at, o.status,"
                  "                 o.version, o.cancel_reason)"
                  "  FROM order_sagas s JOIN orders o USING (order_id)");
        return cancel_shipments(self, context, request, response);
}

START_TEST(before_shipping_is_asked_the_row_says_what_is_wanted_and_where_it_stood) {
        place_behind(_i);
        stand_before_shipping(look_at_the_row);
        ck_assert_ok(cancel(WHY));
        ck_assert_str_eq(row, arena_printf(test_ctx()->arena, "CANCEL %s " WHY " 32 t t CONFIRMED 2", behind[_i]));
        assert_cancelled();
}
END_TEST

START_TEST(what_was_shipped_stays_and_its_saga_goes_back) {
        place_behind(_i);
        shop->shipping->is_shipped = true;
        ck_assert_reason(cancel(WHY), "ALREADY_SHIPPED");
        assert_back_at(behind[_i]);
        ck_assert_reason(cancel(WHY), "ALREADY_SHIPPED");
        assert_back_at("DONE");
}
END_TEST

/* The sweep has taken the saga away a day after the order. */
TEST(an_old_order_begins_its_saga_anew_and_forgets_it_once_more) {
        place_behind(1);
        test_sql(shop->dsn, "DELETE FROM order_sagas");
        shop->shipping->is_shipped = true;
        ck_assert_reason(cancel(WHY), "ALREADY_SHIPPED");
        assert_back_at("DONE");
        test_sql(shop->dsn, "DELETE FROM order_sagas");
        shop->shipping->is_shipped = false;
        ck_assert_ok(cancel(WHY));
        assert_cancelled();
}

TEST(an_order_that_is_not_paid_is_cancelled_without_shipping) {
        const Error *error;

        shop->payments->outcome = PAYMENT__V1__PAYMENT_STATUS__PAYMENT_STATUS_REQUIRES_ACTION;
        shop->shipping->cancel_mood = MOOD_AWAY;
        shop_place(shop, KEY, &error);
        order_id = SQL("SELECT order_id FROM orders");
        ck_assert_ok(cancel(WHY));
        ck_assert_str_eq(SQL("SELECT status || ' ' || step FROM orders JOIN order_sagas USING (order_id)"),
                         "CANCELLED DONE");
        ck_assert(!shipping_book_has_cancelled(shop->shipping, order_id));
}

static Saga announced(void) {
        Saga saga;
        Order *order;
        OrderChange change = { .from = ORDER_CONFIRMED };

        ck_assert_ok(one->seize(one, ctx(), order_id, &saga));
        ck_assert_ok(orders_of_one->find(orders_of_one, ctx(), order_id, &order));
        saga.back_to = saga.step;
        saga.step = SAGA_CANCEL;
        saga.cancel_reason = WHY;
        ck_assert_ok(orders_of_one->save(orders_of_one, ctx(), order, &saga, &change));
        return saga;
}

#define ALL_OTHERS (~(1u << SAGA_CANCEL) & ((1u << (SAGA_DONE + 1)) - 1))

TEST(one_that_is_leased_is_taken_by_nobody_and_then_by_one_who_asks_for_the_step) {
        Saga *taken;
        size_t n;

        place();
        Saga saga = announced();
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_CANCEL, 10, &taken, &n));
        ck_assert_uint_eq(n, 0);
        let_leases_run_out();
        ck_assert_ok(two->take_due(two, ctx(), ALL_OTHERS, 10, &taken, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_CANCEL, 10, &taken, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_int_eq(taken->step, SAGA_CANCEL);
        ck_assert_int_eq(taken->back_to, SAGA_SETTLE);
        ck_assert_str_eq(taken->cancel_reason, WHY);
        ck_assert_int_eq(taken->epoch, saga.epoch + 1);
        ck_assert_ok(one->take_due(one, ctx(), 1u << SAGA_CANCEL, 10, &taken, &n));
        ck_assert_uint_eq(n, 0);
}

TEST(who_has_lost_it_writes_nothing) {
        OrderChange change = { .from = ORDER_CONFIRMED };
        Saga seized;
        Order *order;

        place();
        Saga saga = announced();
        ck_assert_ok(two->seize(two, ctx(), order_id, &seized));
        ck_assert_int_eq(seized.step, SAGA_CANCEL);
        ck_assert_int_eq(seized.back_to, SAGA_SETTLE);
        ck_assert_ok(orders_of_one->find(orders_of_one, ctx(), order_id, &order));
        order->status = ORDER_CANCELLED;
        order->version++;
        saga.step = SAGA_COMPENSATE;
        ck_assert_reason(orders_of_one->save(orders_of_one, ctx(), order, &saga, &change), "SAGA_FENCED");
        ck_assert_reason(one->let_go(one, ctx(), &saga), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "CONFIRMED");
        assert_events("order.created order.confirmed");
}

TEST(what_goes_back_to_a_step_that_is_not_known_is_an_error) {
        Saga saga;

        place();
        announced();
        test_sql(shop->dsn, "UPDATE order_sagas SET back_to = 'ELSEWHERE'");
        const Error *error = one->seize(one, ctx(), order_id, &saga);
        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        ck_assert_ptr_nonnull(strstr(error->message, "order_sagas.back_to"));
        ck_assert_ptr_nonnull(strstr(error->message, "ELSEWHERE"));
}

/* ---- while shipping is away ---- */

START_TEST(while_shipping_is_away_it_is_asked_until_it_answers) {
        static const Mood moods[] = { MOOD_AWAY, MOOD_TOO_LATE };

        place_behind(_i);
        shop->shipping->cancel_mood = moods[_i];
        const Error *error = ck_assert_reason(cancel(WHY), REASON_UNAVAILABLE);
        ck_assert_int_gt(error->retry_after_ms, 0);
        shop_wait(shop, "SELECT (step = 'CANCEL' AND attempts > 2)::text FROM order_sagas", "true");
        ck_assert_str_eq(SQL("SELECT back_to || ' ' || cancel_reason FROM order_sagas"),
                         arena_printf(test_ctx()->arena, "%s " WHY, behind[_i]));
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), TOTAL_MINOR);
        shop->shipping->cancel_mood = MOOD_ANSWERS;
        shop_wait(shop, "SELECT status FROM orders", "CANCELLED");
        assert_cancelled();
}
END_TEST

START_TEST(while_shipping_is_away_it_may_be_shipped_and_then_all_stays) {
        place_behind(_i);
        shop->shipping->cancel_mood = MOOD_AWAY;
        ck_assert_reason(cancel(WHY), REASON_UNAVAILABLE);
        shop->shipping->is_shipped = true;
        shop->shipping->cancel_mood = MOOD_ANSWERS;
        assert_back_at(behind[_i]);
        ck_assert_reason(cancel(WHY), "ALREADY_SHIPPED");
}
END_TEST

TEST(what_shipping_did_although_its_answer_was_lost_is_done_once) {
        place_behind(1);
        shop->shipping->answers_get_lost = true;
        ck_assert_reason(cancel(WHY), REASON_UNAVAILABLE);
        shop->shipping->answers_get_lost = false;
        shop_wait(shop, "SELECT status FROM orders", "CANCELLED");
        assert_cancelled();
        ck_assert_uint_eq(shop->shipping->n_cancelled, 1);
}

TEST(a_shipping_service_that_is_broken_is_asked_until_it_is_mended) {
        place_behind(1);
        shop->shipping->cancel_mood = MOOD_BROKEN;
        ck_assert_int_eq(cancel(WHY)->code, ERROR_INTERNAL);
        shop_wait(shop, "SELECT (step = 'CANCEL' AND attempts > 1)::text FROM order_sagas", "true");
        shop->shipping->cancel_mood = MOOD_ANSWERS;
        shop_wait(shop, "SELECT status FROM orders", "CANCELLED");
        assert_cancelled();
}

TEST(the_last_who_asks_says_why) {
        place_behind(1);
        shop->shipping->cancel_mood = MOOD_AWAY;
        ck_assert_reason(cancel("too late"), REASON_UNAVAILABLE);
        ck_assert_reason(cancel(NULL), REASON_UNAVAILABLE);
        ck_assert_str_eq(SQL("SELECT back_to || coalesce(cancel_reason, '-') FROM order_sagas"), "DONE-");
        shop->shipping->cancel_mood = MOOD_ANSWERS;
        ck_assert_ok(cancel(WHY));
        assert_cancelled();
}

/* ---- calls that die, or stall until somebody else has gone on ---- */

typedef enum Moment { BEFORE_SHIPPING, AFTER_SHIPPING, AFTER_CANCELLED, N_MOMENTS } Moment;

static Moment moment;
static atomic_bool has_stalled, may_go_on;

/* The first call that comes to the moment waits there; all others pass. */
static void stall_at(Moment here) {
        if (here != moment || atomic_exchange(&has_stalled, true))
                return;
        while (!may_go_on)
                nanosleep(&(struct timespec) { .tv_nsec = 1000000 }, NULL);
}

static const Error *stall_around_shipping(ShippingService *self, Ctx *context,
                                          const ShippingV1CancelShipmentsRequest *request,
                                          ShippingV1CancelShipmentsResponse *response) {
        stall_at(BEFORE_SHIPPING);
        TRY(cancel_shipments(self, context, request, response));
        stall_at(AFTER_SHIPPING);
        return NULL;
}

static const Error *(*refund_payment)(PaymentService *self, Ctx *ctx,
                                      const PaymentV1RefundPaymentRequest *request,
                                      PaymentV1RefundPaymentResponse *response);

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
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), at == AFTER_CANCELLED ? "COMPENSATE" : "CANCEL");
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

START_TEST(another_process_hears_of_something_shipped_and_the_call_that_wakes_up_does_too) {
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
        assert_back_at(behind[_i]);
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
        Suite *suite = suite_create("cancelling on PostgreSQL");
        TCase *tests = tcase_create("cancel");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        tcase_add_loop_test(tests, before_shipping_is_asked_the_row_says_what_is_wanted_and_where_it_stood, 0, 2);
        tcase_add_loop_test(tests, what_was_shipped_stays_and_its_saga_goes_back, 0, 2);
        tcase_add_loop_test(tests, while_shipping_is_away_it_is_asked_until_it_answers, 0, 2);
        tcase_add_loop_test(tests, while_shipping_is_away_it_may_be_shipped_and_then_all_stays, 0, 2);
        tcase_add_loop_test(tests, another_process_goes_on_and_the_call_that_wakes_up_changes_nothing, 0,
                            2 * N_MOMENTS);
        tcase_add_loop_test(tests, another_process_hears_of_something_shipped_and_the_call_that_wakes_up_does_too, 0,
                            2);
        tcase_add_loop_test(tests, who_asks_meanwhile_takes_it_over_and_both_are_told, 0, N_MOMENTS);
        tcase_add_loop_test(tests, a_call_that_dies_before_it_says_what_it_wants_leaves_all_as_it_was, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
