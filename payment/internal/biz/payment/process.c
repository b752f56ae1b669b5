#include "base/fault.h"
#include "base/str.h"
#include "biz/payment/payment.h"
#include "biz/payment/provider.h"

/* Asks and charges at most this often in one call; after that the caller asks again. */
#define MAX_ROUNDS 3

static const Error *check_request(Ctx *ctx, const Payment *wanted, const char *token) {
        TRY(payment_check_token(ctx, token));
        if (payment_needs_token(wanted->method) && str_is_empty(token))
                return error_invalid(ctx->arena, "token", "must be given for this method");
        return NULL;
}

static bool is_same_payment(const Payment *a, const Payment *b) {
        return str_equal(a->order_id, b->order_id) && str_equal(a->customer_id, b->customer_id) &&
               str_equal(a->currency, b->currency) && str_equal(a->method, b->method) &&
               a->amount_minor == b->amount_minor;
}

static const Error *charge(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment, const char *token,
                           Charge *ret_charge) {
        TRY(fault_point(ctx, "payment.before_charge"));
        TRY(usecase->provider->charge(usecase->provider, ctx, payment, token, ret_charge));
        return fault_point(ctx, "payment.after_charge");
}

static const Error *lookup(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment, Charge *ret_charge) {
        TRY(fault_point(ctx, "payment.before_lookup"));
        TRY(usecase->provider->lookup(usecase->provider, ctx, payment->payment_id, ret_charge));
        return fault_point(ctx, "payment.after_lookup");
}

/* One round: asks when the provider may have seen it, and charges when it has not. */
static const Error *ask_or_charge(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment,
                                  const char *token, bool was_tried, Charge *ret_charge) {
        Charge known = { .status = CHARGE_UNKNOWN };

        TRY(ctx_check(ctx));
        if (was_tried)
                TRY(lookup(usecase, ctx, payment, &known));
        if (known.status == CHARGE_UNKNOWN)
                return charge(usecase, ctx, payment, token, ret_charge);
        *ret_charge = known;
        return NULL;
}

/*
 * Whatever went wrong on the way to the provider or back: the charge may exist, so the next round asks first.
 */
static const Error *find_out(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment, const char *token,
                             bool was_tried, Charge *ret_charge) {
        const Error *error = NULL;

        for (int round = 0; round < MAX_ROUNDS; round++) {
                error = ask_or_charge(usecase, ctx, payment, token, was_tried || round > 0, ret_charge);
                if (!error)
                        return NULL;
        }
        return payment_in_doubt(ctx, payment->payment_id, error);
}

static PaymentStatus outcome_of(ChargeStatus status) {
        switch (status) {
        case CHARGE_CAPTURED:
                return PAYMENT_COMPLETED;
        case CHARGE_DECLINED:
                return PAYMENT_FAILED;
        case CHARGE_REQUIRES_ACTION:
                return PAYMENT_REQUIRES_ACTION;
        case CHARGE_UNKNOWN:
                break;
        }
        return PAYMENT_PENDING;
}

/* Writes the outcome, unless somebody else settled the payment meanwhile: then that stands. */
static const Error *settle(PaymentUsecase *usecase, Ctx *ctx, const Payment *pending, const Charge *charge,
                           const Payment **ret_payment) {
        Payment *payment = arena_memdup(ctx->arena, pending, sizeof(Payment));
        bool is_saved;

        payment->status = outcome_of(charge->status);
        payment->transaction_id = charge->transaction_id;
        payment->last4 = charge->last4;
        payment->error = charge->error;
        payment->action_url = charge->action_url;
        TRY(usecase->repo->save(usecase->repo, ctx, payment, PAYMENT_PENDING, &is_saved));
        TRY(fault_point(ctx, "payment.after_outcome"));
        if (!is_saved)
                return payment_get(usecase, ctx, payment->payment_id, ret_payment);
        *ret_payment = payment;
        return NULL;
}

static const Error *take(PaymentUsecase *usecase, Ctx *ctx, const Payment *payment, const char *token,
                         bool was_tried, const Payment **ret_payment) {
        Ctx attempt = *ctx;
        Charge charge = { 0 };

        ctx_limit(&attempt, usecase->timeout_ms);
        TRY(find_out(usecase, &attempt, payment, token, was_tried, &charge));
        return settle(usecase, ctx, payment, &charge, ret_payment);
}

/* The id is known already: its payment is over, or an attempt was made that may be under way, or dead. */
static const Error *resume(PaymentUsecase *usecase, Ctx *ctx, const Payment *wanted, const char *token,
                           const Payment **ret_payment) {
        const Payment *payment;

        TRY(payment_get(usecase, ctx, wanted->payment_id, &payment));
        if (str_is_empty(payment->order_id)) {
                Payment *voided = arena_memdup(ctx->arena, wanted, sizeof(Payment));

                voided->status = payment->status;
                voided->error = payment->error;
                *ret_payment = voided;
                return NULL;
        }
        if (!is_same_payment(payment, wanted))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PAYMENT_MISMATCH,
                                 "Payment %s is for another order or amount", wanted->payment_id);
        if (payment->status == PAYMENT_PENDING)
                return take(usecase, ctx, payment, token, true, ret_payment);
        *ret_payment = payment;
        return NULL;
}

const Error *payment_process(PaymentUsecase *usecase, Ctx *ctx, const Payment *wanted, const char *token,
                             const Payment **ret_payment) {
        Payment *payment = arena_memdup(ctx->arena, wanted, sizeof(Payment));
        bool is_new;

        TRY(check_request(ctx, wanted, token));
        payment->status =
                str_equal(wanted->method, PAYMENT_METHOD_ON_DELIVERY) ? PAYMENT_ON_DELIVERY : PAYMENT_PENDING;
        TRY(usecase->repo->insert(usecase->repo, ctx, payment, &is_new));
        TRY(fault_point(ctx, "payment.after_pending"));
        if (!is_new)
                return resume(usecase, ctx, wanted, token, ret_payment);
        if (payment->status == PAYMENT_PENDING)
                return take(usecase, ctx, payment, token, false, ret_payment);
        *ret_payment = payment;
        return NULL;
}
