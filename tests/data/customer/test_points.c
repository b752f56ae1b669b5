/* Points: earned and taken back once, held from the oldest lots, used and given back once. */
#include <stdatomic.h>

#include "data/points_repo.h"
#include "points_fixture.h"
#include "pool.h"
#include "race.h"

#define N_RACERS 32

static PointsFixture *f;

static void set_up(void) {
        f = points_fixture_new();
}

static Ctx *as_customer(void) {
        Ctx *ctx = test_ctx();
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = f->customer_id, .roles = ROLE_CUSTOMER };
        ctx->caller = caller;
        return ctx;
}

static const Error *earn_once_more(const char *order_id, const char *customer_id, int64_t points) {
        static const Caller caller = { .id = "order", .roles = ROLE_SERVICE };
        const PointsEarning wanted = { .order_id = order_id, .customer_id = customer_id, .points = points };
        Ctx *ctx = test_ctx();
        int64_t balance;

        ctx->caller = &caller;
        return customer_points_earn(&f->points, ctx, &wanted, &balance);
}

/* ---- earned ---- */

TEST(an_order_earns_once_for_twelve_months) {
        ck_assert_ok(earn_once_more("ORD-1", f->customer_id, 471));
        ck_assert_ok(earn_once_more("ORD-1", f->customer_id, 471));
        ck_assert_int_eq(points_fixture_balance(f), 471);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 471");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT (expires_at = created_at + interval '12 months')::int"
                                                "  FROM point_lots"), 1);
        ck_assert_reason(earn_once_more("ORD-1", f->customer_id, 472), REASON_POINTS_MISMATCH);
        ck_assert_reason(earn_once_more("ORD-2", "CUST-NOBODY", 1), REASON_NO_SUCH_CUSTOMER);
        points_fixture_assert_books(f);
}

TEST(what_was_earned_is_taken_back_once) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        points_fixture_revoke(f, "ORD-1");
        points_fixture_revoke(f, "ORD-1");
        ck_assert_int_eq(points_fixture_balance(f), 0);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 REVOKED -100");
        ck_assert_reason(earn_once_more("ORD-1", f->customer_id, 100), REASON_POINTS_CLOSED);
        points_fixture_assert_books(f);
}

TEST(an_order_that_is_taken_back_before_it_earns_never_will) {
        points_fixture_revoke(f, "ORD-LATE");
        ck_assert_reason(earn_once_more("ORD-LATE", f->customer_id, 100), REASON_POINTS_CLOSED);
        ck_assert_int_eq(points_fixture_balance(f), 0);
        ck_assert_str_eq(points_fixture_entries(f), "");
}

/* ORD-1 earned 100, which ORD-3 used; ORD-2 earned 30. */
TEST(what_was_used_meanwhile_is_taken_from_other_lots_and_then_owed) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-3", 100));
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-3"), POINTS_COMMITTED);
        points_fixture_earn(f, "ORD-2", 30, 301);
        points_fixture_revoke(f, "ORD-1");
        ck_assert_int_eq(points_fixture_balance(f), -70);
        ck_assert_str_eq(points_fixture_lots(f), "0 0");
        ck_assert_reason(points_fixture_hold(f, "ORD-4", 1), REASON_TOO_FEW_POINTS);
        points_fixture_earn(f, "ORD-5", 50, 302);
        ck_assert_int_eq(points_fixture_balance(f), -20);
        points_fixture_earn(f, "ORD-6", 50, 303);
        ck_assert_int_eq(points_fixture_balance(f), 30);
        ck_assert_str_eq(points_fixture_lots(f), "0 0 0 30");
        points_fixture_assert_books(f);
}

TEST(what_is_given_back_pays_what_is_owed) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 80));
        points_fixture_revoke(f, "ORD-1");
        ck_assert_int_eq(points_fixture_balance(f), -80);
        ck_assert_int_eq(points_fixture_move(f, POINTS_RELEASE, "ORD-2"), POINTS_RELEASED);
        ck_assert_int_eq(points_fixture_balance(f), 0);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 REVOKED -100");
        points_fixture_assert_books(f);
}

/* ---- held ---- */

TEST(the_lots_that_expire_first_are_used_first) {
        points_fixture_earn(f, "ORD-LATE", 100, 300);
        points_fixture_earn(f, "ORD-SOON", 50, 10);
        points_fixture_earn(f, "ORD-OVER", 70, -1);
        ck_assert_int_eq(points_fixture_balance(f), 150);
        ck_assert_ok(points_fixture_hold(f, "ORD-1", 60));
        ck_assert_str_eq(points_fixture_lots(f), "70 0 90");
        ck_assert_int_eq(points_fixture_balance(f), 90);
        ck_assert_str_eq(
                test_sql_text(f->dsn, "SELECT string_agg(lot_id || ' ' || points, ' ' ORDER BY lot_id)"
                                      "  FROM point_hold_lots"),
                "ORD-LATE 10 ORD-SOON 50");
        points_fixture_assert_books(f);
}

