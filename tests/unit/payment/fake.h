/* A repository of one payment, and a provider that does what a test wants. */
#pragma once

#include "biz/payment/payment.h"
#include "biz/payment/provider.h"
#include "support.h"

typedef struct FakeRepo {
        PaymentRepo base;
        Payment row;
        bool has_row;
        size_t n_saves;
} FakeRepo;

typedef struct FakeProvider {
        PaymentProvider base;
        Charge known;   /* what it has already */
        Charge outcome; /* what a charge makes of it */
        int n_lost;     /* charges that are made, and whose answer is lost */
        int n_refused;  /* charges that never arrive */
        int n_silent;   /* lookups without an answer */
        size_t n_charges, n_lookups, n_refunds;
} FakeProvider;

static inline const Error *fake_insert(PaymentRepo *self, Ctx *ctx, const Payment *payment,
                                       bool *ret_is_new) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        *ret_is_new = !repo->has_row;
        if (!repo->has_row)
                repo->row = *payment;
        repo->has_row = true;
        return NULL;
}

static inline const Error *fake_save(PaymentRepo *self, Ctx *ctx, const Payment *payment, PaymentStatus from,
                                     bool *ret_is_saved) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        *ret_is_saved = repo->row.status == from;
        if (*ret_is_saved)
                repo->row = *payment;
        repo->n_saves++;
        return NULL;
}

static inline const Error *fake_find(PaymentRepo *self, Ctx *ctx, const char *payment_id,
                                     const Payment **ret_payment) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) payment_id;
        *ret_payment = repo->has_row ? arena_memdup(ctx->arena, &repo->row, sizeof(Payment)) : NULL;
        return NULL;
}

static inline const Error *no_answer(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, INNER_PROVIDER_TIMEOUT, "no answer");
}

static inline const Error *fake_charge(PaymentProvider *self, Ctx *ctx, const Payment *payment,
                                       const char *token, Charge *ret_charge) {
        FakeProvider *provider = (FakeProvider *) self;

        (void) payment;
        (void) token;
        if (provider->n_refused-- > 0)
                return no_answer(ctx);
        provider->n_charges++;
        provider->known = provider->outcome;
        if (provider->n_lost-- > 0)
                return no_answer(ctx);
        *ret_charge = provider->known;
        return NULL;
}

static inline const Error *fake_lookup(PaymentProvider *self, Ctx *ctx, const char *payment_id,
                                       Charge *ret_charge) {
        FakeProvider *provider = (FakeProvider *) self;

        (void) payment_id;
        provider->n_lookups++;
        if (provider->n_silent-- > 0)
                return no_answer(ctx);
        *ret_charge = provider->known;
        return NULL;
}

static inline const Error *fake_refund(PaymentProvider *self, Ctx *ctx, const Payment *payment,
                                       Charge *ret_charge) {
        FakeProvider *provider = (FakeProvider *) self;

        (void) payment;
        if (provider->n_silent-- > 0)
                return no_answer(ctx);
        provider->n_refunds++;
        *ret_charge = provider->known.status == CHARGE_CAPTURED
                              ? provider->known
                              : (Charge) { .status = CHARGE_DECLINED, .error = PAYMENT_VOIDED };
        return NULL;
}

static FakeRepo repo;
static FakeProvider provider;
static PaymentUsecase payments;

static inline void set_up(void) {
        repo = (FakeRepo) { .base = { .insert = fake_insert, .save = fake_save, .find = fake_find } };
        provider = (FakeProvider) {
                .base = { .charge = fake_charge, .lookup = fake_lookup, .refund = fake_refund },
                .outcome = { .status = CHARGE_CAPTURED, .transaction_id = "txn_1", .last4 = "4242" },
        };
        payments = (PaymentUsecase) { .repo = &repo.base, .provider = &provider.base, .timeout_ms = 30000 };
}

static inline Payment wanted(void) {
        return (Payment) {
                .payment_id = "PAY-1",
                .order_id = "ORD-1",
                .customer_id = "CUST-1",
                .currency = "USD",
                .method = PAYMENT_METHOD_CARD,
                .status = PAYMENT_PENDING,
                .amount_minor = 100,
        };
}

/* A row as an attempt left it. */
static inline void leave_row(PaymentStatus status) {
        repo.row = wanted();
        repo.row.status = status;
        repo.has_row = true;
}
