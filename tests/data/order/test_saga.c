#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/uuid.h"
#include "data/order_repo.h"
#include "shop.h"

#define LEASE_MS 600

/* Two processes on one database, each a store and a repository of its own. */
static Shop *shop;
static Arena *arena;
static PgPool *pool;
static PgSagaStore *one, *two;
static PgOrderRepo *orders_of_one, *orders_of_two;

static void setup(void) {
        shop = shop_open(false);
        arena = arena_new();
        pool = pg_pool_new(&(PgPoolConfig) { .dsn = shop->dsn,
                                            .n_connections = 4,
                                            .statement_timeout_ms = 5000,
                                            .idle_transaction_timeout_ms = 5000 });
        one = order_saga_store_new(arena, pool, LEASE_MS);
        two = order_saga_store_new(arena, pool, LEASE_MS);
        orders_of_one = order_repo_new(arena, pool, one);
        orders_of_two = order_repo_new(arena, pool, two);
}

static Ctx *ctx(void) {
        return shop_ctx(shop, "", 0, NULL);
}

static void teardown(void) {
        shop_close(shop);
        arena_free(arena);
        pg_pool_free(pool);
}

#define SQL(...) test_sql_text(shop->dsn, arena_printf(test_ctx()->arena, __VA_ARGS__))

static void let_leases_run_out(void) {
        test_sql(
                shop->dsn,
                "UPDATE order_sagas SET lease_until = now() - interval '1 ms' WHERE lease_until IS NOT NULL");
}

static const Bytes packed = { (const uint8_t *) "request", 7 };

static Saga wanted(void) {
        return (Saga) {
                .order_id = uuid_sortable(test_ctx()->arena, "ORD-"),
                .customer_id = "CUST-12345",
                .idempotency_key = "a-key-of-16-chars",
                .step = SAGA_CLAIMED,
                .is_leased = true,
        };
}

static Saga claim(PgSagaStore *store, bool *ret_is_mine) {
        Saga want = wanted();
        Claim found;

        ck_assert_ok(store->base.claim(&store->base, ctx(), &want, packed, &found));
        ck_assert(found.is_same_request);
        *ret_is_mine = found.is_mine;
        return found.saga;
}

static Order order_of(const Saga *saga) {
        static OrderItem items[] = { { "PROD-67890", "SKU-ABC-001", "Headphones", "US-WEST-01", 2, 24999,
                                       49998, 0 } };
        static const OrderAddress address = { "123 Main St", "San Francisco", "CA", "94105", "US" };
        const char *number;

        ck_assert_ok(orders_of_one->base.next_number(&orders_of_one->base, ctx(), 2026, &number));
        return (Order) {
                .id = saga->order_id,
                .number = number,
                .customer_id = saga->customer_id,
                .customer_name = "Ada",
                .customer_email = "a@b",
                .customer_tier = "gold",
                .status = ORDER_PENDING_PAYMENT,
                .version = 1,
                .items = items,
                .n_items = 1,
                .pricing = { .currency = "USD", .subtotal_minor = 49998, .total_minor = 49998 },
                .payment = { .id = "PAY-1", .method = "credit_card", .token = "pm" },
                .shipping = { .method = "standard",
                              .warehouse = "US-WEST-01",
                              .estimated_delivery = "2026-01-01" },
                .shipping_address = address,
                .billing_address = address,
                .notes = "",
                .hold_expires_at_us = clock_wall_us() + INT64_C(900000000),
                .created_at_us = clock_wall_us(),
        };
}

static const Error *insert(PgOrderRepo *orders, const Order *order, Saga *saga) {
        saga->step = SAGA_PAYMENT;
        saga->is_leased = true;
        return orders->base.insert(&orders->base, ctx(), order, saga);
}

static const Error *confirm(PgOrderRepo *orders, Order *order, Saga *saga) {
        OrderChange change = { .from = ORDER_PENDING_PAYMENT };

        order->status = ORDER_CONFIRMED;
        order->version = 2;
        saga->step = SAGA_SETTLE;
        saga->is_leased = false;
        return orders->base.save(&orders->base, ctx(), order, saga, &change);
}

START_TEST(a_claim_is_kept_while_its_lease_lives_and_taken_over_after) {
        bool is_mine;
        Saga first = claim(one, &is_mine);
        ck_assert(is_mine);
        ck_assert_int_eq(first.epoch, 1);
        Saga second = claim(two, &is_mine);
        ck_assert(!is_mine);
        ck_assert_str_eq(second.order_id, first.order_id);
        let_leases_run_out();
        Saga third = claim(two, &is_mine);
        ck_assert(is_mine);
        ck_assert_str_eq(third.order_id, first.order_id);
        ck_assert_int_eq(third.epoch, 2);
        ck_assert_int_eq(third.step, SAGA_CLAIMED);
}
END_TEST

