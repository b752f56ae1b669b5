/* A confirmed order, a process that is asked to cancel it, and another one that goes on with its saga. */
#pragma once

#include "saga_fixture.h"

#define HOLD(name) WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_##name
#define KEY "a-key-of-16-chars"
#define WHY "changed my mind"
#define TOTAL_MINOR 61379

#define TEXT(...) arena_printf(test_ctx()->arena, __VA_ARGS__)

/* Another process on the same database, whose loops run once it is open; calls are the first one's. */
static Arena *arena_of_other;
static AppPart *other;
static const char *order_id;

/* Where the saga of a confirmed order may stand. */
static const char *const behind[] = { "SETTLE", "DONE" };

static inline void open_for_business(void) {
        ck_assert_ok(app_part_start(other, test_ctx()));
}

static inline void set_up(void) {
        setup();
        arena_of_other = arena_new();
        other = test_part_new(arena_of_other, &order_app_service, &shop->host, shop->dsn, 8, &shop->config);
}

static inline void tear_down(void) {
        app_part_stop(other);
        teardown();
        app_part_free(other);
        arena_free(arena_of_other);
}

static inline void place(void) {
        const Error *error;
        const OrderV1Order *order = shop_place(shop, KEY, &error);

        ck_assert_ok(error);
        order_id = order->order_id;
}

/* Places an order whose saga stands there, while the other process is open. */
static inline void place_behind(int i) {
        shop->warehouse->cannot_confirm = str_equal(behind[i], "SETTLE");
        open_for_business();
        place();
        if (str_equal(behind[i], "SETTLE"))
                shop_wait(shop, "SELECT (attempts > 0 AND owner IS NULL)::text FROM order_sagas", "true");
        else
                shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
}

static inline const Error *cancel(const char *reason) {
        return shop_cancel(shop, order_id, reason);
}

/* ---- what the order has come to ---- */

static inline void assert_events(const char *types) {
        ck_assert_str_eq(SQL("SELECT string_agg(event_type, ' ' ORDER BY aggregate_version) FROM outbox"),
                         types);
        ck_assert_str_eq(SQL("SELECT (SELECT count(*) FROM order_history) = version FROM orders"), "t");
}

static inline void assert_cancelled(void) {
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', status, payment_status, refund_minor, cancel_reason)"
                             "  FROM orders"),
                         "CANCELLED refunded 61379 " WHY);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', owner, lease_until, due_at, back_to, cancel_reason)"
                             "  FROM order_sagas"),
                         "");
        assert_events("order.created order.confirmed order.cancelled");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), 0);
        ck_assert_int_eq(warehouse_status(shop->warehouse, order_id), HOLD(RELEASED));
        ck_assert_int_eq(promotion_book_status(shop->promotions, order_id),
                         PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_RELEASED);
        ck_assert(shipping_book_has_cancelled(shop->shipping, order_id));
}

/* As if nobody had ever asked for it. */
static inline void assert_untouched(void) {
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', status, payment_status, refund_minor, cancel_reason)"
                             "  FROM orders"),
                         "CONFIRMED paid 0");
        assert_events("order.created order.confirmed");
        ck_assert_int_eq(payment_book_kept_minor(shop->payments), TOTAL_MINOR);
        ck_assert_uint_eq(warehouse_count(shop->warehouse, HOLD(RELEASED)), 0);
        ck_assert_int_eq(shop->promotions->n_released, 0);
        ck_assert_str_eq(SQL("SELECT concat_ws(' ', back_to, cancel_reason) FROM order_sagas"), "");
}

static inline void assert_back_at(const char *step) {
        shop_wait(shop, "SELECT (step <> 'CANCEL')::text FROM order_sagas", "true");
        assert_untouched();
        shop->warehouse->cannot_confirm = false;
        if (str_equal(step, "DONE"))
                ck_assert_str_eq(SQL("SELECT concat_ws(' ', step, owner, lease_until, due_at,"
                                     "                 forget_at = created_at + interval '24 hours')"
                                     "  FROM order_sagas"),
                                 "DONE t");
        shop_wait(shop, "SELECT step FROM order_sagas", "DONE");
        ck_assert_int_eq(warehouse_status(shop->warehouse, order_id), HOLD(CONFIRMED));
        ck_assert_str_eq(SQL("SELECT metadata::text FROM orders"), "{}");
        assert_untouched();
}

/* ---- shipping ---- */

/* That of shipping's book, which a test stands before. */
typedef typeof(((ShippingService *) NULL)->cancel_shipments) CancelShipments;
static CancelShipments cancel_shipments;

static inline void stand_before_shipping(CancelShipments instead) {
        cancel_shipments = shop->shipping->base.cancel_shipments;
        shop->shipping->base.cancel_shipments = instead;
}