TEST(all_points_can_be_held_and_not_one_more) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        points_fixture_earn(f, "ORD-2", 100, 300);
        const Error *error = ck_assert_reason(points_fixture_hold(f, "ORD-3", 201), REASON_TOO_FEW_POINTS);
        ck_assert_str_eq(error->records[0].values[1].key, "available");
        ck_assert_int_eq(error->records[0].values[1].number, 200);
        ck_assert_str_eq(points_fixture_lots(f), "100 100");
        ck_assert_ok(points_fixture_hold(f, "ORD-3", 200));
        ck_assert_str_eq(points_fixture_lots(f), "0 0");
        points_fixture_assert_books(f);
}

TEST(an_order_has_one_hold_whatever_is_left) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 100));
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 100));
        ck_assert_reason(points_fixture_hold(f, "ORD-2", 99), REASON_POINTS_MISMATCH);
        ck_assert_int_eq(points_fixture_balance(f), 0);
        points_fixture_assert_books(f);
}

static atomic_int n_won, n_short, n_other;
static PointsUsecase *other_process;

static void want_three(Ctx *ctx, void *arg, size_t i) {
        PointsUsecase *points = i % 2 ? other_process : &f->points;
        PointsHold hold;

        (void) arg;
        for (int k = 0; k < 3; k++) {
                const char *order_id = arena_printf(ctx->arena, "ORD-%zu-%d", i, k);
                const Error *error = customer_points_hold(points, ctx, order_id, f->customer_id, 7, &hold);

                n_won += error == NULL;
                n_short += error_is(error, REASON_TOO_FEW_POINTS);
                n_other += error && !error_is(error, REASON_TOO_FEW_POINTS);
        }
}

/* A hold that takes its time between what it sees and what it writes. */
static const char sql_slow_holds[] =
        "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN PERFORM pg_sleep(0.01); RETURN NEW; END';"
        "CREATE TRIGGER slow BEFORE INSERT ON point_holds FOR EACH ROW EXECUTE FUNCTION be_slow()";

/*
 * 10 lots of 36 points: 51 orders of 7 have theirs, many of them from two lots. The CHECKs are the second
 * net: what they would catch must not come to them.
 */
TEST(orders_of_two_processes_that_want_the_last_points_get_each_once) {
        PgPool *pool = pool_on(f->dsn, 8);
        PointsUsecase other = f->points;

        other.repo = customer_points_repo_new(test_ctx()->arena, pool);
        other_process = &other;
        for (int i = 0; i < 10; i++)
                points_fixture_earn(f, arena_printf(test_ctx()->arena, "ORD-E%d", i), 36, 300);
        test_sql(f->dsn, sql_slow_holds);
        test_sql(f->dsn, "ALTER TABLE point_accounts DROP CONSTRAINT point_accounts_remaining_check");
        test_sql(f->dsn, "ALTER TABLE point_lots DROP CONSTRAINT point_lots_remaining");
        race_run(N_RACERS, want_three, NULL);
        pg_pool_free(pool);
        ck_assert_int_eq(n_won, 51);
        ck_assert_int_eq(n_short, 3 * N_RACERS - 51);
        ck_assert_int_eq(n_other, 0);
        ck_assert_int_eq(points_fixture_balance(f), 3);
        points_fixture_assert_books(f);
}

/* ---- moved ---- */

TEST(what_is_held_is_used_once_and_given_back_once) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 60));
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-2"), POINTS_COMMITTED);
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-2"), POINTS_COMMITTED);
        ck_assert_int_eq(points_fixture_balance(f), 40);
        points_fixture_assert_books(f);
        ck_assert_int_eq(points_fixture_move(f, POINTS_RELEASE, "ORD-2"), POINTS_RELEASED);
        ck_assert_int_eq(points_fixture_move(f, POINTS_RELEASE, "ORD-2"), POINTS_RELEASED);
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-2"), POINTS_RELEASED);
        ck_assert_int_eq(points_fixture_balance(f), 100);
        ck_assert_str_eq(points_fixture_lots(f), "100");
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100 USED -60 RETURNED 60");
        points_fixture_assert_books(f);
}

TEST(what_was_only_held_is_given_back_without_a_word_in_the_ledger) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 60));
        ck_assert_int_eq(points_fixture_move(f, POINTS_RELEASE, "ORD-2"), POINTS_RELEASED);
        ck_assert_str_eq(points_fixture_entries(f), "EARNED 100");
        ck_assert_reason(points_fixture_hold(f, "ORD-2", 60), REASON_POINTS_CLOSED);
        ck_assert_int_eq(points_fixture_balance(f), 100);
        points_fixture_assert_books(f);
}

