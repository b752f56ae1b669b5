#include "fixture.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "proxy.h"

/* That a test waits for: what comes before it, in a session that is open, has time on a busy machine too. */
#define DEADLINE_MS 1500

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("failures", 2, &dsn);
        test_sql(dsn, "CREATE TABLE notes (text text)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgStatement sql_write = PG_WRITE("INSERT INTO notes VALUES ($1)");
static const PgStatement sql_read = PG_READ("SELECT count(*) FROM notes");
static const PgStatement sql_sleep = PG_READ("SELECT pg_sleep($1::text::float8)::text");

static const Error *write_note(PgPool *to, const char *text) {
        return pg_run(to, test_ctx(), &sql_write, PG_ARGS(pg_text(text)), NULL);
}

static int64_t count_notes(void) {
        return test_sql_int64(dsn, "SELECT count(*) FROM notes");
}

#define SLEEPERS                                                                                             \
        "FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"                      \
        " AND query LIKE '%pg_sleep%' AND pid <> pg_backend_pid()"

static bool has_sleeper(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) " SLEEPERS) > 0;
}

static bool has_no_sleeper(void *arg) {
        return !has_sleeper(arg);
}

static void *kill_sleeper(void *arg) {
        test_wait_until(has_sleeper, NULL, TEST_WAIT_MS, "a statement sleeps");
        test_sql(dsn, "SELECT pg_terminate_backend(pid) " SLEEPERS);
        return arg;
}

static const Error *run_while_killed(PgBatch *batch) {
        pthread_t killer;

        pthread_create(&killer, NULL, kill_sleeper, NULL);
        const Error *error = pg_batch_run(batch);
        pthread_join(killer, NULL);
        return error;
}

TEST(a_write_whose_backend_is_killed_is_uncertain) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_write, PG_ARGS(pg_text("x")));
        pg_batch_add(batch, &sql_sleep, PG_ARGS(pg_text("600")));
        const Error *error = ck_assert_reason(run_while_killed(batch), REASON_WRITE_UNCERTAIN);
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        ck_assert_ok(write_note(pool, "next"));
        ck_assert_int_eq(count_notes(), 1);
}

TEST(a_read_whose_backend_is_killed_is_unavailable) {
        PgBatch *batch = pg_batch_new(pool, test_ctx());

        pg_batch_add(batch, &sql_read, PG_NO_ARGS);
        pg_batch_add(batch, &sql_sleep, PG_ARGS(pg_text("600")));
        ck_assert_reason(run_while_killed(batch), REASON_UNAVAILABLE);
        ck_assert_ok(write_note(pool, "next"));
}

TEST(a_commit_whose_answer_is_lost_is_uncertain_and_may_be_done) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *far = pool_on(through, 1);

        ck_assert_ok(write_note(far, "first"));
        proxy_set_mode(proxy, PROXY_LOSE_ANSWER);
        ck_assert_reason(write_note(far, "second"), REASON_WRITE_UNCERTAIN);
        proxy_set_mode(proxy, PROXY_FORWARD);
        ck_assert_int_eq(count_notes(), 2);
        ck_assert_ok(write_note(far, "third"));
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(a_read_whose_answer_is_lost_is_unavailable) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *far = pool_on(through, 1);

        ck_assert_ok(pg_pool_ping(far, test_ctx()));
        proxy_set_mode(proxy, PROXY_LOSE_ANSWER);
        ck_assert_reason(pg_run(far, test_ctx(), &sql_read, PG_NO_ARGS, NULL), REASON_UNAVAILABLE);
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(a_server_that_falls_silent_is_left_at_the_deadline) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *far = pool_on(through, 2);
        Ctx *write_ctx = test_ctx(), *read_ctx = test_ctx();

        ck_assert_ok(pg_pool_ping(far, test_ctx()));
        proxy_set_mode(proxy, PROXY_SILENT);
        int64_t start_us = clock_monotonic_us();
        ctx_limit(write_ctx, DEADLINE_MS);
        ck_assert_reason(pg_run(far, write_ctx, &sql_write, PG_ARGS(pg_text("x")), NULL),
                         REASON_WRITE_UNCERTAIN);
        ctx_limit(read_ctx, DEADLINE_MS);
        ck_assert_reason(pg_run(far, read_ctx, &sql_read, PG_NO_ARGS, NULL), REASON_UNAVAILABLE);
        ck_assert_int_lt(clock_monotonic_us() - start_us, TEST_WAIT_MS * 1000);
        pg_pool_free(far);
        proxy_free(proxy);
}

