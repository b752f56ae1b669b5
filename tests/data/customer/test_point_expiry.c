/* What time does to points: lots that end, holds that are over, tombstones that nobody needs any more. */
#include "points_fixture.h"

static PointsFixture *f;

static void set_up(void) {
        f = points_fixture_new();
        points_fixture_earn(f, "ORD-0", 100, 300);
}

static size_t expire(void) {
        size_t n;

        ck_assert_ok(f->points.repo->expire_lots(f->points.repo, test_ctx(), 10, &n));
        return n;
}

static size_t sweep(void) {
        size_t n;

        ck_assert_ok(customer_points_sweep(&f->points, test_ctx(), &n));
        return n;
}

static void tidy(void) {
        size_t n;

        ck_assert_ok(f->points.repo->tidy(f->points.repo, test_ctx(), 10, &n));
}

static void end_holds(void) {
        test_sql(f->dsn, "UPDATE point_holds SET expires_at = now() - interval '1 second'");
}

static const char *status(const char *order_id) {
        return test_sql_text(f->dsn, arena_printf(test_ctx()->arena,
                                                  "SELECT coalesce((SELECT status FROM point_holds"
                                                  "                  WHERE order_id = '%s'), '')", order_id));
}

TEST(a_lot_ends_once_with_what_is_left_of_it) {
        points_fixture_earn(f, "ORD-1", 50, 1);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 20));
        ck_assert_uint_eq(expire(), 0);
        test_sql(f->dsn, "UPDATE point_lots SET expires_at = now() WHERE order_id = 'ORD-1'");
        ck_assert_uint_eq(expire(), 1);
        ck_assert_uint_eq(expire(), 0);
        ck_assert_int_eq(points_fixture_balance(f), 100);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 EARNED 50 EXPIRED -30");
        points_fixture_assert_books(f);
        points_fixture_move(f, POINTS_RELEASE, "ORD-2");
        ck_assert_int_eq(points_fixture_balance(f), 100);
        ck_assert_uint_eq(expire(), 1);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 EARNED 50 EXPIRED -30 EXPIRED -20");
        points_fixture_assert_books(f);
}

TEST(what_expired_is_not_owed_when_its_order_is_cancelled) {
        test_sql(f->dsn, "UPDATE point_lots SET expires_at = now()");
        expire();
        points_fixture_revoke(f, "ORD-0");
        ck_assert_int_eq(points_fixture_balance(f), 0);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 EXPIRED -100");
        points_fixture_assert_books(f);
}

TEST(a_hold_whose_order_came_to_nothing_is_given_back) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        ck_assert_uint_eq(sweep(), 0);
        end_holds();
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(status("ORD-1"), "EXPIRED");
        ck_assert_int_eq(points_fixture_balance(f), 100);
        points_fixture_assert_books(f);
}

TEST(a_hold_whose_order_is_paid_is_used_however_late) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        end_holds();
        f->owner.answer = POINTS_COMMIT;
        sweep();
        ck_assert_str_eq(status("ORD-1"), "COMMITTED");
        ck_assert_int_eq(points_fixture_balance(f), 40);
        points_fixture_assert_books(f);
}

TEST(a_hold_whose_order_is_being_paid_gets_its_time_again) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        end_holds();
        f->owner.answer = POINTS_EXTEND;
        sweep();
        ck_assert_str_eq(status("ORD-1"), "HELD");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT (expires_at > now() + interval '14 minutes')::int"
                                                "  FROM point_holds"), 1);
        ck_assert_uint_eq(sweep(), 0);
}

TEST(a_hold_of_which_the_owner_does_not_say_waits_for_the_end_of_its_claim) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        end_holds();
        f->owner.answer = POINTS_KEEP;
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_uint_eq(sweep(), 0);
        ck_assert_uint_eq(f->owner.n_asked, 1);
        ck_assert_str_eq(status("ORD-1"), "HELD");
}

TEST(a_hold_that_is_not_over_never_expires) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        ck_assert_int_eq(points_fixture_move(f, POINTS_EXPIRE, "ORD-1"), POINTS_HELD);
        ck_assert_int_eq(points_fixture_balance(f), 40);
}

TEST(closed_holds_and_tombstones_go_after_a_day) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        points_fixture_move(f, POINTS_RELEASE, "ORD-1");
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 60));
        points_fixture_move(f, POINTS_COMMIT, "ORD-2");
        points_fixture_revoke(f, "ORD-LATE");
        tidy();
        ck_assert_str_eq(status("ORD-1"), "RELEASED");
        test_sql(f->dsn, "UPDATE point_holds SET updated_at = now() - interval '25 hours'");
        test_sql(f->dsn, "UPDATE point_lots SET revoked_at = revoked_at - interval '25 hours'");
        tidy();
        ck_assert_str_eq(status("ORD-1"), "");
        ck_assert_str_eq(status("ORD-2"), "COMMITTED");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM point_hold_lots"), 1);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM point_lots"), 1);
        points_fixture_assert_books(f);
}

TEST(a_hold_from_before_the_clock_stepped_back_ends_now) {
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        test_sql(f->dsn, "UPDATE point_holds SET expires_at = now() + interval '1 hour',"
                         "                       updated_at = now() + interval '2 minutes'");
        tidy();
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(status("ORD-1"), "EXPIRED");
}

int main(void) {
        Suite *suite = suite_create("customer/point_expiry");
        TCase *tests = tcase_create("point_expiry");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
