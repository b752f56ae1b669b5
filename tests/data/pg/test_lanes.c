#include "fixture.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "pg/lane_private.h"
#include "race.h"

#define N_SESSIONS 4
#define PATIENCE_MS 1500
#define N_ORDERS 48 /* every second one of article 0; more than may wait for it */
#define IN_TURN_MS (N_ORDERS / 2 * PATIENCE_MS)

static const char *dsn;
static PgPool *pool;

static void set_up(void) {
        PgPool *first = pool_new("lanes", 1, &dsn);

        pg_pool_free(first);
        pool = pg_pool_new(&(PgPoolConfig) {
                .dsn = dsn,
                .n_connections = N_SESSIONS,
                .statement_timeout_ms = 60000,
                .lock_timeout_ms = PATIENCE_MS,
        });
        test_sql(dsn, "CREATE TABLE articles (id bigint PRIMARY KEY)");
        test_sql(dsn, "CREATE TABLE orders (id bigint PRIMARY KEY, article bigint)");
        test_sql(dsn, "INSERT INTO articles SELECT * FROM generate_series(0, 99)");
}

static void tear_down(void) {
        pg_pool_free(pool);
}

/* A batch of somebody else that holds article 0 until its backend is ended. */
static void *hold_article(void *arg) {
        static const PgStatement sql_hold = PG_WRITE("SELECT FROM articles WHERE id = 0 FOR UPDATE");
        static const PgStatement sql_stay = PG_READ("SELECT pg_sleep(600)::text");
        PgPool *outside = pg_pool_new(&(PgPoolConfig) { .dsn = dsn, .n_connections = 1 });
        PgBatch *batch = pg_batch_new(outside, test_ctx());

        pg_batch_add(batch, &sql_hold, PG_NO_ARGS);
        pg_batch_add(batch, &sql_stay, PG_NO_ARGS);
        ck_assert_reason(pg_batch_run(batch), REASON_WRITE_UNCERTAIN);
        pg_pool_free(outside);
        return arg;
}

#define HOLDER                                                                                               \
        "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'"

static bool is_held(void *arg) {
        (void) arg;
        return test_sql_int64(dsn, "SELECT count(*) " HOLDER) > 0;
}

typedef struct Placed {
        const char *reason; /* NULL: it is there */
        int64_t retry_after_ms;
        int64_t took_ms;
} Placed;

static int64_t article_of(size_t i) {
        return i % 2 == 0 ? 0 : (int64_t) i;
}

static void place(Ctx *ctx, void *arg, size_t i) {
        static const PgStatement sql_lock =
                PG_READ_ROWS("SELECT FROM articles WHERE id IN (SELECT unnest($1)) ORDER BY id FOR UPDATE");
        static const PgStatement sql_insert =
                PG_WRITE_ROWS("INSERT INTO orders SELECT * FROM unnest($1, $2)");
        Placed *placed = arg;
        PgBatch *batch = pg_batch_new(pool, ctx);
        int64_t start_us = clock_monotonic_us();

        ctx_limit(ctx, 60000);
        pg_batch_add(batch, &sql_lock, PG_ARGS(pg_int64(article_of(i))));
        pg_batch_add(batch, &sql_insert, PG_ARGS(pg_int64((int64_t) i), pg_int64(article_of(i))));
        const Error *error = pg_batch_run_shared(batch);
        placed[i].took_ms = (clock_monotonic_us() - start_us) / 1000;
        if (!error)
                return;
        ck_assert_int_eq(error->code, ERROR_UNAVAILABLE);
        placed[i].reason = REASON_UNAVAILABLE;
        placed[i].retry_after_ms = error->retry_after_ms;
}

static int64_t count_orders(const char *which) {
        return test_sql_int64(dsn, arena_printf(test_ctx()->arena, "SELECT count(*) FROM orders WHERE %s",
                                                which));
}

