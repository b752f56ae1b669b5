#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <string.h>

#include "base/task.h"
#include "base/workers.h"

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("batch", 4, &dsn);
        test_sql(dsn, "CREATE TABLE stock (sku text PRIMARY KEY,"
                      " n bigint NOT NULL CONSTRAINT stock_n_check CHECK (n >= 0))");
        test_sql(dsn, "INSERT INTO stock VALUES ('a', 10), ('b', 10)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgStatement sql_insert = PG_WRITE("INSERT INTO stock VALUES ($1, $2)");
static const PgStatement sql_take = PG_WRITE("UPDATE stock SET n = n - $2 WHERE sku = $1");
static const PgStatement sql_count = PG_READ("SELECT count(*) FROM stock");

TEST(commits_all_statements_and_gives_their_rows) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_insert, PG_ARGS(pg_text("c"), pg_int64(5)));
        size_t take = pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("c"), pg_int64(2)));
        size_t count = pg_batch_add(batch, &sql_count, PG_NO_ARGS);
        ck_assert_ok(pg_batch_run(batch));

        ck_assert_uint_eq(pg_rows_affected(pg_batch_rows(batch, take)), 1);
        ck_assert_uint_eq(pg_rows_count(pg_batch_rows(batch, count)), 1);
        ck_assert_int_eq(pg_get_int64(pg_batch_rows(batch, count), 0, 0), 3);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT n FROM stock WHERE sku = 'c'"), 3);
}

TEST(rolls_back_everything_when_a_later_statement_fails) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_insert, PG_ARGS(pg_text("c"), pg_int64(5)));
        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("a"), pg_int64(11)));
        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("b"), pg_int64(1)));
        const Error *error = pg_batch_run(batch);

        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        ck_assert_ptr_null(error->reason);
        ck_assert_msg(strstr(error->message, sql_take.sql), "the failing statement is missing in: %s",
                      error->message);
        ck_assert(pg_batch_violates(batch, "stock_n_check"));
        ck_assert(!pg_batch_violates(batch, "stock_pkey"));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT sum(n) FROM stock"), 20);
}

TEST(names_the_unique_constraint_that_refused_a_row) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_insert, PG_ARGS(pg_text("a"), pg_int64(1)));
        ck_assert_ptr_nonnull(pg_batch_run(batch));
        ck_assert(pg_batch_violates(batch, "stock_pkey"));
}

TEST(a_constraint_checked_at_the_commit_fails_the_batch) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        test_sql(dsn, "CREATE TABLE late"
                      " (n bigint CONSTRAINT late_n_key UNIQUE DEFERRABLE INITIALLY DEFERRED)");
        static const PgStatement sql_late = PG_WRITE("INSERT INTO late VALUES ($1)");
        pg_batch_add(batch, &sql_late, PG_ARGS(pg_int64(1)));
        pg_batch_add(batch, &sql_late, PG_ARGS(pg_int64(1)));
        const Error *error = pg_batch_run(batch);

        ck_assert_ptr_nonnull(error);
        ck_assert_msg(strstr(error->message, "COMMIT"), "not at the commit: %s", error->message);
        ck_assert(pg_batch_violates(batch, "late_n_key"));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM late"), 0);
}

static const PgStatement sql_take_fenced = PG_WRITE(
        "WITH taken AS (UPDATE stock SET n = n - $2 WHERE sku = $1 AND n >= $2 RETURNING 1)"
        " SELECT require_rows(count(*), 'OUT_OF_STOCK') FROM taken");

TEST(a_fence_rolls_back_and_gives_its_reason) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("a"), pg_int64(1)));
        pg_batch_add(batch, &sql_take_fenced, PG_ARGS(pg_text("b"), pg_int64(11)));
        const Error *error = ck_assert_reason(pg_batch_run(batch), "OUT_OF_STOCK");

        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT sum(n) FROM stock"), 20);
}

TEST(a_fence_that_holds_lets_the_batch_pass) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_take_fenced, PG_ARGS(pg_text("b"), pg_int64(10)));
        ck_assert_ok(pg_batch_run(batch));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT n FROM stock WHERE sku = 'b'"), 0);
}

static const PgStatement sql_prepared = PG_READ(
        "SELECT count(*) FROM pg_prepared_statements WHERE statement = $1");

TEST(prepares_each_statement_once_per_session) {
        PgPool *one = pool_on(dsn, 1);
        const PgRows *rows;

        for (int i = 0; i < 3; i++) {
                PgBatch *batch = pg_batch_new(one, test_ctx());

                pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("a"), pg_int64(1)));
                pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("b"), pg_int64(1)));
                ck_assert_ok(pg_batch_run(batch));
        }
        ck_assert_ok(pg_run(one, test_ctx(), &sql_prepared, PG_ARGS(pg_text(sql_take.sql)), &rows));
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 1);
        pg_pool_free(one);
}

TEST(a_statement_that_could_not_be_prepared_is_prepared_later) {
        PgPool *one = pool_on(dsn, 1);
        static const PgStatement sql_absent = PG_WRITE("INSERT INTO not_yet VALUES ($1)");

        ck_assert_ptr_nonnull(pg_run(one, test_ctx(), &sql_absent, PG_ARGS(pg_int64(1)), NULL));
        test_sql(dsn, "CREATE TABLE not_yet (n bigint)");
        ck_assert_ok(pg_run(one, test_ctx(), &sql_absent, PG_ARGS(pg_int64(1)), NULL));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM not_yet"), 1);
        pg_pool_free(one);
}

