/* Payments with the real sandbox on a fresh database. */
#pragma once

#include "biz/payment/payment.h"
#include "biz/payment/provider.h"
#include "pg/pool.h"
#include "support.h"

#define AMOUNT_MINOR 61379

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        PaymentUsecase payments;
} Fixture;

/* Migrated and empty; lives until the test ends. delay_ms: of the sandbox. */
Fixture *fixture_new(int64_t delay_ms);

/* What is asked for: AMOUNT_MINOR of order "ORD-1" by card. */
Payment fixture_payment(const char *payment_id);

/* Processes fixture_payment(payment_id) with a token, without an error. */
const Payment *fixture_process(Fixture *fixture, const char *payment_id, const char *token);

/* Refunds without an error. */
const Payment *fixture_refund(Fixture *fixture, const char *payment_id);

/* What the sandbox keeps of a payment: captured less refunded. */
int64_t fixture_kept(Fixture *fixture, const char *payment_id);
