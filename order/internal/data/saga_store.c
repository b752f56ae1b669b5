#include "data/saga_store.h"

#include "base/memory.h"
#include "base/uuid.h"
#include "base/word.h"
#include "data/leases.h"
#include "data/order_rows.h"
#include "data/saga_settle.h"
#include "pg/reader.h"

typedef struct PgSagaStore {
        SagaStore base;
        PgPool *pool;
        int64_t lease_ms;
        char owner[33]; /* this process, by a random name */
        Leases *leases;
} PgSagaStore;

static const char *const steps[] = {
        [SAGA_CLAIMED] = "CLAIMED",
        [SAGA_PAYMENT] = "PAYMENT",
        [SAGA_AWAIT_CUSTOMER] = "AWAIT_CUSTOMER",
        [SAGA_SETTLE] = "SETTLE",
        [SAGA_CANCEL] = "CANCEL",
        [SAGA_COMPENSATE] = "COMPENSATE",
        [SAGA_DONE] = "DONE",
};

#define N_STEPS ARRAY_SIZE(steps)

/*
 * Every write of a lease notes when it was: one of more than a minute ahead was written before the clock
 * stepped back, and its lease counts as over. How long a lease is knows only who has it.
 */
#define LEASE_IS_OVER                                                                                        \
        "(lease_until IS NULL OR lease_until <= now() OR updated_at > now() + interval '1 minute')"

#define SAGA_COLUMNS                                                                                         \
        "s.order_id, s.customer_id, s.idempotency_key, s.step, s.epoch, s.attempts,"                         \
        "s.last_error, s.answer, s.holds, s.back_to, s.cancel_reason"

static const Error *read_cancelling(Arena *arena, PgReader *at, Saga *saga) {
        const char *word = pg_next_text_or_null(at);
        size_t back_to = SAGA_DONE;

        if (word)
                TRY(word_read(arena, steps, N_STEPS, "order_sagas.back_to", word, &back_to));
        saga->back_to = (SagaStep) back_to;
        saga->cancel_reason = pg_next_text_or_null(at);
        return NULL;
}

static const Error *read_columns(Arena *arena, PgReader *at, Saga *saga) {
        size_t step;

        saga->order_id = pg_next_text(at);
        saga->customer_id = pg_next_text(at);
        saga->idempotency_key = pg_next_text_or_null(at);
        TRY(word_read(arena, steps, N_STEPS, "order_sagas.step", pg_next_text(at), &step));
        saga->step = saga->row_step = (SagaStep) step;
        saga->epoch = pg_next_int64(at);
        saga->attempts = pg_next_int64(at);
        saga->last_error = pg_next_text_or_null(at);
        saga->answer = pg_next_bytes_or_none(at);
        saga->holds = (unsigned) pg_next_int64(at);
        saga->is_leased = true;
        return read_cancelling(arena, at, saga);
}

static const Error *read_saga(Arena *arena, const PgRows *rows, size_t row, Saga *ret_saga) {
        PgReader at = pg_reader(rows, row);
        Saga saga = { 0 };

        TRY(read_columns(arena, &at, &saga));
        TRY(pg_reader_end(&at));
        *ret_saga = saga;
        return NULL;
}

/* The saga's row is ours, with that epoch: its lease is renewed as long as the request lasts. */
static void lease(SagaStore *self, Ctx *ctx, Saga *saga, int64_t epoch) {
        saga->epoch = epoch;
        order_leases_add(((PgSagaStore *) self)->leases, ctx->arena, saga->order_id, epoch);
}

/* Of the request only its hash is kept. */
static const PgStatement sql_claim = PG_WRITE_ROWS(
        "WITH wanted AS ("
        "        SELECT * FROM " PG_ROWS(c, order_id, customer_id, key, request, owner, lease_ms, holds)
        "), added AS ("
        "        INSERT INTO order_sagas (order_id, customer_id, idempotency_key, request_hash, step, owner,"
        "                                 epoch, lease_until, holds)"
        "        SELECT order_id, customer_id, key, sha256(request), 'CLAIMED', owner, 1,"
        "               now() + lease_ms * interval '1 ms', holds FROM wanted"
        "        ON CONFLICT (customer_id, idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING"
        "        RETURNING order_id"
        ") SELECT ordinal FROM wanted JOIN added USING (order_id)");

