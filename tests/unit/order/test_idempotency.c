#include <string.h>

#include "base/clock.h"
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
        ctx->idempotency_key = "0123456789abcdef";
}

static const Error *place(void) {
        placed = (PlacedOrder) { 0 };
        ctx->reply_headers = NULL;
        ctx->deadline_us = CTX_NO_DEADLINE;
        return order_place(&world->usecase, ctx, request, &placed);
}

TEST(the_same_key_gives_the_stored_answer_and_does_nothing) {
        ck_assert_ok(place());
        ck_assert(!test_is_replay(ctx));
        ck_assert_ok(place());
        ck_assert(test_is_replay(ctx));
        ck_assert_ptr_null(placed.order);
        const char *answer = arena_printf(ctx->arena, "%s CONFIRMED", world->order.id);
        ck_assert_uint_eq(placed.answer.n_bytes, strlen(answer));
        ck_assert_mem_eq(placed.answer.data, answer, strlen(answer));
        ck_assert_int_eq(world->n_processed, 1);
        ck_assert_int_eq(world->n_events, 2);
}

TEST(a_key_with_another_request_is_refused) {
        ck_assert_ok(place());
        request->packed = (Bytes) { (const uint8_t *) "request 2", 9 };
        ck_assert_int_eq(ck_assert_reason(place(), REASON_IDEMPOTENCY_KEY_REUSED)->code,
                         ERROR_FAILED_PRECONDITION);
        ck_assert_int_eq(world->n_processed, 1);
}

TEST(a_decline_is_replayed_as_it_was) {
        world->payment = (PaymentResult) { .outcome = OUTCOME_DECLINED, .error = "CARD_DECLINED" };
        const Error *first = ck_assert_reason(place(), REASON_PAYMENT_FAILED);
        const Error *again = ck_assert_reason(place(), REASON_PAYMENT_FAILED);

        ck_assert(test_is_replay(ctx));
        ck_assert_str_eq(again->message, first->message);
        ck_assert_uint_eq(again->records[0].n_values, first->records[0].n_values);
        for (size_t i = 0; i < first->records[0].n_values; i++)
                ck_assert_str_eq(again->records[0].values[i].text, first->records[0].values[i].text);
        ck_assert_int_eq(world->n_processed, 1);
}

TEST(after_a_refusal_the_key_starts_anew) {
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        ck_assert_reason(place(), "PRODUCT_OUT_OF_STOCK");
        ck_assert(!world->has_saga);
        world->reserve_fails = NULL;
        ck_assert_ok(place());
        ck_assert(!test_is_replay(ctx));
}

static void its_owner_is_dead(void) {
        world->has_saga = true;
        world->claimed_with = request->packed;
        world->saga = (Saga) { .order_id = "ORD-OLD",
                              .customer_id = "CUST-12345",
                              .idempotency_key = ctx->idempotency_key,
                              .step = SAGA_CLAIMED,
                              .epoch = 3,
                              .holds = HOLDS_ANY };
}

