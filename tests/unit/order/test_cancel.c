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
        world->save_fails = REASON_ORDER_CHANGED;
        ck_assert_ok(cancel(NULL));
        ck_assert_int_eq(order->status, ORDER_CANCELLED);
        ck_assert_int_eq(world->n_events, 3);
}

int main(void) {
        Suite *suite = suite_create("order cancel");
        TCase *tests = tcase_create("cancel");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
