/*
 * Customers and shipping rates from tables of this database, until their services exist. This file, its
 * tables (0002_demo.sql) and demo/ go then; the business sees only its own interfaces.
 */
#pragma once

#include "biz/order/ports.h"
#include "pg/pool.h"

/* source: 000 Timeout Management */
#define SHIPPING_TIMEOUT_MS 5000

typedef struct DemoBooks {
        Customers *customers;
        Shipping *shipping;
} DemoBooks;

/* Live in arena; the pool outlives their calls. */
const DemoBooks *order_demo_books_new(Arena *arena, PgPool *pool);
