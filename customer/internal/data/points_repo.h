/* Points in PostgreSQL, and what events of orders do to them. */
#pragma once

#include "biz/points/points.h"
#include "pg/batch.h"

/* Lives in arena; pool outlives it. */
PointsRepo *customer_points_repo_new(Arena *arena, PgPool *pool);

/* Adds what events of orders mean to the batch; an order's own stand in their order. */
void customer_add_order_points(PgBatch *batch, const OrderPoints *orders, size_t n);
