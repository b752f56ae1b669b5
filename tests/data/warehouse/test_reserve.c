#include <stdatomic.h>

#include "fixture.h"
#include "race.h"

#define N_RACERS 64
#define N_SKUS 8
#define N_ROUNDS 20

TEST(reserves_every_line_of_an_order) {
        Fixture *f = fixture_new();
        StockLine lines[] = { fixture_line("SKU-B", 2), fixture_line("SKU-A", 1) };
        const Reservation *reservation;

        fixture_receive(f, "SKU-A", 10);
        fixture_receive(f, "SKU-B", 10);
        ck_assert_ok(warehouse_reserve(&f->inventory, test_ctx(), "ORD-1", lines, 2, &reservation));
        ck_assert_int_eq(reservation->status, RESERVATION_ACTIVE);
        ck_assert_str_eq(reservation->lines[0].sku, "SKU-B");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 9);
        ck_assert_int_eq(fixture_available(f, "SKU-B"), 8);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM stock_ledger WHERE kind = 'reserved'"),
                         2);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT extract(epoch FROM expires_at - created_at)::bigint"
                                                "  FROM reservations"),
                         900);
        fixture_assert_books(f);
}

TEST(reserves_nothing_when_one_line_is_short) {
        Fixture *f = fixture_new();
        StockLine lines[] = { fixture_line("SKU-A", 1), fixture_line("SKU-B", 3),
                              fixture_line("SKU-NONE", 1) };
        const Reservation *reservation = NULL;

        fixture_receive(f, "SKU-A", 10);
        fixture_receive(f, "SKU-B", 2);
        const Error *error = ck_assert_reason(
                warehouse_reserve(&f->inventory, test_ctx(), "ORD-1", lines, 3, &reservation),
                REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_str_eq(error->message, "Product SKU-B is out of stock in warehouse US-WEST-01");
        ck_assert_uint_eq(error->n_records, 2);
        ck_assert_int_eq(error->records[0].values[2].number, 3);
        ck_assert_int_eq(error->records[0].values[3].number, 2);
        ck_assert_str_eq(error->records[1].values[1].text, "SKU-NONE");
        ck_assert_int_eq(error->records[1].values[3].number, 0);
        ck_assert_ptr_null(reservation);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM reservations"), 0);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 10);
        fixture_assert_books(f);
}

TEST(answers_an_order_with_the_reservation_it_has) {
        Fixture *f = fixture_new();
        StockLine line = fixture_line("SKU-A", 2);
        const Reservation *first, *second;

        fixture_receive(f, "SKU-A", 2);
        ck_assert_ok(warehouse_reserve(&f->inventory, test_ctx(), "ORD-1", &line, 1, &first));
        ck_assert_ok(warehouse_reserve(&f->inventory, test_ctx(), "ORD-1", &line, 1, &second));
        ck_assert_str_eq(first->reservation_id, second->reservation_id);
        ck_assert_int_eq(first->expires_at_us, second->expires_at_us);
        ck_assert_int_eq(second->lines[0].quantity, 2);
        ck_assert_str_eq(second->lines[0].product_id, "PROD-1");
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 0);
        fixture_assert_books(f);
}

TEST(does_not_open_a_closed_reservation_again) {
        Fixture *f = fixture_new();
        const char *order_id = "ORD-1";
        ReservationStatus status;

        fixture_receive(f, "SKU-A", 5);
        ck_assert_ok(fixture_reserve(f, order_id, "SKU-A", 2));
        ck_assert_reason(fixture_reserve(f, order_id, "SKU-A", 3), REASON_HOLD_MISMATCH);
        ck_assert_ok(warehouse_release(&f->inventory, test_ctx(), &order_id, 1, "", &status));
        ck_assert_reason(fixture_reserve(f, order_id, "SKU-A", 2), REASON_HOLD_CLOSED);
        ck_assert_int_eq(fixture_available(f, "SKU-A"), 5);
        fixture_assert_books(f);
}

