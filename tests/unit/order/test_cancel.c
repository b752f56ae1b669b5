#include "world.h"

#include "base/memory.h"

static Ctx *ctx;
static World *world;
static Order *order;

static void setup(void) {
        PlacedOrder placed;

        ctx = test_ctx();
        world = world_new(ctx);
        ck_assert_ok(order_place(&world->usecase, ctx, world_request(ctx), &placed));
}

static const Error *cancel(const char *reason) {
        return order_cancel(&world->usecase, ctx, world->order.id, reason, &order);
}

TEST(money_and_stock_go_back_at_once) {
        ck_assert_ok(cancel("changed my mind"));
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_str_eq(order->cancel_reason, "changed my mind");
        ck_assert_int_gt(order->cancelled_at_us, 0);
        ck_assert_int_eq(order->payment.status, ORDER_PAYMENT_REFUNDED);
        ck_assert_int_eq(order->payment.refunded_minor, 61379);
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert(!world->is_held);
        ck_assert_str_eq(world->events[2], "order.cancelled");
        ck_assert_int_eq(world->n_events, 3);
        ck_assert_int_eq(world->order.version, 3);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(by_its_number_and_without_a_reason) {
        ck_assert_ok(order_cancel(&world->usecase, ctx, world->order.number, "", &order));
        ck_assert_ptr_null(order->cancel_reason);
}

TEST(cancelling_twice_is_once) {
        ck_assert_ok(cancel(NULL));
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_int_eq(world->n_events, 3);
        ck_assert_int_eq(world->n_refunded, 1);
}

static const Error *always_fenced(OrderRepo *self, Ctx *context, const Order *changed, Saga *saga,
                                  const OrderChange *change) {
        (void) self;
        (void) changed;
        (void) saga;
        (void) change;
        return error_new(context->arena, ERROR_ABORTED, INNER_SAGA_FENCED, "fenced");
}

TEST(a_cancellation_that_always_loses_says_when_to_try_again) {
        world->orders.save = always_fenced;
        const Error *error = ck_assert_reason(cancel(NULL), REASON_ORDER_CHANGED);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_int_gt(error->retry_after_ms, 0);
}

TEST(what_is_on_its_way_cannot_be_cancelled) {
        static const OrderStatus late[] = { ORDER_SHIPPED, ORDER_DELIVERED, ORDER_RETURNED,
                                            ORDER_PAYMENT_FAILED, ORDER_FAILED };

        for (size_t i = 0; i < ARRAY_SIZE(late); i++) {
                world->order.status = late[i];
                const Error *error = ck_assert_reason(cancel(NULL), REASON_ORDER_NOT_CANCELLABLE);
                ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
                ck_assert_str_eq(error->records[0].values[0].text, world->order.id);
                ck_assert_str_eq(error->records[0].values[1].text, order_status_name(late[i]));
        }
        ck_assert_int_eq(world->n_refunded, 0);
}

TEST(a_foreign_order_does_not_exist) {
        world->caller.id = "CUST-99999";
        ck_assert_int_eq(ck_assert_reason(cancel(NULL), REASON_ORDER_NOT_FOUND)->code, ERROR_NOT_FOUND);
        world->caller.roles = ROLE_ADMIN;
        ck_assert_ok(cancel(NULL));
}

TEST(a_refund_that_fails_is_tried_until_it_works) {
        Saga *sagas;
        size_t n;

        world->refund_fails = REASON_UNAVAILABLE;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        ck_assert_int_eq(world->saga.attempts, 1);
        for (int i = 0; i < 2; i++) {
                ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
                ck_assert_reason(order_resume(&world->usecase, ctx, sagas), REASON_UNAVAILABLE);
        }
        ck_assert_int_eq(world->saga.attempts, 3);
        world->refund_fails = NULL;
        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_payment_in_doubt_is_not_ended) {
        world->refund.outcome = OUTCOME_UNCLEAR;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
}

TEST(cash_on_delivery_owes_nothing_back) {
        world->order.payment.status = ORDER_PAYMENT_PENDING;
        world->captured_minor = 0;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(order->payment.status, ORDER_PAYMENT_DECLINED);
        ck_assert_int_eq(order->payment.refunded_minor, 0);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_lost_race_is_run_again) {
        world->save_fails = INNER_ORDER_MOVED;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_int_eq(world->n_events, 3);
}

/* ---- what shipping says ---- */

/* Takes the saga over, as the background does, and carries it on. */
static const Error *resume(void) {
        Saga *sagas;
        size_t n;

        ck_assert_ok(order_take_due(&world->usecase, ctx, ORDER_WORK_CANCEL, 1, &sagas, &n));
        ck_assert_uint_eq(n, 1);
        return order_resume(&world->usecase, ctx, sagas);
}

TEST(shipping_is_asked_first) {
        ck_assert_ok(cancel("changed my mind"));
        ck_assert_int_eq(world->n_shipping_cancels, 1);
        ck_assert(world->are_shipments_cancelled);
        ck_assert_str_eq(world->shipping_cancel_reason, "changed my mind");
}

TEST(an_order_that_is_not_paid_has_no_shipments_to_ask_for) {
        world->order.status = ORDER_PENDING_PAYMENT;
        world->saga.step = SAGA_AWAIT_CUSTOMER;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(world->n_shipping_cancels, 0);
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
}

/* The steps at which the saga of a confirmed order may stand. */
static const SagaStep behind[] = { SAGA_SETTLE, SAGA_DONE };

START_TEST(what_was_shipped_stays_as_it_is) {
        world->saga.step = behind[_i];
        world->is_shipped = true;
        ck_assert_int_eq(ck_assert_reason(cancel("late"), "ALREADY_SHIPPED")->code,
                         ERROR_FAILED_PRECONDITION);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_ptr_null(world->order.cancel_reason);
        ck_assert_int_eq(world->saga.step, behind[_i]);
        ck_assert(!world->saga.is_leased);
        ck_assert_int_eq(world->n_let_go, 0);
        ck_assert_int_eq(world->n_events, 2);
        ck_assert_int_eq(world->n_refunded + world->n_released, 0);
}
END_TEST

static const Error *assert_announced(World *w, Ctx *call) {
        (void) call;
        ck_assert_int_eq(w->saga.step, SAGA_CANCEL);
        ck_assert(w->saga.is_leased);
        ck_assert_str_eq(w->saga.cancel_reason, "changed my mind");
        ck_assert_int_eq(w->order.status, ORDER_CONFIRMED);
        return NULL;
}

TEST(that_it_is_to_be_cancelled_is_written_before_shipping_is_asked) {
        world->when_cancelling = assert_announced;
        ck_assert_ok(cancel("changed my mind"));
}

/* OVERLOADED says that nothing was done, which is not so once the saga goes on with it. */
static const char *const no_answer[] = { REASON_UNAVAILABLE, REASON_DEADLINE_EXCEEDED, REASON_OVERLOADED };

START_TEST(while_shipping_does_not_answer_the_saga_asks_on) {
        world->cancel_fails = no_answer[_i];
        const Error *error = ck_assert_reason(cancel("changed my mind"), REASON_UNAVAILABLE);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_int_gt(error->retry_after_ms, 0);
        ck_assert_int_eq(world->saga.step, SAGA_CANCEL);
        ck_assert_int_eq(world->saga.attempts, 1);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->n_refunded, 0);
        ck_assert_reason(resume(), no_answer[_i]);
        ck_assert_int_eq(world->saga.attempts, 2);
        world->cancel_fails = NULL;
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_CANCELLED);
        ck_assert_str_eq(world->order.cancel_reason, "changed my mind");
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_int_eq(world->captured_minor, 0);
}
END_TEST

