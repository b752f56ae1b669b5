#include "service/mapping.h"
#include "support.h"

TEST(a_line_is_read_whole) {
        Ctx *ctx = test_ctx();
        WarehouseV1StockLine *message = warehouse_v1_stock_line_new(ctx->arena);

        message->product_id = "PROD-1";
        message->sku = "SKU-1";
        message->warehouse_id = "W-1";
        message->quantity = 9999;
        StockLine *lines = warehouse_lines_from_message(ctx->arena, &message, 1);
        ck_assert_str_eq(lines[0].product_id, "PROD-1");
        ck_assert_str_eq(lines[0].sku, "SKU-1");
        ck_assert_str_eq(lines[0].warehouse_id, "W-1");
        ck_assert_int_eq(lines[0].quantity, 9999);
}

TEST(a_reservation_is_shown_whole) {
        StockLine line = { .product_id = "PROD-1", .sku = "SKU-1", .warehouse_id = "W-1", .quantity = 3 };
        Reservation reservation = {
                .reservation_id = "RSV-1",
                .order_id = "ORD-1",
                .status = RESERVATION_ACTIVE,
                .expires_at_us = 1723300200123456,
                .lines = &line,
                .n_lines = 1,
        };
        WarehouseV1Reservation *message = warehouse_reservation_to_message(test_ctx()->arena, &reservation);

        ck_assert_str_eq(message->reservation_id, "RSV-1");
        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_int_eq(message->status, WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE);
        ck_assert_int_eq(message->expires_at->seconds, 1723300200);
        ck_assert_int_eq(message->expires_at->nanos, 123456000);
        ck_assert_uint_eq(message->n_items, 1);
        ck_assert_str_eq(message->items[0]->product_id, "PROD-1");
        ck_assert_str_eq(message->items[0]->sku, "SKU-1");
        ck_assert_str_eq(message->items[0]->warehouse_id, "W-1");
        ck_assert_int_eq(message->items[0]->quantity, 3);
}

TEST(every_status_has_its_own) {
        static const ReservationStatus statuses[] = { RESERVATION_NONE, RESERVATION_ACTIVE,
                                                      RESERVATION_CONFIRMED, RESERVATION_RELEASED,
                                                      RESERVATION_EXPIRED };
        static const WarehouseV1ReservationStatus shown[] = {
                WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_UNSPECIFIED,
                WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_ACTIVE,
                WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_CONFIRMED,
                WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_RELEASED,
                WAREHOUSE__V1__RESERVATION_STATUS__RESERVATION_STATUS_EXPIRED,
        };
        WarehouseV1ReservationStatus *messages =
                warehouse_statuses_to_message(test_ctx()->arena, statuses, 5);

        for (size_t i = 0; i < 5; i++)
                ck_assert_int_eq(messages[i], shown[i]);
}

TEST(stock_is_shown_whole) {
        Stock stock = { .sku = "SKU-1", .warehouse_id = "W-1", .on_hand = 7, .reserved = 3, .available = 4 };
        WarehouseV1Stock *message = warehouse_stock_to_message(test_ctx()->arena, &stock);

        ck_assert_str_eq(message->sku, "SKU-1");
        ck_assert_str_eq(message->warehouse_id, "W-1");
        ck_assert_int_eq(message->on_hand, 7);
        ck_assert_int_eq(message->reserved, 3);
        ck_assert_int_eq(message->available, 4);
}

int main(void) {
        Suite *suite = suite_create("warehouse/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
