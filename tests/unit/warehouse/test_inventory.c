#include "biz/inventory/inventory.h"
#include "support.h"

/* A repository that says what a test wants, and remembers what it was asked. */
typedef struct FakeRepo {
        InventoryRepo base;
        ReserveRequest reserve_request;
        ReserveOutcome reserve_outcome;
        MoveRequest move_request;
        StockAdjustment adjustment;
        AdjustVerdict adjust_verdict;
} FakeRepo;

static const Error *fake_reserve(InventoryRepo *self, Ctx *ctx, const ReserveRequest *request,
                                 ReserveOutcome *ret_outcome) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->reserve_request = *request;
        *ret_outcome = repo->reserve_outcome;
        return NULL;
}

static const Error *fake_find_expired(InventoryRepo *self, Ctx *ctx, const StockLine *lines, size_t n_lines,
                                      const char *const **ret_order_ids, size_t *ret_n_orders,
                                      bool *ret_is_enough) {
        (void) self;
        (void) ctx;
        (void) lines;
        (void) n_lines;
        *ret_order_ids = NULL;
        *ret_n_orders = 0;
        *ret_is_enough = false;
        return NULL;
}

static const Error *fake_move(InventoryRepo *self, Ctx *ctx, const MoveRequest *request,
                              ReservationStatus *ret_statuses) {
        (void) ctx;
        ((FakeRepo *) self)->move_request = *request;
        for (size_t i = 0; i < request->n_orders; i++)
                ret_statuses[i] = RESERVATION_RELEASED;
        return NULL;
}

static const Error *fake_adjust(InventoryRepo *self, Ctx *ctx, const StockAdjustment *adjustment,
                                AdjustVerdict *ret_verdict, Stock *ret_stock) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->adjustment = *adjustment;
        *ret_verdict = repo->adjust_verdict;
        *ret_stock = (Stock) { .sku = adjustment->sku, .on_hand = 7, .reserved = 3, .available = 4 };
        return NULL;
}

static FakeRepo repo;
static InventoryUsecase inventory;

static void set_up(void) {
        repo = (FakeRepo) {
                .base = { .reserve = fake_reserve,
                          .find_expired = fake_find_expired,
                          .move = fake_move,
                          .adjust = fake_adjust },
        };
        inventory = (InventoryUsecase) { .repo = &repo.base, .hold_ms = 900000 };
}

static StockLine line(const char *sku, const char *warehouse_id, int64_t quantity) {
        return (StockLine) {
                .product_id = sku, .sku = sku, .warehouse_id = warehouse_id, .quantity = quantity
        };
}