/* A release overtakes the hold that it is for, which lay in a socket. */
TEST(a_hold_that_comes_after_its_release_is_refused) {
        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_int_eq(points_fixture_move(f, POINTS_RELEASE, "ORD-LATE"), POINTS_RELEASED);
        ck_assert_reason(points_fixture_hold(f, "ORD-LATE", 1), REASON_POINTS_CLOSED);
        ck_assert_int_eq(points_fixture_balance(f), 100);
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-NONE"), POINTS_NONE);
        points_fixture_assert_books(f);
}

static void move_all(Ctx *ctx, void *arg, size_t i) {
        const char *const *order_ids = arg;
        PointsMove move = i % 2 ? POINTS_COMMIT : POINTS_RELEASE;
        PointsStatus statuses[N_RACERS];

        ck_assert_ok(customer_points_move(&f->points, ctx, move, order_ids, N_RACERS, statuses));
}

TEST(using_and_giving_back_at_once_keeps_the_books) {
        const char *order_ids[N_RACERS];

        points_fixture_earn(f, "ORD-E", 5 * N_RACERS, 300);
        for (size_t i = 0; i < N_RACERS; i++) {
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-%zu", i);
                ck_assert_ok(points_fixture_hold(f, order_ids[i], 5));
        }
        race_run(8, move_all, order_ids);
        ck_assert_int_eq(points_fixture_balance(f), 5 * N_RACERS);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM point_holds WHERE status = 'RELEASED'"),
                         N_RACERS);
        points_fixture_assert_books(f);
}

/* ---- shown ---- */

TEST(a_customer_sees_what_he_has_and_nobody_elses) {
        PointsBenefits benefits;

        points_fixture_earn(f, "ORD-1", 1000, 300);
        points_fixture_earn(f, "ORD-2", 250, 29);
        points_fixture_earn(f, "ORD-3", 7, -1);
        test_sql(f->dsn, "INSERT INTO tier_benefits (tier, discount_bp, free_shipping)"
                         " VALUES ('bronze', 250, true)");
        ck_assert_ok(customer_points_benefits(&f->points, as_customer(), f->customer_id, &benefits));
        ck_assert_int_eq(benefits.available, 1250);
        ck_assert_int_eq(benefits.owed, 0);
        ck_assert_int_eq(benefits.expiry.points, 250);
        ck_assert_int_gt(benefits.expiry.first_at_us, 0);
        ck_assert_int_eq(benefits.profile->tier_discount_bp, 250);
        ck_assert(benefits.profile->tier_ships_free);
        ck_assert_reason(customer_points_benefits(&f->points, as_customer(), "CUST-OTHER", &benefits),
                         REASON_NO_SUCH_CUSTOMER);
}

TEST(a_customer_who_owes_has_none) {
        PointsBenefits benefits;

        points_fixture_earn(f, "ORD-1", 100, 300);
        ck_assert_ok(points_fixture_hold(f, "ORD-2", 40));
        ck_assert_int_eq(points_fixture_move(f, POINTS_COMMIT, "ORD-2"), POINTS_COMMITTED);
        points_fixture_revoke(f, "ORD-1");
        ck_assert_ok(customer_points_benefits(&f->points, as_customer(), f->customer_id, &benefits));
        ck_assert_int_eq(benefits.available, 0);
        ck_assert_int_eq(benefits.owed, 40);
        ck_assert_int_eq(benefits.profile->points, -40);
}

TEST(the_ledger_goes_page_by_page_from_the_newest) {
        PointsPosition after;
        PointsPage page;

        for (int i = 1; i <= 3; i++)
                points_fixture_earn(f, arena_printf(test_ctx()->arena, "ORD-%d", i), i, 300);
        ck_assert_ok(customer_points_list(&f->points, as_customer(), f->customer_id, NULL, 2, &page));
        ck_assert_uint_eq(page.n_entries, 2);
        ck_assert(page.has_more);
        ck_assert_str_eq(page.entries[0].order_id, "ORD-3");
        ck_assert_int_eq(page.entries[0].kind, POINTS_KIND_EARNED);
        after = (PointsPosition) { page.entries[1].created_at_us, page.entries[1].entry_id };
        ck_assert_ok(customer_points_list(&f->points, as_customer(), f->customer_id, &after, 2, &page));
        ck_assert_uint_eq(page.n_entries, 1);
        ck_assert(!page.has_more);
        ck_assert_int_eq(page.entries[0].points, 1);
        ck_assert_reason(customer_points_list(&f->points, as_customer(), "CUST-OTHER", NULL, 2, &page),
                         REASON_NO_SUCH_CUSTOMER);
}

int main(void) {
        Suite *suite = suite_create("customer/points");
        TCase *tests = tcase_create("points");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
