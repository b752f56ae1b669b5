#include <stdatomic.h>

#include "data/usage_repo.h"
#include "fixture.h"
#include "pool.h"
#include "race.h"

#define N_RACERS 64
#define N_CAMPAIGNS 8
#define N_ROUNDS 10

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Error *hold(Ctx *ctx, const char *order_id, const char *customer_id, const UsageLine *lines,
                         size_t n_lines, const Usage **ret_usage) {
        return promotion_hold(&f->usages, ctx, order_id, customer_id, "USD", lines, n_lines, ret_usage);
}

/* The CHECKs are the second net: what they would catch must not come to them. */
static void without_checks(void) {
        test_sql(f->dsn, "ALTER TABLE campaigns DROP CONSTRAINT campaigns_uses_check,"
                         "                      DROP CONSTRAINT campaigns_spent_check");
}

static UsageLine use(const char *campaign_id, int64_t amount_minor) {
        return (UsageLine) { .campaign_id = campaign_id, .version = 1, .amount_minor = amount_minor };
}

TEST(holds_a_use_and_budget_of_every_campaign) {
        UsageLine lines[] = { use("CMP-B", 200), use("CMP-A", 100) };
        const Usage *usage;

        fixture_campaign(f, "CMP-A", 10, 0, 0);
        fixture_campaign(f, "CMP-B", 0, 0, 1000);
        ck_assert_ok(hold(test_ctx(), "ORD-1", "CUST-1", lines, 2, &usage));
        ck_assert_int_eq(usage->status, USAGE_HELD);
        ck_assert_str_eq(usage->lines[0].campaign_id, "CMP-A");
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/100");
        ck_assert_str_eq(fixture_counts(f, "CMP-B"), "1/200");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT extract(epoch FROM expires_at - created_at)::bigint"
                                                "  FROM usages"),
                         900);
        fixture_assert_books(f);
}

TEST(holds_nothing_when_one_campaign_has_too_little_left) {
        UsageLine lines[] = { use("CMP-A", 100), use("CMP-B", 1001), use("CMP-C", 1) };
        const Usage *usage = NULL;

        fixture_campaign(f, "CMP-A", 10, 0, 0);
        fixture_campaign(f, "CMP-B", 0, 0, 1000);
        fixture_campaign(f, "CMP-C", 1, 0, 0);
        ck_assert_ok(fixture_hold(f, "ORD-0", "CMP-C", 1));
        const Error *error = ck_assert_reason(hold(test_ctx(), "ORD-1", "CUST-1", lines, 3, &usage),
                                              REASON_PROMOTION_EXHAUSTED);
        ck_assert_uint_eq(error->n_records, 2);
        ck_assert_str_eq(error->records[0].values[0].text, "CMP-B");
        ck_assert_str_eq(error->records[0].values[1].text, "BUDGET_EXHAUSTED");
        ck_assert_str_eq(error->records[1].values[0].text, "CMP-C");
        ck_assert_str_eq(error->records[1].values[1].text, "USAGE_LIMIT_REACHED");
        ck_assert_ptr_null(usage);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM usages WHERE order_id = 'ORD-1'"), 0);
        lines[1].amount_minor = 1000;
        ck_assert_ok(hold(test_ctx(), "ORD-1", "CUST-1", lines, 2, &usage));
        fixture_assert_books(f);
}

TEST(a_customer_has_no_more_uses_than_his_own) {
        UsageLine line = use("CMP-A", 100);
        const Usage *usage;

        fixture_campaign(f, "CMP-A", 0, 2, 0);
        ck_assert_ok(hold(test_ctx(), "ORD-1", "CUST-1", &line, 1, &usage));
        ck_assert_ok(hold(test_ctx(), "ORD-2", "CUST-1", &line, 1, &usage));
        ck_assert_reason(hold(test_ctx(), "ORD-3", "CUST-1", &line, 1, &usage), REASON_PROMOTION_EXHAUSTED);
        ck_assert_ok(hold(test_ctx(), "ORD-4", "CUST-2", &line, 1, &usage));
        fixture_assert_books(f);
}

TEST(an_unknown_campaign_and_another_currency_are_mistakes) {
        UsageLine line = use("CMP-A", 100);
        const Usage *usage;

        ck_assert_reason(hold(test_ctx(), "ORD-1", "CUST-1", &line, 1, &usage), REASON_CAMPAIGN_NOT_FOUND);
        fixture_campaign(f, "CMP-A", 0, 0, 0);
        ck_assert_reason(promotion_hold(&f->usages, test_ctx(), "ORD-1", "CUST-1", "EUR", &line, 1, &usage),
                         REASON_INVALID_REQUEST);
        test_sql(f->dsn, "UPDATE campaigns SET currency = NULL");
        ck_assert_ok(promotion_hold(&f->usages, test_ctx(), "ORD-1", "CUST-1", "EUR", &line, 1, &usage));
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/0");
        fixture_assert_books(f);
}

TEST(answers_an_order_with_what_it_has_whatever_is_left) {
        UsageLine line = use("CMP-A", 100), more = use("CMP-A", 101), newer = use("CMP-A", 100);
        const Usage *first, *second;

        fixture_campaign(f, "CMP-A", 1, 1, 100);
        ck_assert_ok(hold(test_ctx(), "ORD-1", "CUST-1", &line, 1, &first));
        ck_assert_ok(hold(test_ctx(), "ORD-1", "CUST-1", &line, 1, &second));
        ck_assert_int_eq(second->expires_at_us, first->expires_at_us);
        ck_assert_int_eq(second->lines[0].amount_minor, 100);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/100");
        ck_assert_reason(hold(test_ctx(), "ORD-1", "CUST-1", &more, 1, &second), REASON_USAGE_MISMATCH);
        ck_assert_reason(hold(test_ctx(), "ORD-1", "CUST-2", &line, 1, &second), REASON_USAGE_MISMATCH);
        newer.version = 2;
        ck_assert_reason(hold(test_ctx(), "ORD-1", "CUST-1", &newer, 1, &second), REASON_USAGE_MISMATCH);
        fixture_assert_books(f);
}

