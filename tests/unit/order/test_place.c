#include <string.h>

#include "world.h"

static Ctx *ctx;
static World *world;
static OrderRequest *request;
static PlacedOrder placed;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
        request = world_request(ctx);
        placed = (PlacedOrder) { 0 };
}

static const Error *place(void) {
        return order_place(&world->usecase, ctx, request, &placed);
}

static void assert_nothing_is_left(void) {
        ck_assert(!world->has_order);
        ck_assert(!world->has_saga);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->n_events, 0);
        ck_assert_int_eq(world->captured_minor, 0);
}

static const char *text_of(const Error *error, const char *key) {
        for (size_t i = 0; i < error->records[0].n_values; i++)
                if (str_equal(error->records[0].values[i].key, key))
                        return error->records[0].values[i].text;
        return "";
}

TEST(the_sample_of_000_is_confirmed_and_charged_once) {
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
        ck_assert_int_eq(placed.order->pricing.total_minor, 61379);
        ck_assert_int_eq(placed.order->payment.status, ORDER_PAYMENT_PAID);
        ck_assert_str_eq(placed.order->payment.transaction_id, "txn_1");
        ck_assert_int_gt(placed.order->confirmed_at_us, 0);
        ck_assert_int_eq(world->captured_minor, 61379);
        ck_assert_int_eq(world->n_processed, 1);
        ck_assert(world->is_held);
        ck_assert_int_eq(world->n_events, 2);
        ck_assert_str_eq(world->events[0], "order.created");
        ck_assert_str_eq(world->events[1], "order.confirmed");
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        ck_assert(!world->saga.is_leased);
        ck_assert_int_eq(world->n_wakeups, 1);
}

TEST(the_payment_id_follows_from_the_order_id) {
        ck_assert_ok(place());
        ck_assert_int_eq(strncmp(placed.order->id, "ORD-", 4), 0);
        ck_assert_int_eq(strncmp(placed.order->payment.id, "PAY-", 4), 0);
        ck_assert_str_eq(placed.order->payment.id + 4, placed.order->id + 4);
}

TEST(a_foreign_customer_is_refused_before_anything_happens) {
        request->customer_id = "CUST-99999";
        const Error *error = ck_assert_reason(place(), REASON_CUSTOMER_MISMATCH);
        ck_assert_str_eq(error->violations[0].field, "customerId");
        ck_assert_int_eq(error->code, ERROR_PERMISSION_DENIED);
        assert_nothing_is_left();
        world->caller.roles = ROLE_ADMIN;
        ck_assert_ok(place());
}

TEST(an_unknown_or_inactive_customer_cannot_order) {
        world->customer.is_known = false;
        ck_assert_reason(place(), REASON_CUSTOMER_NOT_FOUND);
        world->customer.is_known = true;
        world->customer.is_active = false;
        ck_assert_reason(place(), REASON_CUSTOMER_INACTIVE);
        ck_assert_int_eq(world->n_reserved, 0);
        assert_nothing_is_left();
}

TEST(every_unknown_sku_and_wrong_product_is_named) {
        OrderLine lines[] = {
                { "PROD-67890", "SKU-ABC-001", 1, "W" },
                { "PROD-1", "SKU-NOPE", 1, "W" },
                { "PROD-1", "SKU-DEF-002", 1, "W" },
        };
        request->lines = lines;
        request->n_lines = 3;
        const Error *error = ck_assert_reason(place(), REASON_UNKNOWN_SKU);
        ck_assert_uint_eq(error->n_violations, 2);
        ck_assert_str_eq(error->violations[0].field, "items[1].sku");
        ck_assert_str_eq(error->violations[1].field, "items[2].productId");
        assert_nothing_is_left();
}

TEST(one_sku_from_one_warehouse_appears_once) {
        OrderLine lines[] = {
                { "PROD-67890", "SKU-ABC-001", 1, "W" },
                { "PROD-67890", "SKU-ABC-001", 1, "V" },
                { "PROD-67890", "SKU-ABC-001", 1, "W" },
        };
        request->lines = lines;
        request->n_lines = 3;
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 1);
        ck_assert_str_eq(error->violations[0].field, "items[2].sku");
        request->n_lines = 2;
        ck_assert_ok(place());
}