static const Error *insert_claim(PgSagaStore *store, Ctx *ctx, const Saga *wanted, Bytes request,
                                 bool *ret_is_new) {
        const PgRows *rows;

        TRY(pg_run_shared(store->pool, ctx, &sql_claim,
                          PG_ARGS(pg_text(wanted->order_id), pg_text(wanted->customer_id),
                                  pg_text(wanted->idempotency_key), pg_bytes(request), pg_text(store->owner),
                                  pg_int64(store->lease_ms), pg_int64(wanted->holds)),
                          &rows));
        *ret_is_new = pg_rows_count(rows) > 0;
        return NULL;
}

/*
 * Only for the same request, and only an order that is written and has no answer yet. A claim whose call died
 * before that is given back by the background, and the key starts anew: who took it over would be judged by
 * what the dead call holds, as by the last use of a campaign, and find it gone.
 */
static const PgStatement sql_take_claim = PG_WRITE(
        "UPDATE order_sagas SET owner = $4, epoch = epoch + 1, lease_until = now() + $5 * interval '1 ms',"
        "                       updated_at = now()"
        " WHERE customer_id = $1 AND idempotency_key = $2 AND request_hash = sha256($3) AND answer IS NULL"
        "   AND step = 'PAYMENT' AND " LEASE_IS_OVER);

static const PgStatement sql_read_claim = PG_READ(
        "SELECT " SAGA_COLUMNS ", s.request_hash = sha256($3), o.status"
        "  FROM order_sagas s LEFT JOIN orders o USING (order_id)"
        " WHERE s.customer_id = $1 AND s.idempotency_key = $2");

/* A claim that was given up meanwhile has no row: the caller waits, as for the claim of another call. */
static const Error *read_claim(Arena *arena, const Saga *wanted, const PgRows *rows, Claim *ret_claim) {
        Claim claim = { .saga = *wanted, .is_same_request = true };

        if (pg_rows_count(rows) > 0) {
                PgReader at = pg_reader(rows, 0);

                TRY(read_columns(arena, &at, &claim.saga));
                claim.is_same_request = pg_next_bool(&at);
                const char *status = pg_next_text_or_null(&at);
                TRY(pg_reader_end(&at));
                if (status)
                        TRY(order_rows_status(arena, status, &claim.order_status));
        }
        *ret_claim = claim;
        return NULL;
}

static const Error *take_or_read_claim(PgSagaStore *store, Ctx *ctx, const Saga *wanted, Bytes request,
                                       Claim *ret_claim) {
        PgBatch *batch = pg_batch_new(store->pool, ctx);
        PgArg customer = pg_text(wanted->customer_id), key = pg_text(wanted->idempotency_key);
        PgArg bytes = pg_bytes(request);

        pg_batch_add(batch, &sql_take_claim,
                     PG_ARGS(customer, key, bytes, pg_text(store->owner), pg_int64(store->lease_ms)));
        pg_batch_add(batch, &sql_read_claim, PG_ARGS(customer, key, bytes));
        TRY(pg_batch_run(batch));
        TRY(read_claim(ctx->arena, wanted, pg_batch_rows(batch, 1), ret_claim));
        ret_claim->is_mine = pg_rows_affected(pg_batch_rows(batch, 0)) == 1;
        return NULL;
}

static const Error *claim(SagaStore *self, Ctx *ctx, const Saga *wanted, Bytes request, Claim *ret_claim) {
        PgSagaStore *store = (PgSagaStore *) self;
        bool is_new;

        TRY(insert_claim(store, ctx, wanted, request, &is_new));
        if (is_new) {
                *ret_claim = (Claim) { .saga = *wanted, .is_mine = true, .is_same_request = true };
                ret_claim->saga.epoch = SAGA_FIRST_EPOCH;
                ret_claim->saga.row_step = wanted->step;
        } else {
                TRY(take_or_read_claim(store, ctx, wanted, request, ret_claim));
        }
        if (ret_claim->is_mine)
                lease(self, ctx, &ret_claim->saga, ret_claim->saga.epoch);
        return NULL;
}

static const PgStatement sql_take_due = PG_WRITE(
        "WITH due AS ("
        "        SELECT order_id FROM order_sagas"
        "         WHERE due_at <= now() AND step = ANY ($1::text[])"
        "           AND " LEASE_IS_OVER
        "         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)"
        " UPDATE order_sagas s SET owner = $3, epoch = s.epoch + 1,"
        "                          lease_until = now() + $4 * interval '1 ms',"
        "                          step = CASE s.step WHEN 'CLAIMED' THEN 'COMPENSATE' ELSE s.step END,"
        "                          updated_at = now()"
        "  FROM due WHERE s.order_id = due.order_id"
        " RETURNING " SAGA_COLUMNS);

