#include "base/clock.h"
#include "base/memory.h"
#include "world.h"

static Ctx *ctx;
static World *world;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
}

static void place(void) {
        PlacedOrder placed;
        const Error *error = order_place(&world->usecase, ctx, world_request(ctx), &placed);

        (void) error;
}

/* The process died after the order was written, at that step. */
static void die_at(SagaStep step) {
        world->payment.outcome = step == SAGA_AWAIT_CUSTOMER ? OUTCOME_NEEDS_CUSTOMER : OUTCOME_UNCLEAR;
        world->payment.action_url = "https://bank/3ds";
        place();
        ck_assert_int_eq(world->saga.step, step);
        world->payment = (PaymentResult) { .outcome = OUTCOME_TAKEN, .transaction_id = "txn_1" };
}

static const Error *resume(void) {
        Saga *sagas;
        size_t n;

        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 8, &sagas, &n));
        ck_assert_uint_eq(n, 1);
        return order_resume(&world->usecase, ctx, sagas);
}

TEST(a_claim_without_an_order_is_given_up_and_its_hold_released) {
        world->has_saga = true;
        world->saga = (Saga) {
                .order_id = "ORD-1", .step = SAGA_CLAIMED, .epoch = 1, .holds = HOLDS_ANY
        };
        world->is_held = true;
        ck_assert_ok(resume());
        ck_assert(!world->has_saga);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->n_events, 0);
}

TEST(an_order_whose_owner_died_before_payment_is_paid_and_confirmed) {
        die_at(SAGA_PAYMENT);
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        ck_assert_int_eq(world->captured_minor, 61379);
        ck_assert_int_eq(world->n_events, 2);
}

TEST(an_order_whose_payment_turns_out_declined_fails) {
        die_at(SAGA_PAYMENT);
        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_PAYMENT_FAILED);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

/* The first request may have captured: only its end at the payment service is believed. */
TEST(a_request_that_is_refused_later_is_not_taken_for_a_declined_payment) {
        die_at(SAGA_PAYMENT);
        world->captured_minor = 61379;
        world->payment = (PaymentResult) { .outcome = OUTCOME_REFUSED, .error = "PAYMENT_MISMATCH" };
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_PAYMENT_FAILED);
        ck_assert_str_eq(world->order.payment.error, "PAYMENT_MISMATCH");
        ck_assert_int_eq(world->n_refunded, 1);
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert_int_eq(world->order.payment.status, ORDER_PAYMENT_REFUNDED);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(tries_come_at_growing_pauses) {
        static const int64_t pauses_ms[] = { 1000, 2000, 4000, 8000, 8000 };

        die_at(SAGA_PAYMENT);
        world->payment.outcome = OUTCOME_UNCLEAR;
        for (size_t i = 0; i < ARRAY_SIZE(pauses_ms); i++) {
                ck_assert_reason(resume(), REASON_UNAVAILABLE);
                ck_assert_int_eq(world->saga.pause_ms, pauses_ms[i]);
        }
        ck_assert_ptr_nonnull(world->saga.last_error);
        ck_assert_int_eq(world->saga.step, SAGA_PAYMENT);
}

TEST(a_customer_who_acts_gets_the_order) {
        die_at(SAGA_AWAIT_CUSTOMER);
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_ptr_null(world->order.payment.action_url);
}