TEST(a_repeated_line_is_named_once_however_often_it_is_there) {
        OrderLine lines[100];
        const char *codes[10];

        for (size_t i = 0; i < 100; i++)
                lines[i] = request->lines[0];
        for (size_t i = 0; i < 10; i++)
                codes[i] = "SUMMER2024";
        request->lines = lines;
        request->n_lines = 100;
        request->promotion_codes = codes;
        request->n_promotion_codes = 10;
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_uint_eq(error->n_violations, 99 + 9);
        ck_assert_str_eq(error->violations[98].field, "items[99].sku");
        ck_assert_str_eq(error->violations[107].field, "promotionCodes[9]");
}

TEST(a_promotion_code_counts_once) {
        request->promotion_codes = (const char *[]) { "SUMMER2024", "SUMMER2024" };
        request->n_promotion_codes = 2;
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "promotionCodes[1]");
        assert_nothing_is_left();
}

TEST(what_is_refused_before_the_hold_holds_nothing) {
        world->promotions.problem = "EXPIRED";
        ck_assert_reason(place(), REASON_INVALID_PROMOTION);
        world->promotions.problem = NULL;
        world->payment_problem = "UNKNOWN_TOKEN";
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "paymentMethod.token");
        world->payment_problem = NULL;
        world->shipping_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_int_eq(world->n_reserved, 0);
        assert_nothing_is_left();
}

TEST(short_stock_passes_through) {
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        ck_assert_reason(place(), "PRODUCT_OUT_OF_STOCK");
        ck_assert_int_eq(world->n_released, 0);
        assert_nothing_is_left();
}

