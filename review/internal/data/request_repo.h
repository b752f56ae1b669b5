/* Requests for reviews in PostgreSQL. */
#pragma once

#include "biz/review/request.h"
#include "pg/batch.h"

/* Lives in arena; pool must outlive it. */
RequestRepo *review_request_repo_new(Arena *arena, PgPool *pool);

/*
 * Adds to the batch the requests for orders that came; one that is there stays as it is.
 *
 * delay_ms   after which their customers are asked
 */
void review_add_deliveries(PgBatch *batch, const Delivery *deliveries, size_t n, int64_t delay_ms);

/* Adds to the batch that orders were cancelled or given back: no request, and no verified review of them. */
void review_add_returns(PgBatch *batch, const char *const *order_ids, size_t n);
