#include "pg/idempotency.h"

#include "base/log.h"
#include "base/uuid.h"

/* What the end of a key may take, after the call is over for its caller. */
#define END_MS 1000

/* Of the request only its hash is kept. */
static const PgStatement sql_claim = PG_WRITE_ROWS(
        "INSERT INTO idempotency_keys (caller, method, key, request_hash, claim, lease_until)"
        " SELECT caller, method, key, sha256(request), claim::uuid, now() + lease_ms * interval '1 ms'"
        "   FROM unnest($1, $2, $3, $4, $5, $6) AS n (key, caller, method, request, claim, lease_ms)"
        " ON CONFLICT (caller, method, key) DO NOTHING");

/* Only for the same request, and only what has no answer and nobody who works on it. */
static const PgStatement sql_take_over = PG_WRITE_ROWS(
        "UPDATE idempotency_keys k"
        "   SET claim = n.claim::uuid, lease_until = now() + n.lease_ms * interval '1 ms'"
        "  FROM unnest($1, $2, $3, $4, $5, $6) AS n (key, caller, method, request, claim, lease_ms)"
        " WHERE k.caller = n.caller AND k.method = n.method AND k.key = n.key AND k.answer IS NULL"
        "   AND k.request_hash = sha256(n.request)"
        "   AND is_over(k.lease_until, interval '" IDEMPOTENCY_LEASE_MAX "')");

static const PgStatement sql_read = PG_READ_ROWS(
        "SELECT ordinal, k.request_hash = sha256(n.request), k.claim = n.claim::uuid, k.answer, k.is_json"
        "  FROM unnest($1, $2, $3, $4, $5) WITH ORDINALITY"
        "       AS n (key, caller, method, request, claim, ordinal)"
        "  JOIN idempotency_keys k ON k.caller = n.caller AND k.method = n.method AND k.key = n.key");

static int64_t lease_ms(const Ctx *ctx) {
        int64_t remaining_ms = ctx_remaining_ms(ctx);

        return remaining_ms < IDEMPOTENCY_LEASE_MAX_MS ? remaining_ms : IDEMPOTENCY_LEASE_MAX_MS;
}

/* A key that is not there was let go by its call just now: the next look takes it. */
static const Error *read_key(const Ctx *ctx, const PgRows *rows, bool *ret_is_replay,
                             IdempotencyAnswer *ret_answer) {
        if (pg_rows_count(rows) == 0)
                return idempotency_in_flight(ctx);
        if (!pg_get_bool(rows, 0, 0))
                return idempotency_key_reused(ctx);
        *ret_is_replay = !pg_is_null(rows, 0, 2);
        if (*ret_is_replay)
                *ret_answer = (IdempotencyAnswer) { pg_get_bytes(rows, 0, 2), pg_get_bool(rows, 0, 3) };
        return *ret_is_replay || pg_get_bool(rows, 0, 1) ? NULL : idempotency_in_flight(ctx);
}

const Error *pg_idempotency_claim(PgPool *pool, Ctx *ctx, const char *method, Bytes request,
                                  bool *ret_is_replay, IdempotencyAnswer *ret_answer) {
        PgBatch *batch = pg_batch_new(pool, ctx);
        const char *id = uuid_new(ctx->arena);
        PgArg key = pg_text(ctx->idempotency_key), caller = pg_text(ctx_actor(ctx, ""));
        PgArg of = pg_text(method), hashed = pg_bytes(request);
        PgArg claim = pg_uuid(id), lease = pg_int64(lease_ms(ctx));

        pg_batch_add(batch, &sql_claim, PG_ARGS(key, caller, of, hashed, claim, lease));
        pg_batch_add(batch, &sql_take_over, PG_ARGS(key, caller, of, hashed, claim, lease));
        size_t read = pg_batch_add(batch, &sql_read, PG_ARGS(key, caller, of, hashed, claim));
        TRY(pg_batch_run_shared(batch));
        TRY(read_key(ctx, pg_batch_rows(batch, read), ret_is_replay, ret_answer));
        if (*ret_is_replay)
                return NULL;
        ctx->claim = ARENA_NEW(ctx->arena, IdempotencyClaim);
        *ctx->claim = (IdempotencyClaim) { .id = id };
        return NULL;
}

