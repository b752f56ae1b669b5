/* How a customer stands, read from the rows of his orders and their sagas. */
#pragma once

#include "biz/order/ports.h"
#include "pg/pool.h"

/* See OrderRepo.standing. */
const Error *order_standing_load(PgPool *pool, Ctx *ctx, const char *customer_id, const OrderLimits *limits,
                                 OrderStanding *ret_standing) MUST_CHECK;
