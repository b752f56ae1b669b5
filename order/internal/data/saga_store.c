#include "data/saga_store.h"

#include "base/uuid.h"
#include "data/saga_settle.h"

static const char *const steps[] = {
        [SAGA_CLAIMED] = "CLAIMED", [SAGA_PAYMENT] = "PAYMENT",       [SAGA_AWAIT_CUSTOMER] = "AWAIT_CUSTOMER",
        [SAGA_SETTLE] = "SETTLE",   [SAGA_COMPENSATE] = "COMPENSATE", [SAGA_DONE] = "DONE",
};

#define N_STEPS (sizeof(steps) / sizeof(steps[0]))

static SagaStep step_of(const char *name) {
        size_t step = 0;

        while (step < N_STEPS - 1 && !str_equal(steps[step], name))
                step++;
        return (SagaStep) step;
}

#define SAGA_COLUMNS                                                                                                  \
        "s.order_id, s.customer_id, s.idempotency_key, s.request_hash, s.step, s.epoch, s.attempts, s.last_error, s.answer"

static Saga read_saga(const PgRows *rows, size_t row) {
        return (Saga) {
                .order_id = pg_get_text(rows, row, 0),
                .customer_id = pg_get_text(rows, row, 1),
                .idempotency_key = pg_get_text(rows, row, 2),
                .request_hash = pg_get_bytes(rows, row, 3),
                .step = step_of(pg_get_text(rows, row, 4)),
                .epoch = pg_get_int64(rows, row, 5),
                .attempts = pg_get_int64(rows, row, 6),
                .last_error = pg_get_text(rows, row, 7),
                .answer = pg_get_bytes(rows, row, 8),
                .is_leased = true,
        };
}

static const PgStatement sql_claim = PG_WRITE(
        "INSERT INTO order_sagas (order_id, customer_id, idempotency_key, request_hash, step, owner, epoch, lease_until)"
        " VALUES ($1, $2, $3, $4, 'CLAIMED', $5, 1, now() + $6 * interval '1 ms')"
        " ON CONFLICT (customer_id, idempotency_key) DO NOTHING");

static const Error *insert_claim(PgSagaStore *store, Ctx *ctx, const Saga *wanted, bool *ret_is_new) {
        const PgRows *rows;

        TRY(pg_run(store->pool, ctx, &sql_claim,
                   PG_ARGS(pg_text(wanted->order_id), pg_text(wanted->customer_id), pg_text(wanted->idempotency_key),
                           pg_bytes(wanted->request_hash), pg_text(store->owner), pg_int64(store->lease_ms)),
                   &rows));
        *ret_is_new = pg_rows_affected(rows) == 1;
        return NULL;
}

/* Only for the same request, and only what has no answer yet: a saga that is done or is given back is not gone on with. */
static const PgStatement sql_take_claim = PG_WRITE(
        "UPDATE order_sagas SET owner = $4, epoch = epoch + 1, lease_until = now() + $5 * interval '1 ms',"
        "                       updated_at = now()"
        " WHERE customer_id = $1 AND idempotency_key = $2 AND request_hash = $3 AND answer IS NULL"
        "   AND step IN ('CLAIMED', 'PAYMENT') AND (lease_until IS NULL OR lease_until < now())");

static const PgStatement sql_read_claim = PG_READ(
        "SELECT " SAGA_COLUMNS ", o.status FROM order_sagas s LEFT JOIN orders o USING (order_id)"
        " WHERE s.customer_id = $1 AND s.idempotency_key = $2");

/* A claim that is gone by now was given up: to the caller it is one that it has to wait for. */
static const Error *take_or_read_claim(PgSagaStore *store, Ctx *ctx, const Saga *wanted, Saga *ret_saga,
                                       bool *ret_is_mine) {
        PgBatch *batch = pg_batch_new(store->pool, ctx);

        pg_batch_add(batch, &sql_take_claim,
                     PG_ARGS(pg_text(wanted->customer_id), pg_text(wanted->idempotency_key),
                             pg_bytes(wanted->request_hash), pg_text(store->owner), pg_int64(store->lease_ms)));
        pg_batch_add(batch, &sql_read_claim, PG_ARGS(pg_text(wanted->customer_id), pg_text(wanted->idempotency_key)));
        TRY(pg_batch_run(batch));
        const PgRows *rows = pg_batch_rows(batch, 1);
        *ret_is_mine = pg_rows_affected(pg_batch_rows(batch, 0)) == 1;
        *ret_saga = *wanted;
        if (pg_rows_count(rows) == 0)
                return NULL;
        *ret_saga = read_saga(rows, 0);
        if (!pg_is_null(rows, 0, 9))
                ret_saga->order_status = order_status_of(pg_get_text(rows, 0, 9));
        return NULL;
}

