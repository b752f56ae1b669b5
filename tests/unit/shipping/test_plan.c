#include "base/str.h"
#include "biz/shipping/fulfilment.h"
#include "support.h"

static const ShipmentOrder order = {
        .order_id = "ORD-1", .customer_id = "CUST-1",
        .method = "standard", .estimated_delivery = "2024-08-15",
        .address = { "123 Main St", "Berkeley", "CA", "94704", "US" },
};

static OrderLine line(const char *sku, const char *seller_id, const char *warehouse_id) {
        return (OrderLine) { .item = { "PROD-1", sku, "A thing", 2 }, .seller_id = seller_id,
                             .warehouse_id = warehouse_id };
}

TEST(one_shipment_per_seller_and_warehouse_with_the_lines_of_both) {
        const OrderLine lines[] = {
                line("SKU-1", "SELLER-1", "WH-1"), line("SKU-2", "SELLER-2", "WH-1"),
                line("SKU-3", "SELLER-1", "WH-2"), line("SKU-4", "SELLER-1", "WH-1"),
                line("SKU-5", "", "WH-1"),
        };
        const Fulfilment *planned = shipping_plan(test_ctx()->arena, &order, lines, 5);
        static const char *const sellers[] = { "SELLER-1", "SELLER-2", "SELLER-1", "" };
        static const char *const warehouses[] = { "WH-1", "WH-1", "WH-2", "WH-1" };
        static const size_t n_items[] = { 2, 1, 1, 1 };

        ck_assert_uint_eq(planned->n_shipments, 4);
        for (size_t i = 0; i < 4; i++) {
                ck_assert_str_eq(planned->shipments[i].seller_id, sellers[i]);
                ck_assert_str_eq(planned->shipments[i].warehouse_id, warehouses[i]);
                ck_assert_uint_eq(planned->shipments[i].n_items, n_items[i]);
        }
        ck_assert_str_eq(planned->shipments[0].items[0].sku, "SKU-1");
        ck_assert_str_eq(planned->shipments[0].items[1].sku, "SKU-4");
        ck_assert_int_eq(planned->shipments[0].items[1].quantity, 2);
}

TEST(a_new_fulfilment_is_at_its_first_version_and_knows_its_order) {
        const OrderLine lines[] = { line("SKU-1", "SELLER-1", "WH-1"), line("SKU-2", "SELLER-2", "WH-1") };
        const Fulfilment *planned = shipping_plan(test_ctx()->arena, &order, lines, 2);

        ck_assert_int_eq(planned->version, 1);
        ck_assert(!planned->is_cancelled);
        ck_assert_str_eq(planned->order_id, "ORD-1");
        ck_assert_str_eq(planned->customer_id, "CUST-1");
        ck_assert_str_ne(planned->shipments[0].shipment_id, planned->shipments[1].shipment_id);
        for (size_t i = 0; i < 2; i++) {
                const Shipment *shipment = &planned->shipments[i];

                ck_assert(str_starts_with(shipment->shipment_id, "SHP-"));
                ck_assert_int_eq(shipment->status, SHIPMENT_CREATED);
                ck_assert_int_eq(shipment->version, 1);
                ck_assert_str_eq(shipment->tracking_number, "");
                ck_assert_str_eq(shipment->order.address.city, "Berkeley");
                ck_assert_str_eq(shipment->order.estimated_delivery, "2024-08-15");
        }
}

TEST(a_confirmed_order_is_shipped_and_one_that_ended_is_not) {
        ck_assert_int_eq(shipping_meaning("order.confirmed"), FULFILMENT_CREATE);
        ck_assert_int_eq(shipping_meaning("order.cancelled"), FULFILMENT_CANCEL);
        ck_assert_int_eq(shipping_meaning("order.failed"), FULFILMENT_CANCEL);
        ck_assert_int_eq(shipping_meaning("order.created"), FULFILMENT_KEEP);
        ck_assert_int_eq(shipping_meaning("order.payment_failed"), FULFILMENT_KEEP);
        ck_assert_int_eq(shipping_meaning("order.processing"), FULFILMENT_KEEP);
        ck_assert_int_eq(shipping_meaning("order.shipped"), FULFILMENT_KEEP);
        ck_assert_int_eq(shipping_meaning("order.delivered"), FULFILMENT_KEEP);
        ck_assert_int_eq(shipping_meaning(""), FULFILMENT_KEEP);
}

int main(void) {
        Suite *suite = suite_create("shipping/plan");
        TCase *tests = tcase_create("plan");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
