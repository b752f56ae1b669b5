#include "shelf.h"

static const Shipment *shipment;
static const ShipmentChange *changes;
static size_t n_changes;
static ShipmentPage page;

static void set_up(void) {
        shelf_fill();
}

static const Error *get_as(const char *id, unsigned roles, const char *shipment_id) {
        return shipping_get_shipment(&usecase, shelf_ctx(id, roles), shipment_id, &shipment, &changes,
                                     &n_changes);
}

TEST(a_shipment_is_shown_to_its_seller_and_to_those_who_see_all) {
        ck_assert_ok(get_as("SELLER-2", ROLE_SELLER, "SHP-2"));
        ck_assert_str_eq(shipment->shipment_id, "SHP-2");
        ck_assert_ok(get_as("USER-1", ROLE_ADMIN, "SHP-1"));
        ck_assert_ok(get_as("", ROLE_SERVICE, "SHP-1"));
        ck_assert_reason(get_as("SELLER-1", ROLE_SELLER, "SHP-2"), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_reason(get_as("SELLER-1", ROLE_CUSTOMER, "SHP-1"), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_int_eq(get_as("USER-1", ROLE_ADMIN, "SHP-3")->code, ERROR_NOT_FOUND);
        shelf.fulfilment.order_id = NULL;
        ck_assert_reason(get_as("USER-1", ROLE_ADMIN, "SHP-1"), REASON_SHIPMENT_NOT_FOUND);
}

static const Error *list_as(const char *id, unsigned roles, const char *seller_id, int64_t limit) {
        ShipmentQuery query = { .order_id = "", .seller_id = seller_id, .limit = limit };

        return shipping_list_shipments(&usecase, shelf_ctx(id, roles), query, &page);
}

TEST(a_seller_lists_his_own_and_no_others) {
        ck_assert_ok(list_as("SELLER-1", ROLE_SELLER, "", 0));
        ck_assert_str_eq(shelf.query.seller_id, "SELLER-1");
        ck_assert_ok(list_as("SELLER-1", ROLE_SELLER, "SELLER-1", 0));
        const Error *error =
                ck_assert_reason(list_as("SELLER-1", ROLE_SELLER, "SELLER-2", 0), REASON_FOREIGN_SHIPMENTS);
        ck_assert_int_eq(error->code, ERROR_PERMISSION_DENIED);
        ck_assert_str_eq(error->violations[0].field, "sellerId");
}

TEST(an_admin_lists_all_or_those_of_a_seller) {
        ck_assert_ok(list_as("USER-1", ROLE_ADMIN, "", 0));
        ck_assert_str_eq(shelf.query.seller_id, "");
        ck_assert_ok(list_as("USER-1", ROLE_ADMIN, "SELLER-2", 0));
        ck_assert_str_eq(shelf.query.seller_id, "SELLER-2");
}

TEST(a_page_says_whether_there_is_another) {
        shelf.n_listed = 2;
        ck_assert_ok(list_as("USER-1", ROLE_ADMIN, "", 1));
        ck_assert_int_eq(shelf.query.limit, 2);
        ck_assert_uint_eq(page.n_shipments, 1);
        ck_assert(page.has_more);
        ck_assert_ok(list_as("USER-1", ROLE_ADMIN, "", 2));
        ck_assert_uint_eq(page.n_shipments, 2);
        ck_assert(!page.has_more);
        ck_assert_ok(list_as("USER-1", ROLE_ADMIN, "", 0));
        ck_assert_int_eq(shelf.query.limit, SHIPMENTS_PAGE + 1);
}

static const Error *track(void) {
        const Fulfilment *fulfilment;

        return shipping_track(&usecase, shelf_ctx("", ROLE_SERVICE), "ORD-1", &fulfilment);
}

TEST(an_order_without_a_fulfilment_is_not_tracked) {
        ck_assert_ok(track());
        shelf.fulfilment.order_id = NULL;
        ck_assert_int_eq(ck_assert_reason(track(), REASON_NOTHING_TO_TRACK)->code, ERROR_NOT_FOUND);
}

TEST(an_order_is_as_far_as_its_last_shipment) {
        static const ShipmentStatus cases[][3] = {
                { SHIPMENT_CREATED, SHIPMENT_CREATED, SHIPMENT_CREATED },
                { SHIPMENT_SHIPPED, SHIPMENT_CREATED, SHIPMENT_CREATED },
                { SHIPMENT_DELIVERED, SHIPMENT_SHIPPED, SHIPMENT_SHIPPED },
                { SHIPMENT_DELIVERED, SHIPMENT_DELIVERED, SHIPMENT_DELIVERED },
                { SHIPMENT_CANCELLED, SHIPMENT_CANCELLED, SHIPMENT_CANCELLED },
        };
        Fulfilment fulfilment = { .shipments = shelf.shipments, .n_shipments = 2 };

        for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
                shelf.shipments[0].status = cases[i][0];
                shelf.shipments[1].status = cases[i][1];
                ck_assert_int_eq(shipping_overall_status(&fulfilment), cases[i][2]);
        }
        fulfilment.n_shipments = 0;
        ck_assert_int_eq(shipping_overall_status(&fulfilment), SHIPMENT_CANCELLED);
}

TEST(an_order_is_cancelled_unless_something_was_shipped) {
        int64_t n_cancelled = -1;

        shelf.n_shipments = 2;
        ck_assert_ok(shipping_cancel(&usecase, test_ctx(), "ORD-1", "changed my mind", &n_cancelled));
        ck_assert_int_eq(n_cancelled, 2);
        ck_assert_str_eq(shelf.cancel_reason, "changed my mind");
        shelf.n_shipped = 1;
        const Error *error = ck_assert_reason(
                shipping_cancel(&usecase, test_ctx(), "ORD-1", "", &n_cancelled), REASON_ALREADY_SHIPPED);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->records[0].values[0].text, "ORD-1");
        ck_assert_int_eq(error->records[0].values[1].number, 1);
        ck_assert_int_eq(error->records[0].values[2].number, 2);
}

int main(void) {
        Suite *suite = suite_create("shipping/fulfilment");
        TCase *tests = tcase_create("fulfilment");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
