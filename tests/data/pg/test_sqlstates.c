#include "fixture.h"

#include <pthread.h>

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        pool = pool_new("sqlstates", 2, &dsn);
        test_sql(dsn, "CREATE FUNCTION fail_with(state text) RETURNS void LANGUAGE plpgsql AS"
                      " $$ BEGIN RAISE EXCEPTION USING ERRCODE = state, MESSAGE = 'planted'; END $$");
        test_sql(dsn, "CREATE TABLE notes (id bigint PRIMARY KEY)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgStatement sql_fail = PG_WRITE("SELECT fail_with($1)::text");

static const Error *fail_with(const char *state) {
        const Error *error = pg_run(pool, test_ctx(), &sql_fail, PG_ARGS(pg_text(state)), NULL);

        ck_assert_msg(error != NULL, "%s is no error", state);
        return error;
}

/* Every class of appendix A, and each code of it that means something else than its class. */
static const char *const unavailable[] = {
        "08000", "08006", "25000", "25006", "25P02", "25P03", "28000", "28P01", "3D000", "40000",
        "40001", "40P01", "53000", "53100", "53200", "53300", "55000", "55006", "55P03", "57000",
        "57P01", "57P03", "57P05", "58000", "58030", "58P01", "72000", "F0000", "HV000", "HV00N",
        "ZZ999", "99000", /* of which nobody has heard */
};
static const char *const uncertain[] = { "08007", "40003" };
static const char *const late[] = { "57014" };
static const char *const final[] = { "22000", "22001", "22003", "22021", "22P02", "23000", "23502", "23505",
                                     "23514", "23P01" };
static const char *const defects[] = {
        "03000", "08P01", "09000", "0A000", "0B000", "0F000", "0L000", "0P000", "0Z000", "20000",
        "21000", "2200H", "24000", "27000", "2B000", "2D000", "2F000", "34000", "38000", "39000",
        "3B000", "3F000", "42000", "42501", "42601", "42P01", "44000", "54000", "54001", "P0001",
        "P0004", "XX000", "XX001",
};

static void check(const char *const *states, size_t n, ErrorCode code, const char *reason, bool is_final) {
        for (size_t i = 0; i < n; i++) {
                const Error *error = fail_with(states[i]);

                ck_assert_msg(error->code == code, "%s is %s", states[i], error_code_name(error->code));
                ck_assert_msg(reason ? error_is(error, reason) : !error->reason, "%s has another reason",
                              states[i]);
                ck_assert_msg(error_is_final(error) == is_final, "%s is final or not", states[i]);
        }
}

#define CHECK(states, code, reason, is_final)                                                                \
        check(states, sizeof(states) / sizeof((states)[0]), code, reason, is_final)

TEST(each_class_means_what_the_table_says) {
        CHECK(unavailable, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, false);
        CHECK(uncertain, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, false);
        CHECK(late, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, false);
        CHECK(final, ERROR_INTERNAL, NULL, true);
        CHECK(defects, ERROR_INTERNAL, NULL, false);
        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
}

static const PgStatement sql_note = PG_WRITE("INSERT INTO notes VALUES ($1)");
static const PgStatement sql_sleep = PG_READ("SELECT pg_sleep(600)::text");
/* One that sleeps already: what is cancelled while it is only being parsed goes on. */
#define SLEEPER "FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'"

static bool has_sleeper(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) " SLEEPER) > 0;
}

static void *cancel_sleeper(void *arg) {
        test_wait_until(has_sleeper, NULL, TEST_WAIT_MS, "a statement sleeps");
        test_sql(dsn, "SELECT pg_cancel_backend(pid) " SLEEPER);
        return arg;
}

TEST(a_statement_that_an_operator_cancels_is_tried_again) {
        pthread_t operator;

        pthread_create(&operator, NULL, cancel_sleeper, NULL);
        const Error *error = pg_run(pool, test_ctx(), &sql_sleep, PG_NO_ARGS, NULL);
        pthread_join(operator, NULL);
        ck_assert_reason(error, REASON_UNAVAILABLE);
}

/* Writes the row and stays until it is ended, so that nothing comes of it. */
static void *hold_note(void *arg) {
        PgBatch *batch = arg;

        pg_batch_add(batch, &sql_note, PG_ARGS(pg_int64(1)));
        pg_batch_add(batch, &sql_sleep, PG_NO_ARGS);
        return (void *) pg_batch_run(batch);
}

TEST(a_lock_that_was_not_had_in_time_is_tried_again) {
        PgPool *hasty = pg_pool_new(
                &(PgPoolConfig) { .dsn = dsn, .n_connections = 1, .lock_timeout_ms = 50 });
        pthread_t holder;

        pthread_create(&holder, NULL, hold_note, pg_batch_new(pool, test_ctx()));
        test_wait_until(has_sleeper, NULL, TEST_WAIT_MS, "the row is held");
        ck_assert_reason(pg_run(hasty, test_ctx(), &sql_note, PG_ARGS(pg_int64(1)), NULL),
                         REASON_UNAVAILABLE);
        test_sql(dsn, "SELECT pg_terminate_backend(pid, 30000) " SLEEPER);
        pthread_join(holder, NULL);
        ck_assert_ok(pg_run(hasty, test_ctx(), &sql_note, PG_ARGS(pg_int64(1)), NULL));
        pg_pool_free(hasty);
}

int main(void) {
        Suite *suite = suite_create("pg/sqlstates");
        TCase *tests = tcase_create("sqlstates");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
