#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "saga_fixture.h"

/* Its order is written, and waits for its payment. */
static Saga written(SagaStore *store) {
        bool is_mine;
        Saga saga = claim(store, &is_mine);
        Order order = order_of(&saga);

        ck_assert(is_mine);
        ck_assert_ok(insert(orders_of_one, &order, &saga));
        return saga;
}

TEST(an_order_is_kept_while_its_lease_lives_and_taken_over_after) {
        bool is_mine;
        Saga first = written(one);
        ck_assert_int_eq(first.epoch, 1);
        Saga second = claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_str_eq(second.order_id, first.order_id);
        let_leases_run_out();
        Saga third = claim(two, &is_mine);
        ck_assert(is_mine);
        ck_assert_str_eq(third.order_id, first.order_id);
        ck_assert_int_eq(third.epoch, 2);
        ck_assert_int_eq(third.step, SAGA_PAYMENT);
}

TEST(a_claim_without_an_order_is_given_back_and_never_taken_over) {
        bool is_mine;
        Saga *due;
        size_t n;

        Saga dead = claim(one, &is_mine);
        let_leases_run_out();
        Saga seen = claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_int_eq(seen.epoch, dead.epoch);
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_CLAIMED, 10, &due, &n));
        ck_assert_uint_eq(n, 1);
        claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_ok(two->forget(two, ctx(), due));
        Saga anew = claim(two, &is_mine);
        ck_assert(is_mine);
        ck_assert_str_ne(anew.order_id, dead.order_id);
}

TEST(a_clock_that_steps_back_does_not_stretch_the_lease_of_a_dead_owner) {
        bool is_mine;

        written(one);
        SQL("UPDATE order_sagas SET lease_until = lease_until + interval '1 hour',"
            "                       updated_at = updated_at + interval '1 hour' RETURNING 1");
        Saga taken = claim(two, &is_mine);
        ck_assert(is_mine);
        ck_assert_int_eq(taken.epoch, 2);
}

/* As while a longer lease is rolled out: what counts is how long its owner has it. */
TEST(a_lease_is_as_long_as_its_owner_says) {
        SagaStore *long_one = order_saga_store_new(arena, pool, 10 * SHOP_LEASE_MS);
        bool is_mine;
        Saga *sagas;
        size_t n;

        Saga saga = claim(long_one, &is_mine);
        claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_CLAIMED, 10, &sagas, &n));
        ck_assert_uint_eq(n, 0);
        ck_assert_ok(order_saga_store_renew(long_one, ctx()));
        SQL("UPDATE order_sagas SET forget_at = now() RETURNING 1");
        ck_assert_ok(order_saga_store_sweep(two, ctx(), 10, &n));
        ck_assert_uint_eq(n, 0);
        claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_str_eq(SQL("SELECT epoch FROM order_sagas WHERE order_id = '%s'", saga.order_id), "1");
}

TEST(a_clock_that_steps_back_does_not_stretch_a_renewed_lease) {
        bool is_mine;

        written(one);
        SQL("UPDATE order_sagas SET updated_at = updated_at - interval '1 minute' RETURNING 1");
        ck_assert_ok(order_saga_store_renew(one, ctx()));
        SQL("UPDATE order_sagas SET lease_until = lease_until + interval '62 s',"
            "                       updated_at = updated_at + interval '62 s' RETURNING 1");
        claim(two, &is_mine);
        ck_assert(is_mine);
}

TEST(the_old_owner_of_a_claim_writes_nothing) {
        bool is_mine;
        Saga *due;
        size_t n;
        Saga old = claim(one, &is_mine);
        Order order = order_of(&old);

        let_leases_run_out();
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_CLAIMED, 10, &due, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_reason(insert(orders_of_one, &order, &old), "SAGA_FENCED");
        ck_assert_reason(one->give_up(one, ctx(), &old), "SAGA_FENCED");
        ck_assert_reason(one->forget(one, ctx(), &old), "SAGA_FENCED");
        ck_assert_reason(one->let_go(one, ctx(), &old), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM outbox)"), "0");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "COMPENSATE");
}

TEST(a_confirmation_after_a_takeover_is_fenced_and_leaves_no_event) {
        bool is_mine;
        Saga *taken;
        size_t n;
        Saga old = claim(one, &is_mine);
        Order order = order_of(&old), again;

        ck_assert_ok(insert(orders_of_one, &order, &old));
        let_leases_run_out();
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_PAYMENT, 10, &taken, &n));
        ck_assert_uint_eq(n, 1);
        again = order;
        ck_assert_reason(confirm(orders_of_one, &order, &old), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT status || (SELECT count(*) FROM outbox) FROM orders"),
                         "PENDING_PAYMENT1");
        ck_assert_ok(confirm(orders_of_two, &again, taken));
        ck_assert_str_eq(SQL("SELECT status || (SELECT count(*) FROM outbox) FROM orders"), "CONFIRMED2");
}

