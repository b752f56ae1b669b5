#include <pthread.h>

#include "fixture.h"
#include "race.h"

#define N_ORDERS 40

static Fixture *f;
static const char *const order_id = "ORD-1";

/* One order that holds 3 of 10. */
static void set_up(void) {
        f = fixture_new();
        fixture_receive(f, "SKU-A", 10);
        ck_assert_ok(fixture_reserve(f, order_id, "SKU-A", 3));
}

static ReservationStatus confirm(void) {
        ReservationStatus status;

        ck_assert_ok(warehouse_confirm(&f->inventory, test_ctx(), &order_id, 1, &status));
        return status;
}

static ReservationStatus release(void) {
        ReservationStatus status;

        ck_assert_ok(warehouse_release(&f->inventory, test_ctx(), &order_id, 1, "test", &status));
        return status;
}

static int64_t on_hand(void) {
        return test_sql_int64(f->dsn, "SELECT on_hand FROM stock WHERE sku = 'SKU-A'");
}

TEST(confirming_sells_what_was_reserved_once) {
        ck_assert_int_eq(confirm(), RESERVATION_CONFIRMED);
        ck_assert_int_eq(confirm(), RESERVATION_CONFIRMED);
        ck_assert_int_eq(on_hand(), 7);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 7);
        ck_assert_str_eq(
                test_sql_text(f->dsn, "SELECT string_agg(kind || quantity || on_hand_effect, ' ' ORDER BY id)"
                                      "  FROM stock_ledger WHERE order_id = 'ORD-1'"),
                "reserved30 sold3-3");
        fixture_assert_books(f);
}

TEST(releasing_gives_back_what_was_reserved_once) {
        ck_assert_int_eq(release(), RESERVATION_RELEASED);
        ck_assert_int_eq(release(), RESERVATION_RELEASED);
        ck_assert_int_eq(on_hand(), 10);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 10);
        fixture_assert_books(f);
}

TEST(releasing_a_sale_returns_it) {
        ck_assert_int_eq(confirm(), RESERVATION_CONFIRMED);
        ck_assert_int_eq(release(), RESERVATION_RELEASED);
        ck_assert_int_eq(on_hand(), 10);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(kind, ' ' ORDER BY id)"
                                               "  FROM stock_ledger WHERE order_id = 'ORD-1'"),
                         "reserved sold returned");
        fixture_assert_books(f);
}

TEST(confirming_what_was_released_leaves_it_released) {
        ck_assert_int_eq(release(), RESERVATION_RELEASED);
        ck_assert_int_eq(confirm(), RESERVATION_RELEASED);
        ck_assert_int_eq(on_hand(), 10);
        fixture_assert_books(f);
}

TEST(answers_per_order_in_their_order) {
        static const char *const order_ids[] = { "ORD-NONE", "ORD-2", "ORD-1", "ORD-1" };
        const char *released = "ORD-2";
        ReservationStatus statuses[4], status;

        ck_assert_ok(fixture_reserve(f, "ORD-2", "SKU-A", 2));
        ck_assert_ok(warehouse_release(&f->inventory, test_ctx(), &released, 1, "", &status));
        ck_assert_ok(warehouse_confirm(&f->inventory, test_ctx(), order_ids, 4, statuses));
        ck_assert_int_eq(statuses[0], RESERVATION_NONE);
        ck_assert_int_eq(statuses[1], RESERVATION_RELEASED);
        ck_assert_int_eq(statuses[2], RESERVATION_CONFIRMED);
        ck_assert_int_eq(statuses[3], RESERVATION_CONFIRMED);
        ck_assert_int_eq(on_hand(), 7);
        fixture_assert_books(f);
}

TEST(extending_gives_the_full_time_again) {
        const Reservation *reservation;

        fixture_expire(f, order_id);
        ck_assert_ok(warehouse_extend(&f->inventory, test_ctx(), order_id, &reservation));
        ck_assert_int_eq(reservation->status, RESERVATION_ACTIVE);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM reservations"
                                                " WHERE expires_at > now() + interval '14 minutes'"),
                         1);
        ck_assert_reason(warehouse_extend(&f->inventory, test_ctx(), "ORD-NONE", &reservation),
                         REASON_HOLD_NOT_FOUND);
        ck_assert_int_eq(release(), RESERVATION_RELEASED);
        ck_assert_reason(warehouse_extend(&f->inventory, test_ctx(), order_id, &reservation),
                         REASON_HOLD_CLOSED);
}

