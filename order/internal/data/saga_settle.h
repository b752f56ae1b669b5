/* Ends the sagas of confirmed orders, many in one transaction. */
#pragma once

#include "biz/order/ports.h"
#include "pg/batch.h"

/* SagaStore.settle. */
const Error *saga_settle(PgPool *pool, Ctx *ctx, const Settlement *settlements, size_t n) MUST_CHECK;
