#include "data/session_repo.h"

#include "base/memory.h"
#include "base/uuid.h"
#include "crypt/random.h"
#include "data/hashes.h"
#include "pg/reader.h"

#define MS(number) PG_NUMBER(number) " * interval '1 ms'"
#define LIFETIME MS(REFRESH_LIFETIME_MS)
#define AGAIN MS(REFRESH_AGAIN_MS)

/* What is over is kept so much longer, against a clock that steps. */
#define KEPT "interval '1 day'"

typedef struct PgSessionRepo {
        SessionRepo base;
        PgPool *pool;
        const Keyring *ring;
} PgSessionRepo;

static PgPool *pool_of(SessionRepo *self) {
        return ((PgSessionRepo *) self)->pool;
}

static const Keyring *ring_of(SessionRepo *self) {
        return ((PgSessionRepo *) self)->ring;
}

/* ---- begun ---- */

static const PgStatement sql_succeed = PG_WRITE(
        "UPDATE login_tries SET n = 0, paused_until = NULL, succeeded_at = now()"
        " WHERE login = $1 AND host = $2");

static const PgStatement sql_uncount = PG_WRITE(
        "UPDATE login_totals SET n = greatest(n - 1, 0) WHERE login = $1");

static const PgStatement sql_insert_family = PG_WRITE(
        "INSERT INTO refresh_families (family_id, account_id, expires_at)"
        " VALUES ($1, $2, now() + " LIFETIME ")");

static const PgStatement sql_insert_token = PG_WRITE(
        "INSERT INTO refresh_tokens (token_hash, family_id, expires_at)"
        " VALUES ($1, $2, now() + " LIFETIME ")");

static const Error *open(SessionRepo *self, Ctx *ctx, const Account *account, const char *email,
                         const char **ret_refresh_token) {
        const Keyring *ring = ring_of(self);
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        PgArg login = pg_bytes(customer_email_hash(ring, ctx->arena, email));
        PgArg family = pg_text(uuid_sortable(ctx->arena, "SES-"));
        const char *token = crypt_random_text(ctx->arena);

        pg_batch_add(batch, &sql_succeed, PG_ARGS(login, pg_bytes(customer_host_hash(ring, ctx))));
        pg_batch_add(batch, &sql_uncount, PG_ARGS(login));
        pg_batch_add(batch, &sql_insert_family, PG_ARGS(family, pg_text(account->account_id)));
        pg_batch_add(batch, &sql_insert_token,
                     PG_ARGS(pg_bytes(customer_token_hash(ring, ctx->arena, token)), family));
        TRY(pg_batch_run(batch));
        *ret_refresh_token = token;
        return NULL;
}

/* ---- continued ---- */

/* Whoever shows tokens of one session at once comes one after the other. */
static const PgStatement sql_lock = PG_WRITE(
        "SELECT FROM refresh_families f JOIN refresh_tokens t USING (family_id)"
        " WHERE t.token_hash = $1 FOR UPDATE OF f");

static const PgStatement sql_use = PG_WRITE(
        "UPDATE refresh_tokens t SET used_at = now()"
        "  FROM refresh_families f JOIN accounts a USING (account_id)"
        " WHERE t.token_hash = $1 AND f.family_id = t.family_id"
        "   AND t.used_at IS NULL AND f.ended_at IS NULL AND a.active"
        "   AND NOT is_over(t.expires_at, " LIFETIME ")");

/* used_at is now() when this transaction wrote it. */
static const PgStatement sql_follow = PG_WRITE(
        "INSERT INTO refresh_tokens (token_hash, family_id, expires_at)"
        " SELECT $2, family_id, now() + " LIFETIME " FROM refresh_tokens"
        "  WHERE token_hash = $1 AND used_at = now()"
        " ON CONFLICT DO NOTHING");

static const PgStatement sql_extend = PG_WRITE(
        "UPDATE refresh_families f SET expires_at = now() + " LIFETIME "  FROM refresh_tokens t"
        " WHERE t.token_hash = $1 AND f.family_id = t.family_id AND t.used_at = now()");

/* Of a token that was used up, or of an account that was closed: a login may have met its closing. */
static const PgStatement sql_end_of_refused = PG_WRITE(
        "UPDATE refresh_families f SET ended_at = now() FROM refresh_tokens t, accounts a"
        " WHERE t.token_hash = $1 AND f.family_id = t.family_id AND a.account_id = f.account_id"
        "   AND f.ended_at IS NULL"
        "   AND (NOT a.active OR is_over(t.used_at + " AGAIN ", " AGAIN "))"
        " RETURNING a.active");

static const PgStatement sql_state = PG_READ(
        "SELECT a.account_id, a.customer_id, array_to_string(a.roles, ' '), a.active,"
        "       f.ended_at IS NULL AND a.active AND t.used_at IS NOT NULL"
        "  FROM refresh_tokens t JOIN refresh_families f USING (family_id) JOIN accounts a USING (account_id)"
        " WHERE t.token_hash = $1");

