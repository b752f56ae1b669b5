/* Order numbers, a block at a time from one sequence, so that most orders need no round trip for theirs. */
#pragma once

#include "pg/batch.h"

typedef struct OrderNumbers OrderNumbers;

/* Lives in arena. */
OrderNumbers *order_numbers_new(Arena *arena, PgPool *pool);

/* "ORD-2024-001234": at least six digits, never twice. Lives in ctx->arena. errors: those of pg_run */
const Error *order_numbers_next(OrderNumbers *numbers, Ctx *ctx, int year, const char **ret_number) MUST_CHECK;
