/*
 * The clients of the warehouse and of the payment service while those fail: what asks for more is refused
 * after a while without a call, what gives back never is.
 */
#include "base/callee.h"
#include "base/clock.h"
#include "base/memory.h"
#include "data/payment_client.h"
#include "data/stock_client.h"
#include "market.h"
#include "proto/values.h"
#include "support.h"

#define N_FAILURES 5

/* Both services; they fail as they are told. */
typedef struct Partners {
        WarehouseService warehouse;
        PaymentService payments;
        Mood mood;
        int n_calls;
        int64_t deadline_us; /* of the last call */
} Partners;

static Ctx *ctx;
static Partners partners;
static Stock *stock;
static Payments *payments;
static Order order;

static const Error *answer(Ctx *call) {
        partners.n_calls++;
        partners.deadline_us = call->deadline_us;
        return market_in_mood(call, partners.mood);
}

static const Error *reserve_stock(WarehouseService *self, Ctx *call,
                                  const WarehouseV1ReserveStockRequest *request,
                                  WarehouseV1ReserveStockResponse *response) {
        (void) self, (void) request;
        TRY(answer(call));
        response->reservation = warehouse_v1_reservation_new(call->arena);
        response->reservation->expires_at = proto_time_to_message(call->arena, 1);
        return NULL;
}

static const Error *confirm_reservation(WarehouseService *self, Ctx *call,
                                        const WarehouseV1ConfirmReservationRequest *request,
                                        WarehouseV1ConfirmReservationResponse *response) {
        (void) self;
        TRY(answer(call));
        response->n_statuses = request->n_order_ids;
        response->statuses = ARENA_ARRAY(call->arena, WarehouseV1ReservationStatus, request->n_order_ids);
        return NULL;
}

static const Error *release_reservation(WarehouseService *self, Ctx *call,
                                        const WarehouseV1ReleaseReservationRequest *request,
                                        WarehouseV1ReleaseReservationResponse *response) {
        (void) self, (void) request, (void) response;
        return answer(call);
}

static const Error *validate_payment(PaymentService *self, Ctx *call,
                                     const PaymentV1ValidatePaymentRequest *request,
                                     PaymentV1ValidatePaymentResponse *response) {
        (void) self, (void) request;
        TRY(answer(call));
        response->valid = true;
        return NULL;
}

static const Error *process_payment(PaymentService *self, Ctx *call,
                                    const PaymentV1ProcessPaymentRequest *request,
                                    PaymentV1ProcessPaymentResponse *response) {
        (void) self, (void) request;
        TRY(answer(call));
        response->payment = payment_v1_payment_new(call->arena);
        return NULL;
}

static const Error *refund_payment(PaymentService *self, Ctx *call,
                                   const PaymentV1RefundPaymentRequest *request,
                                   PaymentV1RefundPaymentResponse *response) {
        (void) self, (void) request;
        TRY(answer(call));
        response->payment = payment_v1_payment_new(call->arena);
        return NULL;
}

static void setup(void) {
        ctx = test_ctx();
        ctx->deadline_us = CTX_NO_DEADLINE;
        callee_init(&(CalleeLimits) { .n_calls = 8,
                                      .wait_ms = TEST_WAIT_MS,
                                      .breaker = { N_FAILURES, TEST_WAIT_MS, TEST_WAIT_MS } },
                    NULL);
        partners = (Partners) {
                .warehouse = { .reserve_stock = reserve_stock,
                               .confirm_reservation = confirm_reservation,
                               .release_reservation = release_reservation },
                .payments = { .validate_payment = validate_payment,
                              .process_payment = process_payment,
                              .refund_payment = refund_payment },
        };
        stock = order_stock_client_new(ctx->arena, &partners.warehouse);
        payments = order_payment_client_new(ctx->arena, &partners.payments);
        order = (Order) { .id = "ORD-1", .payment = { .id = "PAY-1" }, .pricing = { .currency = "USD" } };
}