START_TEST(the_old_owner_of_a_claim_writes_nothing) {
        bool is_mine;
        Saga old = claim(one, &is_mine);
        let_leases_run_out();
        Saga new = claim(two, &is_mine);
        Order order = order_of(&old);

        ck_assert_reason(insert(orders_of_one, &order, &old), "SAGA_FENCED");
        ck_assert_reason(one->base.give_up(&one->base, ctx(), &old), "SAGA_FENCED");
        ck_assert_reason(one->base.forget(&one->base, ctx(), &old), "SAGA_FENCED");
        ck_assert_reason(one->base.let_go(&one->base, ctx(), &old), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM outbox)"), "0");
        ck_assert_ok(insert(orders_of_two, &order, &new));
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "1");
}
END_TEST

START_TEST(a_confirmation_after_a_takeover_is_fenced_and_leaves_no_event) {
        bool is_mine;
        Saga *taken;
        size_t n;
        Saga old = claim(one, &is_mine);
        Order order = order_of(&old), again;

        ck_assert_ok(insert(orders_of_one, &order, &old));
        let_leases_run_out();
        ck_assert_ok(two->base.take_due(&two->base, ctx(), 1u << SAGA_PAYMENT, 10, &taken, &n));
        ck_assert_uint_eq(n, 1);
        again = order;
        ck_assert_reason(confirm(orders_of_one, &order, &old), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT status || (SELECT count(*) FROM outbox) FROM orders"),
                         "PENDING_PAYMENT1");
        ck_assert_ok(confirm(orders_of_two, &again, taken));
        ck_assert_str_eq(SQL("SELECT status || (SELECT count(*) FROM outbox) FROM orders"), "CONFIRMED2");
}
END_TEST

START_TEST(an_order_is_not_moved_from_a_status_that_it_is_not_in) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_reason(confirm(orders_of_one, &order, &saga), "ORDER_CHANGED");
        ck_assert_str_eq(SQL("SELECT count(*) FROM outbox"), "2");
}
END_TEST

START_TEST(what_was_given_up_never_becomes_an_order) {
        Saga saga = wanted();
        saga.idempotency_key = NULL;
        Saga late = saga;
        Order order = order_of(&saga);

        ck_assert_ok(one->base.give_up(&one->base, ctx(), &saga));
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "COMPENSATE");
        const Error *error = insert(orders_of_one, &order, &late);
        ck_assert_ptr_nonnull(error);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "0");
}
END_TEST

START_TEST(what_was_written_is_not_given_up) {
        Saga saga = wanted();
        saga.idempotency_key = NULL;
        Saga uncertain = saga;
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_reason(one->base.give_up(&one->base, ctx(), &uncertain), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "PAYMENT");
}
END_TEST

START_TEST(due_sagas_go_to_one_taker_each) {
        Saga *first, *second;
        size_t n_first, n_second;

        test_sql(shop->dsn, "INSERT INTO order_sagas (order_id, customer_id, step, epoch)"
                            " SELECT 'ORD-' || n, 'C', 'SETTLE', 1 FROM generate_series(1, 150) n");
        ck_assert_ok(one->base.take_due(&one->base, ctx(), 1u << SAGA_SETTLE, 100, &first, &n_first));
        ck_assert_ok(two->base.take_due(&two->base, ctx(), 1u << SAGA_SETTLE, 100, &second, &n_second));
        ck_assert_uint_eq(n_first, 100);
        ck_assert_uint_eq(n_second, 50);
        ck_assert_ok(two->base.take_due(&two->base, ctx(), 1u << SAGA_SETTLE, 100, &second, &n_second));
        ck_assert_uint_eq(n_second, 0);
}
END_TEST