TEST(a_statement_behind_one_that_failed_is_prepared_later) {
        PgPool *one = pool_on(dsn, 1);
        PgBatch *batch = pg_batch_new(one, test_ctx());

        pg_batch_add(batch, &sql_insert, PG_ARGS(pg_text("a"), pg_int64(1)));
        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text("a"), pg_int64(1)));
        ck_assert_ptr_nonnull(pg_batch_run(batch));
        ck_assert_ok(pg_run(one, test_ctx(), &sql_take, PG_ARGS(pg_text("a"), pg_int64(1)), NULL));
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT n FROM stock WHERE sku = 'a'"), 9);
        pg_pool_free(one);
}

TEST(survives_a_change_of_the_schema_under_its_prepared_statements) {
        static const PgStatement sql_all = PG_READ("SELECT * FROM stock WHERE sku = 'a'");
        const PgRows *rows;

        ck_assert_ok(pg_run(pool, test_ctx(), &sql_all, PG_NO_ARGS, &rows));
        test_sql(dsn, "ALTER TABLE stock ADD COLUMN note text NOT NULL DEFAULT 'new'");
        ck_assert_ok(pg_run(pool, test_ctx(), &sql_all, PG_NO_ARGS, &rows));
        ck_assert_str_eq(pg_get_text(rows, 0, 2), "new");
}

static const PgStatement sql_meet = PG_READ("SELECT meet()");

/* Takes two rows in the given order, and the second only when another has its first. */
static void *take_both(void *arg) {
        const char *const *skus = arg;
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        PgBatch *batch = pg_batch_new(pool, &ctx);

        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text(skus[0]), pg_int64(1)));
        pg_batch_add(batch, &sql_meet, PG_NO_ARGS);
        pg_batch_add(batch, &sql_take, PG_ARGS(pg_text(skus[1]), pg_int64(1)));
        ck_assert_ok(pg_batch_run(batch));
        arena_free(arena);
        return NULL;
}

static bool has_deadlocked(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT deadlocks FROM pg_stat_database"
                                   " WHERE datname = current_database()") > 0;
}

TEST(retries_after_a_deadlock) {
        static const char *ab[] = { "a", "b" }, *ba[] = { "b", "a" };
        pthread_t first, second;

        test_sql(dsn, "CREATE SEQUENCE arrivals;"
                      "CREATE FUNCTION meet() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
                      "  PERFORM nextval('arrivals');"
                      "  WHILE (SELECT last_value < 2 FROM arrivals) LOOP"
                      "    PERFORM pg_sleep(0.002);"
                      "  END LOOP; END $$");
        pthread_create(&first, NULL, take_both, ab);
        pthread_create(&second, NULL, take_both, ba);
        pthread_join(first, NULL);
        pthread_join(second, NULL);
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT sum(n) FROM stock"), 16);
        pg_pool_free(pool); /* a session tells its statistics at its end */
        pool = NULL;
        test_wait_until(has_deadlocked, NULL, TEST_WAIT_MS, "the server has counted the deadlock");
}

TEST(runs_a_thousand_statements_with_large_parameters_and_results) {
        static const PgStatement sql_echo = PG_READ("SELECT $1, repeat('x', 20000)");
        PgBatch *batch = pg_batch_new(pool, test_ctx());
        char *large = arena_alloc(test_ctx()->arena, 20001);

        memset(large, 'y', 20000);
        for (int i = 0; i < 1000; i++)
                pg_batch_add(batch, &sql_echo, PG_ARGS(pg_text(large)));
        ck_assert_ok(pg_batch_run(batch));
        for (size_t i = 0; i < 1000; i++) {
                ck_assert_str_eq(pg_get_text(pg_batch_rows(batch, i), 0, 0), large);
                ck_assert_uint_eq(strlen(pg_get_text(pg_batch_rows(batch, i), 0, 1)), 20000);
        }
}

static const Error *wait_for_row(Ctx *ctx, void *arg) {
        static const PgStatement sql_wait = PG_READ("SELECT wait_for_row()");

        (void) arg;
        return pg_run(pool, ctx, &sql_wait, PG_NO_ARGS, NULL);
}

static const Error *add_row(Ctx *ctx, void *arg) {
        return pg_run(pool, ctx, &sql_insert, PG_ARGS(pg_text(arg), pg_int64(1)), NULL);
}

/* The first step waits in the database for what the second writes: the test would hang. */
TEST(who_waits_for_the_database_lets_other_steps_go_on) {
        Ctx *ctx = test_ctx();

        test_sql(dsn, "CREATE FUNCTION wait_for_row() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
                      "  WHILE NOT EXISTS (SELECT FROM stock WHERE sku = 'new') LOOP"
                      "    PERFORM pg_sleep(0.002);"
                      "  END LOOP; END $$");
        ctx->workers = workers_new(1, 1);
        while (workers_idle(ctx->workers) == 0)
                sched_yield();
        TaskGroup *group = task_group_new(ctx);
        task_run(group, wait_for_row, NULL);
        task_run(group, add_row, "new");
        ck_assert_ok(task_join(group));
        workers_free(ctx->workers);
}

int main(void) {
        Suite *suite = suite_create("pg/batch");
        TCase *tests = tcase_create("batch");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
