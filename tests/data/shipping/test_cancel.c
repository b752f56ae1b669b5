#include "fixture.h"
#include "race.h"

#define N_ROUNDS 200

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Error *cancel(Ctx *ctx, const char *order_id, int64_t *ret_n) {
        return shipping_cancel(&f->fulfilments, ctx, order_id, "changed my mind", ret_n);
}

static const Error *ship(Ctx *ctx, const char *shipment_id, const char *number) {
        const Shipment *shipment;
        Ctx admin = fixture_admin(ctx);

        return shipping_mark_shipped(&f->fulfilments, &admin, shipment_id, "UPS", number, &shipment);
}

static const char *text(const char *query, const char *order_id) {
        return test_sql_text(f->dsn, arena_printf(test_ctx()->arena, query, order_id));
}

static const char *statuses(const char *order_id) {
        return text("SELECT string_agg(status, ' ' ORDER BY number) FROM shipments WHERE order_id = '%s'",
                    order_id);
}

TEST(cancels_all_shipments_and_says_how_many_however_often_it_is_asked) {
        int64_t n = -1;

        fixture_confirm(f, "ORD-1");
        for (int i = 0; i < 2; i++) {
                ck_assert_ok(cancel(test_ctx(), "ORD-1", &n));
                ck_assert_int_eq(n, 2);
        }
        ck_assert_str_eq(statuses("ORD-1"), "CANCELLED CANCELLED");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT DISTINCT concat_ws(' ', version, reason, actor)"
                                               "  FROM shipment_history WHERE status = 'CANCELLED'"),
                         "2 changed my mind shipping-service");
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM outbox"), 1);
        fixture_assert_books(f);
}

TEST(what_was_cancelled_is_not_shipped) {
        const char *shipment_id = fixture_confirm(f, "ORD-1");
        int64_t n;

        ck_assert_ok(cancel(test_ctx(), "ORD-1", &n));
        ck_assert_reason(ship(test_ctx(), shipment_id, "1Z"), REASON_SHIPMENT_CANCELLED);
        fixture_assert_books(f);
}

TEST(when_one_of_two_was_shipped_none_is_cancelled) {
        const char *shipment_id = fixture_confirm(f, "ORD-1");
        Ctx admin = fixture_admin(test_ctx());
        const Shipment *shipment;
        int64_t n;

        ck_assert_ok(ship(test_ctx(), shipment_id, "1Z"));
        ck_assert_reason(cancel(test_ctx(), "ORD-1", &n), REASON_ALREADY_SHIPPED);
        ck_assert_str_eq(statuses("ORD-1"), "SHIPPED CREATED");
        ck_assert_ok(shipping_mark_delivered(&f->fulfilments, &admin, shipment_id, &shipment));
        ck_assert_reason(cancel(test_ctx(), "ORD-1", &n), REASON_ALREADY_SHIPPED);
        fixture_assert_books(f);
}

TEST(a_tombstone_is_forgotten_after_a_day_and_a_cancelled_order_is_not) {
        FulfilmentRepo *repo = f->fulfilments.repo;
        int64_t n;
        size_t n_forgotten;

        fixture_confirm(f, "ORD-1");
        ck_assert_ok(cancel(test_ctx(), "ORD-1", &n));
        ck_assert_ok(cancel(test_ctx(), "ORD-2", &n));
        ck_assert_ok(cancel(test_ctx(), "ORD-3", &n));
        ck_assert_ok(repo->tidy(repo, test_ctx(), 10, &n_forgotten));
        ck_assert_uint_eq(n_forgotten, 0);
        test_sql(f->dsn, "UPDATE fulfilments SET created_at = now() - interval '24 hours'"
                         " WHERE order_id <> 'ORD-3'");
        ck_assert_ok(repo->tidy(repo, test_ctx(), 10, &n_forgotten));
        ck_assert_uint_eq(n_forgotten, 1);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(order_id, ' ' ORDER BY order_id)"
                                               "  FROM fulfilments"),
                         "ORD-1 ORD-3");
}

TEST(it_is_forgotten_a_few_at_a_time) {
        FulfilmentRepo *repo = f->fulfilments.repo;
        size_t n_forgotten;

        test_sql(f->dsn, "INSERT INTO fulfilments (order_id, status, created_at)"
                         " SELECT 'ORD-' || n, 'CANCELLED', now() - interval '25 hours'"
                         "   FROM generate_series(1, 5) AS n");
        ck_assert_ok(repo->tidy(repo, test_ctx(), 3, &n_forgotten));
        ck_assert_uint_eq(n_forgotten, 3);
        ck_assert_ok(repo->tidy(repo, test_ctx(), 3, &n_forgotten));
        ck_assert_uint_eq(n_forgotten, 2);
}

/* ---- who comes second ---- */

static Fulfilment *read_and_ship(void) {
        Fulfilment *fulfilment;

        ck_assert_ok(f->fulfilments.repo->find(f->fulfilments.repo, test_ctx(), "ORD-1", &fulfilment));
        fulfilment->version++;
        fulfilment->shipments[0].status = SHIPMENT_SHIPPED;
        fulfilment->shipments[0].tracking_number = "1Z";
        fulfilment->shipments[0].shipped_at_us = 1;
        fulfilment->shipments[0].version++;
        return fulfilment;
}

static void is_not_saved(const Fulfilment *fulfilment) {
        bool is_saved = true;

        ck_assert_ok(f->fulfilments.repo->save(f->fulfilments.repo, test_ctx(), fulfilment, 0, &is_saved));
        ck_assert(!is_saved);
        fixture_assert_books(f);
}