/* The row stays locked until all have their answers. */
TEST(a_row_that_stays_locked_stops_nobody_else) {
        Placed placed[N_ORDERS] = { 0 };
        pthread_t holder;

        pthread_create(&holder, NULL, hold_article, NULL);
        test_wait_until(is_held, NULL, TEST_WAIT_MS, "somebody holds the article");
        race_run(N_ORDERS, place, placed);
        ck_assert_int_eq(count_orders("article > 0"), N_ORDERS / 2);
        ck_assert_int_eq(count_orders("article = 0"), 0);
        for (size_t i = 0; i < N_ORDERS; i++) {
                if (article_of(i) == 0)
                        ck_assert_int_eq(placed[i].retry_after_ms, PG_LOCKED_RETRY_MS);
                else
                        ck_assert_ptr_null(placed[i].reason);
                ck_assert_int_lt(placed[i].took_ms, IN_TURN_MS / 2);
        }
        test_sql(dsn, "SELECT pg_terminate_backend(pid, 30000) " HOLDER);
        pthread_join(holder, NULL);
        for (size_t i = 0; i < N_ORDERS; i += 2) {
                placed[i] = (Placed) { 0 };
                place(test_ctx(), placed, i);
                ck_assert_ptr_null(placed[i].reason);
        }
        ck_assert_int_eq(count_orders("article = 0"), N_ORDERS / 2);
}

/* One that is refused together with others is judged again by itself, where there is a place for it. */
TEST(who_runs_alone_has_half_of_the_sessions) {
        static const PgStatement sql_again = PG_WRITE_ROWS("INSERT INTO articles SELECT unnest($1)");
        PgLane *alone = pg_pool_lane_alone(pool);
        Ctx hurried = *test_ctx();

        for (int i = 0; i < N_SESSIONS / 2; i++)
                ck_assert_ok(pg_lane_enter(alone, test_ctx()));
        ctx_limit(&hurried, 1000);
        const Error *error = ck_assert_reason(
                pg_run_shared(pool, &hurried, &sql_again, PG_ARGS(pg_int64(0)), NULL), REASON_UNAVAILABLE);
        ck_assert_int_eq(error->retry_after_ms, PG_LOCKED_RETRY_MS);
        pg_lane_leave(alone);
        ck_assert(error_is_final(pg_run_shared(pool, test_ctx(), &sql_again, PG_ARGS(pg_int64(0)), NULL)));
        pg_lane_leave(alone);
}

typedef struct Crowd {
        PgLane *lane;
        atomic_size_t n_inside, n_most, n_refused;
} Crowd;

static void pass(Ctx *ctx, void *arg, size_t i) {
        Crowd *crowd = arg;

        (void) i;
        if (pg_lane_enter(crowd->lane, ctx)) {
                crowd->n_refused++;
                return;
        }
        size_t n = ++crowd->n_inside;
        if (n > crowd->n_most)
                crowd->n_most = n;
        sched_yield();
        crowd->n_inside--;
        pg_lane_leave(crowd->lane);
}

TEST(as_many_as_there_are_places_are_inside_and_all_come_in) {
        Crowd crowd = { .lane = pg_lane_new((PgLaneLimits) { 2, 30, 600000 }) };

        race_run(32, pass, &crowd);
        ck_assert_uint_eq(crowd.n_refused, 0);
        ck_assert_uint_le(crowd.n_most, 2);
        pg_lane_free(crowd.lane);
}

static const Error *enter_full(PgLaneLimits limits, Ctx *ctx) {
        PgLane *lane = pg_lane_new(limits);

        ck_assert_ok(pg_lane_enter(lane, ctx));
        const Error *error = pg_lane_enter(lane, ctx);
        pg_lane_free(lane);
        return error;
}

TEST(who_finds_no_place_is_told_when_to_come_again) {
        Ctx hurried = *test_ctx();
        const Error *error = ck_assert_reason(enter_full((PgLaneLimits) { 1, 0, 600000 }, test_ctx()),
                                              REASON_UNAVAILABLE);

        ck_assert_int_eq(error->retry_after_ms, PG_LOCKED_RETRY_MS);
        ck_assert_reason(enter_full((PgLaneLimits) { 1, 1, 50 }, test_ctx()), REASON_UNAVAILABLE);
        ctx_limit(&hurried, 50);
        ck_assert_reason(enter_full((PgLaneLimits) { 1, 1, 600000 }, &hurried), REASON_UNAVAILABLE);
}

int main(void) {
        Suite *suite = suite_create("pg/lanes");
        TCase *tests = tcase_create("lanes");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