TEST(a_hold_whose_answer_was_lost_is_released) {
        world->reserve_fails = REASON_DEADLINE_EXCEEDED;
        ck_assert_reason(place(), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(world->n_released, 1);
        assert_nothing_is_left();
}

TEST(an_order_that_cannot_be_written_gives_its_hold_back) {
        world->insert_fails = INNER_HOLD_ENDS;
        ck_assert_reason(place(), REASON_HOLD_EXPIRED);
        ck_assert_int_eq(world->n_released, 1);
        assert_nothing_is_left();
}

TEST(a_release_that_fails_is_left_to_the_saga) {
        Saga *sagas;
        size_t n;

        world->insert_fails = REASON_UNAVAILABLE;
        world->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert(world->has_saga);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        world->release_fails = NULL;
        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        assert_nothing_is_left();
}

TEST(what_is_still_held_is_not_denied) {
        world->insert_fails = WORLD_LOST;
        world->release_fails = REASON_UNAVAILABLE;
        const Error *error = ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_str_eq(error->message,
                         "The order could not be written, and what is held for it is given back soon");
}

TEST(an_order_whose_write_is_uncertain_is_never_released_under_it) {
        world->insert_fails = REASON_WRITE_UNCERTAIN;
        ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert(world->has_order);
        ck_assert(world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_PAYMENT);
}

/* Without the id of an order that nobody may ever see. */
static const Error *assert_no_order_is_named(const Error *error, const char *reason) {
        ck_assert_reason(error, reason);
        ck_assert_uint_eq(error->n_records, 0);
        ck_assert(!world->has_order);
        return error;
}

START_TEST(an_order_whose_hold_and_whose_end_are_uncertain_was_not_placed) {
        static const char *const ends[] = { REASON_WRITE_UNCERTAIN, WORLD_LOST, REASON_UNAVAILABLE };

        world->reserve_fails = REASON_WRITE_UNCERTAIN;
        world->give_up_fails = ends[_i];
        const Error *error = assert_no_order_is_named(place(), REASON_UNAVAILABLE);
        ck_assert_ptr_nonnull(strstr(error->message, "was not placed"));
}
END_TEST

/* Its INSERT was refused before it left, and without a key nobody can take it over. */
TEST(the_hold_of_an_order_that_cannot_come_is_released_although_nothing_can_be_written) {
        world->insert_fails = REASON_UNAVAILABLE;
        world->give_up_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_int_eq(world->n_released, 1);
        ck_assert(!world->is_held);
}

TEST(the_hold_of_an_order_that_may_come_yet_stays) {
        world->give_up_fails = REASON_UNAVAILABLE;
        world->insert_fails = WORLD_LOST;
        ck_assert_reason(place(), REASON_WRITE_UNCERTAIN);
        ck_assert_int_eq(world->n_released, 0);

        setup();
        ctx->idempotency_key = "a-key-of-16-chars";
        world->give_up_fails = REASON_UNAVAILABLE;
        world->insert_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_int_eq(world->n_released, 0);
}

START_TEST(an_order_that_may_come_yet_is_not_named) {
        static const char *const ends[] = { REASON_WRITE_UNCERTAIN, WORLD_LOST, REASON_UNAVAILABLE };

        world->insert_fails = WORLD_LOST;
        world->give_up_fails = ends[_i];
        const Error *error = assert_no_order_is_named(place(), REASON_WRITE_UNCERTAIN);
        ck_assert_ptr_nonnull(strstr(error->message, "look among your orders before ordering again"));
        ck_assert_ptr_null(strstr(error->message, "same Idempotency-Key"));
}
END_TEST

TEST(who_has_a_key_asks_again_with_it) {
        ctx->idempotency_key = "a-key-of-16-chars";
        world->insert_fails = WORLD_LOST;
        world->give_up_fails = REASON_UNAVAILABLE;
        const Error *error = assert_no_order_is_named(place(), REASON_WRITE_UNCERTAIN);
        ck_assert_ptr_nonnull(strstr(error->message, "ask again with the same Idempotency-Key"));
}

/* Nor when: a client that obeys would have two orders. */
TEST(who_has_no_key_is_not_told_to_ask_again_with_it) {
        world->process_fails = REASON_DEADLINE_EXCEEDED;
        const Error *error = ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert_int_eq(error->retry_after_ms, 0);
        ck_assert_ptr_null(strstr(error->message, "Idempotency-Key"));
        ck_assert_ptr_nonnull(strstr(error->message, "do not order again"));
        setup();
        ctx->idempotency_key = "a-key-of-16-chars";
        world->process_fails = REASON_DEADLINE_EXCEEDED;
        error = ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert_int_gt(error->retry_after_ms, 0);
        ck_assert_ptr_nonnull(strstr(error->message, "ask again with the same Idempotency-Key"));
}

TEST(a_declined_payment_leaves_a_failed_order_and_no_hold) {
        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        const Error *error = ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        ck_assert_str_eq(error->message, "Payment could not be processed");
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->records[0].values[0].key, "paymentError");
        ck_assert_str_eq(text_of(error, "paymentError"), "CARD_DECLINED");
        ck_assert_str_eq(text_of(error, "orderId"), world->order.id);
        ck_assert_str_eq(text_of(error, "orderStatus"), "PAYMENT_FAILED");
        ck_assert_int_eq(world->order.status, ORDER_PAYMENT_FAILED);
        ck_assert_str_eq(world->events[1], "order.payment_failed");
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->n_refunded, 0);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_declined_order_is_released_later_when_the_warehouse_is_away) {
        Saga *sagas;
        size_t n;

        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        world->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        ck_assert(world->is_held);
        world->release_fails = NULL;
        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_int_eq(world->n_events, 2);
}

TEST(a_payment_in_doubt_is_never_called_failed) {
        world->process_fails = REASON_DEADLINE_EXCEEDED;
        const Error *error = ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_str_eq(text_of(error, "orderId"), world->order.id);
        ck_assert_int_eq(world->order.status, ORDER_PENDING_PAYMENT);
        ck_assert(world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_PAYMENT);
        ck_assert(!world->saga.is_leased);

        setup();
        world->payment.outcome = OUTCOME_UNCLEAR;
        ck_assert_reason(place(), REASON_PAYMENT_PENDING);
}

TEST(an_order_that_costs_nothing_needs_no_payment) {
        world->customer.tier_discount_bp = 10000;
        world->shipping_cost_minor = 0;
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->pricing.total_minor, 0);
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->n_processed, 0);
}