TEST(a_customer_who_does_not_act_is_waited_for_while_the_stock_is_held) {
        die_at(SAGA_AWAIT_CUSTOMER);
        world->payment.outcome = OUTCOME_NEEDS_CUSTOMER;
        ck_assert_ok(resume());
        ck_assert_int_eq(world->saga.step, SAGA_AWAIT_CUSTOMER);
        ck_assert(world->is_held);
        ck_assert_int_eq(world->n_events, 1);

        world->order.hold_expires_at_us = clock_wall_us() - 1;
        ck_assert_ok(resume());
        ck_assert_int_eq(world->order.status, ORDER_PAYMENT_FAILED);
        ck_assert_str_eq(world->order.payment.error, "ACTION_EXPIRED");
        ck_assert_int_eq(world->n_refunded, 1);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

static const Error *another_confirms_it(World *here, Ctx *context) {
        (void) context;
        here->saga.epoch++;
        here->saga.step = here->saga.row_step = SAGA_SETTLE;
        here->order.status = ORDER_CONFIRMED;
        here->order.version++;
        return NULL;
}

/* It was stopped for longer than its lease, and the customer acted meanwhile. */
TEST(who_has_lost_the_saga_gives_no_money_back) {
        die_at(SAGA_AWAIT_CUSTOMER);
        world->payment.outcome = OUTCOME_NEEDS_CUSTOMER;
        world->order.hold_expires_at_us = clock_wall_us() - 1;
        world->when_processing = another_confirms_it;
        const Error *error = resume();
        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(world->n_refunded, 0);
        ck_assert(world->is_held);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
}

TEST(a_database_clock_that_was_ahead_gives_the_customer_no_more_time) {
        int64_t hold_us = world->usecase.hold_ms * 1000;

        die_at(SAGA_AWAIT_CUSTOMER);
        world->payment.outcome = OUTCOME_NEEDS_CUSTOMER;
        world->order.hold_expires_at_us = clock_wall_us() + 100 * hold_us;
        world->order.created_at_us = clock_wall_us() - hold_us + 60 * INT64_C(1000000);
        ck_assert_ok(resume());
        ck_assert_int_eq(world->saga.step, SAGA_AWAIT_CUSTOMER);

        world->order.created_at_us = clock_wall_us() - hold_us;
        ck_assert_ok(resume());
        ck_assert_str_eq(world->order.payment.error, "ACTION_EXPIRED");
        ck_assert(!world->is_held);
}

static size_t settle(void) {
        size_t n;

        ck_assert_ok(order_settle(&world->usecase, ctx, &n));
        return n;
}

TEST(a_confirmed_order_turns_its_hold_into_a_sale) {
        place();
        ck_assert_uint_eq(settle(), 1);
        ck_assert(world->is_sold);
        ck_assert_ptr_null(world->settle_problem);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_uint_eq(settle(), 0);
}

TEST(a_hold_that_cannot_be_confirmed_is_noted_and_tried_again) {
        size_t n;

        place();
        world->confirm_holds_fails = REASON_UNAVAILABLE;
        ck_assert_reason(order_settle(&world->usecase, ctx, &n), REASON_UNAVAILABLE);
        ck_assert_str_eq(world->settle_problem, "away");
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        world->confirm_holds_fails = NULL;
        ck_assert_uint_eq(settle(), 1);
        ck_assert_ptr_null(world->settle_problem);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_lost_hold_is_held_again_and_sold) {
        place();
        world->stock_state = CONFIRM_LOST;
        ck_assert_uint_eq(settle(), 1);
        ck_assert_int_eq(world->n_reserved, 2);
        ck_assert(world->is_sold);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_ptr_null(world->review);
}

static void lose_stock(void) {
        place();
        world->stock_state = CONFIRM_LOST;
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        ck_assert_uint_eq(settle(), 1);
        ck_assert_str_eq(world->review, "Confirmed, but its stock is gone: short");
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_CANCEL);
}

TEST(an_order_whose_stock_is_lost_for_good_fails_and_keeps_nothing) {
        lose_stock();
        ck_assert_ok(resume());
        ck_assert(world->are_shipments_cancelled);
        ck_assert_int_eq(world->order.status, ORDER_FAILED);
        ck_assert_str_eq(world->order.cancel_reason, world->review);
        ck_assert_str_eq(world->events[2], "order.failed");
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert_int_eq(world->order.payment.status, ORDER_PAYMENT_REFUNDED);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(what_was_shipped_cannot_be_called_back_for_its_stock) {
        lose_stock();
        world->is_shipped = true;
        ck_assert_ok(resume());
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        ck_assert_uint_eq(settle(), 1);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_gt(world->captured_minor, 0);
        ck_assert_int_eq(world->n_reserved, 2);
}

TEST(a_lost_hold_waits_for_a_warehouse_that_is_away) {
        place();
        world->stock_state = CONFIRM_LOST;
        world->reserve_fails = REASON_UNAVAILABLE;
        ck_assert_uint_eq(settle(), 1);
        ck_assert_str_eq(world->settle_problem, "away");
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
}

int main(void) {
        Suite *suite = suite_create("order saga");
        TCase *tests = tcase_create("saga");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
