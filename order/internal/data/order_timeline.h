/* What happened to an order, as its tables have it. */
#pragma once

#include "biz/order/ports.h"
#include "pg/batch.h"

/* Of an order that exists. */
const Error *order_timeline_load(PgPool *pool, Ctx *ctx, const char *order_id,
                                 Timeline *ret_timeline) MUST_CHECK;
