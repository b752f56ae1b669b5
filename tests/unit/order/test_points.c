/* Points of an order: taken off, held, counted as used and given back; what it earns. */
#include "base/clock.h"
#include "biz/order/order_private.h"
#include "world.h"

static Ctx *ctx;
static World *world;
static Purse *purse;
static OrderRequest *request;
static PlacedOrder placed;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
        purse = &world->points;
        request = world_request(ctx);
        request->use_points = 500;
        placed = (PlacedOrder) { 0 };
}

static const Error *place(void) {
        return order_place(&world->usecase, ctx, request, &placed);
}

static void settle(void) {
        size_t n;

        ck_assert_ok(order_settle(&world->usecase, ctx, &n));
}

static void assert_nothing_is_left(void) {
        ck_assert(!world->has_order && !world->has_saga);
        ck_assert(!world->is_held && !world->promotions.are_held);
        ck_assert_int_eq(purse->held, 0);
        ck_assert_int_eq(world->captured_minor, 0);
}

TEST(what_is_used_is_held_and_the_customer_hears_what_he_has_then) {
        ck_assert_ok(place());
        const OrderLoyalty *loyalty = &placed.order->loyalty;
        ck_assert_int_eq(purse->held, 500);
        ck_assert_int_eq(loyalty->points_used, 500);
        ck_assert_int_eq(loyalty->points_earned, placed.order->pricing.total_minor / 100);
        ck_assert(loyalty->has_new_balance);
        ck_assert_int_eq(loyalty->new_balance, 1250 - 500 + loyalty->points_earned);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK | HOLDS_USES | HOLDS_POINTS);
        settle();
        ck_assert(purse->are_used);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(an_order_without_points_asks_for_none) {
        request->use_points = 0;
        ck_assert_ok(place());
        settle();
        ck_assert_int_eq(purse->n_held + purse->n_committed, 0);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK | HOLDS_USES);
        ck_assert_int_eq(placed.order->loyalty.points_used, 0);
        ck_assert_int_gt(placed.order->loyalty.points_earned, 0);
}

TEST(of_a_customer_of_whom_is_known_what_was_no_balance_is_told) {
        world->is_customer_old = true;
        ck_assert_ok(place());
        ck_assert(!placed.order->loyalty.has_new_balance);
}

TEST(points_are_refused_in_another_currency) {
        request->currency = "EUR";
        const Error *error = ck_assert_reason(place(), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "usePoints");
        assert_nothing_is_left();
}

TEST(who_has_too_few_orders_nothing) {
        purse->points = 499;
        ck_assert_reason(place(), "TOO_FEW_POINTS");
        assert_nothing_is_left();
        ck_assert_int_eq(purse->n_released, 0);
}

TEST(a_hold_without_an_answer_is_given_back) {
        purse->hold_fails = REASON_DEADLINE_EXCEEDED;
        ck_assert_reason(place(), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(purse->n_released, 1);
        assert_nothing_is_left();
}

TEST(the_order_must_be_written_before_its_points_are_free_again) {
        purse->expires_at_us = clock_wall_us() + INT64_C(60000000);
        ck_assert_ok(place());
        ck_assert_int_eq(world->order.hold_expires_at_us, purse->expires_at_us);
}

/* A promotion that was gone leaves other lines to take points off: they are held once that is certain. */
TEST(points_are_held_once_uses_are_certain) {
        request->n_promotion_codes = 0;
        world->promotions.automatic_minor = 64800; /* with it no line has anything left for points */
        world->promotions.gone[0] = OFFERS_AUTOMATIC;
        ck_assert_ok(place());
        ck_assert_int_eq(world->promotions.n_held, 1);
        ck_assert_int_eq(purse->n_held, 1);
        ck_assert_int_eq(purse->held, 500);
}

TEST(a_declined_order_gives_its_points_back) {
        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        ck_assert_int_eq(purse->n_released, 1);
        ck_assert_int_eq(purse->held, 0);
}

TEST(a_cancelled_order_gives_its_points_back) {
        Order *order;

        ck_assert_ok(place());
        settle();
        ck_assert_ok(order_cancel(&world->usecase, ctx, placed.order->id, NULL, &order));
        ck_assert_int_eq(purse->n_released, 1);
        ck_assert(!purse->are_used);
}

TEST(points_that_cannot_be_given_back_now_are_given_back_later) {
        Saga *sagas;
        size_t n;

        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        purse->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        purse->release_fails = NULL;
        ck_assert_ok(order_take_due(&world->usecase, ctx, ORDER_WORK_GIVE_BACK, 1, &sagas, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_ok(order_resume(&world->usecase, ctx, &sagas[0]));
        ck_assert_int_eq(purse->n_released, 1);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(what_could_not_be_counted_is_noted_and_tried_again) {
        size_t n;

        ck_assert_ok(place());
        purse->commit_fails = REASON_UNAVAILABLE;
        ck_assert_reason(order_settle(&world->usecase, ctx, &n), REASON_UNAVAILABLE);
        ck_assert_ptr_nonnull(world->settle_problem);
        purse->commit_fails = NULL;
        purse->state = CONFIRM_LATER;
        settle();
        ck_assert_str_eq(world->settle_problem, "The points were not counted as used");
        purse->state = CONFIRM_DONE;
        settle();
        ck_assert_ptr_null(world->settle_problem);
        ck_assert(purse->are_used);
}

TEST(a_paid_order_whose_points_are_gone_stays_and_a_person_hears_of_it) {
        ck_assert_ok(place());
        purse->state = CONFIRM_LOST;
        settle();
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_str_eq(world->settle_review, "Confirmed, but the points that it uses were given back");
}

int main(void) {
        Suite *suite = suite_create("order/points");
        TCase *tests = tcase_create("points");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