/* All orders at once, in one batch, some threads confirming and some releasing. */
static void move_all(Ctx *ctx, void *arg, size_t i) {
        const char *const *order_ids = arg;
        ReservationStatus statuses[N_ORDERS];

        if (i % 2 == 0)
                ck_assert_ok(warehouse_confirm(&f->inventory, ctx, order_ids, N_ORDERS, statuses));
        else
                ck_assert_ok(warehouse_release(&f->inventory, ctx, order_ids, N_ORDERS, "", statuses));
}

TEST(confirming_and_releasing_at_once_keeps_the_books) {
        const char *order_ids[N_ORDERS];

        fixture_receive(f, "SKU-B", 1000);
        for (size_t i = 0; i < N_ORDERS; i++) {
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-R%zu", i);
                ck_assert_ok(fixture_reserve(f, order_ids[i], "SKU-B", 1 + (int64_t) i % 3));
        }
        race_run(16, move_all, order_ids);
        ck_assert_int_eq(test_sql_int64(f->dsn,
                                        "SELECT count(*) FROM reservations WHERE order_id LIKE 'ORD-R%'"
                                        "   AND status = 'RELEASED'"),
                         N_ORDERS);
        ck_assert_int_eq(fixture_available(f, "SKU-B"), 1000);
        fixture_assert_books(f);
}

static void *release_both(void *arg) {
        static const char *const order_ids[] = { "ORD-T2", "ORD-T1" };
        ReservationStatus statuses[2];
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        const Error *error;

        do
                error = warehouse_release(&f->inventory, &ctx, order_ids, 2, "", statuses);
        while (error_is(error, REASON_UNAVAILABLE));
        ck_assert_ok(error);
        arena_free(arena);
        return arg;
}

/* The session that test_sql keeps has the first tombstone, and makes the second one, as another call may. */
TEST(tombstones_are_made_in_the_order_of_their_orders_so_that_nobody_waits_in_a_circle) {
        pthread_t thread;

        test_sql(f->dsn, "BEGIN; INSERT INTO reservations (reservation_id, order_id, status, expires_at)"
                         " VALUES ('RSV-T1', 'ORD-T1', 'RELEASED', now())");
        ck_assert_int_eq(pthread_create(&thread, NULL, release_both, NULL), 0);
        test_wait_until(test_sql_is_waited_for, &f->dsn, TEST_WAIT_MS, "the release waits for the first one");
        test_sql(f->dsn, "SET LOCAL lock_timeout = '100ms';"
                         " INSERT INTO reservations (reservation_id, order_id, status, expires_at)"
                         " VALUES ('RSV-T2', 'ORD-T2', 'RELEASED', now())");
        test_sql(f->dsn, "COMMIT");
        pthread_join(thread, NULL);
}

/* A release overtakes the hold that it is for, which lay in a socket. */
TEST(a_hold_that_comes_after_its_release_is_refused) {
        const char *late = "ORD-LATE";
        ReservationStatus status;

        ck_assert_ok(warehouse_release(&f->inventory, test_ctx(), &late, 1, "given up", &status));
        ck_assert_int_eq(status, RESERVATION_RELEASED);
        ck_assert_reason(fixture_reserve(f, late, "SKU-A", 1), REASON_HOLD_CLOSED);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 7);
        fixture_assert_books(f);
}

/* On a busy machine a row is locked for longer than a call waits for it; then it is asked again. */
static const Error *hold_or_release_once(Ctx *ctx, const char *id, bool is_release) {
        StockLine line = fixture_line("SKU-B", 1);
        const Reservation *reservation;
        ReservationStatus status;

        if (is_release)
                return warehouse_release(&f->inventory, ctx, &id, 1, "", &status);
        return warehouse_reserve(&f->inventory, ctx, id, &line, 1, &reservation);
}

/* Of two threads one holds and one releases the same order, for many orders at once. */
static void hold_or_release(Ctx *ctx, void *arg, size_t i) {
        const char *id = ((const char *const *) arg)[i / 2];
        const Error *error;

        do
                error = hold_or_release_once(ctx, id, i % 2 == 1);
        while (error_is(error, REASON_UNAVAILABLE));
        if (!error_is(error, REASON_HOLD_CLOSED))
                ck_assert_ok(error);
}