TEST(what_was_read_before_it_was_cancelled_is_not_saved) {
        fixture_confirm(f, "ORD-1");
        const Fulfilment *late = read_and_ship();
        int64_t n;

        ck_assert_ok(cancel(test_ctx(), "ORD-1", &n));
        is_not_saved(late);
        ck_assert_str_eq(statuses("ORD-1"), "CANCELLED CANCELLED");
}

TEST(what_was_read_before_another_change_is_not_saved) {
        const char *shipment_id = fixture_confirm(f, "ORD-1");
        const Fulfilment *late = read_and_ship();

        ck_assert_ok(ship(test_ctx(), shipment_id, "JD"));
        is_not_saved(late);
        ck_assert_str_eq(text("SELECT tracking_number FROM shipments WHERE order_id = '%s' AND number = 1",
                              "ORD-1"),
                         "JD");
}

/* ---- races ---- */

typedef struct Race {
        const char *order_id;
        const char *shipment_ids[2];
        Event confirmed;
        const char *reasons[3]; /* of the racers; NULL: it was done */
} Race;

static const char *reason_of(const Error *error) {
        ck_assert(!error || error->reason);
        return error ? arena_printf(test_ctx()->arena, "%s", error->reason) : NULL;
}

static Race race_of(size_t round) {
        Race race = { .order_id = arena_printf(test_ctx()->arena, "ORD-%zu", round) };

        race.shipment_ids[0] = fixture_confirm(f, race.order_id);
        race.shipment_ids[1] =
                text("SELECT shipment_id FROM shipments WHERE order_id = '%s' AND number = 2", race.order_id);
        return race;
}

static void cancel_or_ship(Ctx *ctx, void *arg, size_t i) {
        Race *race = arg;
        int64_t n;

        race->reasons[i] = reason_of(i == 0 ? cancel(ctx, race->order_id, &n)
                                            : ship(ctx, race->shipment_ids[0], "1Z"));
}

/* Which of both comes first is chance; whichever it is, the other one is told. */
TEST(of_cancelling_and_shipping_exactly_one_is_done) {
        size_t n_cancelled = 0;

        for (size_t round = 0; round < N_ROUNDS; round++) {
                Race race = race_of(round);

                race_run(2, cancel_or_ship, &race);
                bool is_cancelled = race.reasons[0] == NULL;
                ck_assert_int_ne(is_cancelled, race.reasons[1] == NULL);
                ck_assert_str_eq(race.reasons[is_cancelled],
                                 is_cancelled ? REASON_SHIPMENT_CANCELLED : REASON_ALREADY_SHIPPED);
                ck_assert_str_eq(statuses(race.order_id),
                                 is_cancelled ? "CANCELLED CANCELLED" : "SHIPPED CREATED");
                n_cancelled += is_cancelled;
        }
        fixture_assert_books(f);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT sum(n_shipped) FROM fulfilments"),
                         N_ROUNDS - (int64_t) n_cancelled);
}

static void create_or_cancel(Ctx *ctx, void *arg, size_t i) {
        Race *race = arg;
        int64_t n;

        if (i == 0) {
                race->reasons[0] = reason_of(cancel(ctx, race->order_id, &n));
                return;
        }
        /* As the consumer does with an event that was overtaken. */
        const Error *error;
        do
                error = fixture_try_events(f, ctx, &race->confirmed, 1);
        while (error && error->code == ERROR_ABORTED);
        race->reasons[1] = reason_of(error);
}

TEST(an_order_that_is_cancelled_while_its_shipments_are_made_has_none_left) {
        for (size_t round = 0; round < N_ROUNDS; round++) {
                Race race = { .order_id = arena_printf(test_ctx()->arena, "ORD-%zu", round) };

                race.confirmed = fixture_event(race.order_id, 2, "order.confirmed");
                race_run(2, create_or_cancel, &race);
                ck_assert_ptr_null(race.reasons[0]);
                ck_assert_ptr_null(race.reasons[1]);
                const char *left = statuses(race.order_id);
                ck_assert_msg(str_equal(left, "") || str_equal(left, "CANCELLED CANCELLED"), "%s", left);
        }
        fixture_assert_books(f);
}

static void ship_both_or_twice(Ctx *ctx, void *arg, size_t i) {
        static const char *const numbers[] = { "1Z-A", "1Z-B", "1Z-C" };
        Race *race = arg;

        race->reasons[i] = reason_of(ship(ctx, race->shipment_ids[i / 2], numbers[i]));
}

TEST(shipments_of_an_order_are_shipped_side_by_side_and_each_under_one_number) {
        for (size_t round = 0; round < N_ROUNDS / 4; round++) {
                Race race = race_of(round);

                race_run(3, ship_both_or_twice, &race);
                bool is_first = race.reasons[0] == NULL;
                ck_assert_int_ne(is_first, race.reasons[1] == NULL);
                ck_assert_str_eq(race.reasons[is_first], REASON_TRACKING_MISMATCH);
                ck_assert_ptr_null(race.reasons[2]);
                ck_assert_str_eq(text("SELECT string_agg(tracking_number, ' ' ORDER BY number) FROM shipments"
                                      " WHERE order_id = '%s'", race.order_id),
                                 is_first ? "1Z-A 1Z-C" : "1Z-B 1Z-C");
        }
        fixture_assert_books(f);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT max(version) FROM fulfilments"), 3);
}

int main(void) {
        Suite *suite = suite_create("shipping/cancel");
        TCase *tests = tcase_create("cancel");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
