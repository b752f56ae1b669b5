#include "data/sandbox_provider.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"
#include "base/word.h"
#include "pg/reader.h"

#define LAST4 "4242"
#define METHOD_ONLINE "online"
#define ACTION_URL "https://sandbox.millrace.example/actions/%s"

typedef struct SandboxProvider {
        PaymentProvider base;
        PgPool *pool;
        int64_t delay_ms;
} SandboxProvider;

/* What a token does. */
typedef struct Script {
        const char *token;
        ChargeStatus status;
        const char *error;
        bool loses_answer;
} Script;

static const Script *script_of(const char *token) {
        static const Script captured = { .token = "pm_ok", .status = CHARGE_CAPTURED };
        static const Script scripts[] = {
                { .token = "pm_1234567890", .status = CHARGE_CAPTURED },
                { .token = "pm_card_declined", .status = CHARGE_DECLINED, .error = "CARD_DECLINED" },
                { .token = "pm_insufficient_funds",
                  .status = CHARGE_DECLINED,
                  .error = "INSUFFICIENT_FUNDS" },
                { .token = "pm_expired_card", .status = CHARGE_DECLINED, .error = "EXPIRED_CARD" },
                { .token = "pm_3ds_required", .status = CHARGE_REQUIRES_ACTION },
                { .token = "pm_timeout", .status = CHARGE_CAPTURED, .loses_answer = true },
                { .token = "pm_timeout_declined",
                  .status = CHARGE_DECLINED,
                  .error = "CARD_DECLINED",
                  .loses_answer = true },
        };

        for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
                if (str_equal(token, scripts[i].token))
                        return &scripts[i];
        }
        return str_starts_with(token, captured.token) ? &captured : NULL;
}

static const Error *validate(PaymentProvider *self, Ctx *ctx, const char *method, const char *token,
                             const char **ret_problem) {
        (void) self;
        (void) ctx;
        (void) method;
        *ret_problem = script_of(token) ? NULL : PAYMENT_UNKNOWN_TOKEN;
        return NULL;
}

static const Script *choose_script(const Payment *payment, const char *token) {
        static const Script online = { .status = CHARGE_REQUIRES_ACTION };
        static const Script unknown = { .status = CHARGE_DECLINED, .error = PAYMENT_UNKNOWN_TOKEN };
        const Script *script = str_equal(payment->method, METHOD_ONLINE) ? &online : script_of(token);

        return script ? script : &unknown;
}

/* What a script makes of a payment; the same whenever it is asked. */
static Charge perform(Arena *arena, const Script *script, const Payment *payment) {
        Charge charge = { .status = script->status, .error = script->error };

        if (charge.status == CHARGE_CAPTURED) {
                charge.transaction_id = arena_printf(arena, "txn_%s", payment->payment_id);
                charge.last4 = LAST4;
        }
        if (charge.status == CHARGE_REQUIRES_ACTION)
                charge.action_url = arena_printf(arena, ACTION_URL, payment->payment_id);
        return charge;
}

static const char *const status_names[] = {
        [CHARGE_CAPTURED] = "CAPTURED",
        [CHARGE_DECLINED] = "DECLINED",
        [CHARGE_REQUIRES_ACTION] = "REQUIRES_ACTION",
};

static const PgStatement sql_lookup = PG_READ(
        "SELECT status, transaction_id, last4, error, action_url FROM sandbox_charges WHERE payment_id = $1");

static const Error *read_charge(Arena *arena, const PgRows *rows, Charge *ret_charge) {
        Charge charge = { .status = CHARGE_UNKNOWN };

        if (pg_rows_count(rows) > 0) {
                PgReader at = pg_reader(rows, 0);
                size_t status;

                TRY(word_read(arena, status_names, ARRAY_SIZE(status_names),
                              "sandbox_charges.status", pg_next_text(&at), &status));
                charge.status = (ChargeStatus) status;
                charge.transaction_id = pg_next_text_or_null(&at);
                charge.last4 = pg_next_text_or_null(&at);
                charge.error = pg_next_text_or_null(&at);
                charge.action_url = pg_next_text_or_null(&at);
                TRY(pg_reader_end(&at));
        }
        *ret_charge = charge;
        return NULL;
}

static const Error *lookup(PaymentProvider *self, Ctx *ctx, const char *payment_id, Charge *ret_charge) {
        const PgRows *rows;

        TRY(pg_run(((SandboxProvider *) self)->pool, ctx, &sql_lookup, PG_ARGS(pg_text(payment_id)), &rows));
        return read_charge(ctx->arena, rows, ret_charge);
}

