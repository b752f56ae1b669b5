#include <assert.h>

#include "base/fault.h"
#include "biz/order/order_private.h"

/* Pause between two looks at a payment that waits for its customer. */
#define AWAIT_PAUSE_MS 2000
static_assert(AWAIT_PAUSE_MS <= SAGA_LONGEST_PAUSE_MS, "no pause is longer");

/* The payment error of a customer who did not act while the stock was held. */
#define ACTION_EXPIRED "ACTION_EXPIRED"

static const Error *ask(OrderUsecase *usecase, Ctx *ctx, const Order *order, PaymentResult *ret_result) {
        if (order->pricing.total_minor == 0) {
                *ret_result = (PaymentResult) { .outcome = OUTCOME_TAKEN };
                return NULL;
        }
        TRY(ctx_check(ctx));
        TRY(fault_point(ctx, "order.before_payment"));
        TRY(usecase->payments->process(usecase->payments, ctx, order, ret_result));
        return fault_point(ctx, "order.after_payment");
}

/* The money is taken and the order can never be confirmed: everything goes back, and a person looks at it. */
static const Error *fail(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga, const Error *why) {
        const char *review = arena_printf(ctx->arena, "Paid, but not confirmed: %s", why->message);

        order_saga_at(saga, SAGA_COMPENSATE, SAGA_LEASED);
        TRY(order_change(usecase, ctx, order, saga,
                         (OrderMove) { .to = ORDER_FAILED, .reason = review, .review = review }));
        order_try_compensate(usecase, ctx, order, saga);
        return NULL;
}

/*
 * What has been paid is written down even when the caller is gone. A lock that is held, a server that is full
 * or a table that is missing passes: only what can never be written gives the money back.
 */
static const Error *confirm(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                            const PaymentResult *result) {
        Ctx afterwards = order_afterwards(ctx);

        order->payment.status = result->outcome == OUTCOME_TAKEN ? ORDER_PAYMENT_PAID : ORDER_PAYMENT_PENDING;
        order->payment.transaction_id = result->transaction_id;
        order->payment.last4 = result->last4;
        order->payment.action_url = NULL;
        order_saga_at(saga, SAGA_SETTLE, SAGA_FREE);
        TRY(fault_point(&afterwards, "order.before_confirm"));
        const Error *error = order_change(usecase, &afterwards, order, saga,
                                          (OrderMove) { .to = ORDER_CONFIRMED, .is_answer = true });
        if (error_is_final(error))
                return fail(usecase, &afterwards, order, saga, error);
        TRY(error);
        usecase->wakeups->settle(usecase->wakeups);
        return fault_point(&afterwards, "order.after_confirm");
}

/* Whether its payment has ended, its status says; if it may not have, compensation ends it. */
static const Error *decline(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                            const char *payment_error) {
        Ctx afterwards = order_afterwards(ctx);

        order->payment.error = payment_error;
        order->payment.action_url = NULL;
        order_saga_at(saga, SAGA_COMPENSATE, SAGA_LEASED);
        TRY(order_change(usecase, &afterwards, order, saga,
                         (OrderMove) { .to = ORDER_PAYMENT_FAILED, .reason = payment_error }));
        order_try_compensate(usecase, &afterwards, order, saga);
        return NULL;
}

/*
 * The end of the hold was told by the warehouse's clock, the beginning by ours: who ordered while either was
 * wrong does not keep the stock, and a place among his unpaid orders, for as long as it was.
 */
static bool is_out_of_time(const OrderUsecase *usecase, const Order *order) {
        int64_t now_us = clock_wall_us();

        return order->hold_expires_at_us <= now_us ||
               order->created_at_us + usecase->hold_ms * 1000 <= now_us;
}

/*
 * The customer has as long as the stock is held. Then the order is declined, which a call that has lost the
 * saga meanwhile cannot do, and compensation ends the payment, so that it cannot succeed later.
 */