static const Error *store_claim(SagaStore *self, Ctx *ctx, const Saga *wanted, Saga *ret_saga, bool *ret_is_mine) {
        PgSagaStore *store = (PgSagaStore *) self;
        bool is_new;

        TRY(insert_claim(store, ctx, wanted, &is_new));
        if (is_new) {
                *ret_saga = *wanted;
                ret_saga->epoch = 1;
                *ret_is_mine = true;
        } else {
                TRY(take_or_read_claim(store, ctx, wanted, ret_saga, ret_is_mine));
        }
        if (*ret_is_mine)
                leases_add(store->leases, ctx->arena, ret_saga->order_id);
        return NULL;
}

static const PgStatement sql_take_due = PG_WRITE(
        "WITH due AS ("
        "        SELECT order_id FROM order_sagas"
        "         WHERE step <> 'DONE' AND step = ANY ($1::text[]) AND next_attempt_at <= now()"
        "           AND (lease_until IS NULL OR lease_until < now())"
        "         ORDER BY next_attempt_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE order_sagas s SET owner = $3, epoch = s.epoch + 1, lease_until = now() + $4 * interval '1 ms',"
        "                          step = CASE s.step WHEN 'CLAIMED' THEN 'COMPENSATE' ELSE s.step END,"
        "                          updated_at = now()"
        "  FROM due WHERE s.order_id = due.order_id"
        " RETURNING " SAGA_COLUMNS);

static const Error *store_take_due(SagaStore *self, Ctx *ctx, unsigned wanted, size_t limit, Saga **ret_sagas,
                                   size_t *ret_n) {
        PgSagaStore *store = (PgSagaStore *) self;
        const char *names[N_STEPS];
        const PgRows *rows;
        size_t n = 0;

        for (size_t step = 0; step < N_STEPS; step++)
                if (wanted & 1u << step)
                        names[n++] = steps[step];
        TRY(pg_run(store->pool, ctx, &sql_take_due,
                   PG_ARGS(pg_text_array(names, n), pg_int64((int64_t) limit), pg_text(store->owner),
                           pg_int64(store->lease_ms)),
                   &rows));
        *ret_n = pg_rows_count(rows);
        *ret_sagas = ARENA_ARRAY(ctx->arena, Saga, *ret_n);
        for (size_t i = 0; i < *ret_n; i++) {
                (*ret_sagas)[i] = read_saga(rows, i);
                leases_add(store->leases, ctx->arena, (*ret_sagas)[i].order_id);
        }
        return NULL;
}

static const PgStatement sql_seize = PG_WRITE(
        "UPDATE order_sagas s SET owner = $2, epoch = s.epoch + 1, lease_until = now() + $3 * interval '1 ms',"
        "                         updated_at = now()"
        " WHERE s.order_id = $1 RETURNING " SAGA_COLUMNS);

static const Error *store_seize(SagaStore *self, Ctx *ctx, const char *order_id, Saga *ret_saga) {
        PgSagaStore *store = (PgSagaStore *) self;
        const PgRows *rows;

        TRY(pg_run(store->pool, ctx, &sql_seize,
                   PG_ARGS(pg_text(order_id), pg_text(store->owner), pg_int64(store->lease_ms)), &rows));
        if (pg_rows_count(rows) == 0)
                return error_internal(ctx->arena, NULL, "Order %s has no saga", order_id);
        *ret_saga = read_saga(rows, 0);
        leases_add(store->leases, ctx->arena, order_id);
        return NULL;
}

static const PgStatement sql_let_go = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE order_sagas SET owner = NULL, lease_until = NULL, attempts = $4, last_error = $5,"
        "                               next_attempt_at = now() + $3 * interval '1 ms', updated_at = now()"
        "         WHERE order_id = $1 AND epoch = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" REASON_SAGA_FENCED "') FROM moved");

static const Error *store_let_go(SagaStore *self, Ctx *ctx, const Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        return pg_run(store->pool, ctx, &sql_let_go,
                      PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch), pg_int64(saga->pause_ms),
                              pg_int64(saga->attempts), pg_text(saga->last_error)),
                      NULL);
}

/* Without a claim the row is new: whoever is still about to write this order meets it. */
static const PgStatement sql_give_up = PG_WRITE(
        "WITH given_up AS ("
        "        INSERT INTO order_sagas AS s (order_id, customer_id, step, owner, epoch, lease_until)"
        "        VALUES ($1, $2, 'COMPENSATE', $3, greatest($4, 1), now() + $5 * interval '1 ms')"
        "        ON CONFLICT (order_id) DO UPDATE SET step = 'COMPENSATE', updated_at = now()"
        "                              WHERE s.step = 'CLAIMED' AND s.epoch = $4"
        "        RETURNING 1)"
        " SELECT require_rows(count(*), '" REASON_SAGA_FENCED "') FROM given_up");

