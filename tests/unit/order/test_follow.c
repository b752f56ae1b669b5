/* An order follows its shipments, and shows where they are and what happened to it. */
#include "world.h"

#include "base/memory.h"

static Ctx *ctx;
static World *world;

static void setup(void) {
        ctx = test_ctx();
        world = world_new(ctx);
}

static ShipmentsState state_of(size_t n, size_t n_shipped, size_t n_delivered) {
        return (ShipmentsState) { n, n_shipped, n_delivered, 1000, 2000, n == 1 ? "1Z999" : NULL };
}

/* The statuses that it goes through, as far as the state leads it. */
static const char *follow(Order *order, ShipmentsState state) {
        StrBuf way = { .arena = ctx->arena };
        int64_t version = order->version;
        ShipmentsMeaning meaning;

        while ((meaning = order_follow_shipments(order, &state)) == SHIPMENTS_MOVE_ORDER) {
                ck_assert_int_eq(order->version, ++version);
                strbuf_addf(&way, "%s ", order_status_name(order->status));
        }
        ck_assert_int_eq(order->version, version);
        strbuf_addf(&way, meaning == SHIPMENTS_ARE_LATE ? "late" : "known");
        return strbuf_text(&way);
}

static const char *way_of(OrderStatus from, ShipmentsState state) {
        Order order = { .id = "ORD-1", .status = from, .version = 2 };

        return follow(&order, state);
}

TEST(an_order_is_processed_once_its_shipments_are_made) {
        ck_assert_str_eq(way_of(ORDER_CONFIRMED, state_of(2, 0, 0)), "PROCESSING known");
        ck_assert_str_eq(way_of(ORDER_PROCESSING, state_of(2, 0, 0)), "known");
}

TEST(an_order_is_shipped_and_delivered_when_all_its_shipments_are) {
        ck_assert_str_eq(way_of(ORDER_PROCESSING, state_of(2, 1, 0)), "known");
        ck_assert_str_eq(way_of(ORDER_PROCESSING, state_of(2, 1, 1)), "known");
        ck_assert_str_eq(way_of(ORDER_PROCESSING, state_of(2, 2, 0)), "SHIPPED known");
        ck_assert_str_eq(way_of(ORDER_SHIPPED, state_of(2, 2, 1)), "known");
        ck_assert_str_eq(way_of(ORDER_SHIPPED, state_of(2, 2, 2)), "DELIVERED known");
}

TEST(an_order_leaves_out_no_status) {
        ck_assert_str_eq(way_of(ORDER_CONFIRMED, state_of(1, 1, 0)), "PROCESSING SHIPPED known");
        ck_assert_str_eq(way_of(ORDER_CONFIRMED, state_of(1, 1, 1)), "PROCESSING SHIPPED DELIVERED known");
        ck_assert_str_eq(way_of(ORDER_PROCESSING, state_of(1, 1, 1)), "SHIPPED DELIVERED known");
}

TEST(an_order_never_goes_back) {
        ck_assert_str_eq(way_of(ORDER_DELIVERED, state_of(1, 0, 0)), "known");
        ck_assert_str_eq(way_of(ORDER_DELIVERED, state_of(1, 1, 0)), "known");
        ck_assert_str_eq(way_of(ORDER_SHIPPED, state_of(1, 0, 0)), "known");
}

TEST(an_order_that_goes_its_own_way_is_left_there) {
        static const OrderStatus own[] = { ORDER_PENDING_PAYMENT, ORDER_CANCELLED, ORDER_PAYMENT_FAILED,
                                           ORDER_FAILED, ORDER_RETURNED };

        for (size_t i = 0; i < ARRAY_SIZE(own); i++)
                ck_assert_str_eq(way_of(own[i], state_of(1, 1, 1)), "late");
}

/* Every move that it makes is in the table of moves. */
TEST(it_follows_by_the_transition_table) {
        for (int from = ORDER_PENDING_PAYMENT; from <= ORDER_RETURNED; from++)
                for (size_t n = 0; n < 3; n++) {
                        Order order = { .status = (OrderStatus) from };
                        ShipmentsState state = state_of(1, n > 0, n > 1);

                        for (OrderStatus before = order.status;
                             order_follow_shipments(&order, &state) == SHIPMENTS_MOVE_ORDER;
                             before = order.status)
                                ck_assert(order_may_move(before, order.status));
                }
}