TEST(three_d_secure_waits_for_the_customer) {
        world->payment =
                (PaymentResult) { .outcome = OUTCOME_NEEDS_CUSTOMER, .action_url = "https://bank/3ds" };
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_PENDING_PAYMENT);
        ck_assert_str_eq(placed.order->payment.action_url, "https://bank/3ds");
        ck_assert_int_eq(world->saga.step, SAGA_AWAIT_CUSTOMER);
        ck_assert_int_eq(world->n_events, 1);
        ck_assert_int_eq(world->order.version, 1);
}

TEST(cash_on_delivery_is_confirmed_and_captured_later) {
        world->payment = (PaymentResult) { .outcome = OUTCOME_ON_DELIVERY };
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
        ck_assert_int_eq(placed.order->payment.status, ORDER_PAYMENT_PENDING);
        ck_assert_int_eq(world->captured_minor, 0);
}

TEST(a_confirmation_whose_answer_was_lost_is_looked_up) {
        world->save_fails = REASON_WRITE_UNCERTAIN;
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        ck_assert_int_eq(world->n_events, 2);
        ck_assert_int_eq(world->n_refunded, 0);
}

TEST(a_confirmation_that_could_not_be_written_is_tried_again) {
        Saga *sagas;
        size_t n;

        world->save_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert_int_eq(world->saga.step, SAGA_PAYMENT);
        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->captured_minor, 61379);
}

/* Internal, but nothing says that it will be so the next time. */
TEST(a_paid_order_survives_a_fault_that_may_pass) {
        world->save_fails = "";
        ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        ck_assert_int_eq(world->order.status, ORDER_PENDING_PAYMENT);
        ck_assert_int_eq(world->saga.step, SAGA_PAYMENT);
        ck_assert_int_eq(world->captured_minor, 61379);
}

TEST(a_paid_order_that_can_never_be_confirmed_gives_everything_back) {
        world->save_fails = WORLD_FINAL;
        const Error *error = ck_assert_reason(place(), REASON_ORDER_FAILED);
        ck_assert_str_eq(text_of(error, "orderStatus"), "FAILED");
        ck_assert_int_eq(world->order.status, ORDER_FAILED);
        ck_assert_str_eq(world->events[1], "order.failed");
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert_int_eq(world->order.payment.status, ORDER_PAYMENT_REFUNDED);
        ck_assert_int_eq(world->order.payment.refunded_minor, 61379);
        ck_assert(!world->is_held);
        ck_assert_ptr_nonnull(world->review);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

static const Error *somebody_cancels(World *here, Ctx *context) {
        Order *order;

        here->when_processing = NULL;
        here->refund_fails = REASON_UNAVAILABLE;
        return order_cancel(&here->usecase, context, here->order.id, "changed my mind", &order);
}

TEST(an_order_cancelled_while_it_is_paid_stays_cancelled_and_is_refunded) {
        Saga *sagas;
        size_t n;

        world->when_processing = somebody_cancels;
        ck_assert_reason(place(), REASON_ORDER_CANCELLED);
        ck_assert_int_eq(world->order.status, ORDER_CANCELLED);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        ck_assert_int_eq(world->n_events, 2);
        world->refund_fails = NULL;
        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        ck_assert_int_eq(world->captured_minor, 0);
        ck_assert(!world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_call_out_of_time_stops_before_its_next_step) {
        ctx_limit(ctx, 0);
        ck_assert_reason(place(), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(world->n_reserved, 0);
        assert_nothing_is_left();
}

static atomic_bool is_gone;

static const Error *the_caller_hangs_up(World *here, Ctx *context) {
        (void) here, (void) context;
        atomic_store(&is_gone, true);
        return NULL;
}

TEST(what_was_paid_is_confirmed_though_the_caller_is_gone) {
        ctx->cancelled = &is_gone;
        world->when_processing = the_caller_hangs_up;
        ck_assert_ok(place());
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
}

int main(void) {
        Suite *suite = suite_create("order place");
        TCase *tests = tcase_create("place");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, an_order_whose_hold_and_whose_end_are_uncertain_was_not_placed, 0, 3);
        tcase_add_loop_test(tests, an_order_that_may_come_yet_is_not_named, 0, 3);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
