#include "fixture.h"

#include <pthread.h>
#include <string.h>

#include "events/outbox.h"

#define N_THREADS 8

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        dsn = test_database("migrate");
        pool = pool_on(dsn, 1);
}

static void tear_down(void) {
        pg_pool_free(pool);
}

/* Two statements in one file; the second table counts how often it ran. */
static const PgMigration migrations[] = {
        { "0001_first.sql", "CREATE TABLE first (n bigint);\nINSERT INTO first VALUES (1);\n" },
        { "0002_second.sql", "-- \"quoted\" \\ text\nINSERT INTO first SELECT n + 1 FROM first;\n" },
};

TEST(applies_each_migration_once_and_in_order) {
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", migrations, 1 }));
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", migrations, 2 }));
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", migrations, 2 }));

        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM first"), 2);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM schema_migrations WHERE set = 't'"), 2);
        ck_assert_int_gt(test_sql_int64(dsn, "SELECT count(*) FROM schema_migrations WHERE set = 'runtime'"),
                         0);
}

static void *migrate_alone(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        PgPool *own = pool_on(dsn, 1);

        ck_assert_ok(pg_migrate(own, &ctx, &(PgSchema) { "t", migrations, 2 }));
        pg_pool_free(own);
        arena_free(arena);
        return arg;
}

TEST(many_processes_that_start_at_once_apply_them_once) {
        pthread_t threads[N_THREADS];

        for (int i = 0; i < N_THREADS; i++)
                pthread_create(&threads[i], NULL, migrate_alone, NULL);
        for (int i = 0; i < N_THREADS; i++)
                pthread_join(threads[i], NULL);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM first"), 2);
}

TEST(refuses_a_migration_that_was_changed_after_it_was_applied) {
        static const PgMigration changed[] = { { "0001_first.sql", "CREATE TABLE first (n integer);" } };

        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", migrations, 1 }));
        const Error *error = pg_migrate(pool, test_ctx(), &(PgSchema) { "t", changed, 1 });
        ck_assert_ptr_nonnull(error);
        ck_assert_ptr_null(error->reason);
        ck_assert_msg(strstr(error->message, "0001_first.sql"), "not named: %s", error->message);
}

TEST(leaves_nothing_of_a_migration_that_fails) {
        static const PgMigration broken[] = {
                { "0001_broken.sql", "CREATE TABLE half (n bigint); SELECT 1 / 0;" }
        };
        static const PgMigration fixed[] = { { "0001_broken.sql", "CREATE TABLE half (n bigint);" } };
        const Error *error = pg_migrate(pool, test_ctx(), &(PgSchema) { "t", broken, 1 });

        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(error->message, "0001_broken.sql"), "not named: %s", error->message);
        ck_assert_str_eq(test_sql_text(dsn, "SELECT coalesce(to_regclass('half')::text, 'none')"), "none");
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", fixed, 1 }));
}

TEST(leaves_nothing_of_a_migration_that_could_not_be_remembered) {
        static const PgMigration vain[] = {
                { "0001_vain.sql", "CREATE TABLE half (n bigint);"
                  " ALTER TABLE schema_migrations RENAME TO gone;" },
        };

        ck_assert_ptr_nonnull(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", vain, 1 }));
        ck_assert_str_eq(test_sql_text(dsn, "SELECT coalesce(to_regclass('half')::text, 'none')"), "none");
}

TEST(sets_do_not_see_one_another) {
        static const PgMigration other[] = { { "0001_first.sql", "CREATE TABLE other (n bigint);" } };

        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", migrations, 1 }));
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "u", other, 1 }));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM other"), 0);
}

/* As the release left it that knew consumers of orders only. */
TEST(an_inbox_without_types_is_one_of_orders) {
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { .name = "t" }));
        test_sql(dsn, "DELETE FROM schema_migrations WHERE set = 'runtime' AND name LIKE '0004%';"
                      "ALTER TABLE inbox DROP CONSTRAINT inbox_pkey, DROP COLUMN aggregate_type,"
                      "                  ADD PRIMARY KEY (consumer, aggregate_id);"
                      "INSERT INTO inbox (consumer, aggregate_id, version) VALUES ('warehouse', 'ORD-1', 7)");
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { .name = "t" }));
        ck_assert_str_eq(test_sql_text(dsn, "SELECT aggregate_type || ' ' || aggregate_id || ' ' || version"
                                            "  FROM inbox"),
                         "order ORD-1 7");
        test_sql(dsn, "INSERT INTO inbox (consumer, aggregate_type, aggregate_id, version)"
                      " VALUES ('warehouse', 'usage', 'ORD-1', 1)");
}

TEST(gives_every_database_a_row_per_outbox_partition) {
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", NULL, 0 }));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM outbox_partition"
                                             " WHERE epoch = 0 AND owner IS NULL"),
                         OUTBOX_PARTITIONS);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT max(partition) FROM outbox_partition"),
                         OUTBOX_PARTITIONS - 1);
}

static const PgStatement sql_fence = PG_READ("SELECT require_rows($1, 'NO_ROWS')");

TEST(the_fence_wants_at_least_one_row) {
        ck_assert_ok(pg_migrate(pool, test_ctx(), &(PgSchema) { "t", NULL, 0 }));
        ck_assert_ok(pg_run(pool, test_ctx(), &sql_fence, PG_ARGS(pg_int64(1)), NULL));
        ck_assert_reason(pg_run(pool, test_ctx(), &sql_fence, PG_ARGS(pg_int64(0)), NULL), "NO_ROWS");
        ck_assert_reason(pg_run(pool, test_ctx(), &sql_fence, PG_ARGS(pg_null(PG_INT64)), NULL), "NO_ROWS");
}

TEST(a_migration_may_take_longer_than_a_statement) {
        static const PgMigration slow[] = { { "0001_slow.sql", "SELECT pg_sleep(2);" } };
        PgPool *hasty =
                pg_pool_new(&(PgPoolConfig) { .dsn = dsn, .n_connections = 1, .statement_timeout_ms = 1000 });

        ck_assert_ok(pg_migrate(hasty, test_ctx(), &(PgSchema) { "t", slow, 1 }));
        pg_pool_free(hasty);
}

int main(void) {
        Suite *suite = suite_create("pg/migrate");
        TCase *tests = tcase_create("migrate");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
