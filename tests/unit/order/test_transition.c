#include "biz/order/order_private.h"
#include "base/memory.h"
#include "world.h"

/* Written down a second time, on purpose: every move that is legal; all others are not. */
static const OrderStatus legal[][2] = {
        { ORDER_ANY_STATUS, ORDER_PENDING_PAYMENT }, { ORDER_PENDING_PAYMENT, ORDER_CONFIRMED },
        { ORDER_PENDING_PAYMENT, ORDER_CANCELLED },  { ORDER_PENDING_PAYMENT, ORDER_PAYMENT_FAILED },
        { ORDER_PENDING_PAYMENT, ORDER_FAILED },     { ORDER_CONFIRMED, ORDER_PROCESSING },
        { ORDER_CONFIRMED, ORDER_CANCELLED },        { ORDER_PROCESSING, ORDER_SHIPPED },
        { ORDER_PROCESSING, ORDER_CANCELLED },       { ORDER_SHIPPED, ORDER_DELIVERED },
        { ORDER_DELIVERED, ORDER_RETURNED },         { ORDER_CONFIRMED, ORDER_FAILED },
        { ORDER_PROCESSING, ORDER_FAILED },
};

static bool is_legal(OrderStatus from, OrderStatus to) {
        for (size_t i = 0; i < ARRAY_SIZE(legal); i++)
                if (legal[i][0] == from && legal[i][1] == to)
                        return true;
        return false;
}

TEST(exactly_the_legal_moves_are_allowed) {
        for (int from = ORDER_ANY_STATUS; from <= ORDER_RETURNED; from++)
                for (int to = ORDER_ANY_STATUS; to <= ORDER_RETURNED; to++)
                        ck_assert_msg(order_may_move(from, to) == is_legal(from, to), "%s to %s",
                                      order_status_name(from), order_status_name(to));
}

TEST(an_illegal_move_changes_and_writes_nothing) {
        Ctx *ctx = test_ctx();
        World *world = world_new(ctx);
        Order order = { .id = "ORD-1", .status = ORDER_SHIPPED, .version = 4 };
        Saga saga = { .order_id = "ORD-1", .epoch = 1 };

        const Error *error =
                order_change(&world->usecase, ctx, &order, &saga, (OrderMove) { .to = ORDER_CANCELLED });
        ck_assert_reason(error, INNER_ILLEGAL_MOVE);
        ck_assert_int_eq(order.status, ORDER_SHIPPED);
        ck_assert_int_eq(order.version, 4);
        ck_assert_int_eq(world->n_events, 0);
}

TEST(names_are_read_back) {
        for (int status = ORDER_PENDING_PAYMENT; status <= ORDER_RETURNED; status++)
                ck_assert_int_eq(order_status_of(order_status_name(status)), status);
        ck_assert_int_eq(order_status_of("NONSENSE"), ORDER_ANY_STATUS);
        ck_assert_int_eq(order_status_of(""), ORDER_ANY_STATUS);
}

TEST(a_hold_goes_where_its_order_goes) {
        ck_assert_int_eq(order_status_hold(ORDER_ANY_STATUS), HOLD_UNKNOWN);
        ck_assert_int_eq(order_status_hold(ORDER_PENDING_PAYMENT), HOLD_PENDING);
        ck_assert_int_eq(order_status_hold(ORDER_CONFIRMED), HOLD_CONFIRMED);
        ck_assert_int_eq(order_status_hold(ORDER_SHIPPED), HOLD_CONFIRMED);
        ck_assert_int_eq(order_status_hold(ORDER_CANCELLED), HOLD_RELEASED);
        ck_assert_int_eq(order_status_hold(ORDER_PAYMENT_FAILED), HOLD_RELEASED);
        ck_assert_int_eq(order_status_hold(ORDER_FAILED), HOLD_RELEASED);
}

int main(void) {
        Suite *suite = suite_create("order transition");
        TCase *tests = tcase_create("transition");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
