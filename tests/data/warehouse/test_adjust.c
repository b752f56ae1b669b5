#include "fixture.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Error *adjust(const char *sku, int64_t quantity, Stock *ret_stock) {
        StockAdjustment adjustment = {
                .sku = sku, .warehouse_id = WAREHOUSE_ID, .quantity = quantity, .reason = "count"
        };
        Caller admin = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        Ctx *ctx = test_ctx();

        ctx->caller = arena_memdup(ctx->arena, &admin, sizeof(admin));
        return warehouse_adjust(&f->inventory, ctx, &adjustment, ret_stock);
}

TEST(receiving_makes_the_first_stock_of_a_sku) {
        Stock stock;

        ck_assert_ok(adjust("SKU-A", 10, &stock));
        ck_assert_ok(adjust("SKU-A", 5, &stock));
        ck_assert_int_eq(stock.on_hand, 15);
        ck_assert_int_eq(stock.available, 15);
        ck_assert_str_eq(test_sql_text(f->dsn,
                                       "SELECT string_agg(kind || ' ' || actor || ' ' || reason, ', ')"
                                       "  FROM stock_ledger"),
                         "received USER-ADMIN count, received USER-ADMIN count");
        fixture_assert_books(f);
}

TEST(a_correction_may_take_all_that_is_not_reserved_and_no_more) {
        Stock stock = { .on_hand = -1 };

        ck_assert_ok(adjust("SKU-A", 10, &stock));
        ck_assert_ok(fixture_reserve(f, "ORD-1", "SKU-A", 4));
        stock.on_hand = -1;
        const Error *error = ck_assert_reason(adjust("SKU-A", -7, &stock), REASON_STOCK_BELOW_RESERVED);
        ck_assert_int_eq(stock.on_hand, -1);
        ck_assert_int_eq(error->records[0].values[2].number, 10);
        ck_assert_int_eq(error->records[0].values[3].number, 4);
        ck_assert_int_eq(error->records[0].values[4].number, -7);
        ck_assert_ok(adjust("SKU-A", -6, &stock));
        ck_assert_int_eq(stock.on_hand, 4);
        ck_assert_int_eq(stock.available, 0);
        fixture_assert_books(f);
}

TEST(there_is_nothing_to_correct_of_an_unknown_sku) {
        Stock stock;

        ck_assert_reason(adjust("SKU-NONE", -1, &stock), REASON_SKU_NOT_FOUND);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT count(*) FROM stock"), 0);
}

TEST(shows_every_warehouse_of_a_sku) {
        const Stock *stock;
        size_t n_stock;

        test_sql(f->dsn, "INSERT INTO stock (sku, warehouse_id, on_hand)"
                         " VALUES ('SKU-A', 'W-2', 2), ('SKU-A', 'W-1', 1)");
        ck_assert_ok(warehouse_stock(&f->inventory, test_ctx(), "SKU-A", "", &stock, &n_stock));
        ck_assert_uint_eq(n_stock, 2);
        ck_assert_str_eq(stock[0].warehouse_id, "W-1");
        ck_assert_ok(warehouse_stock(&f->inventory, test_ctx(), "SKU-A", "W-2", &stock, &n_stock));
        ck_assert_uint_eq(n_stock, 1);
        ck_assert_int_eq(stock[0].available, 2);
        ck_assert_reason(warehouse_stock(&f->inventory, test_ctx(), "SKU-A", "W-3", &stock, &n_stock),
                         REASON_SKU_NOT_FOUND);
}

int main(void) {
        Suite *suite = suite_create("warehouse/adjust");
        TCase *tests = tcase_create("adjust");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