/* What the racers share. */
typedef struct Race {
        Fixture *fixture;
        atomic_int n_won;
        atomic_int n_short;
        atomic_int n_other;
} Race;

static void count(Race *race, const Error *error) {
        if (!error)
                race->n_won++;
        else if (error_is(error, REASON_PRODUCT_OUT_OF_STOCK))
                race->n_short++;
        else
                race->n_other++;
}

static Race *race_new(void) {
        Race *race = ARENA_NEW(test_ctx()->arena, Race);

        race->fixture = fixture_new();
        return race;
}

static void reserve(Ctx *ctx, Race *race, const char *order_id, const StockLine *lines, size_t n_lines) {
        const Reservation *reservation;
        const Error *error;

        do /* as who is told to come again */
                error = warehouse_reserve(&race->fixture->inventory, ctx, order_id, lines, n_lines,
                                          &reservation);
        while (error_is(error, REASON_UNAVAILABLE));
        count(race, error);
}

static void want_the_last_unit(Ctx *ctx, void *arg, size_t i) {
        StockLine line = fixture_line("SKU-LAST", 1);

        reserve(ctx, arg, arena_printf(ctx->arena, "ORD-%zu", i), &line, 1);
}

TEST(sells_the_last_unit_once_to_64_racers) {
        Race *race = race_new();

        fixture_receive(race->fixture, "SKU-LAST", 1);
        race_run(N_RACERS, want_the_last_unit, race);
        ck_assert_int_eq(race->n_won, 1);
        ck_assert_int_eq(race->n_short, N_RACERS - 1);
        ck_assert_int_eq(fixture_available(race->fixture, "SKU-LAST"), 0);
        fixture_assert_books(race->fixture);
}

static void want_the_same_order(Ctx *ctx, void *arg, size_t i) {
        StockLine line = fixture_line("SKU-A", 1);

        (void) i;
        reserve(ctx, arg, "ORD-SAME", &line, 1);
}

TEST(reserves_once_for_an_order_that_asks_64_times_at_once) {
        Race *race = race_new();

        fixture_receive(race->fixture, "SKU-A", 100);
        race_run(N_RACERS, want_the_same_order, race);
        ck_assert_int_eq(race->n_won, N_RACERS);
        ck_assert_int_eq(fixture_available(race->fixture, "SKU-A"), 99);
        fixture_assert_books(race->fixture);
}

/* Each order wants all SKUs, every second one from the last to the first. */
static void want_all_in_some_order(Ctx *ctx, void *arg, size_t i) {
        static const char *const skus[N_SKUS] = { "S0", "S1", "S2", "S3", "S4", "S5", "S6", "S7" };
        StockLine lines[N_SKUS];

        for (size_t k = 0; k < N_SKUS; k++)
                lines[k] = fixture_line(skus[i % 2 == 0 ? k : N_SKUS - 1 - k], 1);
        for (size_t round = 0; round < N_ROUNDS; round++)
                reserve(ctx, arg, arena_printf(ctx->arena, "ORD-%zu-%zu", i, round), lines, N_SKUS);
}

TEST(never_deadlocks_on_skus_in_opposite_order) {
        Race *race = race_new();

        for (size_t k = 0; k < N_SKUS; k++)
                fixture_receive(race->fixture, arena_printf(test_ctx()->arena, "S%zu", k), 1000);
        race_run(N_RACERS, want_all_in_some_order, race);
        ck_assert_int_eq(race->n_won, 1000);
        ck_assert_int_eq(race->n_short, N_RACERS * N_ROUNDS - 1000);
        ck_assert_int_eq(
                test_sql_int64(race->fixture->dsn,
                               "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"),
                0);
        fixture_assert_books(race->fixture);
}

int main(void) {
        Suite *suite = suite_create("warehouse/reserve");
        TCase *tests = tcase_create("reserve");

        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
