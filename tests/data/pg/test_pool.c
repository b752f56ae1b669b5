#include "fixture.h"

#include <arpa/inet.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "pg/session_private.h"
#include "proxy.h"
#include "race.h"

#define N_SESSIONS 3
#define N_THREADS 12

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        dsn = test_database("pool");
        pool = pool_on(dsn, N_SESSIONS);
}

static void tear_down(void) {
        pg_pool_free(pool);
}

static const PgStatement sql_nap = PG_READ(
        "SELECT pg_backend_pid(), (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
        "                              AND application_name LIKE 'test_pg_pool%'),"
        " pg_sleep($1::text::float8)::text");

static int64_t session_of(const char *seconds) {
        const PgRows *rows;

        ck_assert_ok(pg_run(pool, test_ctx(), &sql_nap, PG_ARGS(pg_text(seconds)), &rows));
        return pg_get_int64(rows, 0, 0);
}

static void *nap_often(void *arg) {
        for (int i = 0; i < 10; i++) {
                Arena *arena = arena_new();
                Ctx ctx = ctx_background(arena);
                const PgRows *rows;

                ck_assert_ok(pg_run(pool, &ctx, &sql_nap, PG_ARGS(pg_text(arg)), &rows));
                ck_assert_int_le(pg_get_int64(rows, 0, 1), N_SESSIONS);
                arena_free(arena);
        }
        return NULL;
}

static void start_naps(pthread_t *ret_threads, size_t n_threads, const char *seconds) {
        for (size_t i = 0; i < n_threads; i++)
                pthread_create(&ret_threads[i], NULL, nap_often, (char *) seconds);
}

static void join_naps(const pthread_t *threads, size_t n_threads) {
        for (size_t i = 0; i < n_threads; i++)
                pthread_join(threads[i], NULL);
}

TEST(never_opens_more_sessions_than_it_may_and_serves_everyone) {
        pthread_t threads[N_THREADS];

        start_naps(threads, N_THREADS, "0.01");
        join_naps(threads, N_THREADS);
}

TEST(uses_the_session_that_worked_last) {
        pthread_t threads[N_SESSIONS];

        start_naps(threads, N_SESSIONS, "0.05");
        join_naps(threads, N_SESSIONS);
        int64_t last = session_of("0");
        for (int i = 0; i < 5; i++)
                ck_assert_int_eq(session_of("0"), last);
}

static bool is_full(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND state = 'active' AND wait_event = 'PgSleep'") == N_SESSIONS;
}

static void *sleep_until_cancelled(void *arg) {
        ck_assert_reason(pg_run(pool, test_ctx(), &sql_nap, PG_ARGS(pg_text("600")), NULL),
                         REASON_UNAVAILABLE);
        return arg;
}

static void occupy(pthread_t ret_threads[N_SESSIONS]) {
        for (size_t i = 0; i < N_SESSIONS; i++)
                pthread_create(&ret_threads[i], NULL, sleep_until_cancelled, NULL);
        test_wait_until(is_full, NULL, TEST_WAIT_MS, "every session is busy");
}

static void cancel_all(void) {
        test_sql(dsn, "SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                      " WHERE datname = current_database() AND wait_event = 'PgSleep'");
}

static bool has_one_session(void *arg) {
        PgPool *thrifty = arg;

        ck_assert_ok(pg_pool_ping(thrifty, test_ctx()));
        return test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                                   " AND pid <> pg_backend_pid()") == 1;
}

TEST(gives_back_the_sessions_that_are_not_needed_any_more) {
        pthread_t threads[N_SESSIONS];

        pg_pool_free(pool);
        pool = pg_pool_new(
                &(PgPoolConfig) { .dsn = dsn, .n_connections = N_SESSIONS, .idle_session_ms = 200 });
        occupy(threads);
        cancel_all();
        join_naps(threads, N_SESSIONS);
        test_wait_until(has_one_session, pool, TEST_WAIT_MS, "one session is left");
}

TEST(opens_no_session_before_it_is_needed) {
        ck_assert_int_eq(test_sql_int64(dsn, "SELECT count(*) FROM pg_stat_activity"
                                             " WHERE datname = current_database()"
                                             " AND pid <> pg_backend_pid()"),
                         0);
        ck_assert_ok(pg_pool_ping(pool, test_ctx()));
}