static const Error *take_due(SagaStore *self, Ctx *ctx, unsigned wanted, size_t limit, Saga **ret_sagas,
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
        Saga *sagas = ARENA_ARRAY(ctx->arena, Saga, pg_rows_count(rows));
        for (size_t i = 0; i < pg_rows_count(rows); i++) {
                TRY(read_saga(ctx->arena, rows, i, &sagas[i]));
                lease(self, ctx, &sagas[i], sagas[i].epoch);
        }
        *ret_sagas = sagas;
        *ret_n = pg_rows_count(rows);
        return NULL;
}

static const PgStatement sql_answer = PG_READ("SELECT answer FROM order_sagas WHERE order_id = $1");

static const Error *answer(SagaStore *self, Ctx *ctx, const char *order_id, Bytes *ret_answer) {
        const PgRows *rows;

        TRY(pg_run(((PgSagaStore *) self)->pool, ctx, &sql_answer, PG_ARGS(pg_text(order_id)), &rows));
        *ret_answer = pg_rows_count(rows) > 0 ? pg_get_bytes(rows, 0, 0) : (Bytes) { 0 };
        return NULL;
}

/* The saga of an old order has been forgotten, and begins anew where it ended, with what its order says. */
static const PgStatement sql_seize = PG_WRITE(
        "INSERT INTO order_sagas AS s (order_id, customer_id, step, owner, epoch, lease_until, due_at,"
        "                              forget_at, holds)"
        " SELECT order_id, customer_id, 'DONE', $2, 1, now() + $3 * interval '1 ms', NULL,"
        "        now() + interval '" SAGA_KEPT "',"
        "        $4 + CASE WHEN jsonb_path_exists(discounts, '$[*].campaignId') THEN $5 ELSE 0 END"
        "           + CASE WHEN points_used > 0 THEN $6 ELSE 0 END"
        "   FROM orders WHERE order_id = $1"
        " ON CONFLICT (order_id) DO UPDATE"
        "    SET owner = excluded.owner, epoch = s.epoch + 1, lease_until = excluded.lease_until,"
        "        updated_at = now()"
        " RETURNING " SAGA_COLUMNS);

static const Error *seize(SagaStore *self, Ctx *ctx, const char *order_id, Saga *ret_saga) {
        PgSagaStore *store = (PgSagaStore *) self;
        const PgRows *rows;

        TRY(pg_run(store->pool, ctx, &sql_seize,
                   PG_ARGS(pg_text(order_id), pg_text(store->owner), pg_int64(store->lease_ms),
                           pg_int64(HOLDS_STOCK), pg_int64(HOLDS_USES), pg_int64(HOLDS_POINTS)),
                   &rows));
        if (pg_rows_count(rows) == 0)
                return error_internal(ctx->arena, NULL, "There is no order %s", order_id);
        TRY(read_saga(ctx->arena, rows, 0, ret_saga));
        lease(self, ctx, ret_saga, ret_saga->epoch);
        return NULL;
}

/* One that is done is nobody's to look at, also when whoever seized it could not begin it anew. */
static const PgStatement sql_let_go = PG_WRITE(
        "WITH moved AS ("
        "        UPDATE order_sagas SET owner = NULL, lease_until = NULL, attempts = $4, last_error = $5,"
        "                               due_at = CASE WHEN step <> 'DONE'"
        "                                             THEN now() + $3 * interval '1 ms' END,"
        "                               updated_at = now()"
        "         WHERE order_id = $1 AND epoch = $2 AND step = $6 RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_SAGA_FENCED "') FROM moved");

static const Error *let_go(SagaStore *self, Ctx *ctx, const Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        return pg_run(store->pool, ctx, &sql_let_go,
                      PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch), pg_int64(saga->pause_ms),
                              pg_int64(saga->attempts), pg_text(saga->last_error),
                              pg_text(steps[saga->row_step])),
                      NULL);
}

/*
 * What is still on its way to write this order meets either the row that is new here, or another epoch. Its
 * packet may be executed long after its sender gave up: so nothing but a row of the database can stop it.
 */
static const PgStatement sql_give_up = PG_WRITE(
        "WITH given_up AS ("
        "        INSERT INTO order_sagas AS s (order_id, customer_id, step, owner, epoch, lease_until, holds)"
        "        VALUES ($1, $2, 'COMPENSATE', $3, $4 + 1, now() + $5 * interval '1 ms', $6)"
        "        ON CONFLICT (order_id) DO UPDATE"
        "           SET step = 'COMPENSATE', epoch = s.epoch + 1, holds = excluded.holds, updated_at = now()"
        "         WHERE s.step = 'CLAIMED' AND s.epoch = $4"
        "        RETURNING 1)"
        " SELECT require_rows(count(*), '" INNER_SAGA_FENCED "') FROM given_up");

