#include "saga_fixture.h"

/* The INSERT was sent, and is executed when its sender has long said that nothing is left of the order. */
TEST(a_late_insert_meets_the_tombstone_of_what_was_given_up) {
        Saga saga = wanted();
        saga.idempotency_key = NULL;
        Saga late = saga, later = saga;
        Order order = order_of(&saga);

        ck_assert_ok(one->give_up(one, ctx(), &saga));
        ck_assert_ptr_nonnull(insert(orders_of_one, &order, &late));
        ck_assert_ok(one->forget(one, ctx(), &saga));
        ck_assert_ptr_nonnull(insert(orders_of_one, &order, &later));
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM orders) + (SELECT count(*) FROM outbox)"), "0");
        ck_assert_str_eq(SQL("SELECT step || ' ' || (due_at IS NULL) FROM order_sagas"), "DONE true");
}

TEST(a_tombstone_is_swept_after_its_time_and_not_before) {
        Saga saga = wanted();
        saga.idempotency_key = NULL;
        size_t n;

        ck_assert_ok(one->give_up(one, ctx(), &saga));
        ck_assert_ok(one->forget(one, ctx(), &saga));
        ck_assert_ok(order_saga_store_sweep(one, ctx(), 10, &n));
        ck_assert_uint_eq(n, 0);
        test_sql(shop->dsn,
                 "UPDATE order_sagas SET forget_at = forget_at - interval '" SAGA_TOMBSTONE_KEPT "'");
        ck_assert_ok(order_saga_store_sweep(one, ctx(), 10, &n));
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(SQL("SELECT count(*) FROM order_sagas"), "0");
}

/* With a key, what is late is the UPDATE of the claim; before and after the key starts anew. */
TEST(a_late_write_of_a_claim_that_was_given_up_is_fenced) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Saga late = saga, later = saga;
        Order order = order_of(&saga);

        ck_assert_ok(one->give_up(one, ctx(), &saga));
        ck_assert_int_eq(saga.epoch, 2);
        ck_assert_reason(insert(orders_of_one, &order, &late), "SAGA_FENCED");
        ck_assert_ok(one->forget(one, ctx(), &saga));
        ck_assert_reason(insert(orders_of_one, &order, &later), "SAGA_FENCED");
        claim(one, &is_mine);
        ck_assert(is_mine);
        ck_assert_str_eq(SQL("SELECT count(*) FROM orders"), "0");
}

/* The epoch alone would let a write pass that was overtaken by a later one of the same owner. */
TEST(a_write_is_fenced_by_the_step_that_its_sender_saw) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Order order = order_of(&saga);
        ck_assert_ok(insert(orders_of_one, &order, &saga));
        Saga late = saga;

        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_reason(one->let_go(one, ctx(), &late), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "SETTLE");
}

TEST(the_token_of_a_payment_goes_when_it_is_settled) {
        bool is_mine;
        Saga saga = claim(one, &is_mine);
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_str_eq(SQL("SELECT payment_token FROM orders"), "pm");
        ck_assert_ok(confirm(orders_of_one, &order, &saga));
        ck_assert_str_eq(SQL("SELECT payment_token FROM orders"), "");
}

TEST(what_was_written_is_not_given_up) {
        Saga saga = wanted();
        saga.idempotency_key = NULL;
        Saga uncertain = saga;
        Order order = order_of(&saga);

        ck_assert_ok(insert(orders_of_one, &order, &saga));
        ck_assert_reason(one->give_up(one, ctx(), &uncertain), "SAGA_FENCED");
        ck_assert_str_eq(SQL("SELECT step FROM order_sagas"), "PAYMENT");
}

int main(void) {
        Suite *suite = suite_create("late writes of orders on PostgreSQL");
        TCase *tests = tcase_create("tombstones");

        tcase_set_timeout(tests, 60);
        tcase_add_checked_fixture(tests, setup, teardown);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