#define N_TURNS (200 * N_THREADS)

static atomic_int n_turns_in_all;

static void count_turns(Ctx *ctx, void *arg, size_t i) {
        int *n_turns = arg;

        while (atomic_fetch_add(&n_turns_in_all, 1) < N_TURNS) {
                ck_assert_ok(pg_run(pool, ctx, &sql_nap, PG_ARGS(pg_text("0.001")), NULL));
                n_turns[i]++;
        }
}

TEST(who_waits_comes_before_who_comes_later) {
        int n_turns[N_THREADS] = { 0 };
        int least = INT_MAX, most = 0;

        race_run(N_THREADS, count_turns, n_turns);
        for (int i = 0; i < N_THREADS; i++) {
                least = n_turns[i] < least ? n_turns[i] : least;
                most = n_turns[i] > most ? n_turns[i] : most;
        }
        ck_assert_msg(least * 3 >= most * 2, "some had %d turns, others %d", least, most);
}

TEST(waits_for_a_session_until_the_deadline_and_no_longer) {
        pthread_t threads[N_SESSIONS];
        Ctx *hasty = test_ctx(), *patient = test_ctx();

        occupy(threads);
        int64_t start_us = clock_monotonic_us();
        ctx_limit(hasty, 50);
        ck_assert_reason(pg_run(pool, hasty, &sql_nap, PG_ARGS(pg_text("0")), NULL), REASON_UNAVAILABLE);
        ck_assert_int_ge(clock_monotonic_us() - start_us, 50000);
        ck_assert(is_full(NULL));
        cancel_all();
        ctx_limit(patient, TEST_WAIT_MS);
        ck_assert_ok(pg_run(pool, patient, &sql_nap, PG_ARGS(pg_text("0")), NULL));
        join_naps(threads, N_SESSIONS);
}

TEST(a_server_that_refuses_is_unavailable_at_once_and_named_in_the_cause) {
        struct sockaddr_in own = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
        socklen_t size = sizeof(own);
        int fd = socket(AF_INET, SOCK_STREAM, 0); /* bound, but not listening */

        ck_assert_int_eq(bind(fd, (struct sockaddr *) &own, sizeof(own)), 0);
        ck_assert_int_eq(getsockname(fd, (struct sockaddr *) &own, &size), 0);
        const char *port = arena_printf(test_ctx()->arena, "%d", ntohs(own.sin_port));
        PgPool *lost = pool_on(arena_printf(test_ctx()->arena, "%s host=127.0.0.1 port=%s", dsn, port), 4);

        int64_t start_us = clock_monotonic_us();
        for (int i = 0; i < 3; i++) {
                const Error *error = ck_assert_reason(
                        pg_run(lost, test_ctx(), &sql_nap, PG_ARGS(pg_text("0")), NULL), REASON_UNAVAILABLE);

                ck_assert_ptr_nonnull(error->cause);
                ck_assert_msg(strstr(error->cause->message, port), "no address in: %s",
                              error->cause->message);
        }
        ck_assert_reason(pg_pool_ping(lost, test_ctx()), REASON_UNAVAILABLE);
        ck_assert_int_lt(clock_monotonic_us() - start_us, 4 * PG_CONNECT_TIMEOUT_MS * 1000);
        pg_pool_free(lost);
        close(fd);
}

static PgPool *far;

static bool is_back(void *arg) {
        (void) arg;
        return !pg_pool_ping(far, test_ctx());
}

static void *ping_often(void *arg) {
        Arena *arena = arena_new();

        for (int i = 0; i < 100; i++) {
                Ctx ctx = ctx_background(arena);

                ck_assert_reason(pg_pool_ping(far, &ctx), REASON_UNAVAILABLE);
                arena_reset(arena);
        }
        arena_free(arena);
        return arg;
}

TEST(a_server_that_is_away_is_not_hammered_and_is_found_when_it_returns) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        pthread_t threads[N_THREADS];

        far = pool_on(through, 4);
        ck_assert_ok(pg_pool_ping(far, test_ctx()));
        proxy_set_mode(proxy, PROXY_AWAY);
        for (int i = 0; i < N_THREADS; i++)
                pthread_create(&threads[i], NULL, ping_often, NULL);
        join_naps(threads, N_THREADS);
        ck_assert_uint_lt(proxy_count_accepted(proxy), 20);
        proxy_set_mode(proxy, PROXY_FORWARD);
        test_wait_until(is_back, NULL, TEST_WAIT_MS, "the pool has found the server again");
        pg_pool_free(far);
        proxy_free(proxy);
}

