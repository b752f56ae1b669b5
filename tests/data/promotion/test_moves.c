#include <pthread.h>

#include "fixture.h"
#include "race.h"

#define N_ORDERS 40

static Fixture *f;
static const char *const order_id = "ORD-1";

/* One order that holds one of ten uses, and 300 of a budget of 1000. */
static void set_up(void) {
        f = fixture_new();
        fixture_campaign(f, "CMP-A", 10, 0, 1000);
        ck_assert_ok(fixture_hold(f, order_id, "CMP-A", 300));
}

static UsageStatus commit(void) {
        UsageStatus status;

        ck_assert_ok(promotion_commit(&f->usages, test_ctx(), &order_id, 1, &status));
        return status;
}

static UsageStatus release(void) {
        UsageStatus status;

        ck_assert_ok(promotion_release(&f->usages, test_ctx(), &order_id, 1, &status));
        return status;
}

TEST(committing_keeps_what_was_held_once) {
        ck_assert_int_eq(commit(), USAGE_COMMITTED);
        ck_assert_int_eq(commit(), USAGE_COMMITTED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/300");
        fixture_assert_books(f);
}

TEST(releasing_gives_back_what_was_held_once) {
        ck_assert_int_eq(release(), USAGE_RELEASED);
        ck_assert_int_eq(release(), USAGE_RELEASED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "0/0");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT uses FROM customer_usages"), 0);
        fixture_assert_books(f);
}

TEST(releasing_what_was_committed_gives_it_back) {
        ck_assert_int_eq(commit(), USAGE_COMMITTED);
        ck_assert_int_eq(release(), USAGE_RELEASED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "0/0");
        fixture_assert_books(f);
}

TEST(committing_what_was_released_leaves_it_released) {
        ck_assert_int_eq(release(), USAGE_RELEASED);
        ck_assert_int_eq(commit(), USAGE_RELEASED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "0/0");
        fixture_assert_books(f);
}

TEST(answers_per_order_in_their_order) {
        static const char *const order_ids[] = { "ORD-NONE", "ORD-2", "ORD-1", "ORD-1" };
        const char *released = "ORD-2";
        UsageStatus statuses[4];

        ck_assert_ok(fixture_hold(f, "ORD-2", "CMP-A", 300));
        ck_assert_ok(promotion_release(&f->usages, test_ctx(), &released, 1, statuses));
        ck_assert_ok(promotion_commit(&f->usages, test_ctx(), order_ids, 4, statuses));
        ck_assert_int_eq(statuses[0], USAGE_NONE);
        ck_assert_int_eq(statuses[1], USAGE_RELEASED);
        ck_assert_int_eq(statuses[2], USAGE_COMMITTED);
        ck_assert_int_eq(statuses[3], USAGE_COMMITTED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/300");
        fixture_assert_books(f);
}

/* A release overtakes the hold that it is for, which lay in a socket. */
TEST(a_hold_that_comes_after_its_release_is_refused) {
        const char *late = "ORD-LATE";
        UsageStatus status;

        ck_assert_ok(promotion_release(&f->usages, test_ctx(), &late, 1, &status));
        ck_assert_int_eq(status, USAGE_RELEASED);
        ck_assert_reason(fixture_hold(f, late, "CMP-A", 1), REASON_USAGE_CLOSED);
        ck_assert_str_eq(fixture_counts(f, "CMP-A"), "1/300");
        fixture_assert_books(f);
}

/* All orders at once, in one batch, some threads committing and some releasing. */
static void move_all(Ctx *ctx, void *arg, size_t i) {
        const char *const *order_ids = arg;
        UsageStatus statuses[N_ORDERS];

        if (i % 2 == 0)
                ck_assert_ok(promotion_commit(&f->usages, ctx, order_ids, N_ORDERS, statuses));
        else
                ck_assert_ok(promotion_release(&f->usages, ctx, order_ids, N_ORDERS, statuses));
}

static const char **many_order_ids(void) {
        const char **order_ids = ARENA_ARRAY(test_ctx()->arena, const char *, N_ORDERS);

        fixture_campaign(f, "CMP-B", 0, 0, 0);
        fixture_campaign(f, "CMP-C", 0, 0, 0);
        for (size_t i = 0; i < N_ORDERS; i++)
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-R%zu", i);
        return order_ids;
}

static int64_t n_released(void) {
        return test_sql_int64(f->dsn, "SELECT count(*) FROM usages"
                                      " WHERE order_id LIKE 'ORD-R%' AND status = 'RELEASED'");
}

TEST(committing_and_releasing_at_once_keeps_the_books) {
        const char **order_ids = many_order_ids();

        for (size_t i = 0; i < N_ORDERS; i++)
                ck_assert_ok(fixture_hold(f, order_ids[i], i % 2 ? "CMP-B" : "CMP-C", 1));
        race_run(16, move_all, order_ids);
        ck_assert_int_eq(n_released(), N_ORDERS);
        ck_assert_str_eq(fixture_counts(f, "CMP-B"), "0/0");
        fixture_assert_books(f);
}

static void *release_both(void *arg) {
        static const char *const order_ids[] = { "ORD-T2", "ORD-T1" };
        UsageStatus statuses[2];
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        const Error *error;

        do
                error = promotion_release(&f->usages, &ctx, order_ids, 2, statuses);
        while (error_is(error, REASON_UNAVAILABLE));
        ck_assert_ok(error);
        arena_free(arena);
        return arg;
}

/* The session that test_sql keeps has the first tombstone, and makes the second one, as another call may. */
TEST(tombstones_are_made_in_the_order_of_their_orders_so_that_nobody_waits_in_a_circle) {
        pthread_t thread;

        test_sql(f->dsn, "BEGIN; INSERT INTO usages (order_id, customer_id, currency, status, expires_at)"
                         " VALUES ('ORD-T1', '', '', 'RELEASED', now())");
        ck_assert_int_eq(pthread_create(&thread, NULL, release_both, NULL), 0);
        test_wait_until(test_sql_is_waited_for, &f->dsn, TEST_WAIT_MS, "the release waits for the first one");
        test_sql(f->dsn, "SET LOCAL lock_timeout = '100ms';"
                         " INSERT INTO usages (order_id, customer_id, currency, status, expires_at)"
                         " VALUES ('ORD-T2', '', '', 'RELEASED', now())");
        test_sql(f->dsn, "COMMIT");
        pthread_join(thread, NULL);
}

/* Of two threads one holds and one releases the same order, for many orders at once. */
static void hold_or_release(Ctx *ctx, void *arg, size_t i) {
        const char *id = ((const char *const *) arg)[i / 2];
        UsageLine line = { .campaign_id = "CMP-B", .version = 1, .amount_minor = 1 };
        const Usage *usage;
        const Error *error;
        UsageStatus status;

        do /* on a busy machine a row is locked for longer than a call waits for it; then it is asked again */
                error = i % 2 ? promotion_release(&f->usages, ctx, &id, 1, &status)
                              : promotion_hold(&f->usages, ctx, id, "CUST-1", "USD", &line, 1, &usage);
        while (error_is(error, REASON_UNAVAILABLE));
        if (!error_is(error, REASON_USAGE_CLOSED))
                ck_assert_ok(error);
}

TEST(whichever_comes_first_nothing_of_a_released_order_is_held) {
        race_run(2 * N_ORDERS, hold_or_release, many_order_ids());
        ck_assert_int_eq(n_released(), N_ORDERS);
        ck_assert_str_eq(fixture_counts(f, "CMP-B"), "0/0");
        fixture_assert_books(f);
}

#define N_INNOCENT 20

TEST(a_counter_that_breaks_its_check_holds_up_no_other_order) {
        const char *order_ids[N_INNOCENT + 1];
        UsageStatus statuses[N_INNOCENT + 1];

        many_order_ids();
        for (size_t i = 0; i < N_INNOCENT; i++) {
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-R%zu", i);
                ck_assert_ok(fixture_hold(f, order_ids[i], "CMP-B", 1));
        }
        order_ids[N_INNOCENT] = order_ids[N_INNOCENT / 2];
        order_ids[N_INNOCENT / 2] = order_id;
        test_sql(f->dsn, "UPDATE campaigns SET uses = 0 WHERE campaign_id = 'CMP-A'");
        ck_assert_ok(promotion_release(&f->usages, test_ctx(), order_ids, N_INNOCENT + 1, statuses));
        for (size_t i = 0; i < N_INNOCENT + 1; i++)
                ck_assert_int_eq(statuses[i], i == N_INNOCENT / 2 ? USAGE_HELD : USAGE_RELEASED);
        ck_assert_str_eq(fixture_counts(f, "CMP-B"), "0/0");
        ck_assert_ptr_nonnull(promotion_release(&f->usages, test_ctx(), &order_id, 1, statuses));
}

TEST(a_status_that_is_not_known_is_an_error) {
        UsageStatus status = USAGE_HELD;
        const Usage *usage;

        test_sql(f->dsn, "ALTER DOMAIN usage_status DROP CONSTRAINT usage_status_check;"
                         "UPDATE usages SET status = 'PARTIAL'");
        const Error *error = promotion_commit(&f->usages, test_ctx(), &order_id, 1, &status);
        ck_assert(error && !error->reason);
        ck_assert_str_eq(error->message, "usages.status holds PARTIAL, which this version does not know");
        ck_assert_int_eq(status, USAGE_HELD);
        error = f->usages.repo->find(f->usages.repo, test_ctx(), order_id, &usage);
        ck_assert(error && !error->reason);
}

int main(void) {
        Suite *suite = suite_create("promotion/moves");
        TCase *tests = tcase_create("moves");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