/* It would be judged by what the dead call holds, as by the last use of a campaign, and find it gone. */
TEST(nobody_takes_a_dead_calls_claim_over) {
        its_owner_is_dead();
        world->is_held = true;
        ck_assert_reason(place(), REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert(world->is_held && world->has_saga);
        ck_assert_int_eq(world->saga.epoch, 3);
}

TEST(a_dead_calls_claim_is_given_back_and_its_key_starts_anew) {
        Saga *sagas;
        size_t n;

        its_owner_is_dead();
        world->is_held = true;
        ck_assert_ok(world->sagas.take_due(&world->sagas, ctx, 1u << SAGA_CLAIMED, 1, &sagas, &n));
        ck_assert_ok(order_resume(&world->usecase, ctx, sagas));
        ck_assert(!world->is_held && !world->has_saga);
        ck_assert_ok(place());
        ck_assert_str_ne(placed.order->id, "ORD-OLD");
        ck_assert_int_eq(world->saga.epoch, SAGA_FIRST_EPOCH);
}

TEST(a_payment_in_doubt_is_found_out_by_asking_again_with_the_key) {
        world->process_fails = REASON_UNAVAILABLE;
        ck_assert_reason(place(), REASON_PAYMENT_PENDING);
        world->process_fails = NULL;
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
        ck_assert_int_eq(world->n_reserved, 1);
        ck_assert_int_eq(world->n_processed, 2);
        ck_assert_int_eq(world->n_events, 2);
}

static const Error *the_claim_is_taken_over(World *here, Ctx *context) {
        (void) context;
        here->saga.epoch++;
        return NULL;
}

static const Error *another_places_it(World *here, Ctx *context) {
        (void) context;
        here->saga.epoch++;
        here->saga.step = SAGA_SETTLE;
        here->order = (Order) { .id = here->saga.order_id, .status = ORDER_CONFIRMED, .version = 2 };
        here->has_order = true;
        return NULL;
}

/* What this call was refused says nothing of the other one's order. */
TEST(a_refusal_after_the_claim_was_lost_is_not_the_orders_end) {
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        world->when_reserving = the_claim_is_taken_over;
        ck_assert_reason(place(), REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_int_eq(world->saga.step, SAGA_CLAIMED);

        setup();
        world->reserve_fails = "PRODUCT_OUT_OF_STOCK";
        world->when_reserving = another_places_it;
        ck_assert_ok(place());
        ck_assert_int_eq(placed.order->status, ORDER_CONFIRMED);
}

/* Between the confirmation, whose answer is lost, and the look at what became of it. */
static void it_is_cancelled(World *here) {
        here->saga.epoch++;
        here->saga.step = SAGA_DONE;
        here->order.status = ORDER_CANCELLED;
        here->order.version++;
}

TEST(the_first_answer_is_the_one_that_is_kept) {
        world->save_fails = REASON_WRITE_UNCERTAIN;
        world->when_letting_go = it_is_cancelled;
        ck_assert_ok(place());
        Bytes first = placed.answer;
        ck_assert_uint_gt(first.n_bytes, 0);
        ck_assert_ok(place());
        ck_assert(test_is_replay(ctx));
        ck_assert_uint_eq(placed.answer.n_bytes, first.n_bytes);
        ck_assert_mem_eq(placed.answer.data, first.data, first.n_bytes);
}

static void somebody_works_on_it(void) {
        world->has_saga = true;
        world->claimed_with = request->packed;
        world->saga = (Saga) { .order_id = "ORD-OTHER",
                              .step = SAGA_CLAIMED,
                              .epoch = 1,
                              .is_leased = true };
}

/* Whoever should wait for it waits at the edge, without a worker. */
TEST(a_call_under_way_is_said_at_once) {
        somebody_works_on_it();
        const Error *error = ck_assert_reason(place(), REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_int_gt(error->retry_after_ms, 0);
        ck_assert_int_eq(world->n_reserved, 0);
}

static const Error *the_owner_finishes(World *here, Ctx *context) {
        (void) context;
        here->saga.answer = (Bytes) { (const uint8_t *) "done", 4 };
        return NULL;
}

TEST(a_call_that_has_ended_answers_the_next) {
        somebody_works_on_it();
        world->when_claiming = the_owner_finishes;
        ck_assert_ok(place());
        ck_assert_mem_eq(placed.answer.data, "done", 4);
        ck_assert(test_is_replay(ctx));
        ck_assert_int_eq(world->n_reserved, 0);
}

/* Fences are our own affair: the caller hears that the other call with its key goes on. */
TEST(a_stalled_owner_that_lost_its_claim_releases_nothing) {
        world->when_reserving = the_claim_is_taken_over;
        ck_assert_reason(place(), REASON_IDEMPOTENCY_IN_FLIGHT);
        ck_assert_int_eq(world->n_released, 0);
        ck_assert(world->is_held);
        ck_assert(world->has_saga);
        ck_assert(!world->has_order);
}

int main(void) {
        Suite *suite = suite_create("order idempotency");
        TCase *tests = tcase_create("idempotency");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