/* One row per idempotency key: a second charge waits for the first, and then changes nothing. */
static const PgStatement sql_charge = PG_WRITE_ROWS(
        PG_INSERT_NEW_ROWS(sandbox_charges, payment_id, status, amount_minor, currency, transaction_id, last4,
                           error, action_url));

static const Error *write_charge(SandboxProvider *sandbox, Ctx *ctx, const Payment *payment,
                                 const Charge *charge, bool *ret_is_new) {
        const PgRows *rows;

        TRY(pg_run_shared(sandbox->pool, ctx, &sql_charge,
                          PG_ARGS(pg_text(payment->payment_id), pg_text(status_names[charge->status]),
                                  pg_int64(payment->amount_minor), pg_text(payment->currency),
                                  pg_text(charge->transaction_id), pg_text(charge->last4),
                                  pg_text(charge->error), pg_text(charge->action_url)),
                          &rows));
        *ret_is_new = pg_rows_count(rows) > 0;
        return NULL;
}

/* The caller waits as for a provider that does not answer, but no longer than its own deadline. */
static const Error *lose_answer(const SandboxProvider *sandbox, Ctx *ctx) {
        int64_t left_ms = ctx_remaining_ms(ctx);
        int64_t delay_ms = sandbox->delay_ms < left_ms ? sandbox->delay_ms : left_ms;
        struct timespec delay = clock_timespec(delay_ms * US_PER_MS);

        nanosleep(&delay, NULL);
        return error_new(ctx->arena, ERROR_UNAVAILABLE, INNER_PROVIDER_TIMEOUT,
                         "The payment provider did not answer in time");
}

static const Error *charge(PaymentProvider *self, Ctx *ctx, const Payment *payment, const char *token,
                           Charge *ret_charge) {
        SandboxProvider *sandbox = (SandboxProvider *) self;
        const Script *script = choose_script(payment, token);
        Charge result = perform(ctx->arena, script, payment);
        bool is_new;

        TRY(write_charge(sandbox, ctx, payment, &result, &is_new));
        if (!is_new)
                return lookup(self, ctx, payment->payment_id, ret_charge);
        if (script->loses_answer)
                return lose_answer(sandbox, ctx);
        *ret_charge = result;
        return NULL;
}

/* Closes the key, and locks its row: what was not charged, or waits for its customer, is declined now. */
static const PgStatement sql_close = PG_WRITE(
        "INSERT INTO sandbox_charges AS c (payment_id, status, amount_minor, currency, error)"
        " VALUES ($1, 'DECLINED', $2, $3, $4)"
        " ON CONFLICT (payment_id) DO UPDATE"
        "   SET status = 'DECLINED', error = excluded.error, action_url = NULL"
        " WHERE c.status = 'REQUIRES_ACTION'");

static const PgStatement sql_refund = PG_WRITE(
        "INSERT INTO sandbox_refunds (payment_id, amount_minor)"
        " SELECT payment_id, amount_minor FROM sandbox_charges WHERE payment_id = $1 AND status = 'CAPTURED'"
        " ON CONFLICT (payment_id) DO NOTHING");

static const Error *refund(PaymentProvider *self, Ctx *ctx, const Payment *payment, Charge *ret_charge) {
        PgBatch *batch = pg_batch_new(((SandboxProvider *) self)->pool, ctx);
        PgArg payment_id = pg_text(payment->payment_id);

        pg_batch_add(batch, &sql_close,
                     PG_ARGS(payment_id, pg_int64(payment->amount_minor), pg_text(payment->currency),
                             pg_text(PAYMENT_VOIDED)));
        pg_batch_add(batch, &sql_refund, PG_ARGS(payment_id));
        size_t found = pg_batch_add(batch, &sql_lookup, PG_ARGS(payment_id));
        TRY(pg_batch_run(batch));
        return read_charge(ctx->arena, pg_batch_rows(batch, found), ret_charge);
}

PaymentProvider *payment_sandbox_new(Arena *arena, PgPool *pool, int64_t delay_ms) {
        SandboxProvider *sandbox = ARENA_NEW(arena, SandboxProvider);

        *sandbox = (SandboxProvider) {
                .base = { .validate = validate, .charge = charge, .lookup = lookup, .refund = refund },
                .pool = pool,
                .delay_ms = delay_ms,
        };
        return &sandbox->base;
}
