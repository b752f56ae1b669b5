/* Order numbers, a block at a time from one sequence, so that most orders need no round trip for theirs. */
#pragma once

#include "pg/batch.h"

typedef struct OrderNumbers OrderNumbers;

OrderNumbers *order_numbers_new(PgPool *pool);
void order_numbers_free(OrderNumbers *numbers); /* accepts NULL */

/* "ORD-2024-001234": at least six digits, never twice. Lives in ctx->arena. errors: those of pg_run */
const Error *order_numbers_next(OrderNumbers *numbers, Ctx *ctx, int year, const char **ret_number) MUST_CHECK;
