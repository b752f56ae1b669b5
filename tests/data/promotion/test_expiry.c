#include <stdatomic.h>

#include "fixture.h"
#include "race.h"

static Fixture *f;

/* One order that held the only use there is, and whose time is over. */
static void set_up(void) {
        f = fixture_new();
        fixture_campaign(f, "CMP-A", 1, 0, 500);
        ck_assert_ok(fixture_hold(f, "ORD-OLD", "CMP-A", 500));
        fixture_expire(f, "ORD-OLD");
}

static size_t sweep(void) {
        size_t n_found;

        ck_assert_ok(promotion_sweep(&f->usages, test_ctx(), &n_found));
        return n_found;
}

TEST(the_use_of_an_order_that_came_to_nothing_goes_to_the_next) {
        ck_assert_ok(fixture_hold(f, "ORD-NEW", "CMP-A", 500));
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        ck_assert_str_eq(fixture_status(f, "ORD-NEW"), "HELD");
        ck_assert_uint_eq(f->owner.n_asked, 1);
        fixture_assert_books(f);
}

TEST(the_use_of_an_order_that_is_being_paid_stays_with_it) {
        f->owner.answer = USAGE_EXTEND;
        ck_assert_reason(fixture_hold(f, "ORD-NEW", "CMP-A", 1), REASON_PROMOTION_EXHAUSTED);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "HELD");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM usages"
                                                " WHERE expires_at > now() + interval '14 minutes'"),
                         1);
        ck_assert_uint_eq(sweep(), 0);
        fixture_assert_books(f);
}

TEST(the_use_of_an_order_that_was_paid_is_committed) {
        f->owner.answer = USAGE_COMMIT;
        ck_assert_reason(fixture_hold(f, "ORD-NEW", "CMP-A", 1), REASON_PROMOTION_EXHAUSTED);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "COMMITTED");
        fixture_assert_books(f);
}

TEST(a_hold_of_which_nobody_knows_stays) {
        f->owner.answer = USAGE_KEEP;
        ck_assert_reason(fixture_hold(f, "ORD-NEW", "CMP-A", 1), REASON_PROMOTION_EXHAUSTED);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "HELD");
        fixture_assert_books(f);
}

TEST(nobody_is_asked_while_there_is_enough) {
        fixture_campaign(f, "CMP-B", 1, 0, 0);
        ck_assert_ok(fixture_hold(f, "ORD-NEW", "CMP-B", 1));
        ck_assert_uint_eq(f->owner.n_asked, 0);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "HELD");
}

TEST(frees_more_expired_holds_than_one_call_resolves) {
        fixture_campaign(f, "CMP-B", 0, 0, 2 * USAGE_MAX_ORDERS);
        for (int i = 0; i < 2 * USAGE_MAX_ORDERS; i++)
                ck_assert_ok(fixture_hold(f, arena_printf(test_ctx()->arena, "ORD-B%d", i), "CMP-B", 1));
        test_sql(f->dsn, "UPDATE usages SET expires_at = now() - interval '1 second'"
                         " WHERE order_id <> 'ORD-OLD'");
        ck_assert_ok(fixture_hold(f, "ORD-NEW", "CMP-B", 2 * USAGE_MAX_ORDERS));
        ck_assert_uint_eq(f->owner.n_asked, 2 * USAGE_MAX_ORDERS);
        fixture_assert_books(f);
}

TEST(the_sweeper_gives_back_what_expired) {
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        ck_assert_uint_eq(sweep(), 0);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "0/0");
        fixture_assert_books(f);
}

TEST(a_claimed_hold_is_left_to_its_sweeper_until_the_claim_is_over) {
        const char *const *order_ids;
        size_t n_orders;

        ck_assert_ok(f->usages.repo->claim_expired(f->usages.repo, test_ctx(), 60000, &order_ids, &n_orders));
        ck_assert_uint_eq(n_orders, 1);
        ck_assert_uint_eq(sweep(), 0);
        test_sql(f->dsn, "UPDATE usages SET claimed_until = now()");
        ck_assert_uint_eq(sweep(), 1);
}

