#include "data/account_repo.h"

#include "data/hashes.h"
#include "pg/reader.h"

#define MS(number) PG_NUMBER(number) " * interval '1 ms'"
#define COUNTED MS(LOGIN_COUNTED_MS)
#define TOTAL_COUNTED MS(LOGIN_TOTAL_COUNTED_MS)

typedef struct PgAccountRepo {
        AccountRepo base;
        PgPool *pool;
        const Keyring *ring;
} PgAccountRepo;

static PgPool *pool_of(AccountRepo *self) {
        return ((PgAccountRepo *) self)->pool;
}

static const Keyring *ring_of(AccountRepo *self) {
        return ((PgAccountRepo *) self)->ring;
}

/* ---- logins ---- */

/* Counts a try, unless there is a pause: 1 or 0. The last one that is allowed begins the pause. */
static const PgStatement sql_try = PG_WRITE(
        "WITH total AS ("
        "        SELECT n FROM login_totals"
        "         WHERE login = $1 AND NOT is_over(since + " TOTAL_COUNTED ", " TOTAL_COUNTED ")),"
        "     tried AS ("
        "        INSERT INTO login_tries AS t (login, host, n, since) VALUES ($1, $2, 1, now())"
        "            ON CONFLICT (login, host) DO UPDATE"
        "           SET n = next_count(t.n, t.since, " COUNTED "),"
        "               since = CASE WHEN is_over(t.since + " COUNTED ", " COUNTED ") THEN now()"
        "                            ELSE t.since END,"
        "               paused_until = CASE WHEN next_count(t.n, t.since, " COUNTED ") >="
        "                       CASE WHEN (SELECT n FROM total) >= " PG_NUMBER(LOGIN_TOTAL_MAX)
        "                             AND coalesce(t.succeeded_at < now() - " MS(LOGIN_TRUSTED_MS) ", true)"
        "                            THEN " PG_NUMBER(LOGIN_DOUBTED_MAX)
        "                            ELSE " PG_NUMBER(LOGIN_TRIES_MAX) " END"
        "                       THEN now() + " COUNTED " END"
        "         WHERE t.paused_until IS NULL OR is_over(t.paused_until, " COUNTED ")"
        "     RETURNING 1),"
        "     counted AS ("
        "        INSERT INTO login_totals AS t (login, n, since) SELECT $1, 1, now() FROM tried"
        "            ON CONFLICT (login) DO UPDATE"
        "           SET n = next_count(t.n, t.since, " TOTAL_COUNTED "),"
        "               since = CASE WHEN is_over(t.since + " TOTAL_COUNTED ", " TOTAL_COUNTED ") THEN now()"
        "                            ELSE t.since END)"
        " SELECT count(*) FROM tried");

static const PgStatement sql_pause = PG_READ(
        "SELECT greatest(1, ceil(extract(epoch FROM paused_until - now()) * 1000)::bigint)"
        "  FROM login_tries WHERE login = $1 AND host = $2");

static const PgStatement sql_account = PG_READ(
        "SELECT account_id, customer_id, password_hash, array_to_string(roles, ' '), active"
        "  FROM accounts WHERE email_hash = $1");

static const Error *read_account(Arena *arena, const PgRows *rows, const Account **ret_account) {
        Account *account = ARENA_NEW(arena, Account);
        PgReader at = pg_reader(rows, 0);

        account->account_id = pg_next_text(&at);
        account->customer_id = pg_next_text_or_null(&at);
        account->password_hash = pg_next_text(&at);
        TRY(customer_read_roles(arena, pg_next_text(&at), &account->roles));
        account->is_active = pg_next_bool(&at);
        TRY(pg_reader_end(&at));
        *ret_account = account;
        return NULL;
}