TEST(adds_up_lines_of_one_sku_and_warehouse_in_their_order) {
        StockLine lines[] = { line("B", "W-1", 1), line("A", "W-1", 2), line("B", "W-2", 3),
                              line("B", "W-1", 4) };
        const Reservation *reservation;
        int64_t available[] = { 0, 0, 0 };

        repo.reserve_outcome.available = available;
        const Error *error =
                ck_assert_reason(warehouse_reserve(&inventory, test_ctx(), "ORD-1", lines, 4, &reservation),
                                 REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_uint_eq(repo.reserve_request.n_lines, 3);
        ck_assert_str_eq(repo.reserve_request.lines[0].sku, "B");
        ck_assert_int_eq(repo.reserve_request.lines[0].quantity, 5);
        ck_assert_int_eq(repo.reserve_request.lines[1].quantity, 2);
        ck_assert_str_eq(repo.reserve_request.lines[2].warehouse_id, "W-2");
        ck_assert_int_eq(repo.reserve_request.hold_ms, 900000);
        ck_assert_uint_eq(error->n_records, 3);
}

TEST(an_out_of_stock_error_is_that_of_the_documents) {
        StockLine lines[] = {
                { .product_id = "PROD-1", .sku = "SKU-OK", .warehouse_id = "US-WEST-01", .quantity = 2 },
                { .product_id = "PROD-67890",
                  .sku = "SKU-ABC-001",
                  .warehouse_id = "US-WEST-01",
                  .quantity = 2 }
        };
        static const char *const keys[] = { "productId", "sku", "requestedQuantity", "availableQuantity" };
        const Reservation *reservation;
        int64_t available[] = { 2, 0 };

        repo.reserve_outcome.available = available;
        const Error *error =
                ck_assert_reason(warehouse_reserve(&inventory, test_ctx(), "ORD-1", lines, 2, &reservation),
                                 REASON_PRODUCT_OUT_OF_STOCK);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_str_eq(error->message, "Product SKU-ABC-001 is out of stock in warehouse US-WEST-01");
        ck_assert_uint_eq(error->n_records, 1);
        ck_assert_uint_eq(error->records[0].n_values, 4);
        for (size_t i = 0; i < 4; i++)
                ck_assert_str_eq(error->records[0].values[i].key, keys[i]);
        ck_assert_str_eq(error->records[0].values[0].text, "PROD-67890");
        ck_assert_ptr_null(error->records[0].values[2].text);
        ck_assert_int_eq(error->records[0].values[2].number, 2);
        ck_assert_int_eq(error->records[0].values[3].number, 0);
}

TEST(takes_only_a_living_reservation_of_the_same_lines) {
        StockLine wanted = line("A", "W-1", 2), other = line("A", "W-1", 3);
        Reservation existing = { .reservation_id = "RSV-1", .lines = &wanted, .n_lines = 1 };
        const Reservation *reservation = NULL;

        repo.reserve_outcome.reservation = &existing;
        existing.status = RESERVATION_CONFIRMED;
        ck_assert_ok(warehouse_reserve(&inventory, test_ctx(), "ORD-1", &wanted, 1, &reservation));
        ck_assert_ptr_eq(reservation, &existing);
        ck_assert_reason(warehouse_reserve(&inventory, test_ctx(), "ORD-1", &other, 1, &reservation),
                         REASON_HOLD_MISMATCH);
        existing.status = RESERVATION_EXPIRED;
        ck_assert_reason(warehouse_reserve(&inventory, test_ctx(), "ORD-1", &wanted, 1, &reservation),
                         REASON_HOLD_CLOSED);
        existing.status = RESERVATION_RELEASED;
        ck_assert_reason(warehouse_reserve(&inventory, test_ctx(), "ORD-1", &wanted, 1, &reservation),
                         REASON_HOLD_CLOSED);
}

TEST(a_release_without_a_reason_gets_one) {
        const char *order_id = "ORD-1";
        ReservationStatus status;

        ck_assert_ok(warehouse_release(&inventory, test_ctx(), &order_id, 1, "", &status));
        ck_assert_str_eq(repo.move_request.reason, "released");
        ck_assert_ok(warehouse_release(&inventory, test_ctx(), &order_id, 1, "cancelled", &status));
        ck_assert_str_eq(repo.move_request.reason, "cancelled");
        ck_assert_int_eq(repo.move_request.move, RESERVATION_RELEASE);
}

TEST(an_adjustment_moves_something) {
        StockAdjustment adjustment = { .sku = "A", .warehouse_id = "W-1" };
        Stock stock;
        const Error *error = ck_assert_reason(warehouse_adjust(&inventory, test_ctx(), &adjustment, &stock),
                                              REASON_INVALID_REQUEST);

        ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
        ck_assert_str_eq(error->violations[0].field, "quantity");
}

TEST(a_refused_adjustment_says_why) {
        StockAdjustment adjustment = { .sku = "A", .warehouse_id = "W-1", .quantity = -5 };
        Stock stock = { 0 };

        repo.adjust_verdict = ADJUST_BELOW_RESERVED;
        const Error *error = ck_assert_reason(warehouse_adjust(&inventory, test_ctx(), &adjustment, &stock),
                                              REASON_STOCK_BELOW_RESERVED);
        ck_assert_uint_eq(error->records[0].n_values, 5);
        ck_assert_str_eq(error->records[0].values[2].key, "onHand");
        ck_assert_int_eq(error->records[0].values[2].number, 7);
        ck_assert_int_eq(error->records[0].values[3].number, 3);
        ck_assert_int_eq(stock.on_hand, 0);
        repo.adjust_verdict = ADJUST_NO_STOCK;
        ck_assert_reason(warehouse_adjust(&inventory, test_ctx(), &adjustment, &stock), REASON_SKU_NOT_FOUND);
}

TEST(events_mean_what_they_say) {
        ck_assert_int_eq(warehouse_meaning("order.created"), RESERVATION_KEEP);
        ck_assert_int_eq(warehouse_meaning("order.confirmed"), RESERVATION_CONFIRM);
        ck_assert_int_eq(warehouse_meaning("order.cancelled"), RESERVATION_RELEASE);
        ck_assert_int_eq(warehouse_meaning("order.failed"), RESERVATION_RELEASE);
        ck_assert_int_eq(warehouse_meaning("order.payment_failed"), RESERVATION_RELEASE);
        ck_assert_int_eq(warehouse_meaning("order.processing"), RESERVATION_KEEP);
        ck_assert_int_eq(warehouse_meaning("order.shipped"), RESERVATION_KEEP);
        ck_assert_int_eq(warehouse_meaning("order.delivered"), RESERVATION_KEEP);
        ck_assert_int_eq(warehouse_meaning("order.confirmed.later"), RESERVATION_KEEP);
}

int main(void) {
        Suite *suite = suite_create("warehouse/inventory");
        TCase *tests = tcase_create("inventory");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
