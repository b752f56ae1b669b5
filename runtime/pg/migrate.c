#include "pg/migrate.h"

#include "base/str.h"
#include "pg/pool_private.h"
#include "runtime_migrations.h"

#define RUNTIME_SET "runtime"

static const char sql_lock[] = "SELECT pg_advisory_lock(7236837217411)";

static const char sql_create_table[] =
        "CREATE TABLE IF NOT EXISTS schema_migrations ("
        "        set text NOT NULL,"
        "        name text NOT NULL,"
        "        sha256 bytea NOT NULL,"
        "        applied_at timestamptz NOT NULL DEFAULT now(),"
        "        PRIMARY KEY (set, name))";

static const char sql_find[] =
        "SELECT sha256 = sha256(convert_to($3, 'UTF8')) FROM schema_migrations WHERE set = $1 AND name = $2";

static const char sql_remember[] =
        "INSERT INTO schema_migrations (set, name, sha256) VALUES ($1, $2, sha256(convert_to($3, 'UTF8')))";

static const Error *run(PgSession *session, Ctx *ctx, const char *sql) {
        const PGresult *result;

        return pg_session_query(session, ctx, sql, 0, NULL, &result);
}

/* An error leaves the transaction open; it ends with the session, which is closed then. */
static const Error *apply(PgSession *session, Ctx *ctx, const char *set, const PgMigration *migration) {
        const char *params[] = { set, migration->name, migration->sql };
        const PGresult *result;

        TRY(run(session, ctx, "BEGIN"));
        TRY(run(session, ctx, migration->sql));
        TRY(pg_session_query(session, ctx, sql_remember, 3, params, &result));
        return run(session, ctx, "COMMIT");
}

static const Error *apply_missing(PgSession *session, Ctx *ctx, const char *set,
                                  const PgMigration *migration) {
        const char *params[] = { set, migration->name, migration->sql };
        const PGresult *result;

        TRY(pg_session_query(session, ctx, sql_find, 3, params, &result));
        if (PQntuples(result) == 0) {
                const Error *error = apply(session, ctx, set, migration);

                if (error && !error->reason)
                        return error_internal(ctx->arena, error, "Migration %s of %s failed", migration->name,
                                              set);
                return error;
        }
        if (!str_equal(PQgetvalue(result, 0, 0), "t"))
                return error_internal(ctx->arena, NULL, "Migration %s of %s was changed after it was applied",
                                      migration->name, set);
        return NULL;
}

static const Error *apply_set(PgSession *session, Ctx *ctx, const char *set, const PgMigration *migrations,
                              size_t n) {
        for (size_t i = 0; i < n; i++)
                TRY(apply_missing(session, ctx, set, &migrations[i]));
        return NULL;
}

static const Error *migrate(PgSession *session, Ctx *ctx, const char *set, const PgMigration *migrations,
                            size_t n) {
        TRY(run(session, ctx, sql_lock));
        TRY(run(session, ctx, sql_create_table));
        TRY(apply_set(session, ctx, RUNTIME_SET, runtime_migrations, runtime_n_migrations));
        return apply_set(session, ctx, set, migrations, n);
}

/* On a session of its own: waiting for the lock and a long migration must not meet the statement timeout. */
const Error *pg_migrate(PgPool *pool, Ctx *ctx, const char *set, const PgMigration *migrations, size_t n) {
        PgPoolConfig config = { .dsn = pg_pool_config(pool)->dsn };
        PgSession *session;

        TRY(pg_session_open(&config, ctx, &session));
        const Error *error = migrate(session, ctx, set, migrations, n);
        pg_session_close(session);
        return error;
}
