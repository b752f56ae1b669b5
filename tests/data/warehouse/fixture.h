/* A warehouse on a fresh database, with an owner of the orders that says what a test wants. */
#pragma once

#include "biz/inventory/inventory.h"
#include "pg/pool.h"
#include "support.h"

#define WAREHOUSE_ID "US-WEST-01"

/* Answers every order with the same move. */
typedef struct FixedOwner {
        ReservationOwner base;
        ReservationMove answer;
        size_t n_asked; /* orders, over all calls */
} FixedOwner;

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        InventoryUsecase inventory;
        FixedOwner owner;
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* Receives stock of a SKU, with its ledger row. */
void fixture_receive(Fixture *fixture, const char *sku, int64_t quantity);

/* One line of a SKU at WAREHOUSE_ID. */
StockLine fixture_line(const char *sku, int64_t quantity);

/* Reserves one SKU for an order; the error, if any, lives until the test ends. */
const Error *fixture_reserve(Fixture *fixture, const char *order_id, const char *sku, int64_t quantity);

/* Makes the reservation of an order look as if its time was over. */
void fixture_expire(Fixture *fixture, const char *order_id);

const char *fixture_status(Fixture *fixture, const char *order_id);
int64_t fixture_available(Fixture *fixture, const char *sku);

/* The law of the books: on hand is the sum of the ledger, reserved the sum of active lines, for every SKU. */
void fixture_assert_books(Fixture *fixture);
