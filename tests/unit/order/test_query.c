#include "world.h"

#include "base/memory.h"

static Ctx *ctx;
static World *world;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
}

TEST(an_order_is_seen_by_its_customer_an_admin_and_a_service) {
        PlacedOrder placed;
        Order *order;

        ck_assert_ok(order_place(&world->usecase, ctx, world_request(ctx), &placed));
        ck_assert_ok(order_get(&world->usecase, ctx, world->order.id, &order));
        ck_assert_ok(order_get(&world->usecase, ctx, world->order.number, &order));
        world->caller = (Caller) { .id = "CUST-99999", .roles = ROLE_CUSTOMER };
        ck_assert_reason(order_get(&world->usecase, ctx, world->order.id, &order), REASON_ORDER_NOT_FOUND);
        world->caller.roles = ROLE_SELLER;
        ck_assert_reason(order_get(&world->usecase, ctx, world->order.id, &order), REASON_ORDER_NOT_FOUND);
        world->caller.roles = ROLE_ADMIN;
        ck_assert_ok(order_get(&world->usecase, ctx, world->order.id, &order));
        world->caller.roles = ROLE_SERVICE;
        ck_assert_ok(order_get(&world->usecase, ctx, world->order.id, &order));
        ck_assert_reason(order_get(&world->usecase, ctx, "ORD-NONE", &order), REASON_ORDER_NOT_FOUND);
}

TEST(a_service_that_asks_on_nobodys_behalf_finds_whosever_order_it_is) {
        PlacedOrder placed;
        Order *order;

        ck_assert_ok(order_place(&world->usecase, ctx, world_request(ctx), &placed));
        world->caller = (Caller) { .id = "CUST-99999", .roles = ROLE_CUSTOMER };
        ck_assert_ok(order_find(&world->usecase, ctx, world->order.id, &order));
        ck_assert_str_ne(order->customer_id, "CUST-99999");
        ck_assert_reason(order_find(&world->usecase, ctx, "ORD-NONE", &order), REASON_ORDER_NOT_FOUND);
}

TEST(a_customer_lists_only_its_own_orders) {
        OrderPage page;

        ck_assert_ok(order_list(&world->usecase, ctx, (OrderQuery) { 0 }, &page));
        ck_assert_str_eq(page.orders[0].customer_id, "CUST-12345");
        ck_assert_reason(order_list(&world->usecase, ctx, (OrderQuery) { .customer_id = "CUST-1" }, &page),
                         REASON_CUSTOMER_MISMATCH);
        world->caller.roles = ROLE_ADMIN;
        ck_assert_ok(order_list(&world->usecase, ctx, (OrderQuery) { .customer_id = "CUST-1" }, &page));
        ck_assert_str_eq(page.orders[0].customer_id, "CUST-1");
        ck_assert_ok(order_list(&world->usecase, ctx, (OrderQuery) { 0 }, &page));
        ck_assert_ptr_null(page.orders[0].customer_id);
}

TEST(a_page_has_20_orders_or_what_was_asked_for_up_to_100) {
        static const struct {
                int64_t limit;
                size_t n;
        } samples[] = { { 0, 20 }, { 1, 1 }, { 100, 100 }, { 101, 100 } };
        OrderPage page;

        for (size_t i = 0; i < ARRAY_SIZE(samples); i++) {
                ck_assert_ok(
                        order_list(&world->usecase, ctx, (OrderQuery) { .limit = samples[i].limit }, &page));
                ck_assert_uint_eq(page.n_orders, samples[i].n);
                ck_assert(page.has_more);
        }
}

TEST(a_hold_is_kept_while_its_order_is_being_placed) {
        HoldOutcome outcomes[2];
        const char *ids[] = { "ORD-1", "ORD-NONE" };

        world->has_saga = true;
        world->saga = (Saga) { .order_id = "ORD-1", .step = SAGA_CLAIMED };
        ck_assert_ok(order_resolve_holds(&world->usecase, ctx, ids, 2, outcomes));
        ck_assert_int_eq(outcomes[0], HOLD_PENDING);
        ck_assert_int_eq(outcomes[1], HOLD_UNKNOWN);
        world->has_order = true;
        world->order = (Order) { .id = "ORD-1", .status = ORDER_CONFIRMED };
        ck_assert_ok(order_resolve_holds(&world->usecase, ctx, ids, 2, outcomes));
        ck_assert_int_eq(outcomes[0], HOLD_CONFIRMED);
}

int main(void) {
        Suite *suite = suite_create("order query");
        TCase *tests = tcase_create("query");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
