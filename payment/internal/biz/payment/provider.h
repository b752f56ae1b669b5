/*
 * What a payment provider must offer. The payment id is its idempotency key: whatever is asked about one
 * payment, and however often, at most one charge comes of it.
 *
 * source     000 Payment & Shipping; 003 Payment Integration
 */
#pragma once

#include "biz/payment/payment.h"

/* Ends inside this service: the call ended without an answer, done or not done. */
#define INNER_PROVIDER_TIMEOUT "PROVIDER_TIMEOUT"

typedef enum ChargeStatus {
        CHARGE_UNKNOWN, /* the provider never saw it */
        CHARGE_CAPTURED,
        CHARGE_DECLINED,
        CHARGE_REQUIRES_ACTION,
} ChargeStatus;

/* What the provider has on a payment; texts are NULL where they do not apply. */
typedef struct Charge {
        ChargeStatus status;
        const char *transaction_id;
        const char *last4;
        const char *error; /* of a declined one */
        const char *action_url;
} Charge;

typedef struct PaymentProvider PaymentProvider;
struct PaymentProvider {
        /* Says whether a token can be charged at all. ret_problem: NULL, or else PAYMENT_UNKNOWN_TOKEN. */
        const Error *(*validate)(PaymentProvider *self, Ctx *ctx, const char *method, const char *token,
                                 const char **ret_problem);

        /*
         * Takes the payment, or answers with what became of it when it was asked before. Any error leaves it
         * in doubt.
         *
         * errors     PROVIDER_TIMEOUT, UNAVAILABLE, WRITE_UNCERTAIN
         */
        const Error *(*charge)(PaymentProvider *self, Ctx *ctx, const Payment *payment, const char *token,
                               Charge *ret_charge);

        /* Says what became of a payment, and changes nothing. */
        const Error *(*lookup)(PaymentProvider *self, Ctx *ctx, const char *payment_id, Charge *ret_charge);

        /*
         * Gives back, once, all that was captured of a payment, and sees to it that nothing will be captured
         * of it later, even when a charge is still on its way.
         *
         * ret_charge   the charge that was given back; CHARGE_DECLINED: there was none, and there will be
         *              none
         */
        const Error *(*refund)(PaymentProvider *self, Ctx *ctx, const Payment *payment, Charge *ret_charge);
};
