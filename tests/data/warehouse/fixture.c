#include "fixture.h"

#include "data/inventory_repo.h"
#include "pool.h"
#include "warehouse_migrations.h"

#define HOLD_MS 900000

static const Error *resolve(ReservationOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                            ReservationMove *ret_moves) {
        FixedOwner *owner = (FixedOwner *) self;

        (void) ctx;
        (void) order_ids;
        owner->n_asked += n_orders;
        for (size_t i = 0; i < n_orders; i++)
                ret_moves[i] = owner->answer;
        return NULL;
}

Fixture *fixture_new(void) {
        Ctx *ctx = test_ctx();
        Fixture *fixture = ARENA_NEW(ctx->arena, Fixture);

        fixture->pool = test_pool("warehouse", &warehouse_schema, &fixture->dsn);
        fixture->owner = (FixedOwner) { .base = { .resolve = resolve }, .answer = RESERVATION_EXPIRE };
        fixture->inventory = (InventoryUsecase) {
                .repo = warehouse_repo_new(ctx->arena, fixture->pool),
                .owner = &fixture->owner.base,
                .hold_ms = HOLD_MS,
        };
        return fixture;
}

void fixture_receive(Fixture *fixture, const char *sku, int64_t quantity) {
        StockAdjustment received = {
                .sku = sku, .warehouse_id = WAREHOUSE_ID, .quantity = quantity, .reason = "test"
        };
        Stock stock;

        ck_assert_ok(warehouse_adjust(&fixture->inventory, test_ctx(), &received, &stock));
}

StockLine fixture_line(const char *sku, int64_t quantity) {
        return (StockLine) {
                .product_id = "PROD-1", .sku = sku, .warehouse_id = WAREHOUSE_ID, .quantity = quantity
        };
}

const Error *fixture_reserve(Fixture *fixture, const char *order_id, const char *sku, int64_t quantity) {
        StockLine line = fixture_line(sku, quantity);
        const Reservation *reservation;

        return warehouse_reserve(&fixture->inventory, test_ctx(), order_id, &line, 1, &reservation);
}

void fixture_expire(Fixture *fixture, const char *order_id) {
        test_sql(fixture->dsn, arena_printf(test_ctx()->arena,
                                            "UPDATE reservations SET expires_at = now() - interval '1 second'"
                                            " WHERE order_id = '%s'",
                                            order_id));
}

const char *fixture_status(Fixture *fixture, const char *order_id) {
        return test_sql_text(fixture->dsn,
                             arena_printf(test_ctx()->arena,
                                          "SELECT status FROM reservations WHERE order_id = '%s'", order_id));
}

int64_t fixture_available(Fixture *fixture, const char *sku) {
        const Stock *stock;
        size_t n_stock;

        ck_assert_ok(warehouse_stock(&fixture->inventory, test_ctx(), sku, WAREHOUSE_ID, &stock, &n_stock));
        return stock[0].available;
}

void fixture_assert_books(Fixture *fixture) {
        ck_assert_int_eq(test_sql_int64(fixture->dsn,
                                        "SELECT count(*) FROM stock s WHERE on_hand <>"
                                        " (SELECT coalesce(sum(on_hand_effect), 0) FROM stock_ledger l"
                                        "   WHERE l.sku = s.sku AND l.warehouse_id = s.warehouse_id)"),
                         0);
        ck_assert_int_eq(
                test_sql_int64(fixture->dsn,
                               "SELECT count(*) FROM stock s WHERE reserved <>"
                               " (SELECT coalesce(sum(quantity), 0)"
                               "    FROM reservation_lines l JOIN reservations r USING (reservation_id)"
                               "   WHERE r.status = 'ACTIVE'"
                               "     AND l.sku = s.sku AND l.warehouse_id = s.warehouse_id)"),
                0);
}