static const Error *begin_login(AccountRepo *self, Ctx *ctx, const char *email, LoginStart *ret_start) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        PgArg login = pg_bytes(customer_email_hash(ring_of(self), ctx->arena, email));
        PgArg host = pg_bytes(customer_host_hash(ring_of(self), ctx));
        LoginStart start = { 0 };

        size_t tried = pg_batch_add(batch, &sql_try, PG_ARGS(login, host));
        size_t pause = pg_batch_add(batch, &sql_pause, PG_ARGS(login, host));
        size_t found = pg_batch_add(batch, &sql_account, PG_ARGS(login));
        TRY(pg_batch_run(batch));
        if (pg_get_int64(pg_batch_rows(batch, tried), 0, 0) == 0)
                start.wait_ms = pg_get_int64(pg_batch_rows(batch, pause), 0, 0);
        if (pg_rows_count(pg_batch_rows(batch, found)) > 0)
                TRY(read_account(ctx->arena, pg_batch_rows(batch, found), &start.account));
        *ret_start = start;
        return NULL;
}

static const PgStatement sql_forget_try = PG_WRITE(
        "UPDATE login_tries SET n = greatest(n - 1, 0), paused_until = NULL WHERE login = $1 AND host = $2");

static const PgStatement sql_forget_in_total = PG_WRITE(
        "UPDATE login_totals SET n = greatest(n - 1, 0) WHERE login = $1");

static const Error *forget_try(AccountRepo *self, Ctx *ctx, const char *email) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        PgArg login = pg_bytes(customer_email_hash(ring_of(self), ctx->arena, email));
        PgArg host = pg_bytes(customer_host_hash(ring_of(self), ctx));

        pg_batch_add(batch, &sql_forget_try, PG_ARGS(login, host));
        pg_batch_add(batch, &sql_forget_in_total, PG_ARGS(login));
        return pg_batch_run(batch);
}

/* ---- customers ---- */

static Bytes seal(AccountRepo *self, Arena *arena, const char *table, const char *column, const char *row,
                  const char *text) {
        return crypt_seal(ring_of(self), arena, &(SealedPlace) { table, column, row }, text);
}

static const PgStatement sql_insert_customer = PG_WRITE(
        "INSERT INTO customers (customer_id, name, phone) VALUES ($1, $2, $3)");

static const PgStatement sql_insert_account = PG_WRITE(
        "INSERT INTO accounts (account_id, customer_id, email, email_hash, password_hash, roles)"
        " VALUES ($1, $2, $3, $4, $5, $6)");

static const Error *insert(AccountRepo *self, Ctx *ctx, const Registration *wanted, const Account *account,
                           bool *ret_is_new) {
        PgBatch *batch = pg_batch_new(pool_of(self), ctx);
        const char *id = account->customer_id;
        Arena *arena = ctx->arena;
        size_t n_roles;
        const char **roles = ctx_words_of_roles(arena, account->roles, &n_roles);

        pg_batch_add(batch, &sql_insert_customer,
                     PG_ARGS(pg_text(id),
                             pg_bytes(seal(self, arena, "customers", "name", id, wanted->name)),
                             pg_bytes(seal(self, arena, "customers", "phone", id, wanted->phone))));
        pg_batch_add(batch, &sql_insert_account,
                     PG_ARGS(pg_text(account->account_id), pg_text(id),
                             pg_bytes(seal(self, arena, "accounts", "email", account->account_id,
                                           wanted->email)),
                             pg_bytes(customer_email_hash(ring_of(self), arena, wanted->email)),
                             pg_text(account->password_hash), pg_text_array(roles, n_roles)));
        const Error *error = pg_batch_run(batch);
        *ret_is_new = !error;
        return error && pg_batch_violates(batch, "accounts_email_hash_key") ? NULL : error;
}

AccountRepo *customer_account_repo_new(Arena *arena, PgPool *pool, const Keyring *ring) {
        PgAccountRepo *repo = ARENA_NEW(arena, PgAccountRepo);

        *repo = (PgAccountRepo) {
                .base = { .begin_login = begin_login, .forget_try = forget_try, .insert = insert },
                .pool = pool,
                .ring = ring,
        };
        return &repo->base;
}
