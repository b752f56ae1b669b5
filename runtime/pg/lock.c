#include "pg/lock.h"

#include <stdlib.h>

#include "base/memory.h"
#include "base/str.h"
#include "pg/session_private.h"

#define STATEMENT_TIMEOUT_MS 5000

/*
 * The server ends a session that has been silent for this long, for then its process is stopped or out of
 * reach, and others wait for its locks.
 */
static const char sql_limit_silence[] = "SELECT set_config('idle_session_timeout', $1, false)";

struct PgLock {
        PgPoolConfig config;
        PgSession *session; /* NULL: not connected, nothing held */
};

PgLock *pg_lock_new(const char *dsn) {
        PgLock *lock = MEMORY_NEW(PgLock);

        lock->config =
                (PgPoolConfig) { .dsn = memory_strdup(dsn), .statement_timeout_ms = STATEMENT_TIMEOUT_MS };
        return lock;
}

void pg_lock_free(PgLock *lock) {
        if (!lock)
                return;
        if (lock->session)
                pg_session_close(lock->session);
        free((char *) lock->config.dsn);
        free(lock);
}

/* Asks for a boolean about the key on the session as it is. */
static const Error *ask(PgLock *lock, Ctx *ctx, const char *sql, int64_t key, bool *ret_answer) {
        const char *params[] = { arena_printf(ctx->arena, "%lld", (long long) key) };
        const PGresult *result;
        const Error *error = pg_session_query(lock->session, ctx, sql, 1, params, &result);

        if (error) {
                pg_session_abandon(lock->session);
                lock->session = NULL;
                return error;
        }
        *ret_answer = str_equal(PQgetvalue(result, 0, 0), "t");
        return NULL;
}

/* pg_try_advisory_lock() counts: asked only when this session does not hold the key yet. */
static const char sql_try[] =
        "SELECT EXISTS (SELECT FROM pg_locks"
        "                WHERE locktype = 'advisory' AND pid = pg_backend_pid() AND objsubid = 1"
        "                  AND (classid::bigint << 32 | objid::bigint) = $1::bigint)"
        "    OR pg_try_advisory_lock($1::bigint)";

static const Error *connect_session(PgLock *lock, Ctx *ctx) {
        const char *params[] = { arena_printf(ctx->arena, "%d", PG_LOCK_SILENCE_MS) };
        const PGresult *result;

        TRY(pg_session_open(&lock->config, ctx, &lock->session));
        const Error *error = pg_session_query(lock->session, ctx, sql_limit_silence, 1, params, &result);
        if (error) {
                pg_session_abandon(lock->session);
                lock->session = NULL;
        }
        return error;
}

const Error *pg_lock_try(PgLock *lock, Ctx *ctx, int64_t key, bool *ret_held) {
        if (!lock->session)
                TRY(connect_session(lock, ctx));
        return ask(lock, ctx, sql_try, key, ret_held);
}

static const char sql_release[] = "SELECT pg_advisory_unlock($1::bigint)";

const Error *pg_lock_release(PgLock *lock, Ctx *ctx, int64_t key) {
        bool was_held;

        return lock->session ? ask(lock, ctx, sql_release, key, &was_held) : NULL;
}

static const char sql_is_alive[] = "SELECT $1::bigint = 0";

bool pg_lock_is_alive(PgLock *lock, Ctx *ctx) {
        bool answer;

        return lock->session && !ask(lock, ctx, sql_is_alive, 0, &answer);
}
