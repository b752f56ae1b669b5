/* Payments in PostgreSQL. */
#pragma once

#include "biz/payment/payment.h"
#include "pg/pool.h"

/* Lives in arena; pool must outlive it. */
PaymentRepo *payment_repo_new(Arena *arena, PgPool *pool);
