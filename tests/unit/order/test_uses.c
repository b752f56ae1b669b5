/* Promotions of an order: asked, taken off, their uses held, counted and given back. */
#include "base/clock.h"
#include "world.h"

static Ctx *ctx;
static World *world;
static Offers *offers;
static OrderRequest *request;
static PlacedOrder placed;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
        offers = &world->promotions;
        request = world_request(ctx);
        placed = (PlacedOrder) { 0 };
}

static const Error *place(void) {
        return order_place(&world->usecase, ctx, request, &placed);
}

static void without_codes(int64_t automatic_minor) {
        request->n_promotion_codes = 0;
        offers->automatic_minor = automatic_minor;
}

static void assert_nothing_is_left(void) {
        ck_assert(!world->has_order && !world->has_saga);
        ck_assert(!world->is_held && !offers->are_held);
        ck_assert_int_eq(world->captured_minor, 0);
}

static void assert_invalid(const Error *error, const char *reason) {
        ck_assert_reason(error, REASON_INVALID_PROMOTION);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->message, "Promotion code SUMMER2024 is not valid for this order");
        ck_assert_str_eq(error->records[0].values[0].key, "code");
        ck_assert_str_eq(error->records[0].values[0].text, "SUMMER2024");
        ck_assert_str_eq(error->records[0].values[1].key, "reason");
        ck_assert_str_eq(error->records[0].values[1].text, reason);
}

/* ---- evaluated ---- */

TEST(promotions_hear_the_whole_cart) {
        ck_assert_ok(place());
        const PromotionQuestion *asked = &offers->asked;
        ck_assert_int_eq(offers->n_evaluated, 1);
        ck_assert_uint_eq(asked->order->n_items, 2);
        ck_assert_int_eq(asked->order->items[0].unit_price_minor, 24999);
        ck_assert_str_eq(asked->order->customer_tier, "gold");
        ck_assert_str_eq(asked->order->pricing.currency, "USD");
        ck_assert_str_eq(asked->products[0].category_ids[1], "CAT-ALL");
        ck_assert_str_eq(asked->codes[0], "SUMMER2024");
        ck_assert_uint_eq(asked->n_codes, 1);
        ck_assert_uint_eq(asked->n_without, 0);
}

TEST(a_campaign_without_a_code_is_called_what_it_says) {
        without_codes(1000);
        ck_assert_ok(place());
        const OrderDiscount *discount = &placed.order->pricing.discounts[0];
        ck_assert_str_eq(discount->type, DISCOUNT_PROMOTION);
        ck_assert_ptr_null(discount->code);
        ck_assert_str_eq(discount->name, "for everybody");
        ck_assert_int_eq(discount->amount_minor, 1000);
        ck_assert_str_eq(discount->campaign_id, OFFERS_AUTOMATIC);
        ck_assert_int_eq(discount->campaign_version, 3);
        ck_assert(offers->are_held);
}

TEST(a_code_that_loses_against_a_better_combination_refuses_nothing) {
        offers->problem = PROMOTION_NOT_STACKABLE;
        offers->automatic_minor = 20000;
        ck_assert_ok(place());
        ck_assert_uint_eq(placed.order->pricing.n_discounts, 2);
        ck_assert_ptr_null(placed.order->pricing.discounts[0].code);
        ck_assert_str_eq(placed.order->pricing.discounts[1].type, DISCOUNT_CUSTOMER_TIER);
}

TEST(a_code_that_does_not_count_says_why) {
        offers->problem = "MIN_ORDER_NOT_MET";
        assert_invalid(place(), "MIN_ORDER_NOT_MET");
        ck_assert_int_eq(world->n_reserved + offers->n_held, 0);
        assert_nothing_is_left();
}

TEST(nothing_is_made_up_for_a_code_while_promotions_are_away) {
        offers->evaluate_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_int_eq(world->n_reserved, 0);
        assert_nothing_is_left();
}

TEST(without_codes_an_order_says_that_promotions_did_not_answer) {
        without_codes(1000);
        offers->is_away = true;
        ck_assert_ok(place());
        ck_assert(placed.order->pricing.is_degraded);
        ck_assert_uint_eq(placed.order->pricing.n_discounts, 1);
        ck_assert_int_eq(offers->n_held, 0);
}

/* ---- held ---- */

TEST(what_is_taken_off_is_held) {
        ck_assert_ok(place());
        ck_assert_int_eq(offers->n_held, 1);
        ck_assert_int_eq(offers->held_minor, 6500);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK | HOLDS_USES);
}