/* Without a deadline of its own a call waits for its statements' time and no longer. */
TEST(a_silent_server_does_not_hold_a_call_without_deadline) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *far = pg_pool_new(
                &(PgPoolConfig) { .dsn = through, .n_connections = 1, .statement_timeout_ms = DEADLINE_MS });

        ck_assert_ok(pg_pool_ping(far, test_ctx()));
        proxy_set_mode(proxy, PROXY_SILENT);
        ck_assert_reason(pg_run(far, test_ctx(), &sql_read, PG_NO_ARGS, NULL), REASON_DEADLINE_EXCEEDED);
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(a_read_past_its_deadline_is_given_up_and_ended_on_the_server) {
        Ctx *ctx = test_ctx();

        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
        ctx_limit(ctx, DEADLINE_MS);
        int64_t start_us = clock_monotonic_us();
        ck_assert_reason(pg_run(pool, ctx, &sql_sleep, PG_ARGS(pg_text("600")), NULL),
                         REASON_DEADLINE_EXCEEDED);
        ck_assert_int_lt(clock_monotonic_us() - start_us, TEST_WAIT_MS * 1000);
        test_wait_until(has_no_sleeper, NULL, TEST_WAIT_MS, "the server has dropped the statement");
        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
}

TEST(a_write_past_its_deadline_is_uncertain) {
        Ctx *ctx = test_ctx();
        PgBatch *batch = pg_batch_new(pool, ctx);

        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
        ctx_limit(ctx, DEADLINE_MS);
        pg_batch_add(batch, &sql_write, PG_ARGS(pg_text("x")));
        pg_batch_add(batch, &sql_sleep, PG_ARGS(pg_text("600")));
        ck_assert_reason(pg_batch_run(batch), REASON_WRITE_UNCERTAIN);
        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
}

#define MORE_THAN_SOCKETS_HOLD_BYTES ((size_t) 64 * 1024 * 1024)

TEST(a_write_that_did_not_leave_by_its_deadline_is_known_to_be_undone) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        PgPool *far = pool_on(through, 1);
        Ctx *ctx = test_ctx();
        char *large = arena_alloc(ctx->arena, MORE_THAN_SOCKETS_HOLD_BYTES + 1);

        ck_assert_ok(write_note(far, "small"));
        memset(large, 'x', MORE_THAN_SOCKETS_HOLD_BYTES);
        proxy_set_mode(proxy, PROXY_STALLED);
        ctx_limit(ctx, DEADLINE_MS);
        ck_assert_reason(pg_run(far, ctx, &sql_write, PG_ARGS(pg_text(large)), NULL),
                         REASON_DEADLINE_EXCEEDED);
        proxy_set_mode(proxy, PROXY_FORWARD);
        ck_assert_ok(write_note(far, "small"));
        ck_assert_int_eq(count_notes(), 2);
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(nothing_is_sent_after_the_deadline) {
        Ctx *ctx = test_ctx();

        ctx_limit(ctx, 0);
        ck_assert_reason(pg_run(pool, ctx, &sql_write, PG_ARGS(pg_text("x")), NULL),
                         REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(count_notes(), 0);
}

TEST(a_statement_that_the_server_gave_up_on_is_known_to_be_undone) {
        PgPool *hasty = pg_pool_new(
                &(PgPoolConfig) { .dsn = dsn, .n_connections = 1, .statement_timeout_ms = DEADLINE_MS });
        PgBatch *batch = pg_batch_new(hasty, test_ctx());

        pg_batch_add(batch, &sql_write, PG_ARGS(pg_text("x")));
        pg_batch_add(batch, &sql_sleep, PG_ARGS(pg_text("600")));
        ck_assert_reason(pg_batch_run(batch), REASON_DEADLINE_EXCEEDED);
        ck_assert_int_eq(count_notes(), 0);
        pg_pool_free(hasty);
}

TEST(idle_sessions_that_were_killed_are_replaced_unnoticed) {
        for (int i = 0; i < 3; i++) {
                ck_assert_ok(write_note(pool, "x"));
                test_sql(dsn, "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
                              " WHERE datname = current_database() AND pid <> pg_backend_pid()");
        }
        ck_assert_ok(write_note(pool, "x"));
        ck_assert_int_eq(count_notes(), 4);
}

TEST(a_server_that_is_no_longer_the_primary_is_left) {
        const char *go_back = "ALTER DATABASE %s SET default_transaction_read_only = %s";
        const char *database = test_sql_text(dsn, "SELECT current_database()");
        Arena *arena = test_ctx()->arena;
        PgPool *fresh = pool_on(dsn, 1);

        test_sql(dsn, arena_printf(arena, go_back, database, "on"));
        ck_assert_reason(write_note(fresh, "x"), REASON_UNAVAILABLE);
        test_sql(dsn, arena_printf(arena, "BEGIN READ WRITE; ALTER DATABASE %s RESET ALL; COMMIT", database));
        ck_assert_ok(write_note(fresh, "x"));
        pg_pool_free(fresh);
}

int main(void) {
        Suite *suite = suite_create("pg/failures");
        TCase *tests = tcase_create("failures");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
