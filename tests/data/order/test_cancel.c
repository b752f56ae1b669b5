/*
 * The step CANCEL of an order's saga on PostgreSQL: what it writes before shipping is asked, who goes on with
 * it, and where it goes back to when something was shipped.
 */
#include <string.h>

#include "cancel_fixture.h"

/* ---- the row ---- */

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
        ck_assert_str_eq(row, TEXT("CANCEL %s " WHY " 32 t t CONFIRMED 2", behind[_i]));
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
        order_id = SQL("SELECT order_id FROM orders WHERE payment_action_url <> ''");
        ck_assert_ok(cancel(WHY));
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', status, step, payment_action_url)"
                             "  FROM orders JOIN order_sagas USING (order_id)"),
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

/* As when the order was cancelled just before this one seized its saga. */
TEST(what_is_let_go_at_its_end_is_nobodys_to_look_at) {
        Saga saga;

        place_behind(1);
        ck_assert_ok(one->seize(one, ctx(), order_id, &saga));
        saga.pause_ms = 500;
        saga.last_error = "lost";
        ck_assert_ok(one->let_go(one, ctx(), &saga));
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', step, owner, lease_until, due_at) FROM order_sagas"),
                         "DONE");
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
                         TEXT("%s " WHY, behind[_i]));
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
        shop->warehouse->cannot_confirm = false;
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

int main(void) {
        Suite *suite = suite_create("cancelling on PostgreSQL");
        TCase *tests = tcase_create("cancel");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        tcase_add_loop_test(tests, before_shipping_is_asked_the_row_says_what_is_wanted_and_where_it_stood, 0,
                            2);
        tcase_add_loop_test(tests, what_was_shipped_stays_and_its_saga_goes_back, 0, 2);
        tcase_add_loop_test(tests, while_shipping_is_away_it_is_asked_until_it_answers, 0, 2);
        tcase_add_loop_test(tests, while_shipping_is_away_it_may_be_shipped_and_then_all_stays, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
