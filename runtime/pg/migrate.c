#include "pg/migrate.h"

#include "base/str.h"
#include "pg/pool_private.h"
#include "runtime_migrations.h"

static const char sql_lock[] = "SELECT pg_advisory_lock(7236837217411)";

/* A role that may create nothing finds what another has migrated, or waits for it. */
static const char sql_may_create[] = "SELECT has_schema_privilege('public', 'CREATE'),"
                                     "       to_regclass('schema_migrations') IS NOT NULL";

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

static const Error *wait_for_owner(Ctx *ctx, const char *set, const char *name) {
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE,
                         "Migration %s of %s is not applied yet, and this role may not", name, set);
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
                                  const PgMigration *migration, bool may_create) {
        const char *params[] = { set, migration->name, migration->sql };
        const PGresult *result;

        TRY(pg_session_query(session, ctx, sql_find, 3, params, &result));
        if (PQntuples(result) == 0 && !may_create)
                return wait_for_owner(ctx, set, migration->name);
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

static const Error *apply_schema(PgSession *session, Ctx *ctx, const PgSchema *schema, bool may_create) {
        for (size_t i = 0; i < schema->n; i++)
                TRY(apply_missing(session, ctx, schema->name, &schema->migrations[i], may_create));
        return NULL;
}

static const Error *migrate(PgSession *session, Ctx *ctx, const PgSchema *schema) {
        const PGresult *result;

        TRY(run(session, ctx, sql_lock));
        TRY(pg_session_query(session, ctx, sql_may_create, 0, NULL, &result));
        bool may_create = str_equal(PQgetvalue(result, 0, 0), "t");
        bool has_table = str_equal(PQgetvalue(result, 0, 1), "t");
        if (may_create)
                TRY(run(session, ctx, sql_create_table));
        else if (!has_table)
                return wait_for_owner(ctx, runtime_schema.name, runtime_schema.migrations[0].name);
        TRY(apply_schema(session, ctx, &runtime_schema, may_create));
        return apply_schema(session, ctx, schema, may_create);
}

/* On a session of its own: waiting for the lock and a long migration must not meet the statement timeout. */
const Error *pg_migrate(PgPool *pool, Ctx *ctx, const PgSchema *schema) {
        PgPoolConfig config = { .dsn = pg_pool_config(pool)->dsn };
        PgSession *session;

        TRY(pg_session_open(&config, ctx, &session));
        const Error *error = migrate(session, ctx, schema);
        pg_session_close(session);
        return error;
}
