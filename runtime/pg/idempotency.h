/*
 * Idempotency keys, kept: a key is claimed by the call that it came with, for its caller, method and request;
 * the answer is written in the transaction of the call's effects, and given to every later call with the key,
 * for a day. A service has nothing to do with it but one line where it changes something:
 *
 *         PgBatch *batch = pg_batch_new(pool, ctx);
 *         pg_batch_add(batch, &sql_insert_coupon, ...);
 *         pg_batch_add(batch, &sql_answer, PG_ARGS(pg_idempotency_answered_by_sql(batch), ...));
 *         TRY(pg_batch_run(batch));
 *
 * A call that ends without it has its answer written behind it. That is enough when its effects may be
 * repeated, as they are by the next call with the key if its process dies in between, or if the answer could
 * not be kept. No error is kept: the next call with the key begins anew.
 *
 * The claim has a lease, as long as the call may last: when its process dies, the next call with the key
 * takes it over. Whoever was taken over can write no answer, and nothing that shares a batch with it.
 */
#pragma once

#include "base/idempotency.h"
#include "pg/batch.h"

/* No claim lasts longer without an answer, in ms and in SQL. */
#define IDEMPOTENCY_LEASE_MAX_MS 60000
#define IDEMPOTENCY_LEASE_MAX "60 seconds"

/* How long an answer is kept. */
#define IDEMPOTENCY_KEPT "24 hours"

struct IdempotencyClaim {
        const char *id;   /* a UUID: of this call alone */
        bool is_answered; /* a batch of it has the answer */
};

typedef struct IdempotencyAnswer {
        Bytes bytes;
        bool is_json; /* the response's JSON, else the packed response */
} IdempotencyAnswer;

/*
 * Claims the context's key for its caller (ctx_actor), or finds the answer that it stands for. Of a call
 * with the key that is under way it says so: whoever should wait for it waits at the edge (rpc/parking.h).
 *
 * method         "/order.v1.OrderService/CancelOrder"
 * request        the packed request; its SHA-256 is kept
 * ret_is_replay  true: ret_answer is the answer; false: ctx->claim is the claim
 * errors         IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_IN_FLIGHT; those of pg_batch_run
 */
const Error *pg_idempotency_claim(PgPool *pool, Ctx *ctx, const char *method, Bytes request,
                                  bool *ret_is_replay, IdempotencyAnswer *ret_answer) MUST_CHECK;

/*
 * Adds the answer to the batch of the call's effects; nothing without a claim. When the claim was taken over
 * the batch fails with INNER_KEY_TAKEN_OVER, and the caller is told IDEMPOTENCY_IN_FLIGHT. A call whose batch
 * failed ends with an error: no other answer is written for it.
 */
#define INNER_KEY_TAKEN_OVER "KEY_TAKEN_OVER"
void pg_idempotency_answer(PgBatch *batch, Bytes answer);

/*
 * The claim of the batch's call, NULL without one, for a statement of the batch that keeps the answer itself:
 * it calls keep_answer(claim uuid, response json), for what only SQL knows.
 */
PgArg pg_idempotency_answered_by_sql(PgBatch *batch);

/*
 * After the call, error is how it went: keeps the answer if no batch has it, or lets the key go, so that it
 * begins anew; also when the caller is gone or the call's time is over. What is done and cannot be kept is a
 * success all the same, and the next call with the key does it again. Returns what the caller is told.
 */
const Error *pg_idempotency_end(PgPool *pool, Ctx *ctx, Bytes answer, const Error *error) MUST_CHECK;

/* Forgets up to limit keys that are older than IDEMPOTENCY_KEPT. errors: those of pg_batch_run */
const Error *pg_idempotency_sweep(PgPool *pool, Ctx *ctx, size_t limit, size_t *ret_n) MUST_CHECK;