static const Error *give_up(SagaStore *self, Ctx *ctx, Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        TRY(pg_run(store->pool, ctx, &sql_give_up,
                   PG_ARGS(pg_text(saga->order_id), pg_text(saga->customer_id), pg_text(store->owner),
                           pg_int64(saga->epoch), pg_int64(store->lease_ms), pg_int64(saga->holds)),
                   NULL));
        saga->step = saga->row_step = SAGA_COMPENSATE;
        lease(self, ctx, saga, saga->epoch + 1);
        return NULL;
}

/* With a key, what is late is an UPDATE, and finds no row any more; without, it is an INSERT. */
static const PgStatement sql_forget = PG_WRITE(
        "WITH deleted AS ("
        "        DELETE FROM order_sagas"
        "         WHERE order_id = $1 AND epoch = $2 AND step = 'COMPENSATE' AND idempotency_key IS NOT NULL"
        "        RETURNING 1), buried AS ("
        "        UPDATE order_sagas"
        "           SET step = 'DONE', owner = NULL, lease_until = NULL, due_at = NULL,"
        "               forget_at = now() + interval '" SAGA_TOMBSTONE_KEPT "', updated_at = now()"
        "         WHERE order_id = $1 AND epoch = $2 AND step = 'COMPENSATE' AND idempotency_key IS NULL"
        "        RETURNING 1)"
        " SELECT require_rows((SELECT count(*) FROM deleted) + (SELECT count(*) FROM buried),"
        "                     '" INNER_SAGA_FENCED "')");

static const Error *forget(SagaStore *self, Ctx *ctx, const Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;

        return pg_run(store->pool, ctx, &sql_forget, PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch)),
                      NULL);
}

static const PgStatement sql_insert = PG_WRITE_ROWS(
        "INSERT INTO order_sagas (order_id, customer_id, step, owner, epoch, lease_until, holds)"
        " SELECT order_id, customer_id, step, owner, 1, now() + lease_ms * interval '1 ms', holds"
        "   FROM " PG_ROWS(n, order_id, customer_id, step, owner, lease_ms, holds));

static const PgStatement sql_update = PG_WRITE_ROWS(
        "WITH moved AS ("
        "        UPDATE order_sagas s"
        "           SET step = n.step, owner = CASE WHEN n.leased THEN n.owner END,"
        "               lease_until = CASE WHEN n.leased THEN now() + n.lease_ms * interval '1 ms' END,"
        "               due_at = CASE WHEN n.step = 'DONE' THEN NULL"
        "                             WHEN n.pause_ms > 0 THEN now() + n.pause_ms * interval '1 ms'"
        "                             ELSE least(s.due_at, now()) END,"
        "               forget_at = CASE WHEN n.step = 'DONE' THEN " SAGA_FORGET_AT " END,"
        "               attempts = n.attempts, last_error = n.last_error,"
        "               answer = coalesce(s.answer, n.answer), holds = n.holds, back_to = n.back_to,"
        "               cancel_reason = n.cancel_reason, updated_at = now()"
        "          FROM " PG_ROWS(n, order_id, epoch, row_step, step, leased, owner, lease_ms, pause_ms,
                                  attempts, last_error, answer, holds, back_to, cancel_reason)
        "         WHERE s.order_id = n.order_id AND s.epoch = n.epoch AND s.step = n.row_step RETURNING 1)"
        " SELECT require_rows((count(*) = cardinality($1))::int, '" INNER_SAGA_FENCED "') FROM moved");

static void add_insert(const PgSagaStore *store, PgBatch *batch, const Saga *saga) {
        pg_batch_add(batch, &sql_insert,
                     PG_ARGS(pg_text(saga->order_id), pg_text(saga->customer_id), pg_text(steps[saga->step]),
                             pg_text(store->owner), pg_int64(store->lease_ms), pg_int64(saga->holds)));
}