static const Error *await_customer(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga,
                                   const PaymentResult *result) {
        bool is_known = saga->step == SAGA_AWAIT_CUSTOMER;

        if (is_out_of_time(usecase, order))
                return decline(usecase, ctx, order, saga, ACTION_EXPIRED);
        order->payment.action_url = result->action_url;
        order_saga_at(saga, SAGA_AWAIT_CUSTOMER, SAGA_FREE);
        saga->pause_ms = AWAIT_PAUSE_MS;
        if (is_known)
                return usecase->sagas->let_go(usecase->sagas, ctx, saga);
        return order_change(usecase, ctx, order, saga,
                            (OrderMove) { .to = order->status, .is_answer = true });
}

const Error *order_pay(OrderUsecase *usecase, Ctx *ctx, Order *order, Saga *saga) {
        PaymentResult result;

        TRY(ask(usecase, ctx, order, &result));
        switch (result.outcome) {
        case OUTCOME_TAKEN:
        case OUTCOME_ON_DELIVERY:
                return confirm(usecase, ctx, order, saga, &result);
        case OUTCOME_DECLINED:
        case OUTCOME_GIVEN_BACK:
                order_payment_ended(order, &result);
                return decline(usecase, ctx, order, saga, result.error);
        case OUTCOME_REFUSED:
                return decline(usecase, ctx, order, saga, result.error);
        case OUTCOME_NEEDS_CUSTOMER:
                return await_customer(usecase, ctx, order, saga, &result);
        case OUTCOME_UNCLEAR:
                break;
        }
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "Payment %s is in doubt",
                         order->payment.id);
}

/* Who has a key may ask again, and is told when; whoever has none would order again. */
static Error *unsettled(Ctx *ctx, const char *reason, const Error *cause, const char *what,
                        const char *without_key) {
        bool has_key = ctx->idempotency_key != NULL;
        Error *error = error_wrap(ctx->arena, ERROR_UNAVAILABLE, reason, cause, "%s: %s", what,
                                  has_key ? "ask again with the same Idempotency-Key" : without_key);

        error->retry_after_ms = has_key ? ORDER_RETRY_AFTER_MS : 0;
        return error;
}

const Error *order_unknown(Ctx *ctx, const Error *cause) {
        return unsettled(ctx, REASON_WRITE_UNCERTAIN, cause, "The order may have been placed or not",
                         "look among your orders before ordering again");
}

const Error *order_pending(Ctx *ctx, const char *order_id, const Error *cause) {
        Error *error = unsettled(ctx, REASON_PAYMENT_PENDING, cause, "The payment is not settled yet",
                                 "look at the order later, and do not order again");

        ERROR_ADD_RECORD(ctx->arena, error, error_text("orderId", order_id),
                         error_text("orderStatus", order_status_name(ORDER_PENDING_PAYMENT)));
        return error;
}

static const Error *ended(Ctx *ctx, const Order *order, const char *reason, const char *message) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, reason, "%s", message);
        ErrorValue values[] = {
                error_text("paymentError", order->payment.error),
                error_text("orderId", order->id),
                error_text("orderStatus", order_status_name(order->status)),
        };
        size_t skipped = order->payment.error ? 0 : 1;

        error_add_record(ctx->arena, error, values + skipped, 3 - skipped);
        return error;
}

const Error *order_outcome(Ctx *ctx, const Order *order, const Error *cause) {
        switch (order->status) {
        case ORDER_PENDING_PAYMENT:
                return order->payment.action_url ? NULL : order_pending(ctx, order->id, cause);
        case ORDER_PAYMENT_FAILED:
                return ended(ctx, order, REASON_PAYMENT_FAILED, "Payment could not be processed");
        case ORDER_FAILED:
                return ended(ctx, order, REASON_ORDER_FAILED,
                             "The order could not be confirmed; the payment is given back");
        case ORDER_CANCELLED:
                return ended(ctx, order, REASON_ORDER_CANCELLED, "The order was cancelled");
        default:
                return NULL;
        }
}
