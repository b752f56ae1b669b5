#include <stdatomic.h>

#include "fixture.h"
#include "race.h"

static Fixture *f;

/* One order that held all there is, and whose time is over. */
static void set_up(void) {
        f = fixture_new();
        fixture_receive(f, "SKU-A", 5);
        ck_assert_ok(fixture_reserve(f, "ORD-OLD", "SKU-A", 5));
        fixture_expire(f, "ORD-OLD");
}

static size_t sweep(void) {
        size_t n_found;

        ck_assert_ok(warehouse_sweep(&f->inventory, test_ctx(), &n_found));
        return n_found;
}

TEST(an_expired_reservation_does_not_count_when_stock_is_read) {
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 5);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "ACTIVE");
}

TEST(stock_of_an_order_that_came_to_nothing_goes_to_the_next) {
        ck_assert_ok(fixture_reserve(f, "ORD-NEW", "SKU-A", 5));
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        ck_assert_str_eq(fixture_status(f, "ORD-NEW"), "ACTIVE");
        fixture_assert_books(f);
}

TEST(stock_of_an_order_that_is_being_paid_stays_with_it) {
        f->owner.answer = RESERVATION_EXTEND;
        ck_assert_reason(fixture_reserve(f, "ORD-NEW", "SKU-A", 1), REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "ACTIVE");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 0);
        ck_assert_uint_eq(sweep(), 0);
        fixture_assert_books(f);
}

TEST(stock_of_an_order_that_was_paid_is_sold) {
        f->owner.answer = RESERVATION_CONFIRM;
        ck_assert_reason(fixture_reserve(f, "ORD-NEW", "SKU-A", 1), REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "CONFIRMED");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT on_hand FROM stock"), 0);
        fixture_assert_books(f);
}

TEST(a_reservation_of_which_nobody_knows_stays) {
        f->owner.answer = RESERVATION_KEEP;
        ck_assert_reason(fixture_reserve(f, "ORD-NEW", "SKU-A", 1), REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "ACTIVE");
        fixture_assert_books(f);
}

TEST(nobody_is_asked_while_there_is_enough_stock) {
        fixture_receive(f, "SKU-A", 1);
        ck_assert_ok(fixture_reserve(f, "ORD-NEW", "SKU-A", 1));
        ck_assert_uint_eq(f->owner.n_asked, 0);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "ACTIVE");
}

TEST(frees_more_expired_reservations_than_one_call_resolves) {
        fixture_receive(f, "SKU-B", 2 * INVENTORY_MAX_ORDERS);
        for (int i = 0; i < 2 * INVENTORY_MAX_ORDERS; i++)
                ck_assert_ok(fixture_reserve(f, arena_printf(test_ctx()->arena, "ORD-B%d", i), "SKU-B", 1));
        test_sql(f->dsn, "UPDATE reservations SET expires_at = now() - interval '1 second'");
        ck_assert_ok(fixture_reserve(f, "ORD-NEW", "SKU-B", 2 * INVENTORY_MAX_ORDERS));
        ck_assert_uint_eq(f->owner.n_asked, 2 * INVENTORY_MAX_ORDERS);
        fixture_assert_books(f);
}

TEST(the_sweeper_gives_back_what_expired) {
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        ck_assert_uint_eq(sweep(), 0);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT reserved FROM stock"), 0);
        fixture_assert_books(f);
}

TEST(a_claimed_reservation_is_left_to_its_sweeper_until_the_claim_is_over) {
        const char *const *order_ids;
        size_t n_orders;

        ck_assert_ok(f->inventory.repo->claim_expired(f->inventory.repo, test_ctx(), 60000, &order_ids,
                                                      &n_orders));
        ck_assert_uint_eq(n_orders, 1);
        ck_assert_uint_eq(sweep(), 0);
        test_sql(f->dsn, "UPDATE reservations SET claimed_until = now()");
        ck_assert_uint_eq(sweep(), 1);
}

TEST(a_clock_that_steps_back_does_not_stretch_the_claim_of_a_dead_sweeper) {
        const char *const *order_ids;
        size_t n_orders;

        ck_assert_ok(f->inventory.repo->claim_expired(f->inventory.repo, test_ctx(), 60000, &order_ids,
                                                      &n_orders));
        test_sql(f->dsn, "UPDATE reservations SET claimed_until = claimed_until + interval '1 hour'");
        ck_assert_uint_eq(sweep(), 1);
}