START_TEST(a_pause_is_kept_and_other_steps_are_left_alone) {
        Saga *taken;
        size_t n;

        test_sql(
                shop->dsn,
                "INSERT INTO order_sagas (order_id, customer_id, step, epoch, due_at) VALUES"
                " ('LATER', 'C', 'PAYMENT', 1, now() + interval '1 hour'), ('NOW', 'C', 'PAYMENT', 1, now()),"
                " ('OTHER', 'C', 'SETTLE', 1, now()), ('DONE', 'C', 'DONE', 1, NULL)");
        ck_assert_ok(
                one->base.take_due(&one->base, ctx(), 1u << SAGA_PAYMENT | 1u << SAGA_DONE, 10, &taken, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(taken[0].order_id, "NOW");
        taken[0].pause_ms = 3600000;
        taken[0].attempts = 3;
        taken[0].last_error = "away";
        ck_assert_ok(one->base.let_go(&one->base, ctx(), &taken[0]));
        ck_assert_str_eq(
                SQL("SELECT step || attempts || last_error || (owner IS NULL) || (due_at > now())"
                    " FROM order_sagas WHERE order_id = 'NOW'"),
                "PAYMENT3awaytruetrue");
}
END_TEST

static void move(const char *order_id, SagaStep step) {
        PgBatch *batch = pg_batch_new(pool, ctx());

        order_saga_store_add(one, batch, &(Saga) { .order_id = order_id, .epoch = 1, .step = step });
        ck_assert_ok(pg_batch_run(batch));
}

/* What was due stays so to the microsecond: another value would be another entry in the index. */
START_TEST(a_move_is_due_at_once_and_an_end_when_its_answer_may_go) {
        test_sql(shop->dsn,
                 "INSERT INTO order_sagas (order_id, customer_id, idempotency_key, step, epoch, due_at,"
                 " created_at) VALUES"
                 " ('DUE', 'C', '1', 'PAYMENT', 1, '2026-01-02', '2026-01-01'),"
                 " ('WAITS', 'C', '2', 'AWAIT_CUSTOMER', 1, 'infinity', '2026-01-01'),"
                 " ('ENDS', 'C', '3', 'PAYMENT', 1, '2026-01-02', '2026-01-01'),"
                 " ('HAS NO KEY', 'C', NULL, 'PAYMENT', 1, '2026-01-02', '2026-01-01')");
        move("DUE", SAGA_SETTLE);
        move("WAITS", SAGA_SETTLE);
        move("ENDS", SAGA_DONE);
        move("HAS NO KEY", SAGA_DONE);
        ck_assert_str_eq(SQL("SELECT due_at = '2026-01-02' FROM order_sagas WHERE order_id = 'DUE'"), "t");
        ck_assert_str_eq(SQL("SELECT due_at <= now() FROM order_sagas WHERE order_id = 'WAITS'"), "t");
        ck_assert_str_eq(SQL("SELECT forget_at FROM order_sagas WHERE order_id = 'ENDS'"),
                         SQL("SELECT '2026-01-02'::timestamptz"));
        ck_assert_str_eq(SQL("SELECT count(forget_at) FROM order_sagas WHERE order_id = 'HAS NO KEY'"), "0");
        ck_assert_str_eq(SQL("SELECT count(due_at) FROM order_sagas WHERE step = 'DONE'"), "0");
}
END_TEST

START_TEST(a_lease_is_renewed_for_as_long_as_its_request_lives) {
        Arena *life = arena_new();
        Ctx call = ctx_background(life);
        Saga want = wanted();
        Claim found;

        ck_assert_ok(one->base.claim(&one->base, &call, &want, packed, &found));
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
END_TEST

START_TEST(a_lease_that_was_taken_over_is_not_renewed_by_the_old_request) {
        bool is_mine;

        claim(one, &is_mine);
        let_leases_run_out();
        claim(two, &is_mine);
        ck_assert(is_mine);
        let_leases_run_out();
        ck_assert_ok(order_saga_store_renew(one, test_ctx()));
        ck_assert_str_eq(SQL("SELECT lease_until > now() FROM order_sagas"), "f");
}
END_TEST

/* A transaction that moves the saga and takes its time. */
static void *move_slowly(void *arg) {
        static const PgStatement sql_move = PG_WRITE("UPDATE order_sagas SET updated_at = now()");
        static const PgStatement sql_stay = PG_READ("SELECT pg_sleep(2)::text");
        PgBatch *batch = pg_batch_new(pool, arg);

        pg_batch_add(batch, &sql_move, PG_NO_ARGS);
        pg_batch_add(batch, &sql_stay, PG_NO_ARGS);
        ck_assert_ok(pg_batch_run(batch));
        return NULL;
}

static bool is_moving(void *arg) {
        (void) arg;
        return strcmp(SQL("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                          " AND state = 'active' AND query LIKE 'SELECT pg_sleep%%'"),
                      "1") == 0;
}

/* Two that wait for rows in different orders would end in a deadlock. */
START_TEST(renewing_waits_for_nobody) {
        Ctx patient = ctx_background(arena_new()), *impatient = test_ctx();
        pthread_t mover;
        bool is_mine;

        claim(one, &is_mine);
        pthread_create(&mover, NULL, move_slowly, &patient);
        test_wait_until(is_moving, NULL, 5000, "the saga is being moved");
        ctx_limit(impatient, 1000);
        ck_assert_ok(order_saga_store_renew(one, impatient));
        pthread_join(mover, NULL);
        arena_free(patient.arena);
}
END_TEST

START_TEST(a_settlement_of_a_saga_that_was_taken_over_changes_nothing) {
        bool is_mine;
        Saga *taken;
        size_t n;
        Saga saga = claim(one, &is_mine), seized;
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_ok(one->base.take_due(&one->base, ctx(), 1u << SAGA_SETTLE, 10, &taken, &n));
        ck_assert_ok(two->base.seize(&two->base, ctx(), order.id, &seized));
        Settlement lost = { .saga = taken, .problem = "gone", .is_hopeless = true };
        ck_assert_ok(one->base.settle(&one->base, ctx(), &lost, 1));
        ck_assert_str_eq(SQL("SELECT step || (SELECT count(*) FROM order_manual_reviews) FROM order_sagas"),
                         "SETTLE0");
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
}
END_TEST

static void open_for_business(void) {
        ck_assert_ok(shop->component.start(shop->component.self, test_ctx()));
}

START_TEST(a_hold_that_cannot_be_confirmed_is_noted_until_it_is) {
        const Error *error;

        shop->warehouse->cannot_confirm = true;
        open_for_business();
        shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        shop_wait(shop, "SELECT (metadata->'reservation_confirmation_errors'->>0) FROM orders", "away");
        ck_assert_str_eq(SQL("SELECT status FROM orders"), "CONFIRMED");
        shop->warehouse->cannot_confirm = false;
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "0");
}
END_TEST

START_TEST(a_hold_that_is_lost_goes_to_a_person) {
        const Error *error;

        shop->warehouse->has_lost = true;
        open_for_business();
        shop_place(shop, NULL, &error);
        ck_assert_ok(error);
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_manual_reviews"), "1");
        ck_assert_str_eq(
                SQL("SELECT jsonb_array_length(metadata->'reservation_confirmation_errors') FROM orders"),
                "1");
}
END_TEST

START_TEST(orders_whose_process_died_are_finished_by_another) {
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
END_TEST

static void *cancel_it(void *order_id) {
        Ctx *ctx = shop_ctx(shop, "ADMIN", ROLE_ADMIN, NULL);
        OrderV1CancelOrderRequest *request = order_v1_cancel_order_request_new(ctx->arena);

        request->order_id = order_id;
        const Error *error = shop->orders->cancel_order(shop->orders, ctx, request,
                                                        order_v1_cancel_order_response_new(ctx->arena));
        ck_assert_msg(!error || error_is(error, "ORDER_NOT_CANCELLABLE") || error_is(error, "SAGA_FENCED"),
                      "%s", error ? error->message : "");
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

/*
 * Cancels land before, while and after the payment is taken; the money and the stock always follow the
 * status.
 */
START_TEST(cancelling_while_the_payment_is_taken_keeps_neither_money_nor_stock) {
        open_for_business();
        for (int round = 0; round < 20; round++) {
                pthread_t placing, cancelling[2];

                shop->payments->stall_ms = 20;
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
                shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
                ck_assert_str_eq(SQL("SELECT status FROM orders"), "CANCELLED");
                ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
                ck_assert_int_eq(warehouse_status(shop->warehouse, order_id),
                                 WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED);
                ck_assert_str_eq(SQL("SELECT count(*) = max(aggregate_version) FROM outbox"), "t");
        }
}
END_TEST

int main(void) {
        Suite *suite = suite_create("order sagas on PostgreSQL");
        TCase *tests = tcase_create("saga");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_add_test(tests, a_claim_is_kept_while_its_lease_lives_and_taken_over_after);
        tcase_add_test(tests, the_old_owner_of_a_claim_writes_nothing);
        tcase_add_test(tests, a_confirmation_after_a_takeover_is_fenced_and_leaves_no_event);
        tcase_add_test(tests, an_order_is_not_moved_from_a_status_that_it_is_not_in);
        tcase_add_test(tests, what_was_given_up_never_becomes_an_order);
        tcase_add_test(tests, what_was_written_is_not_given_up);
        tcase_add_test(tests, due_sagas_go_to_one_taker_each);
        tcase_add_test(tests, a_pause_is_kept_and_other_steps_are_left_alone);
        tcase_add_test(tests, a_move_is_due_at_once_and_an_end_when_its_answer_may_go);
        tcase_add_test(tests, a_lease_is_renewed_for_as_long_as_its_request_lives);
        tcase_add_test(tests, a_lease_that_was_taken_over_is_not_renewed_by_the_old_request);
        tcase_add_test(tests, renewing_waits_for_nobody);
        tcase_add_test(tests, a_settlement_of_a_saga_that_was_taken_over_changes_nothing);
        tcase_add_test(tests, a_hold_that_cannot_be_confirmed_is_noted_until_it_is);
        tcase_add_test(tests, a_hold_that_is_lost_goes_to_a_person);
        tcase_add_test(tests, orders_whose_process_died_are_finished_by_another);
        tcase_add_test(tests, cancelling_while_the_payment_is_taken_keeps_neither_money_nor_stock);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