TEST(an_order_is_not_moved_from_a_status_that_it_is_not_in) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_reason(confirm(orders_of_one, &order, &saga), INNER_ORDER_MOVED);
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "2");
}

TEST(due_sagas_go_to_one_taker_each) {
        Saga *first, *second;
        size_t n_first, n_second;

        test_sql(shop->dsn, "INSERT INTO order_sagas (order_id, customer_id, step, epoch)"
                            " SELECT 'ORD-' || n, 'C', 'SETTLE', 1 FROM generate_series(1, 150) n");
        ck_assert_ok(one->take_due(one, ctx(), 1u << SAGA_SETTLE, 100, &first, &n_first));
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_SETTLE, 100, &second, &n_second));
        ck_assert_uint_eq(n_first, 100);
        ck_assert_uint_eq(n_second, 50);
        ck_assert_ok(two->take_due(two, ctx(), 1u << SAGA_SETTLE, 100, &second, &n_second));
        ck_assert_uint_eq(n_second, 0);
}

TEST(a_pause_is_kept_and_other_steps_are_left_alone) {
        Saga *taken;
        size_t n;

        test_sql(
                shop->dsn,
                "INSERT INTO order_sagas (order_id, customer_id, step, epoch, due_at) VALUES"
                " ('LATER', 'C', 'PAYMENT', 1, now() + interval '1 hour'), ('NOW', 'C', 'PAYMENT', 1, now()),"
                " ('OTHER', 'C', 'SETTLE', 1, now()), ('DONE', 'C', 'DONE', 1, NULL)");
        ck_assert_ok(
                one->take_due(one, ctx(), 1u << SAGA_PAYMENT | 1u << SAGA_DONE, 10, &taken, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(taken[0].order_id, "NOW");
        taken[0].pause_ms = 3600000;
        taken[0].attempts = 3;
        taken[0].last_error = "away";
        ck_assert_ok(one->let_go(one, ctx(), &taken[0]));
        ck_assert_str_eq(
                SQL("SELECT step || attempts || last_error || (owner IS NULL) || (due_at > now())"
                    " FROM order_sagas WHERE order_id = 'NOW'"),
                "PAYMENT3awaytruetrue");
}

static void move(const char *order_id, SagaStep from, SagaStep to) {
        Saga saga = { .order_id = order_id, .epoch = 1, .row_step = from, .step = to };
        PgBatch *batch = order_saga_store_begin(one, ctx(), &saga);

        ck_assert_ok(order_saga_store_commit(one, batch, &saga));
}

/* What was due stays so to the microsecond: another value would be another entry in the index. */
TEST(a_clock_that_steps_back_makes_no_saga_wait_for_it) {
        size_t n;

        test_sql(shop->dsn,
                 "INSERT INTO order_sagas (order_id, customer_id, step, epoch, due_at) VALUES"
                 " ('PAUSED', 'C', 'COMPENSATE', 1, now() + interval '8 s'),"
                 " ('WAS PAUSED', 'C', 'COMPENSATE', 1, now() + interval '1 h')");
        ck_assert_ok(order_saga_store_sweep(one, ctx(), 10, &n));
        ck_assert_str_eq(SQL("SELECT string_agg(order_id, ' ') FROM order_sagas WHERE due_at <= now()"),
                         "WAS PAUSED");
}

TEST(a_done_saga_is_swept_after_its_time_unless_somebody_has_seized_it) {
        size_t n;

        test_sql(shop->dsn,
                 "INSERT INTO order_sagas"
                 " (order_id, customer_id, step, epoch, due_at, forget_at, lease_until)"
                 " VALUES ('OLD', 'C', 'DONE', 1, NULL, now(), NULL),"
                 " ('DEAD', 'C', 'DONE', 1, NULL, now(), now()),"
                 " ('YOUNG', 'C', 'DONE', 1, NULL, now() + interval '1 minute', NULL),"
                 " ('SEIZED', 'C', 'DONE', 1, NULL, now(), now() + interval '30 s'),"
                 " ('OPEN', 'C', 'SETTLE', 1, now(), NULL, NULL)");
        ck_assert_ok(order_saga_store_sweep(one, ctx(), 1, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_ok(order_saga_store_sweep(one, ctx(), 10, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(SQL("SELECT string_agg(order_id, ' ' ORDER BY order_id) FROM order_sagas"),
                         "OPEN SEIZED YOUNG");
}

TEST(a_move_is_due_at_once_and_an_end_when_its_answer_may_go) {
        test_sql(shop->dsn,
                 "INSERT INTO order_sagas (order_id, customer_id, idempotency_key, step, epoch, due_at,"
                 " created_at) VALUES"
                 " ('DUE', 'C', '1', 'PAYMENT', 1, '2026-01-02', '2026-01-01'),"
                 " ('WAITS', 'C', '2', 'AWAIT_CUSTOMER', 1, 'infinity', '2026-01-01'),"
                 " ('ENDS', 'C', '3', 'PAYMENT', 1, '2026-01-02', '2026-01-01'),"
                 " ('HAS NO KEY', 'C', NULL, 'PAYMENT', 1, '2026-01-02', '2026-01-01')");
        move("DUE", SAGA_PAYMENT, SAGA_SETTLE);
        move("WAITS", SAGA_AWAIT_CUSTOMER, SAGA_SETTLE);
        move("ENDS", SAGA_PAYMENT, SAGA_DONE);
        move("HAS NO KEY", SAGA_PAYMENT, SAGA_DONE);
        ck_assert_str_eq(SQL("SELECT due_at = '2026-01-02' FROM order_sagas WHERE order_id = 'DUE'"), "t");
        ck_assert_str_eq(SQL("SELECT due_at <= now() FROM order_sagas WHERE order_id = 'WAITS'"), "t");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_sagas WHERE forget_at = '2026-01-02'"
                             "   AND order_id IN ('ENDS', 'HAS NO KEY')"),
                         "2");
        ck_assert_str_eq(SQL("SELECT count(due_at) FROM order_sagas WHERE step = 'DONE'"), "0");
}

TEST(a_lease_is_renewed_for_as_long_as_its_request_lives) {
        Arena *life = arena_new();
        Ctx call = ctx_background(life);
        Saga want = wanted();
        Claim found;

        ck_assert_ok(one->claim(one, &call, &want, packed, &found));
        let_leases_run_out();
        ck_assert_ok(order_saga_store_renew(two, test_ctx()));
        ck_assert_str_eq(SQL("SELECT lease_until > now() FROM order_sagas"), "f");
        ck_assert_ok(order_saga_store_renew(one, test_ctx()));
        ck_assert_str_eq(SQL("SELECT lease_until > now() FROM order_sagas"), "t");
        let_leases_run_out();
        arena_free(life);
        ck_assert_ok(order_saga_store_renew(one, test_ctx()));
        ck_assert_str_eq(SQL("SELECT lease_until > now() FROM order_sagas"), "f");
}

TEST(a_lease_that_was_taken_over_is_not_renewed_by_the_old_request) {
        bool is_mine;

        written(one);
        let_leases_run_out();
        claim(two, &is_mine);
        ck_assert(is_mine);
        let_leases_run_out();
        ck_assert_ok(order_saga_store_renew(one, test_ctx()));
        ck_assert_str_eq(SQL("SELECT lease_until > now() FROM order_sagas"), "f");
}

/* A transaction that moves the saga, and does not end until its backend is ended. */
static void *move_for_ever(void *arg) {
        static const PgStatement sql_move = PG_WRITE("UPDATE order_sagas SET updated_at = now()");
        static const PgStatement sql_stay = PG_READ("SELECT pg_sleep(600)::text");
        PgBatch *batch = pg_batch_new(pool, arg);

        pg_batch_add(batch, &sql_move, PG_NO_ARGS);
        pg_batch_add(batch, &sql_stay, PG_NO_ARGS);
        ck_assert_reason(pg_batch_run(batch), REASON_WRITE_UNCERTAIN);
        return NULL;
}

#define MOVER                                                                                                \
        "FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"                      \
        " AND query LIKE 'SELECT pg_sleep%%'"

static bool is_moving(void *arg) {
        (void) arg;
        return strcmp(SQL("SELECT count(*) " MOVER), "1") == 0;
}

/* Two that wait for rows in different orders would end in a deadlock. */
TEST(renewing_waits_for_nobody) {
        Ctx patient = ctx_background(arena_new());
        pthread_t mover;
        bool is_mine;

        claim(one, &is_mine);
        pthread_create(&mover, NULL, move_for_ever, &patient);
        test_wait_until(is_moving, NULL, TEST_WAIT_MS, "the saga is being moved");
        ck_assert_ok(order_saga_store_renew(one, test_ctx()));
        SQL("SELECT pg_terminate_backend(pid) " MOVER);
        pthread_join(mover, NULL);
        arena_free(patient.arena);
}

TEST(a_settlement_of_a_saga_that_was_taken_over_changes_nothing) {
        bool is_mine;
        Saga *taken;
        size_t n;
        Saga saga = claim(one, &is_mine), seized;
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_ok(one->take_due(one, ctx(), 1u << SAGA_SETTLE, 10, &taken, &n));
        ck_assert_ok(two->seize(two, ctx(), order.id, &seized));
        Settlement lost = { .saga = taken, .problem = "gone" };
        ck_assert_ok(one->settle(one, ctx(), &lost, 1));
        ck_assert_str_eq(SQL("SELECT step || (SELECT count(*) FROM order_manual_reviews) FROM order_sagas"),
                         "SETTLE0");
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
}

static void open_for_business(void) {
        ck_assert_ok(app_part_start(shop->part, test_ctx()));
}

TEST(orders_whose_process_died_are_finished_by_another) {
        bool is_mine;
        Saga claimed = claim(one, &is_mine);
        Saga unpaid = wanted();
        unpaid.idempotency_key = NULL;
        Order order = order_of(&unpaid);

        ck_assert_ok(insert(orders_of_one, &order, &unpaid));
        let_leases_run_out();
        open_for_business();
        shop_wait(shop,
                  arena_printf(arena, "SELECT count(*) FROM order_sagas WHERE order_id = '%s'",
                               claimed.order_id),
                  "0");
        shop_wait(shop, "SELECT status FROM orders", "CONFIRMED");
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 49998);
        ck_assert_str_eq(SQL("SELECT actor FROM order_history WHERE version = 2"), "order-service");
}

static atomic_int n_cancelled; /* calls that were told so */

/* Of two that take the saga from each other all the time one may be told to come again. */
static void *cancel_it(void *order_id) {
        Ctx *ctx = shop_ctx(shop, "ADMIN", ROLE_ADMIN, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(ctx->arena);

        request->order_id = order_id;
        const Error *error = shop->orders->cancel_order(shop->orders, ctx, request,
                                                        order_v1_cancel_order_response_new(ctx->arena));
        ck_assert_msg(!error || error_is(error, "ORDER_CHANGED"), "%s", error ? error->message : "");
        n_cancelled += !error;
        return NULL;
}

static void *place_one(void *arg) {
        const Error *error;

        (void) arg;
        shop_place(shop, NULL, &error);
        ck_assert_msg(!error || error_is(error, "ORDER_CANCELLED") || error_is(error, "PAYMENT_PENDING"),
                      "%s", error ? error->message : "");
        return NULL;
}

/* Cancels land before, while and after the payment is taken; money and stock always follow the status. */
TEST(cancelling_while_the_payment_is_taken_keeps_neither_money_nor_stock) {
        open_for_business();
        for (int round = 0; round < 20; round++) {
                pthread_t placing, cancelling[2];

                shop->payments->stall_ms = 20;
                n_cancelled = 0;
                test_sql(shop->dsn, "TRUNCATE orders, order_sagas, order_items, order_history, outbox");
                pthread_create(&placing, NULL, place_one, NULL);
                shop_wait(shop, "SELECT count(*) FROM orders", "1");
                const char *order_id = SQL("SELECT order_id FROM orders");
                nanosleep(&(struct timespec) { .tv_nsec = round * 1500000L }, NULL);
                for (int i = 0; i < 2; i++)
                        pthread_create(&cancelling[i], NULL, cancel_it, (void *) order_id);
                pthread_join(placing, NULL);
                for (int i = 0; i < 2; i++)
                        pthread_join(cancelling[i], NULL);
                ck_assert_int_ge(n_cancelled, 1);
                shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
                ck_assert_str_eq(SQL("SELECT status FROM orders"), "CANCELLED");
                ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
                ck_assert_int_eq(warehouse_status(shop->warehouse, order_id),
                                 WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED);
                ck_assert_str_eq(SQL("SELECT count(*) = max(aggregate_version) FROM outbox"), "t");
        }
}

TEST(the_answer_of_a_key_is_there_once_it_is_written_and_stays) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Order order = order_of(&saga);
        Bytes answer = { (const uint8_t *) "unread", 6 };

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_ok(one->answer(one, ctx(), saga.order_id, &answer));
        ck_assert_uint_eq(answer.n_bytes, 0);
        saga.answer = packed;
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        test_sql(shop->dsn, "UPDATE orders SET status = 'CANCELLED'");
        ck_assert_ok(two->answer(two, ctx(), saga.order_id, &answer));
        ck_assert_uint_eq(answer.n_bytes, packed.n_bytes);
        ck_assert_mem_eq(answer.data, packed.data, packed.n_bytes);
        ck_assert_ok(two->answer(two, ctx(), "ORD-NONE", &answer));
        ck_assert_uint_eq(answer.n_bytes, 0);
}

int main(void) {
        Suite *suite = suite_create("order sagas on PostgreSQL");
        TCase *tests = tcase_create("saga");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