static const PgStatement sql_answer = PG_WRITE_ROWS(
        "WITH answered AS ("
        "        UPDATE idempotency_keys k SET answer = n.answer"
        "          FROM unnest($1, $2) AS n (claim, answer)"
        "         WHERE k.claim = n.claim::uuid AND k.answer IS NULL RETURNING 1)"
        " SELECT require_rows((count(*) = cardinality($1))::int, '" INNER_KEY_TAKEN_OVER "') FROM answered");

void pg_idempotency_answer(PgBatch *batch, Bytes answer) {
        IdempotencyClaim *claim = pg_batch_ctx(batch)->claim;

        if (!claim)
                return;
        pg_batch_add(batch, &sql_answer, PG_ARGS(pg_uuid(claim->id), pg_bytes(answer)));
        claim->is_answered = true;
}

PgArg pg_idempotency_answered_by_sql(PgBatch *batch) {
        IdempotencyClaim *claim = pg_batch_ctx(batch)->claim;

        if (!claim)
                return pg_null(PG_UUID);
        claim->is_answered = true;
        return pg_uuid(claim->id);
}

/*
 * The answer stays when it was written after all, as by a transaction whose end nobody saw; one that is still
 * on its way finds no claim any more. When even this fails, the lease runs out by itself.
 */
static const PgStatement sql_let_go = PG_WRITE_ROWS(
        "DELETE FROM idempotency_keys k USING unnest($1) AS n (claim)"
        " WHERE k.claim = n.claim::uuid AND k.answer IS NULL");

static void let_go(PgPool *pool, const Ctx *ctx) {
        Ctx afterwards = ctx_afterwards(ctx, END_MS);
        const Error *lost = pg_run_shared(pool, &afterwards, &sql_let_go, PG_ARGS(pg_uuid(ctx->claim->id)),
                                          NULL);
        (void) lost;
}

/*
 * What is done is answered, although its caller may be gone by now, and although the answer may not be kept:
 * then the next call with the key does it again, as it may.
 */
static const Error *answer_behind(PgPool *pool, const Ctx *ctx, Bytes answer) {
        Ctx afterwards = ctx_afterwards(ctx, END_MS);
        PgBatch *batch = pg_batch_new(pool, &afterwards);

        pg_idempotency_answer(batch, answer);
        const Error *error = pg_batch_run_shared(batch);
        if (error_is(error, INNER_KEY_TAKEN_OVER))
                return idempotency_in_flight(ctx);
        if (error) {
                log_warning("the answer of a key is not kept", log_text("trace", ctx->trace.trace_id),
                            log_cause(ctx->arena, error));
                let_go(pool, ctx);
        }
        return NULL;
}

const Error *pg_idempotency_end(PgPool *pool, Ctx *ctx, Bytes answer, const Error *error) {
        if (!ctx->claim)
                return error;
        if (!error)
                return ctx->claim->is_answered ? NULL : answer_behind(pool, ctx, answer);
        if (error_is(error, INNER_KEY_TAKEN_OVER))
                return idempotency_in_flight(ctx);
        let_go(pool, ctx);
        return error;
}

static const PgStatement sql_sweep = PG_WRITE(
        "WITH old AS ("
        "        SELECT caller, method, key FROM idempotency_keys"
        "         WHERE created_at <= now() - interval '" IDEMPOTENCY_KEPT "'"
        "           AND (answer IS NOT NULL OR is_over(lease_until, interval '" IDEMPOTENCY_LEASE_MAX "'))"
        "         ORDER BY created_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " DELETE FROM idempotency_keys k USING old"
        "  WHERE k.caller = old.caller AND k.method = old.method AND k.key = old.key");

const Error *pg_idempotency_sweep(PgPool *pool, Ctx *ctx, size_t limit, size_t *ret_n) {
        const PgRows *rows;

        TRY(pg_run(pool, ctx, &sql_sweep, PG_ARGS(pg_int64((int64_t) limit)), &rows));
        *ret_n = pg_rows_affected(rows);
        return NULL;
}