/* ---- the calls ---- */

static const Error *reserve(void) {
        int64_t expires_at_us;

        return stock->reserve(stock, ctx, &order, &expires_at_us);
}

static const Error *confirm(void) {
        ConfirmState state;

        return stock->confirm(stock, ctx, &order.id, 1, &state);
}

static const Error *release(void) {
        return stock->release(stock, ctx, order.id, "CANCELLED");
}

static const Error *validate(void) {
        const char *problem;

        return payments->validate(payments, ctx, &order.payment, &problem);
}

static const Error *process(void) {
        PaymentResult result;

        return payments->process(payments, ctx, &order, &result);
}

static const Error *refund(void) {
        PaymentResult result;

        return payments->refund(payments, ctx, &order, "CANCELLED", &result);
}

typedef const Error *(*Asking)(void);

static const Asking more[] = { reserve, confirm, validate, process };
static const Asking back[] = { release, refund };

/* ---- the tests ---- */

TEST(what_asks_for_more_is_refused_without_a_call_while_they_fail) {
        partners.mood = MOOD_AWAY;
        for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
                partners.n_calls = 0;
                for (int n = 0; n < N_FAILURES + 3; n++)
                        ck_assert_reason(more[i](), REASON_UNAVAILABLE);
                ck_assert_int_eq(partners.n_calls, N_FAILURES);
        }
}

TEST(what_gives_back_is_never_refused) {
        partners.mood = MOOD_AWAY;
        for (size_t i = 0; i < ARRAY_SIZE(back); i++) {
                partners.n_calls = 0;
                for (int n = 0; n < N_FAILURES + 3; n++)
                        ck_assert_reason(back[i](), REASON_UNAVAILABLE);
                ck_assert_int_eq(partners.n_calls, N_FAILURES + 3);
        }
}

TEST(a_call_that_was_too_slow_is_a_failure_too) {
        partners.mood = MOOD_TOO_LATE;
        for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
                partners.n_calls = 0;
                for (int n = 0; n < N_FAILURES + 3; n++)
                        ck_assert_ptr_nonnull(more[i]());
                ck_assert_int_eq(partners.n_calls, N_FAILURES);
        }
}

TEST(a_mistake_of_theirs_is_none) {
        partners.mood = MOOD_BROKEN;
        for (size_t i = 0; i < ARRAY_SIZE(more); i++) {
                partners.n_calls = 0;
                for (int n = 0; n < N_FAILURES + 3; n++)
                        ck_assert_ptr_nonnull(more[i]());
                ck_assert_int_eq(partners.n_calls, N_FAILURES + 3);
        }
}

TEST(the_methods_of_one_service_fail_each_for_itself) {
        partners.mood = MOOD_AWAY;
        for (int n = 0; n < N_FAILURES; n++)
                ck_assert_reason(reserve(), REASON_UNAVAILABLE);
        partners.mood = MOOD_ANSWERS;
        ck_assert_reason(reserve(), REASON_UNAVAILABLE);
        ck_assert_ok(confirm());
        ck_assert_ok(validate());
}

TEST(a_call_has_5_s_of_the_warehouse_and_30_s_of_the_payment_service) {
        static const struct {
                Asking ask;
                int64_t time_ms;
        } calls[] = { { reserve, 5000 },   { confirm, 5000 },  { release, 5000 },
                      { validate, 30000 }, { process, 30000 }, { refund, 30000 } };

        for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
                int64_t before_us = clock_monotonic_us();

                ck_assert_ok(calls[i].ask());
                ck_assert_int_ge(partners.deadline_us, before_us + calls[i].time_ms * 1000);
                ck_assert_int_le(partners.deadline_us, clock_monotonic_us() + calls[i].time_ms * 1000);
        }
}

int main(void) {
        Suite *suite = suite_create("order breakers");
        TCase *tests = tcase_create("breakers");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
