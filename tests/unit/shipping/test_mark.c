#include "base/clock.h"
#include "shelf.h"

static const Shipment *shipment;

static void set_up(void) {
        shelf_fill();
}

static const Error *ship_as(const char *id, unsigned roles, const char *carrier, const char *number) {
        return shipping_mark_shipped(&usecase, shelf_ctx(id, roles), "SHP-1", carrier, number, &shipment);
}

static const Error *ship(const char *carrier, const char *number) {
        return ship_as("USER-1", ROLE_ADMIN, carrier, number);
}

static const Error *deliver_as(const char *id, unsigned roles) {
        return shipping_mark_delivered(&usecase, shelf_ctx(id, roles), "SHP-1", &shipment);
}

static const Error *deliver(void) {
        return deliver_as("USER-1", ROLE_ADMIN);
}

/* As the first one was saved. */
static void keep_saved(void) {
        shelf.shipments[0] = shelf.saved_shipment;
        shelf.fulfilment.version = shelf.saved.version;
}

TEST(a_shipment_is_shipped_under_a_number) {
        int64_t before_us = clock_wall_us();

        ck_assert_ok(ship("UPS", "1Z999"));
        ck_assert_int_eq(shipment->status, SHIPMENT_SHIPPED);
        ck_assert_str_eq(shipment->carrier, "UPS");
        ck_assert_str_eq(shipment->tracking_number, "1Z999");
        ck_assert_int_ge(shipment->shipped_at_us, before_us);
        ck_assert_int_eq(shipment->delivered_at_us, 0);
        ck_assert_int_eq(shipment->version, 2);
        ck_assert_int_eq(shelf.saved.version, 2);
        ck_assert_str_eq(shelf.saved_shipment.tracking_number, "1Z999");
}

TEST(the_same_number_again_is_the_same_answer_and_another_is_refused) {
        ck_assert_ok(ship("UPS", "1Z999"));
        keep_saved();
        ck_assert_ok(ship("UPS", "1Z999"));
        ck_assert_int_eq(shipment->version, 2);
        ck_assert_uint_eq(shelf.n_saves, 1);
        const Error *error = ck_assert_reason(ship("UPS", "1Z998"), REASON_TRACKING_MISMATCH);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->records[0].values[0].text, "UPS");
        ck_assert_str_eq(error->records[0].values[1].text, "1Z999");
        ck_assert_reason(ship("DHL", "1Z999"), REASON_TRACKING_MISMATCH);
        ck_assert_uint_eq(shelf.n_saves, 1);
}

TEST(a_delivered_shipment_may_be_told_shipped_again) {
        ck_assert_ok(ship("UPS", "1Z999"));
        keep_saved();
        ck_assert_ok(deliver());
        keep_saved();
        ck_assert_ok(ship("UPS", "1Z999"));
        ck_assert_int_eq(shipment->status, SHIPMENT_DELIVERED);
        ck_assert_reason(ship("UPS", "1Z998"), REASON_TRACKING_MISMATCH);
        ck_assert_uint_eq(shelf.n_saves, 2);
}

TEST(a_shipment_is_delivered_once_it_was_shipped) {
        ck_assert_reason(deliver(), REASON_SHIPMENT_NOT_SHIPPED);
        ck_assert_ok(ship("UPS", "1Z999"));
        keep_saved();
        ck_assert_ok(deliver());
        ck_assert_int_eq(shipment->status, SHIPMENT_DELIVERED);
        ck_assert_int_gt(shipment->delivered_at_us, 0);
        ck_assert_str_eq(shipment->tracking_number, "1Z999");
        ck_assert_int_eq(shipment->version, 3);
        ck_assert_int_eq(shelf.saved.version, 3);
        keep_saved();
        ck_assert_ok(deliver());
        ck_assert_int_eq(shipment->version, 3);
        ck_assert_uint_eq(shelf.n_saves, 2);
}

TEST(what_was_cancelled_is_neither_shipped_nor_delivered) {
        shelf.shipments[0].status = SHIPMENT_CANCELLED;
        ck_assert_reason(ship("UPS", "1Z999"), REASON_SHIPMENT_CANCELLED);
        ck_assert_reason(deliver(), REASON_SHIPMENT_CANCELLED);
        ck_assert_uint_eq(shelf.n_saves, 0);
}

TEST(only_its_seller_or_an_admin_marks_it) {
        ck_assert_reason(ship_as("SELLER-2", ROLE_SELLER, "UPS", "1"), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_reason(deliver_as("SELLER-2", ROLE_SELLER), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_reason(ship_as("SELLER-1", ROLE_CUSTOMER, "UPS", "1"), REASON_SHIPMENT_NOT_FOUND);
        ck_assert_ok(ship_as("SELLER-1", ROLE_SELLER, "UPS", "1"));
}

TEST(who_was_overtaken_judges_anew) {
        shelf.n_overtaken = 1;
        shelf.while_overtaken = shelf.shipments[0];
        ck_assert_ok(ship("UPS", "1Z999"));
        ck_assert_uint_eq(shelf.n_saves, 2);
        shelf_fill();
        shelf.n_overtaken = 1;
        shelf.while_overtaken = shelf.shipments[0];
        shelf.while_overtaken.status = SHIPMENT_CANCELLED;
        ck_assert_reason(ship("UPS", "1Z999"), REASON_SHIPMENT_CANCELLED);
        ck_assert_uint_eq(shelf.n_saves, 1);
}

TEST(one_that_is_overtaken_for_ever_ends_with_its_deadline) {
        Ctx *ctx = shelf_ctx("USER-1", ROLE_ADMIN);

        shelf.n_overtaken = SIZE_MAX;
        shelf.while_overtaken = shelf.shipments[0];
        ctx_limit(ctx, 1);
        ck_assert_reason(shipping_mark_shipped(&usecase, ctx, "SHP-1", "UPS", "1", &shipment),
                         REASON_DEADLINE_EXCEEDED);
}

int main(void) {
        Suite *suite = suite_create("shipping/mark");
        TCase *tests = tcase_create("mark");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
