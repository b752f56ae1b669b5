/* Where the shipments of an order are, and what happened to it, as its customer and an admin see it. */
#include "order/v1/order.reasons.h"
#include "shop.h"

static Shop *shop;
static const char *order_id;

static void setup(void) {
        const Error *error;

        shop = shop_open(false);
        const OrderV1Order *order = shop_place(shop, "a-key-of-16-chars", &error);
        ck_assert_ok(error);
        order_id = order->order_id;
}

static void teardown(void) {
        shop_close(shop);
}

static Ctx *customer(void) {
        return shop_ctx(shop, "CUST-12345", ROLE_CUSTOMER, NULL);
}

static const OrderV1GetTimelineResponse *timeline(Ctx *ctx, const char *id, const Error **ret_error) {
        OrderV1GetTimelineRequest *request = order_v1_get_timeline_request_new(ctx->arena);
        OrderV1GetTimelineResponse *response = order_v1_get_timeline_response_new(ctx->arena);

        request->order_id = id;
        *ret_error = shop->orders->get_timeline(shop->orders, ctx, request, response);
        return response;
}

static const OrderV1GetTimelineResponse *seen_by(Ctx *ctx) {
        const Error *error;
        const OrderV1GetTimelineResponse *response = timeline(ctx, order_id, &error);

        ck_assert_ok(error);
        return response;
}

