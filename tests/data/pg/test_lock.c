#include "fixture.h"

#include "pg/lock.h"

static const char *dsn;
static PgLock *first, *second;

static void set_up(void) {
        dsn = test_database("lock");
        first = pg_lock_new(dsn);
        second = pg_lock_new(dsn);
}

static void tear_down(void) {
        pg_lock_free(first);
        pg_lock_free(second);
}

static bool try_lock(PgLock *lock, int64_t key) {
        bool is_held;

        ck_assert_ok(pg_lock_try(lock, test_ctx(), key, &is_held));
        return is_held;
}

TEST(one_session_holds_a_key_at_a_time) {
        ck_assert(try_lock(first, INT64_C(0x7172737475767778)));
        ck_assert(!try_lock(second, INT64_C(0x7172737475767778)));
        ck_assert(try_lock(second, 2));
        ck_assert_ok(pg_lock_release(first, test_ctx(), INT64_C(0x7172737475767778)));
        ck_assert(try_lock(second, INT64_C(0x7172737475767778)));
}

TEST(taking_a_key_twice_needs_one_release) {
        static const int64_t keys[] = { 1, -5, INT64_MAX, INT64_MIN };

        for (int i = 0; i < 4; i++) {
                ck_assert(try_lock(first, keys[i]));
                ck_assert(try_lock(first, keys[i]));
                ck_assert_ok(pg_lock_release(first, test_ctx(), keys[i]));
                ck_assert(try_lock(second, keys[i]));
        }
}

TEST(releasing_a_key_that_is_not_held_is_nothing) {
        ck_assert_ok(pg_lock_release(first, test_ctx(), 1));
        ck_assert(try_lock(first, 2));
        ck_assert_ok(pg_lock_release(first, test_ctx(), 1));
        ck_assert(pg_lock_is_alive(first, test_ctx()));
}

static void kill_first(void) {
        test_sql(dsn, "SELECT pg_terminate_backend(pid, 30000) FROM pg_locks"
                      " WHERE locktype = 'advisory' AND objid = 1");
}

TEST(a_dead_session_has_lost_its_locks) {
        ck_assert(!pg_lock_is_alive(first, test_ctx()));
        ck_assert(try_lock(first, 1));
        ck_assert(pg_lock_is_alive(first, test_ctx()));
        kill_first();
        ck_assert(!pg_lock_is_alive(first, test_ctx()));
        ck_assert(try_lock(second, 1));
        ck_assert(!try_lock(first, 1));
}

TEST(a_dead_session_is_told_before_it_takes_more) {
        bool is_held;

        ck_assert(try_lock(first, 1));
        kill_first();
        ck_assert_reason(pg_lock_try(first, test_ctx(), 2, &is_held), REASON_UNAVAILABLE);
        ck_assert(!pg_lock_is_alive(first, test_ctx()));
        ck_assert(try_lock(first, 2));
}

TEST(freeing_a_lock_releases_its_keys) {
        ck_assert(try_lock(first, 1));
        pg_lock_free(first);
        first = NULL;
        PgPool *pool = pool_on(dsn, 1);
        static const PgStatement sql_wait = PG_READ("SELECT pg_advisory_xact_lock(1)::text");
        ck_assert_ok(pg_run(pool, test_ctx(), &sql_wait, PG_NO_ARGS, NULL));
        pg_pool_free(pool);
}

int main(void) {
        Suite *suite = suite_create("pg/lock");
        TCase *tests = tcase_create("lock");

        tcase_set_timeout(tests, 30);
        tcase_add_checked_fixture(tests, set_up, tear_down);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