static const Error *its_row_says_both(World *here, Ctx *context) {
        (void) context;
        ck_assert_uint_eq(here->saga.holds, HOLDS_ANY);
        return NULL;
}

/* Its process may die at any moment from here on. */
TEST(before_anything_is_held_the_claim_says_that_both_may_be) {
        ctx->idempotency_key = "a-key-of-16-chars";
        world->when_reserving = its_row_says_both;
        ck_assert_ok(place());
        ck_assert_int_eq(world->n_reserved, 1);
}

TEST(an_order_without_campaigns_asks_for_no_use) {
        without_codes(0);
        ck_assert_ok(place());
        ck_assert_int_eq(offers->n_held + offers->n_released, 0);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK);
}

TEST(an_order_must_be_written_before_the_first_of_its_holds_ends) {
        ck_assert_ok(place());
        ck_assert_int_eq(world->order.hold_expires_at_us, world->hold_expires_at_us);
        setup();
        offers->uses_expire_at_us = world->hold_expires_at_us - 1;
        ck_assert_ok(place());
        ck_assert_int_eq(world->order.hold_expires_at_us, offers->uses_expire_at_us);
}

TEST(a_code_whose_use_is_gone_refuses_the_order) {
        offers->gone[0] = "CMP-SUMMER2024";
        offers->gone_reason = "BUDGET_EXHAUSTED";
        assert_invalid(place(), "BUDGET_EXHAUSTED");
        ck_assert_int_eq(offers->n_evaluated, 1);
        ck_assert_int_eq(world->n_released, 1);
        ck_assert_int_eq(offers->n_released, 0);
        assert_nothing_is_left();
}

TEST(without_a_campaign_that_is_gone_an_order_is_evaluated_once_more) {
        offers->automatic_minor = 1000;
        offers->gone[0] = OFFERS_AUTOMATIC;
        ck_assert_ok(place());
        ck_assert_int_eq(offers->n_evaluated, 2);
        ck_assert_uint_eq(offers->asked.n_without, 1);
        ck_assert_str_eq(offers->asked.without[0], OFFERS_AUTOMATIC);
        ck_assert_int_eq(world->n_reserved, 1);
        ck_assert_int_eq(offers->n_held, 2);
        ck_assert_int_eq(offers->held_minor, 6500);
        ck_assert_int_eq(placed.order->pricing.total_minor, 61379);
        ck_assert_int_eq(world->captured_minor, 61379);
}

TEST(an_order_whose_only_campaign_is_gone_holds_stock_alone) {
        without_codes(1000);
        offers->gone[0] = OFFERS_AUTOMATIC;
        ck_assert_ok(place());
        ck_assert_int_eq(offers->n_held, 1);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK);
        ck_assert_uint_eq(placed.order->pricing.n_discounts, 1);
}

TEST(evaluating_again_comes_to_an_end) {
        without_codes(1000);
        offers->gone[0] = OFFERS_AUTOMATIC;
        offers->keeps_offering = true;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert_int_eq(offers->n_evaluated, 4);
        ck_assert_int_eq(world->n_released, 1);
        assert_nothing_is_left();
}

/* ---- given back ---- */

TEST(short_stock_gives_the_uses_back) {
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        ck_assert_reason(place(), "PRODUCT_OUT_OF_STOCK");
        ck_assert_int_eq(offers->n_released, 1);
        ck_assert_int_eq(world->n_released, 0);
        assert_nothing_is_left();
}

START_TEST(uses_that_are_not_held_for_sure_are_given_back_with_the_stock) {
        static const char *const reasons[] = { REASON_DEADLINE_EXCEEDED, REASON_UNAVAILABLE,
                                               REASON_HOLD_EXPIRED };

        offers->hold_fails = reasons[_i];
        ck_assert_reason(place(), reasons[_i]);
        ck_assert_int_eq(offers->n_released, 1);
        ck_assert_int_eq(world->n_released, 1);
        assert_nothing_is_left();
}
END_TEST