static void *ping_until(void *arg) {
        const int64_t *end_us = arg;
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        ctx.deadline_us = *end_us;
        ck_assert_reason(pg_pool_ping(far, &ctx), REASON_UNAVAILABLE);
        arena_free(arena);
        return NULL;
}

/* Sessions that nobody needs once there is one would be opened, all at the moment when it is hardest. */
TEST(whoever_asks_while_a_session_is_being_opened_opens_none_beside_it) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        pthread_t threads[N_THREADS];
        int64_t end_us = clock_monotonic_us() + 1000000;

        proxy_set_mode(proxy, PROXY_SILENT);
        far = pool_on(through, 4);
        for (int i = 0; i < N_THREADS; i++)
                pthread_create(&threads[i], NULL, ping_until, &end_us);
        while (clock_monotonic_us() < end_us - 300000)
                ck_assert_uint_le(proxy_count_accepted(proxy), 1);
        join_naps(threads, N_THREADS);
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(a_server_that_never_answers_costs_no_more_than_the_deadline) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        Ctx *ctx = test_ctx();

        proxy_set_mode(proxy, PROXY_SILENT);
        far = pool_on(through, 1);
        ctx_limit(ctx, 500);
        int64_t start_us = clock_monotonic_us();
        ck_assert_reason(pg_run(far, ctx, &sql_nap, PG_ARGS(pg_text("0")), NULL), REASON_UNAVAILABLE);
        ck_assert_int_lt(clock_monotonic_us() - start_us, PG_CONNECT_TIMEOUT_MS * 1000);
        pg_pool_free(far);
        proxy_free(proxy);
}

/* Whoever has no deadline would wait for ever. */
TEST(a_server_that_falls_silent_after_its_greeting_is_away) {
        const char *through;
        Proxy *proxy = proxy_new(dsn, &through);
        Ctx patient = ctx_background(test_ctx()->arena);

        proxy_set_mode(proxy, PROXY_GREET);
        far = pg_pool_new(&(PgPoolConfig) { .dsn = through, .n_connections = 1 });
        ck_assert_reason(pg_pool_ping(far, &patient), REASON_UNAVAILABLE);
        proxy_set_mode(proxy, PROXY_FORWARD);
        test_wait_until(is_back, NULL, TEST_WAIT_MS, "the place in the pool is free again");
        pg_pool_free(far);
        proxy_free(proxy);
}

TEST(sessions_carry_the_settings_and_keep_those_of_the_connection_string) {
        static const PgStatement sql = PG_READ(
                "SELECT concat_ws('|', current_setting('statement_timeout'),"
                "       current_setting('lock_timeout'),"
                "       current_setting('idle_in_transaction_session_timeout'), current_setting('work_mem'),"
                "       current_setting('application_name'), current_setting('client_encoding'))");
        PgPool *own = pg_pool_new(&(PgPoolConfig) {
                .dsn = arena_printf(test_ctx()->arena, "%s application_name=me options='-c work_mem=5MB'",
                                    dsn),
                .n_connections = 1,
                .statement_timeout_ms = 1234,
                .lock_timeout_ms = 345,
                .idle_transaction_timeout_ms = 5678,
        });
        const PgRows *rows;

        ck_assert_ok(pg_run(own, test_ctx(), &sql, PG_NO_ARGS, &rows));
        ck_assert_str_eq(pg_get_text(rows, 0, 0), "1234ms|345ms|5678ms|5MB|me|UTF8");
        pg_pool_free(own);
}

TEST(a_malformed_connection_string_is_a_mistake_not_an_outage) {
        PgPool *broken = pool_on("host=127.0.0.1 no_such_option=1", 1);
        const Error *error = pg_run(broken, test_ctx(), &sql_nap, PG_ARGS(pg_text("0")), NULL);

        ck_assert_ptr_nonnull(error);
        ck_assert_int_eq(error->code, ERROR_INTERNAL);
        pg_pool_free(broken);
        pg_pool_free(NULL);
}

int main(void) {
        Suite *suite = suite_create("pg/pool");
        TCase *tests = tcase_create("pool");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
