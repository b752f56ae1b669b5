#include "data/payment_repo.h"

#include "base/memory.h"
#include "base/word.h"
#include "pg/reader.h"

typedef struct PgPaymentRepo {
        PaymentRepo base;
        PgPool *pool;
} PgPaymentRepo;

static const char *const status_names[] = {
        [PAYMENT_PENDING] = "PENDING",         [PAYMENT_COMPLETED] = "COMPLETED",
        [PAYMENT_FAILED] = "FAILED",           [PAYMENT_REQUIRES_ACTION] = "REQUIRES_ACTION",
        [PAYMENT_ON_DELIVERY] = "ON_DELIVERY", [PAYMENT_REFUNDED] = "REFUNDED",
};

static const PgStatement sql_insert = PG_WRITE_ROWS(
        PG_INSERT_NEW_ROWS(payments, payment_id, order_id, customer_id, amount_minor, currency, method,
                           status, error, refund_reason));

static const Error *insert(PaymentRepo *self, Ctx *ctx, const Payment *payment, bool *ret_is_new) {
        const PgRows *rows;

        TRY(pg_run_shared(((PgPaymentRepo *) self)->pool, ctx, &sql_insert,
                          PG_ARGS(pg_text(payment->payment_id), pg_text(payment->order_id),
                                  pg_text(payment->customer_id), pg_int64(payment->amount_minor),
                                  pg_text(payment->currency), pg_text(payment->method),
                                  pg_text(status_names[payment->status]), pg_text(payment->error),
                                  pg_text(payment->refund_reason)),
                          &rows));
        *ret_is_new = pg_rows_count(rows) > 0;
        return NULL;
}

static const PgStatement sql_save = PG_WRITE_ROWS(
        "UPDATE payments p"
        "   SET status = n.status, refunded_minor = n.refunded_minor, transaction_id = n.transaction_id,"
        "       last4 = n.last4, error = n.error, action_url = n.action_url,"
        "       refund_reason = n.refund_reason, updated_at = now()"
        "  FROM " PG_ROWS(n, payment_id, from_status, status, refunded_minor, transaction_id, last4, error,
                          action_url, refund_reason)
        " WHERE p.payment_id = n.payment_id AND p.status = n.from_status"
        " RETURNING n.ordinal");

static const Error *save(PaymentRepo *self, Ctx *ctx, const Payment *payment, PaymentStatus from,
                         bool *ret_is_saved) {
        const PgRows *rows;

        TRY(pg_run_shared(((PgPaymentRepo *) self)->pool, ctx, &sql_save,
                          PG_ARGS(pg_text(payment->payment_id), pg_text(status_names[from]),
                                  pg_text(status_names[payment->status]), pg_int64(payment->refunded_minor),
                                  pg_text(payment->transaction_id), pg_text(payment->last4),
                                  pg_text(payment->error), pg_text(payment->action_url),
                                  pg_text(payment->refund_reason)),
                          &rows));
        *ret_is_saved = pg_rows_count(rows) > 0;
        return NULL;
}

static const PgStatement sql_find = PG_READ(
        "SELECT payment_id, order_id, customer_id, currency, method, amount_minor, status, refunded_minor,"
        "       transaction_id, last4, error, action_url, refund_reason"
        "  FROM payments WHERE payment_id = $1");

static const Error *read_payment(Arena *arena, const PgRows *rows, const Payment **ret_payment) {
        Payment *payment = ARENA_NEW(arena, Payment);
        PgReader at = pg_reader(rows, 0);
        size_t status;

        payment->payment_id = pg_next_text(&at);
        payment->order_id = pg_next_text(&at);
        payment->customer_id = pg_next_text(&at);
        payment->currency = pg_next_text(&at);
        payment->method = pg_next_text(&at);
        payment->amount_minor = pg_next_int64(&at);
        TRY(word_read(arena, status_names, ARRAY_SIZE(status_names), "payments.status",
                      pg_next_text(&at), &status));
        payment->status = (PaymentStatus) status;
        payment->refunded_minor = pg_next_int64(&at);
        payment->transaction_id = pg_next_text_or_null(&at);
        payment->last4 = pg_next_text_or_null(&at);
        payment->error = pg_next_text_or_null(&at);
        payment->action_url = pg_next_text_or_null(&at);
        payment->refund_reason = pg_next_text_or_null(&at);
        TRY(pg_reader_end(&at));
        *ret_payment = payment;
        return NULL;
}

static const Error *find(PaymentRepo *self, Ctx *ctx, const char *payment_id, const Payment **ret_payment) {
        const PgRows *rows;

        TRY(pg_run(((PgPaymentRepo *) self)->pool, ctx, &sql_find, PG_ARGS(pg_text(payment_id)), &rows));
        if (pg_rows_count(rows) > 0)
                return read_payment(ctx->arena, rows, ret_payment);
        *ret_payment = NULL;
        return NULL;
}

PaymentRepo *payment_repo_new(Arena *arena, PgPool *pool) {
        PgPaymentRepo *repo = ARENA_NEW(arena, PgPaymentRepo);

        *repo = (PgPaymentRepo) { .base = { .insert = insert, .save = save, .find = find }, .pool = pool };
        return &repo->base;
}