static atomic_int n_won, n_exhausted, n_other;
static UsageUsecase *other_process; /* every second call of a race goes there; NULL: none */
static atomic_int n_calls;

/* As who is told to come again. */
static void hold_and_count(Ctx *ctx, const char *order_id, const char *customer_id, const UsageLine *lines,
                           size_t n_lines) {
        UsageUsecase *usages = other_process && n_calls++ % 2 ? other_process : &f->usages;
        const Usage *usage;
        const Error *error;

        do
                error = promotion_hold(usages, ctx, order_id, customer_id, "USD", lines, n_lines, &usage);
        while (error_is(error, REASON_UNAVAILABLE));
        n_won += error == NULL;
        n_exhausted += error_is(error, REASON_PROMOTION_EXHAUSTED);
        n_other += error && !error_is(error, REASON_PROMOTION_EXHAUSTED);
}

static void want_four(Ctx *ctx, void *arg, size_t i) {
        UsageLine line = use("CMP-A", 7);

        (void) arg;
        for (int k = 0; k < 4; k++)
                hold_and_count(ctx, arena_printf(ctx->arena, "ORD-%zu-%d", i, k),
                               arena_printf(ctx->arena, "CUST-%zu", i), &line, 1);
}

TEST(a_hundred_uses_are_used_a_hundred_times_by_64_clients) {
        fixture_campaign(f, "CMP-A", 100, 0, 0);
        without_checks();
        race_run(N_RACERS, want_four, NULL);
        ck_assert_int_eq(n_won, 100);
        ck_assert_int_eq(n_exhausted, 4 * N_RACERS - 100);
        ck_assert_int_eq(n_other, 0);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "100/700");
        fixture_assert_books(f);
}

TEST(a_budget_is_spent_to_its_last_part_by_64_clients) {
        fixture_campaign(f, "CMP-A", 0, 0, 705);
        without_checks();
        race_run(N_RACERS, want_four, NULL);
        ck_assert_int_eq(n_won, 100);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "100/700");
        fixture_assert_books(f);
}

TEST(two_processes_use_no_more_than_one) {
        PgPool *pool = pool_on(f->dsn, 8);
        UsageUsecase other = f->usages;

        other.repo = promotion_usage_repo_new(test_ctx()->arena, pool);
        other_process = &other;
        fixture_campaign(f, "CMP-A", 100, 0, 0);
        without_checks();
        race_run(N_RACERS, want_four, NULL);
        pg_pool_free(pool);
        ck_assert_int_eq(n_won, 100);
        ck_assert_int_eq(n_other, 0);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "100/700");
        fixture_assert_books(f);
}

static void want_as_one_customer(Ctx *ctx, void *arg, size_t i) {
        UsageLine line = use("CMP-A", 7);

        (void) arg;
        hold_and_count(ctx, arena_printf(ctx->arena, "ORD-%zu", i), "CUST-1", &line, 1);
}

TEST(a_customer_has_his_five_uses_however_often_he_asks_at_once) {
        fixture_campaign(f, "CMP-A", 0, 5, 0);
        race_run(N_RACERS, want_as_one_customer, NULL);
        ck_assert_int_eq(n_won, 5);
        ck_assert_int_eq(n_exhausted, N_RACERS - 5);
        fixture_assert_books(f);
}

static void want_the_same_order(Ctx *ctx, void *arg, size_t i) {
        UsageLine line = use("CMP-A", 7);

        (void) arg;
        (void) i;
        hold_and_count(ctx, "ORD-SAME", "CUST-1", &line, 1);
}

TEST(holds_once_for_an_order_that_asks_64_times_at_once) {
        fixture_campaign(f, "CMP-A", 1, 0, 0);
        race_run(N_RACERS, want_the_same_order, NULL);
        ck_assert_int_eq(n_won, N_RACERS);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/7");
        fixture_assert_books(f);
}

/* Each order wants all campaigns, every second one from the last to the first. */
static void want_all_in_some_order(Ctx *ctx, void *arg, size_t i) {
        static const char *const ids[N_CAMPAIGNS] = { "C0", "C1", "C2", "C3", "C4", "C5", "C6", "C7" };
        UsageLine lines[N_CAMPAIGNS];

        (void) arg;
        for (size_t k = 0; k < N_CAMPAIGNS; k++)
                lines[k] = use(ids[i % 2 == 0 ? k : N_CAMPAIGNS - 1 - k], 1);
        for (size_t round = 0; round < N_ROUNDS; round++)
                hold_and_count(ctx, arena_printf(ctx->arena, "ORD-%zu-%zu", i, round), "CUST-1", lines,
                               N_CAMPAIGNS);
}

TEST(never_deadlocks_on_campaigns_in_opposite_order) {
        for (size_t k = 0; k < N_CAMPAIGNS; k++)
                fixture_campaign(f, arena_printf(test_ctx()->arena, "C%zu", k), 500, 0, 0);
        race_run(N_RACERS, want_all_in_some_order, NULL);
        ck_assert_int_eq(n_won, 500);
        ck_assert_int_eq(n_exhausted, N_RACERS * N_ROUNDS - 500);
        ck_assert_int_eq(
                test_sql_int64(f->dsn,
                               "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
                0);
        fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("promotion/hold");
        TCase *tests = tcase_create("hold");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 90);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