static size_t tidy(size_t limit) {
        size_t n_forgotten;

        ck_assert_ok(f->inventory.repo->tidy(f->inventory.repo, test_ctx(), limit, &n_forgotten));
        return n_forgotten;
}

TEST(a_clock_that_steps_back_does_not_stretch_a_hold) {
        test_sql(f->dsn, "UPDATE reservations SET expires_at = now() + interval '15 minutes'");
        tidy(10);
        ck_assert_uint_eq(sweep(), 0);
        test_sql(f->dsn, "UPDATE reservations SET expires_at = expires_at + interval '1 hour',"
                         "                        updated_at = updated_at + interval '1 hour'");
        tidy(10);
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        fixture_assert_books(f);
}

/* As while another length is rolled out: what counts is how long the warehouse that holds it does so. */
TEST(a_hold_is_as_long_as_it_was_told) {
        test_sql(f->dsn, "UPDATE reservations SET expires_at = now() + interval '24 hours'");
        tidy(10);
        ck_assert_uint_eq(sweep(), 0);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "ACTIVE");
}

TEST(closed_reservations_are_forgotten_after_their_time_and_others_never) {
        test_sql(f->dsn, "INSERT INTO reservations (reservation_id, order_id, status, expires_at, updated_at)"
                         " SELECT 'R-' || n, 'ORD-' || n, CASE WHEN n = 1 THEN 'EXPIRED' ELSE 'RELEASED' END,"
                         "        now(), now() - n * interval '48 hours' FROM generate_series(1, 3) AS n");
        test_sql(f->dsn, "INSERT INTO reservations (reservation_id, order_id, status, expires_at, updated_at)"
                         " VALUES ('R-4', 'ORD-YOUNG', 'RELEASED', now(), now() - interval '47 hours'),"
                         "        ('R-5', 'ORD-SOLD', 'CONFIRMED', now(), now() - interval '99 days')");
        test_sql(f->dsn, "INSERT INTO reservation_lines SELECT 'R-' || n, 1, 'SKU-A', 'US-WEST-01', 'P', 1"
                         "  FROM generate_series(1, 5) AS n");
        test_sql(f->dsn, "UPDATE reservations SET updated_at = now() - interval '99 days'"
                         " WHERE order_id = 'ORD-OLD'");
        ck_assert_uint_eq(tidy(2), 2);
        ck_assert_uint_eq(tidy(2), 1);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM reservations WHERE order_id IN"
                                                " ('ORD-YOUNG', 'ORD-SOLD', 'ORD-OLD')"),
                         test_sql_int64(f->dsn, "SELECT count(*) FROM reservations"));
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM reservation_lines"), 3);
}

TEST(an_extension_wins_over_an_expiry_that_was_decided_before) {
        const char *order_id = "ORD-OLD";
        const Reservation *reservation;
        size_t n_resolved;

        ck_assert_ok(warehouse_extend(&f->inventory, test_ctx(), order_id, &reservation));
        ck_assert_ok(warehouse_resolve(&f->inventory, test_ctx(), &order_id, 1, &n_resolved));
        ck_assert_str_eq(fixture_status(f, order_id), "ACTIVE");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 0);
        fixture_assert_books(f);
}

static atomic_int n_won;

static void want_what_expired(Ctx *ctx, void *arg, size_t i) {
        const char *order_id = arena_printf(ctx->arena, "ORD-N%zu", i);
        StockLine line = fixture_line("SKU-A", 1);
        const Reservation *reservation;

        (void) arg;
        n_won += warehouse_reserve(&f->inventory, ctx, order_id, &line, 1, &reservation) == NULL;
}

TEST(racers_for_expired_stock_get_each_unit_once) {
        race_run(32, want_what_expired, NULL);
        ck_assert_int_eq(n_won, 5);
        ck_assert_str_eq(fixture_status(f, "ORD-OLD"), "EXPIRED");
        fixture_assert_books(f);
}

int main(void) {
        Suite *suite = suite_create("warehouse/expiry");
        TCase *tests = tcase_create("expiry");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
