/*
 * Payments: validated, taken once per payment id, given back once.
 *
 * A payment is written as PENDING before the provider hears of it, and is only charged when the provider
 * never saw it. So a process may die anywhere, any number may be asked to take the same payment at once, and
 * an answer may get lost: there is one charge, and asking finds out what became of it.
 *
 * source     000 Payment & Shipping; domain.md payment
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "payment/v1/payment.reasons.h"

/* When to ask again about a payment in doubt. */
#define PAYMENT_RETRY_AFTER_MS 1000

/* Why a payment cannot be taken, or was not. */
#define PAYMENT_TOKEN_REQUIRED "TOKEN_REQUIRED"
#define PAYMENT_UNKNOWN_TOKEN "UNKNOWN_TOKEN"
#define PAYMENT_VOIDED "VOIDED" /* refunded before anything was captured */

#define PAYMENT_METHOD_CARD "credit_card"
#define PAYMENT_METHOD_WALLET "wallet"
#define PAYMENT_METHOD_ON_DELIVERY "cod"

/*
 * PENDING -> COMPLETED, FAILED or REQUIRES_ACTION, as the provider says; cash on delivery starts as
 * ON_DELIVERY. Refunded: COMPLETED -> REFUNDED; what was not captured -> FAILED with PAYMENT_VOIDED; FAILED
 * stays as it is.
 */
typedef enum PaymentStatus {
        PAYMENT_PENDING = 1,
        PAYMENT_COMPLETED,
        PAYMENT_FAILED,
        PAYMENT_REQUIRES_ACTION,
        PAYMENT_ON_DELIVERY,
        PAYMENT_REFUNDED,
} PaymentStatus;

/* A payment: what is asked for, and what became of it, whose texts are NULL where they do not apply. */
typedef struct Payment {
        const char *payment_id;
        const char *order_id; /* "" when it was refunded before it was asked for; so are the next three */
        const char *customer_id;
        const char *currency;
        const char *method;
        int64_t amount_minor;
        /* what became of it */
        PaymentStatus status;
        int64_t refunded_minor;
        const char *transaction_id;
        const char *last4;
        const char *error; /* of a failed one */
        const char *action_url;
        const char *refund_reason;
} Payment;

/* Where payments are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct PaymentRepo PaymentRepo;
struct PaymentRepo {
        /* Writes a new payment; *ret_is_new is false when its id exists already, and nothing was written. */
        const Error *(*insert)(PaymentRepo *self, Ctx *ctx, const Payment *payment, bool *ret_is_new);

        /* Writes what became of a payment that still has status from; else *ret_is_saved is false. */
        const Error *(*save)(PaymentRepo *self, Ctx *ctx, const Payment *payment, PaymentStatus from,
                             bool *ret_is_saved);

        /* *ret_payment is NULL when there is none. */
        const Error *(*find)(PaymentRepo *self, Ctx *ctx, const char *payment_id,
                             const Payment **ret_payment);
};

typedef struct PaymentProvider PaymentProvider;

typedef struct PaymentUsecase {
        PaymentRepo *repo;
        PaymentProvider *provider;
        int64_t timeout_ms; /* of one attempt to take a payment, whatever the caller's deadline */
} PaymentUsecase;

/*
 * Says whether a payment method can be used, without taking anything.
 *
 * ret_problem   NULL when it can, else PAYMENT_TOKEN_REQUIRED or PAYMENT_UNKNOWN_TOKEN
 * errors        INVALID_REQUEST for a token that looks like a card number
 */
const Error *payment_validate(PaymentUsecase *usecase, Ctx *ctx, const char *method, const char *token,
                              const char **ret_problem) MUST_CHECK;

/*
 * Takes a payment once; asked again, answers with what became of it. That the provider refuses it is an
 * answer, not an error.
 *
 * wanted       what is asked for; what became of it is left out
 * ret_payment  in arena
 * errors       PAYMENT_MISMATCH; PAYMENT_IN_DOUBT with the time to ask again; INVALID_REQUEST for a missing
 *              token, or one that looks like a card number
 * source       000 Timeout Management (30 s)
 */
const Error *payment_process(PaymentUsecase *usecase, Ctx *ctx, const Payment *wanted, const char *token,
                             const Payment **ret_payment) MUST_CHECK;

/*
 * Gives back all that was captured of a payment, once, and makes sure that nothing is captured later: also of
 * one that is in doubt, or that was never asked for and may still come.
 *
 * ret_payment  REFUNDED, or FAILED when nothing was captured
 * errors       PAYMENT_IN_DOUBT
 * source       000 Rollback Strategy
 */
const Error *payment_refund(PaymentUsecase *usecase, Ctx *ctx, const char *payment_id, const char *reason,
                            const Payment **ret_payment) MUST_CHECK;

/* errors: PAYMENT_NOT_FOUND */
const Error *payment_get(PaymentUsecase *usecase, Ctx *ctx, const char *payment_id,
                         const Payment **ret_payment) MUST_CHECK;

/* True for the methods that take a token. */
bool payment_needs_token(const char *method);

/*
 * The error of a token that looks like a card number; says nothing of the token itself. NULL for any other.
 */
const Error *payment_check_token(Ctx *ctx, const char *token) MUST_CHECK;

/* The error of a payment about which the provider, for the given cause, gave no answer. */
const Error *payment_in_doubt(Ctx *ctx, const char *payment_id, const Error *cause) MUST_CHECK;
