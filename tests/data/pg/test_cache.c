#include <pthread.h>

#include "pg/cache.h"
#include "pg/libpq_private.h"
#include "support.h"

static const char *dsn;
static PgPool *pool;

static const PgStatement sql_price = PG_READ("SELECT price FROM prices WHERE sku = $1 AND country = $2");

static void set_up(void) {
        dsn = test_database("cache");
        test_sql(dsn, "CREATE TABLE prices (sku text, country text, price bigint,"
                      " PRIMARY KEY (sku, country))");
        test_sql(dsn, "INSERT INTO prices VALUES ('tea', 'US', 500), ('te', 'aUS', 7)");
        pool = pg_pool_new(&(PgPoolConfig) { .dsn = dsn, .n_connections = 2, .statement_timeout_ms = 5000 });
}

static void tear_down(void) {
        pg_pool_free(pool);
}

/* -1: there is no such row. */
static int64_t price(PgCache *cache, const char *sku, const char *country) {
        const PgRows *rows;

        ck_assert_ok(
                pg_cache_run(cache, test_ctx(), &sql_price, (const char *[]) { sku, country }, 2, &rows));
        return pg_rows_count(rows) > 0 ? pg_get_int64(rows, 0, 0) : -1;
}

TEST(an_answer_is_kept_for_its_time) {
        PgCache *cache = pg_cache_new(pool, 64, 60000);

        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        test_sql(dsn, "UPDATE prices SET price = 600 WHERE sku = 'tea'");
        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        pg_cache_free(cache);
}

TEST(an_answer_that_is_over_is_asked_for_again) {
        PgCache *cache = pg_cache_new(pool, 64, 0);

        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        test_sql(dsn, "UPDATE prices SET price = 600 WHERE sku = 'tea'");
        ck_assert_int_eq(price(cache, "tea", "US"), 600);
        pg_cache_free(cache);
}

TEST(what_was_not_there_is_found_once_it_is) {
        PgCache *cache = pg_cache_new(pool, 64, 60000);

        ck_assert_int_eq(price(cache, "cup", "US"), -1);
        test_sql(dsn, "INSERT INTO prices VALUES ('cup', 'US', 250)");
        ck_assert_int_eq(price(cache, "cup", "US"), 250);
        pg_cache_free(cache);
}

TEST(keys_that_read_alike_are_not_the_same) {
        PgCache *cache = pg_cache_new(pool, 1, 60000);

        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        ck_assert_int_eq(price(cache, "te", "aUS"), 7);
        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        pg_cache_free(cache);
}

TEST(a_forgotten_answer_is_asked_for_again_and_no_other) {
        PgCache *cache = pg_cache_new(pool, 64, 60000);

        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        ck_assert_int_eq(price(cache, "te", "aUS"), 7);
        test_sql(dsn, "UPDATE prices SET price = price + 100");
        pg_cache_forget(cache, &sql_price, (const char *[]) { "tea", "US" }, 2);
        pg_cache_forget(cache, &sql_price, (const char *[]) { "cup", "US" }, 2);
        ck_assert_int_eq(price(cache, "tea", "US"), 600);
        ck_assert_int_eq(price(cache, "te", "aUS"), 7);
        pg_cache_free(cache);
}

#define GATE "4711"

/* Reads the price, and then waits at the gate with it. */
static const PgStatement sql_slow_price = PG_READ(
        "WITH read AS MATERIALIZED (SELECT price FROM prices WHERE sku = $1)"
        " SELECT price, pg_advisory_xact_lock_shared(" GATE ")::text FROM read");

static void *read_slowly(void *cache) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        const PgRows *rows;

        ck_assert_ok(pg_cache_run(cache, &ctx, &sql_slow_price, (const char *[]) { "tea" }, 1, &rows));
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 500);
        arena_free(arena);
        return NULL;
}

static bool is_waiting_at_the_gate(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                                   " AND database = (SELECT oid FROM pg_database"
                                   "                  WHERE datname = current_database())") == 1;
}

TEST(an_answer_that_was_asked_for_before_it_is_forgotten_is_not_kept) {
        PgCache *cache = pg_cache_new(pool, 64, 60000);
        PGconn *keeper = PQconnectdb(dsn);
        pthread_t reader;
        const PgRows *rows;

        PQclear(PQexec(keeper, "SELECT pg_advisory_lock(" GATE ")"));
        ck_assert_int_eq(pthread_create(&reader, NULL, read_slowly, cache), 0);
        test_wait_until(is_waiting_at_the_gate, NULL, TEST_WAIT_MS, "the reader waits at the gate");
        test_sql(dsn, "UPDATE prices SET price = 600 WHERE sku = 'tea'");
        pg_cache_forget(cache, &sql_slow_price, (const char *[]) { "tea" }, 1);
        PQfinish(keeper);
        pthread_join(reader, NULL);
        ck_assert_ok(pg_cache_run(cache, test_ctx(), &sql_slow_price, (const char *[]) { "tea" }, 1, &rows));
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 600);
        pg_cache_free(cache);
}

/* The rows of a reader outlive the answer that another key has pushed out. */
TEST(rows_live_as_long_as_who_reads_them) {
        PgCache *cache = pg_cache_new(pool, 1, 60000);
        const PgRows *rows;

        ck_assert_int_eq(price(cache, "tea", "US"), 500);
        ck_assert_ok(pg_cache_run(cache, test_ctx(), &sql_price, (const char *[]) { "tea", "US" }, 2, &rows));
        ck_assert_int_eq(price(cache, "te", "aUS"), 7);
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 500);
        pg_cache_free(cache);
        ck_assert_int_eq(pg_get_int64(rows, 0, 0), 500);
}

int main(void) {
        Suite *suite = suite_create("pg/cache");
        TCase *tests = tcase_create("cache");

        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