TEST(a_clock_that_steps_back_does_not_stretch_the_claim_of_a_dead_sweeper) {
        const char *const *order_ids;
        size_t n_orders;

        ck_assert_ok(f->usages.repo->claim_expired(f->usages.repo, test_ctx(), 60000, &order_ids, &n_orders));
        test_sql(f->dsn, "UPDATE usages SET claimed_until = claimed_until + interval '1 hour'");
        ck_assert_uint_eq(sweep(), 1);
}

static size_t tidy(size_t limit) {
        size_t n_forgotten;

        ck_assert_ok(f->usages.repo->tidy(f->usages.repo, test_ctx(), limit, &n_forgotten));
        return n_forgotten;
}

TEST(a_clock_that_steps_back_does_not_stretch_a_hold) {
        test_sql(f->dsn, "UPDATE usages SET expires_at = now() + interval '15 minutes'");
        tidy(10);
        ck_assert_uint_eq(sweep(), 0);
        test_sql(f->dsn, "UPDATE usages SET expires_at = expires_at + interval '1 hour',"
                         "                  updated_at = updated_at + interval '1 hour'");
        tidy(10);
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        fixture_assert_books(f);
}

TEST(closed_usages_are_forgotten_after_a_day_and_others_never) {
        test_sql(f->dsn, "INSERT INTO usages (order_id, customer_id, currency, status, expires_at,"
                         "                    updated_at)"
                         " SELECT 'ORD-' || n, '', '', CASE WHEN n = 1 THEN 'EXPIRED' ELSE 'RELEASED' END,"
                         "        now(), now() - n * interval '25 hours' FROM generate_series(1, 3) AS n");
        test_sql(f->dsn, "INSERT INTO usages (order_id, customer_id, currency, status, expires_at,"
                         "                    updated_at)"
                         " VALUES ('ORD-YOUNG', '', '', 'RELEASED', now(), now() - interval '23 hours'),"
                         "        ('ORD-USED', '', '', 'COMMITTED', now(), now() - interval '99 days')");
        test_sql(f->dsn, "INSERT INTO usage_lines SELECT order_id, 'CMP-X', 1, 1 FROM usages"
                         " WHERE order_id <> 'ORD-OLD'");
        test_sql(f->dsn, "UPDATE usages SET updated_at = now() - interval '99 days'"
                         " WHERE order_id = 'ORD-OLD'");
        ck_assert_uint_eq(tidy(2), 2);
        ck_assert_uint_eq(tidy(2), 1);
        ck_assert_uint_eq(tidy(2), 0);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(order_id, ' ' ORDER BY order_id)"
                                               "  FROM usages JOIN usage_lines USING (order_id)"),
                         "ORD-OLD ORD-USED ORD-YOUNG");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM usage_lines"), 3);
}

TEST(an_extension_wins_over_an_expiry_that_was_decided_before) {
        const char *order_id = "ORD-OLD";
        size_t n_resolved;

        ck_assert_ok(f->usages.repo->extend(f->usages.repo, test_ctx(), &order_id, 1, 900000));
        ck_assert_ok(promotion_resolve(&f->usages, test_ctx(), &order_id, 1, &n_resolved));
        ck_assert_str_eq(fixture_status(f, order_id), "HELD");
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/500");
        fixture_assert_books(f);
}

static atomic_int n_won;

static void want_what_expired(Ctx *ctx, void *arg, size_t i) {
        const char *order_id = arena_printf(ctx->arena, "ORD-N%zu", i);
        UsageLine line = { .campaign_id = "CMP-A", .version = 1, .amount_minor = 1 };
        const Usage *usage;
        const Error *error;

        (void) arg;
        do
                error = promotion_hold(&f->usages, ctx, order_id, "CUST-1", "USD", &line, 1, &usage);
        while (error_is(error, REASON_UNAVAILABLE));
        n_won += error == NULL;
}

TEST(racers_for_an_expired_use_get_it_once) {
        race_run(32, want_what_expired, NULL);
        ck_assert_int_eq(n_won, 1);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("promotion/expiry");
        TCase *tests = tcase_create("expiry");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