TEST(a_timeline_has_every_move_and_event) {
        const OrderV1GetTimelineResponse *seen = seen_by(customer());

        ck_assert_str_eq(seen->order_id, order_id);
        ck_assert_int_eq(seen->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
        ck_assert_uint_eq(seen->n_moves, 2);
        ck_assert_int_eq(seen->moves[0]->from, 0);
        ck_assert_int_eq(seen->moves[0]->to, ORDER__V1__ORDER_STATUS__ORDER_STATUS_PENDING_PAYMENT);
        ck_assert_int_eq(seen->moves[1]->version, 2);
        ck_assert_int_eq(seen->moves[1]->from, ORDER__V1__ORDER_STATUS__ORDER_STATUS_PENDING_PAYMENT);
        ck_assert_int_eq(seen->moves[1]->to, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
        ck_assert_str_eq(seen->moves[1]->actor, "CUST-12345");
        ck_assert_int_gt(seen->moves[1]->moved_at->seconds, 0);
        ck_assert_uint_eq(seen->n_events, 2);
        ck_assert_str_eq(seen->events[0]->event_type, "order.created");
        ck_assert_str_eq(seen->events[1]->event_type, "order.confirmed");
        ck_assert_uint_eq(strlen(seen->events[1]->event_id), 36);
        ck_assert_int_gt(seen->events[1]->written_at->seconds, 0);
        ck_assert_ptr_null(seen->events[1]->published_at);
        ck_assert_int_eq(seen->events[1]->stream_sequence, 0);
}

TEST(an_event_that_was_published_says_when_and_where) {
        test_sql(shop->dsn, "UPDATE outbox SET processed_at = '2026-01-01Z', stream_sequence = 42"
                            " WHERE aggregate_version = 1");
        const OrderV1GetTimelineResponse *seen = seen_by(customer());
        ck_assert_int_eq(seen->events[0]->published_at->seconds, 1767225600);
        ck_assert_int_eq(seen->events[0]->stream_sequence, 42);
        test_sql(shop->dsn, "DELETE FROM outbox WHERE aggregate_version = 1");
        seen = seen_by(customer());
        ck_assert_uint_eq(seen->n_events, 1);
        ck_assert_uint_eq(seen->n_moves, 2);
}

TEST(an_admin_sees_where_the_machine_stands) {
        Ctx *admin = shop_ctx(shop, "USER-ADMIN", ROLE_ADMIN, NULL);

        ck_assert_ptr_null(seen_by(customer())->saga);
        test_sql(shop->dsn, "UPDATE order_sagas SET attempts = 3, last_error = 'The warehouse is away'");
        const OrderV1TimelineSaga *saga = seen_by(admin)->saga;
        ck_assert_str_eq(saga->step, "SETTLE");
        ck_assert_int_eq(saga->attempts, 3);
        ck_assert_str_eq(saga->last_error, "The warehouse is away");
        ck_assert_int_gt(saga->started_at->seconds, 0);
        ck_assert_int_ge(saga->changed_at->seconds, saga->started_at->seconds);
        ck_assert_int_gt(saga->due_at->seconds, 0);
        test_sql(shop->dsn, "DELETE FROM order_sagas");
        ck_assert_ptr_null(seen_by(admin)->saga);
}

TEST(a_foreign_timeline_does_not_exist) {
        const Error *error;

        timeline(shop_ctx(shop, "CUST-99999", ROLE_CUSTOMER, NULL), order_id, &error);
        ck_assert_reason(error, REASON_ORDER_NOT_FOUND);
        timeline(customer(), "ORD-NONE", &error);
        ck_assert_reason(error, REASON_ORDER_NOT_FOUND);
}

static const OrderV1GetTrackingResponse *track(Ctx *ctx, const Error **ret_error) {
        OrderV1GetTrackingRequest *request = order_v1_get_tracking_request_new(ctx->arena);
        OrderV1GetTrackingResponse *response = order_v1_get_tracking_response_new(ctx->arena);

        request->order_id = order_id;
        *ret_error = shop->orders->get_tracking(shop->orders, ctx, request, response);
        return response;
}

TEST(tracking_shows_the_order_and_its_shipments) {
        const Error *error;
        const OrderV1GetTrackingResponse *seen = track(customer(), &error);

        ck_assert_ok(error);
        ck_assert_int_eq(seen->status, ORDER__V1__ORDER_STATUS__ORDER_STATUS_CONFIRMED);
        ck_assert_str_eq(seen->estimated_delivery, "2024-08-15");
        ck_assert_uint_eq(seen->n_shipments, 0);
        shop->shipping->tracked_status = SHIPPING__V1__SHIPMENT_STATUS__SHIPMENT_STATUS_SHIPPED;
        seen = track(customer(), &error);
        ck_assert_ok(error);
        ck_assert_str_eq(seen->order_id, order_id);
        ck_assert_uint_eq(seen->n_shipments, 1);
        const OrderV1OrderShipment *shipment = seen->shipments[0];
        ck_assert_str_eq(shipment->shipment_id, "SHP-1");
        ck_assert_str_eq(shipment->seller_id, "SELLER-1");
        ck_assert_str_eq(shipment->warehouse_id, "US-WEST-01");
        ck_assert_int_eq(shipment->status, ORDER__V1__ORDER_SHIPMENT_STATUS__ORDER_SHIPMENT_STATUS_SHIPPED);
        ck_assert_str_eq(shipment->carrier, "UPS");
        ck_assert_str_eq(shipment->tracking_number, "1Z999");
        ck_assert_str_eq(shipment->estimated_delivery, "2024-08-15");
        ck_assert_int_eq(shipment->shipped_at->seconds, 1723500000);
        ck_assert_ptr_null(shipment->delivered_at);
        ck_assert_uint_eq(shipment->n_items, 1);
        ck_assert_str_eq(shipment->items[0]->name, "Headphones");
        ck_assert_int_eq(shipment->items[0]->quantity, 2);
}

TEST(a_foreign_order_is_not_tracked_and_without_shipping_none_is) {
        const Error *error;

        track(shop_ctx(shop, "CUST-99999", ROLE_CUSTOMER, NULL), &error);
        ck_assert_reason(error, REASON_ORDER_NOT_FOUND);
        shop->shipping->track_mood = MOOD_AWAY;
        track(customer(), &error);
        ck_assert_int_eq(ck_assert_reason(error, REASON_UNAVAILABLE)->code, ERROR_UNAVAILABLE);
}

int main(void) {
        Suite *suite = suite_create("order timeline");
        TCase *tests = tcase_create("timeline");

        tcase_add_checked_fixture(tests, setup, teardown);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