START_TEST(a_saga_that_hears_of_something_shipped_goes_on_where_it_stood) {
        world->saga.step = behind[_i];
        world->cancel_fails = REASON_UNAVAILABLE;
        ck_assert_reason(cancel(NULL), REASON_UNAVAILABLE);
        world->cancel_fails = NULL;
        world->is_shipped = true;
        ck_assert_ok(resume());
        ck_assert_int_eq(world->saga.step, behind[_i]);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->n_let_go, 1);
}
END_TEST

/* He who asks again while the saga still asks takes it over, and it goes back no less. */
START_TEST(asking_twice_forgets_nothing_of_where_it_stood) {
        world->saga.step = behind[_i];
        world->cancel_fails = REASON_UNAVAILABLE;
        ck_assert_reason(cancel("first"), REASON_UNAVAILABLE);
        ck_assert_reason(cancel("second"), REASON_UNAVAILABLE);
        ck_assert_str_eq(world->saga.cancel_reason, "second");
        world->is_shipped = true;
        ck_assert_reason(cancel("third"), "ALREADY_SHIPPED");
        ck_assert_int_eq(world->saga.step, behind[_i]);
}
END_TEST

static const Error *lose_the_saga(World *w, Ctx *call) {
        (void) call;
        if (w->n_shipping_cancels == 1)
                w->saga.epoch++;
        return NULL;
}

TEST(a_saga_that_is_lost_meanwhile_is_taken_over_again) {
        world->when_cancelling = lose_the_saga;
        ck_assert_ok(cancel("changed my mind"));
        ck_assert_int_eq(world->n_shipping_cancels, 2);
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_int_eq(world->n_events, 3);
}

TEST(what_is_to_be_cancelled_and_could_not_be_written_so_is_asked_of_nobody) {
        world->save_fails = REASON_UNAVAILABLE;
        ck_assert_reason(cancel(NULL), REASON_UNAVAILABLE);
        ck_assert_int_eq(world->n_shipping_cancels, 0);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
}

int main(void) {
        Suite *suite = suite_create("order cancel");
        TCase *tests = tcase_create("cancel");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, what_was_shipped_stays_as_it_is, 0, 2);
        tcase_add_loop_test(tests, while_shipping_does_not_answer_the_saga_asks_on, 0, 3);
        tcase_add_loop_test(tests, a_saga_that_hears_of_something_shipped_goes_on_where_it_stood, 0, 2);
        tcase_add_loop_test(tests, asking_twice_forgets_nothing_of_where_it_stood, 0, 2);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