TEST(whichever_comes_first_nothing_of_a_released_order_is_held) {
        const char *order_ids[N_ORDERS];

        fixture_receive(f, "SKU-B", 1000);
        for (size_t i = 0; i < N_ORDERS; i++)
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-R%zu", i);
        race_run(2 * N_ORDERS, hold_or_release, order_ids);
        ck_assert_int_eq(test_sql_int64(f->dsn,
                                        "SELECT count(*) FROM reservations WHERE order_id LIKE 'ORD-R%'"
                                        "   AND status = 'RELEASED'"),
                         N_ORDERS);
        ck_assert_int_eq(fixture_available(f, "SKU-B"), 1000);
        fixture_assert_books(f);
}

#define N_INNOCENT 20

/* One order whose stock row is wrong, among many whose rows are right. */
static const char **orders_with_a_bad_one(void) {
        const char **order_ids = ARENA_ARRAY(test_ctx()->arena, const char *, N_INNOCENT + 1);

        fixture_receive(f, "SKU-B", 1000);
        for (size_t i = 0; i < N_INNOCENT; i++) {
                order_ids[i] = arena_printf(test_ctx()->arena, "ORD-R%zu", i);
                ck_assert_ok(fixture_reserve(f, order_ids[i], "SKU-B", 1));
        }
        order_ids[N_INNOCENT] = order_ids[N_INNOCENT / 2];
        order_ids[N_INNOCENT / 2] = order_id;
        test_sql(f->dsn, "ALTER TABLE stock DROP CONSTRAINT stock_reserved_check;"
                         "UPDATE stock SET reserved = 0 WHERE sku = 'SKU-A';"
                         "ALTER TABLE stock ADD CONSTRAINT stock_reserved_check"
                         "      CHECK (reserved >= 0 AND reserved <= on_hand)");
        return order_ids;
}

static void assert_statuses(const ReservationStatus *statuses, ReservationStatus expected) {
        for (size_t i = 0; i < N_INNOCENT + 1; i++)
                ck_assert_int_eq(statuses[i], i == N_INNOCENT / 2 ? RESERVATION_ACTIVE : expected);
}

TEST(a_stock_row_that_breaks_its_check_holds_up_no_other_order) {
        ReservationStatus statuses[N_INNOCENT + 1];
        const char **order_ids = orders_with_a_bad_one();

        ck_assert_ok(warehouse_confirm(&f->inventory, test_ctx(), order_ids, N_INNOCENT + 1, statuses));
        assert_statuses(statuses, RESERVATION_CONFIRMED);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT on_hand FROM stock WHERE sku = 'SKU-B'"),
                         1000 - N_INNOCENT);
        ck_assert_ok(warehouse_release(&f->inventory, test_ctx(), order_ids, N_INNOCENT + 1, "", statuses));
        assert_statuses(statuses, RESERVATION_RELEASED);
        ck_assert_int_eq(fixture_available(f, "SKU-B"), 1000);
        ck_assert_ptr_nonnull(warehouse_release(&f->inventory, test_ctx(), &order_id, 1, "", statuses));
}

TEST(a_stock_row_that_breaks_its_check_holds_up_no_other_expiry) {
        size_t n_found;

        orders_with_a_bad_one();
        test_sql(f->dsn, "UPDATE reservations SET expires_at = now() - interval '1 second'");
        f->owner.answer = RESERVATION_EXPIRE;
        ck_assert_ok(warehouse_sweep(&f->inventory, test_ctx(), &n_found));
        ck_assert_uint_eq(n_found, N_INNOCENT + 1);
        ck_assert_int_eq(test_sql_int64(f->dsn,
                                        "SELECT count(*) FROM reservations WHERE status = 'EXPIRED'"),
                         N_INNOCENT);
        ck_assert_str_eq(fixture_status(f, order_id), "ACTIVE");
        ck_assert_int_eq(fixture_available(f, "SKU-B"), 1000);
}

TEST(a_status_that_is_not_known_is_an_error) {
        ReservationStatus status = RESERVATION_ACTIVE;
        const Reservation *reservation;

        test_sql(f->dsn, "ALTER DOMAIN reservation_status DROP CONSTRAINT reservation_status_check;"
                         "UPDATE reservations SET status = 'PARTIAL'");
        const Error *error = warehouse_confirm(&f->inventory, test_ctx(), &order_id, 1, &status);
        ck_assert(error && !error->reason);
        ck_assert_str_eq(error->message,
                         "reservations.status holds PARTIAL, which this version does not know");
        ck_assert_int_eq(status, RESERVATION_ACTIVE);
        error = f->inventory.repo->find(f->inventory.repo, test_ctx(), order_id, &reservation);
        ck_assert(error && !error->reason);
}

int main(void) {
        Suite *suite = suite_create("warehouse/moves");
        TCase *tests = tcase_create("moves");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