static void add_update(const PgSagaStore *store, PgBatch *batch, const Saga *saga) {
        bool cancels = saga->step == SAGA_CANCEL;

        pg_batch_add(batch, &sql_update,
                     PG_ARGS(pg_text(saga->order_id), pg_int64(saga->epoch), pg_text(steps[saga->row_step]),
                             pg_text(steps[saga->step]), pg_bool(saga->is_leased), pg_text(store->owner),
                             pg_int64(store->lease_ms), pg_int64(saga->pause_ms), pg_int64(saga->attempts),
                             pg_text(saga->last_error), pg_bytes(saga->answer), pg_int64(saga->holds),
                             pg_text(cancels ? steps[saga->back_to] : NULL),
                             pg_text(cancels ? saga->cancel_reason : NULL)));
}

PgBatch *order_saga_store_begin(SagaStore *self, Ctx *ctx, const Saga *saga) {
        PgSagaStore *store = (PgSagaStore *) self;
        PgBatch *batch = pg_batch_new(store->pool, ctx);

        if (saga->epoch == 0)
                add_insert(store, batch, saga);
        else
                add_update(store, batch, saga);
        return batch;
}

const Error *order_saga_store_commit(SagaStore *self, PgBatch *batch, Saga *saga) {
        TRY(pg_batch_run_shared(batch));
        saga->row_step = saga->step;
        if (saga->epoch == 0)
                lease(self, pg_batch_ctx(batch), saga, 1);
        return NULL;
}

/* Waits for nobody: a saga that is being moved right now gets its lease by that, or needs none any more. */
static const PgStatement sql_renew =
        PG_WRITE("UPDATE order_sagas SET lease_until = now() + $3 * interval '1 ms', updated_at = now()"
                 " WHERE order_id IN (SELECT s.order_id"
                 "                      FROM unnest($1::text[], $2::bigint[]) AS i (order_id, epoch)"
                 "                      JOIN order_sagas s ON s.order_id = i.order_id AND s.epoch = i.epoch"
                 "                     WHERE s.lease_until IS NOT NULL FOR UPDATE OF s SKIP LOCKED)");

const Error *order_saga_store_renew(SagaStore *self, Ctx *ctx) {
        PgSagaStore *store = (PgSagaStore *) self;
        const char **order_ids;
        int64_t *epochs;
        size_t n = order_leases_list(store->leases, ctx->arena, &order_ids, &epochs);

        if (n == 0)
                return NULL;
        return pg_run(
                store->pool, ctx, &sql_renew,
                PG_ARGS(pg_text_array(order_ids, n), pg_int64_array(epochs, n), pg_int64(store->lease_ms)),
                NULL);
}

/* One that somebody has seized, as to cancel its order, is left to him. */
static const PgStatement sql_sweep = PG_WRITE(
        "WITH old AS ("
        "        SELECT order_id FROM order_sagas"
        "         WHERE forget_at <= now()"
        "           AND " LEASE_IS_OVER
        "         ORDER BY forget_at LIMIT $1 FOR UPDATE SKIP LOCKED)"
        " DELETE FROM order_sagas s USING old WHERE s.order_id = old.order_id");

static const PgStatement sql_bring_back = PG_WRITE(
        "UPDATE order_sagas SET due_at = now()"
        " WHERE due_at > now() + $1 * interval '1 ms' + interval '1 minute'");

const Error *order_saga_store_sweep(SagaStore *self, Ctx *ctx, size_t limit, size_t *ret_n) {
        PgSagaStore *store = (PgSagaStore *) self;
        PgBatch *batch = pg_batch_new(store->pool, ctx);

        pg_batch_add(batch, &sql_sweep, PG_ARGS(pg_int64((int64_t) limit)));
        pg_batch_add(batch, &sql_bring_back, PG_ARGS(pg_int64(SAGA_LONGEST_PAUSE_MS)));
        TRY(pg_batch_run(batch));
        *ret_n = (size_t) pg_rows_affected(pg_batch_rows(batch, 0));
        return NULL;
}

static const Error *settle(SagaStore *self, Ctx *ctx, const Settlement *settlements, size_t n) {
        return order_saga_settle(((PgSagaStore *) self)->pool, ctx, settlements, n);
}

SagaStore *order_saga_store_new(Arena *arena, PgPool *pool, int64_t lease_ms) {
        PgSagaStore *store = ARENA_NEW(arena, PgSagaStore);

        *store = (PgSagaStore) {
                .base = {
                        .claim = claim,
                        .take_due = take_due,
                        .answer = answer,
                        .seize = seize,
                        .let_go = let_go,
                        .give_up = give_up,
                        .forget = forget,
                        .settle = settle,
                },
                .pool = pool,
                .lease_ms = lease_ms,
                .leases = order_leases_new(arena),
        };
        uuid_random_hex(store->owner, 32);
        return &store->base;
}