static void resume(void) {
        Saga *sagas;
        size_t n;

        ck_assert_ok(order_take_due(&world->usecase, ctx, world_work(world), 1, &sagas, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
}

TEST(a_warehouse_that_is_away_keeps_no_uses) {
        world->insert_fails = REASON_UNAVAILABLE;
        world->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert(!offers->are_held && world->is_held);
        ck_assert_uint_eq(world->saga.holds, HOLDS_STOCK | HOLDS_USES);
        world->release_fails = NULL;
        resume();
        assert_nothing_is_left();
}

TEST(promotions_that_are_away_keep_no_stock) {
        world->insert_fails = REASON_UNAVAILABLE;
        offers->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_UNAVAILABLE);
        ck_assert(offers->are_held && !world->is_held);
        offers->release_fails = NULL;
        resume();
        assert_nothing_is_left();
}

TEST(a_declined_order_gives_its_uses_back) {
        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        offers->release_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        ck_assert_int_eq(world->saga.step, SAGA_COMPENSATE);
        offers->release_fails = NULL;
        resume();
        ck_assert(!offers->are_held && !world->is_held);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

static void cancel(void) {
        Order *order;

        ck_assert_ok(order_cancel(&world->usecase, ctx, world->order.id, NULL, &order));
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(a_cancelled_order_gives_its_uses_back_and_no_others) {
        ck_assert_ok(place());
        cancel();
        ck_assert_int_eq(offers->n_released, 1);
        ck_assert(!offers->are_held);
        setup();
        without_codes(0);
        ck_assert_ok(place());
        cancel();
        ck_assert_int_eq(offers->n_released, 0);
}

/* ---- a claim whose owner died ---- */

static void a_dead_call_holds_both(void) {
        ctx->idempotency_key = "a-key-of-16-chars";
        world->has_saga = true;
        world->claimed_with = request->packed;
        world->saga = (Saga) { .order_id = "ORD-1",
                               .customer_id = request->customer_id,
                               .idempotency_key = ctx->idempotency_key,
                               .step = SAGA_CLAIMED,
                               .epoch = 1,
                               .holds = HOLDS_ANY };
        world->is_held = offers->are_held = true;
}

TEST(a_claim_that_nobody_asks_for_again_gives_both_back) {
        a_dead_call_holds_both();
        resume();
        assert_nothing_is_left();
}

/* ---- counted ---- */

static const Error *settle(void) {
        size_t n;

        return order_settle(&world->usecase, ctx, &n);
}

TEST(a_confirmed_order_has_used_its_promotions) {
        ck_assert_ok(place());
        ck_assert_ok(settle());
        ck_assert(world->is_sold && offers->are_counted);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_ptr_null(world->settle_review);
}

TEST(an_order_without_campaigns_counts_none) {
        without_codes(0);
        ck_assert_ok(place());
        ck_assert_ok(settle());
        ck_assert_int_eq(offers->n_committed, 0);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

TEST(uses_that_cannot_be_counted_are_noted_and_tried_again) {
        ck_assert_ok(place());
        offers->commit_fails = REASON_UNAVAILABLE;
        ck_assert_reason(settle(), REASON_UNAVAILABLE);
        ck_assert_str_eq(world->settle_problem, "promotions are away");
        ck_assert_int_eq(world->saga.step, SAGA_SETTLE);
        offers->commit_fails = NULL;
        offers->state = CONFIRM_LATER;
        ck_assert_ok(settle());
        ck_assert_str_eq(world->settle_problem, "The uses of promotions were not counted");
        offers->state = CONFIRM_DONE;
        ck_assert_ok(settle());
        ck_assert_ptr_null(world->settle_problem);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
}

/* The customer has paid the price that he was told. */
TEST(an_order_whose_uses_are_gone_stays_and_a_person_looks_at_it) {
        ck_assert_ok(place());
        offers->state = CONFIRM_LOST;
        ck_assert_ok(settle());
        ck_assert_ptr_null(world->settle_problem);
        ck_assert_str_eq(world->settle_review, "Confirmed, but the uses of its promotions were given back");
        ck_assert_int_eq(world->order.status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->saga.step, SAGA_DONE);
        ck_assert_int_eq(world->captured_minor, 61379);
}

TEST(an_order_that_fails_for_its_stock_gives_back_what_was_counted) {
        ck_assert_ok(place());
        world->stock_state = CONFIRM_LOST;
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        ck_assert_ok(settle());
        ck_assert(offers->are_counted);
        resume();
        ck_assert_int_eq(world->order.status, ORDER_FAILED);
        ck_assert(!offers->are_held && !offers->are_counted);
}

int main(void) {
        Suite *suite = suite_create("order uses");
        TCase *tests = tcase_create("uses");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        tcase_add_loop_test(tests, uses_that_are_not_held_for_sure_are_given_back_with_the_stock, 0, 3);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