static const Error *read_state(Arena *arena, const PgRows *rows, Account *account, bool *ret_goes_on) {
        PgReader at = pg_reader(rows, 0);

        account->account_id = pg_next_text(&at);
        account->customer_id = pg_next_text_or_null(&at);
        TRY(customer_read_roles(arena, pg_next_text(&at), &account->roles));
        account->is_active = pg_next_bool(&at);
        *ret_goes_on = pg_next_bool(&at);
        return pg_reader_end(&at);
}

static const Error *rotate(SessionRepo *self, Ctx *ctx, const char *refresh_token,
                           RefreshOutcome *ret_outcome, Account *ret_account, const char **ret_next) {
        const Keyring *ring = ring_of(self);
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        const char *next = customer_next_token(ring, ctx->arena, refresh_token);
        PgArg shown = pg_bytes(customer_token_hash(ring, ctx->arena, refresh_token));
        PgArg following = pg_bytes(customer_token_hash(ring, ctx->arena, next));
        Account account = { 0 };
        bool goes_on = false;

        pg_batch_add(batch, &sql_lock, PG_ARGS(shown));
        pg_batch_add(batch, &sql_use, PG_ARGS(shown));
        pg_batch_add(batch, &sql_follow, PG_ARGS(shown, following));
        pg_batch_add(batch, &sql_extend, PG_ARGS(shown));
        size_t ended = pg_batch_add(batch, &sql_end_of_refused, PG_ARGS(shown));
        size_t state = pg_batch_add(batch, &sql_state, PG_ARGS(shown));
        TRY(pg_batch_run(batch));
        if (pg_rows_count(pg_batch_rows(batch, state)) > 0)
                TRY(read_state(ctx->arena, pg_batch_rows(batch, state), &account, &goes_on));
        bool was_reused = pg_rows_count(pg_batch_rows(batch, ended)) > 0 &&
                          pg_get_bool(pg_batch_rows(batch, ended), 0, 0);
        *ret_outcome = was_reused ? REFRESH_REUSED : goes_on ? REFRESH_GOES_ON : REFRESH_IS_OVER;
        *ret_account = account;
        *ret_next = next;
        return NULL;
}

/* ---- ended ---- */

static const PgStatement sql_end = PG_WRITE(
        "UPDATE refresh_families f SET ended_at = now() FROM refresh_tokens t"
        " WHERE t.token_hash = $1 AND f.family_id = t.family_id AND f.ended_at IS NULL");

static const Error *end(SessionRepo *self, Ctx *ctx, const char *refresh_token) {
        PgArg shown = pg_bytes(customer_token_hash(ring_of(self), ctx->arena, refresh_token));

        return pg_run(pool_of(self), ctx, &sql_end, PG_ARGS(shown), NULL);
}

/*
 * Each says twice what is over: a row may be extended between the look and the deletion, which waits for it
 * and looks again.
 */
static const PgStatement sql_sweep_families = PG_WRITE(
        "DELETE FROM refresh_families WHERE expires_at <= now() - " KEPT
        "   AND family_id IN (SELECT family_id FROM refresh_families WHERE expires_at <= now() - " KEPT
        "                      ORDER BY expires_at LIMIT $1)");

static const PgStatement sql_sweep_tokens = PG_WRITE(
        "DELETE FROM refresh_tokens WHERE expires_at <= now() - " KEPT
        "   AND token_hash IN (SELECT token_hash FROM refresh_tokens WHERE expires_at <= now() - " KEPT
        "                       ORDER BY expires_at LIMIT $1)");

#define TRY_IS_OVER                                                                                          \
        "since <= now() - " KEPT " AND coalesce(paused_until <= now(), true)"                                \
        " AND coalesce(succeeded_at <= now() - " MS(LOGIN_TRUSTED_MS) ", true)"

static const PgStatement sql_sweep_tries = PG_WRITE(
        "DELETE FROM login_tries WHERE " TRY_IS_OVER
        "   AND (login, host) IN (SELECT login, host FROM login_tries WHERE " TRY_IS_OVER " LIMIT $1)");

static const PgStatement sql_sweep_totals = PG_WRITE(
        "DELETE FROM login_totals WHERE since <= now() - " KEPT
        "   AND login IN (SELECT login FROM login_totals WHERE since <= now() - " KEPT
        "                  ORDER BY since LIMIT $1)");

static const Error *sweep(SessionRepo *self, Ctx *ctx, size_t limit, size_t *ret_n) {
        static const PgStatement *const sweeps[] = { &sql_sweep_families, &sql_sweep_tokens,
                                                     &sql_sweep_tries, &sql_sweep_totals };
        size_t n_most = 0;

        for (size_t i = 0; i < ARRAY_SIZE(sweeps); i++) {
                const PgRows *rows;

                TRY(pg_run(pool_of(self), ctx, sweeps[i], PG_ARGS(pg_int64((int64_t) limit)), &rows));
                if (pg_rows_affected(rows) > n_most)
                        n_most = pg_rows_affected(rows);
        }
        *ret_n = n_most;
        return NULL;
}

SessionRepo *customer_session_repo_new(Arena *arena, PgPool *pool, const Keyring *ring) {
        PgSessionRepo *repo = ARENA_NEW(arena, PgSessionRepo);

        *repo = (PgSessionRepo) {
                .base = { .open = open, .rotate = rotate, .end = end, .sweep = sweep },
                .pool = pool,
                .ring = ring,
        };
        return &repo->base;
}