static const Error *store_give_up(SagaStore *self, Ctx *ctx, Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        TRY(pg_run(store->pool, ctx, &sql_give_up,
                   PG_ARGS(pg_text(saga->order_id), pg_text(saga->customer_id), pg_text(store->owner),
                           pg_int64(saga->epoch), pg_int64(store->lease_ms)),
                   NULL));
        saga->step = SAGA_COMPENSATE;
        saga_store_added(store, ctx, saga);
        return NULL;
}

static const PgStatement sql_forget = PG_WRITE(
        "WITH forgotten AS (DELETE FROM order_sagas WHERE order_id = $1 AND epoch = $2 AND step = 'COMPENSATE' RETURNING 1)"
        " SELECT require_rows(count(*), '" REASON_SAGA_FENCED "') FROM forgotten");

static const Error *store_forget(SagaStore *self, Ctx *ctx, const Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        return pg_run(store->pool, ctx, &sql_forget, PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch)), NULL);
}

static const PgStatement sql_insert = PG_WRITE(
        "INSERT INTO order_sagas (order_id, customer_id, step, owner, epoch, lease_until)"
        " VALUES ($1, $2, $3, $4, 1, now() + $5 * interval '1 ms')");

static const PgStatement sql_update = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE order_sagas"
        "           SET step = $3, owner = CASE WHEN $4 THEN $5 END,"
        "               lease_until = CASE WHEN $4 THEN now() + $6 * interval '1 ms' END,"
        "               next_attempt_at = now() + $7 * interval '1 ms', attempts = $8, last_error = $9,"
        "               answer = coalesce(answer, $10), updated_at = now()"
        "         WHERE order_id = $1 AND epoch = $2 RETURNING 1)"
        " SELECT require_rows(count(*), '" REASON_SAGA_FENCED "') FROM moved");

void saga_store_add(PgSagaStore *store, PgBatch *batch, const Saga *saga) {
        if (saga->epoch == 0) {
                pg_batch_add(batch, &sql_insert,
                             PG_ARGS(pg_text(saga->order_id), pg_text(saga->customer_id), pg_text(steps[saga->step]),
                                     pg_text(store->owner), pg_int64(store->lease_ms)));
                return;
        }
        pg_batch_add(batch, &sql_update,
                     PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch), pg_text(steps[saga->step]),
                             pg_bool(saga->is_leased), pg_text(store->owner), pg_int64(store->lease_ms),
                             pg_int64(saga->pause_ms), pg_int64(saga->attempts), pg_text(saga->last_error),
                             pg_bytes(saga->answer)));
}

void saga_store_added(PgSagaStore *store, Ctx *ctx, Saga *saga) {
        if (saga->epoch > 0)
                return;
        saga->epoch = 1;
        leases_add(store->leases, ctx->arena, saga->order_id);
}

static const PgStatement sql_renew = PG_WRITE(
        "UPDATE order_sagas SET lease_until = now() + $3 * interval '1 ms' WHERE order_id = ANY ($1) AND owner = $2");

const Error *saga_store_renew(PgSagaStore *store, Ctx *ctx) {
        size_t n;
        const char **order_ids = leases_list(store->leases, ctx->arena, &n);

        if (n == 0)
                return NULL;
        return pg_run(store->pool, ctx, &sql_renew,
                      PG_ARGS(pg_text_array(order_ids, n), pg_text(store->owner), pg_int64(store->lease_ms)), NULL);
}

static const PgStatement sql_sweep = PG_WRITE(
        "UPDATE order_sagas SET idempotency_key = NULL, request_hash = NULL, answer = NULL"
        " WHERE order_id IN (SELECT order_id FROM order_sagas"
        "                     WHERE idempotency_key IS NOT NULL AND created_at < now() - $1 * interval '1 hour'"
        "                       AND step = 'DONE'"
        "                     ORDER BY created_at LIMIT 1000 FOR UPDATE SKIP LOCKED)");

const Error *saga_store_sweep(PgSagaStore *store, Ctx *ctx) {
        return pg_run(store->pool, ctx, &sql_sweep, PG_ARGS(pg_int64(SAGA_ANSWER_KEPT_H)), NULL);
}

static const Error *store_settle(SagaStore *self, Ctx *ctx, const Settlement *settlements, size_t n) {
        return saga_settle(((PgSagaStore *) self)->pool, ctx, settlements, n);
}

PgSagaStore *saga_store_new(Arena *arena, PgPool *pool, int64_t lease_ms) {
        PgSagaStore *store = ARENA_NEW(arena, PgSagaStore);

        store->base = (SagaStore) {
                .claim = store_claim,
                .take_due = store_take_due,
                .seize = store_seize,
                .let_go = store_let_go,
                .give_up = store_give_up,
                .forget = store_forget,
                .settle = store_settle,
        };
        store->pool = pool;
        store->lease_ms = lease_ms;
        store->leases = leases_new(arena);
        uuid_random_hex(store->owner, 32);
        return store;
}