TEST(times_and_number_come_with_the_move) {
        Order order = { .status = ORDER_CONFIRMED };

        follow(&order, state_of(1, 0, 0));
        ck_assert_int_eq(order.shipped_at_us, 0);
        ck_assert_ptr_null(order.shipping.tracking_number);
        follow(&order, state_of(1, 1, 0));
        ck_assert_int_eq(order.shipped_at_us, 1000);
        ck_assert_str_eq(order.shipping.tracking_number, "1Z999");
        ck_assert_int_eq(order.delivered_at_us, 0);
        follow(&order, state_of(1, 1, 1));
        ck_assert_int_eq(order.delivered_at_us, 2000);
}

/* ---- what is shown ---- */

static void place(void) {
        PlacedOrder placed;

        ck_assert_ok(order_place(&world->usecase, ctx, world_request(ctx), &placed));
}

static Shipment shipment = { .id = "SHP-1", .status = SHIPMENT_SHIPPED };

static const Error *track_one(Shipping *self, Ctx *call, const char *order_id, Shipment **ret_shipments,
                              size_t *ret_n) {
        (void) self;
        if (world->shipping_fails)
                return error_new(call->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_str_eq(order_id, world->order.id);
        *ret_shipments = &shipment;
        *ret_n = 1;
        return NULL;
}

static const Error *track(const char *id) {
        const Order *order;
        Shipment *shipments;
        size_t n;

        TRY(order_track(&world->usecase, ctx, id, &order, &shipments, &n));
        ck_assert_str_eq(order->id, world->order.id);
        ck_assert_uint_eq(n, 1);
        ck_assert_str_eq(shipments[0].id, "SHP-1");
        return NULL;
}

TEST(an_order_is_tracked_by_its_customer) {
        world->shipping.track = track_one;
        place();
        ck_assert_ok(track(world->order.id));
        ck_assert_ok(track(world->order.number));
        world->shipping_fails = REASON_UNAVAILABLE;
        ck_assert_reason(track(world->order.id), REASON_UNAVAILABLE);
        world->caller.id = "CUST-99999";
        ck_assert_reason(track(world->order.id), REASON_ORDER_NOT_FOUND);
        world->caller.roles = ROLE_ADMIN;
        world->shipping_fails = NULL;
        ck_assert_ok(track(world->order.id));
}

static const TimelineSaga saga = { .step = "SETTLE", .attempts = 3, .last_error = "inside" };

static const Error *timeline_of_one(OrderRepo *self, Ctx *call, const char *order_id,
                                    Timeline *ret_timeline) {
        (void) self, (void) call;
        ck_assert_str_eq(order_id, world->order.id);
        *ret_timeline = (Timeline) { .n_moves = 2, .saga = &saga };
        return NULL;
}

TEST(a_timeline_keeps_the_saga_from_customers) {
        const Order *order;
        Timeline timeline;

        world->orders.timeline = timeline_of_one;
        place();
        ck_assert_ok(order_timeline(&world->usecase, ctx, world->order.number, &order, &timeline));
        ck_assert_uint_eq(timeline.n_moves, 2);
        ck_assert_ptr_null(timeline.saga);
        for (int i = 0; i < 2; i++) {
                world->caller = (Caller) { .id = "USER-1", .roles = i ? ROLE_SERVICE : ROLE_ADMIN };
                ck_assert_ok(order_timeline(&world->usecase, ctx, world->order.id, &order, &timeline));
                ck_assert_ptr_eq(timeline.saga, &saga);
        }
        world->caller = (Caller) { .id = "CUST-99999", .roles = ROLE_CUSTOMER };
        ck_assert_reason(order_timeline(&world->usecase, ctx, world->order.id, &order, &timeline),
                         REASON_ORDER_NOT_FOUND);
}

int main(void) {
        Suite *suite = suite_create("order follow");
        TCase *tests = tcase_create("follow");

        tcase_add_checked_fixture(tests, setup, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
