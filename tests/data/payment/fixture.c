#include "fixture.h"

#include "data/payment_repo.h"
#include "data/sandbox_provider.h"
#include "payment_migrations.h"
#include "pool.h"

#define TIMEOUT_MS 30000

Fixture *fixture_new(int64_t delay_ms) {
        Ctx *ctx = test_ctx();
        Fixture *fixture = ARENA_NEW(ctx->arena, Fixture);

        fixture->pool = test_pool("payment", &payment_schema, &fixture->dsn);
        fixture->payments = (PaymentUsecase) {
                .repo = payment_repo_new(ctx->arena, fixture->pool),
                .provider = payment_sandbox_new(ctx->arena, fixture->pool, delay_ms),
                .timeout_ms = TIMEOUT_MS,
        };
        return fixture;
}

Payment fixture_payment(const char *payment_id) {
        return (Payment) {
                .payment_id = payment_id,
                .order_id = "ORD-1",
                .customer_id = "CUST-12345",
                .amount_minor = AMOUNT_MINOR,
                .currency = "USD",
                .method = PAYMENT_METHOD_CARD,
                .status = PAYMENT_PENDING,
        };
}

const Payment *fixture_process(Fixture *fixture, const char *payment_id, const char *token) {
        Payment wanted = fixture_payment(payment_id);
        const Payment *payment;

        ck_assert_ok(payment_process(&fixture->payments, test_ctx(), &wanted, token, &payment));
        return payment;
}

const Payment *fixture_refund(Fixture *fixture, const char *payment_id) {
        const Payment *payment;

        ck_assert_ok(payment_refund(&fixture->payments, test_ctx(), payment_id, "test", &payment));
        return payment;
}

int64_t fixture_kept(Fixture *fixture, const char *payment_id) {
        return test_sql_int64(
                fixture->dsn,
                arena_printf(test_ctx()->arena,
                             "SELECT coalesce(sum(c.amount_minor - coalesce(r.amount_minor, 0)), 0)"
                             "  FROM sandbox_charges c LEFT JOIN sandbox_refunds r USING (payment_id)"
                             " WHERE c.status = 'CAPTURED' AND payment_id = '%s'",
                             payment_id));
}
