/* Who verifies a review by an order, and who takes the order back, do so one after the other. */
#pragma once

#include "pg/batch.h"

/* Adds to the batch a lock on orders, which may have no row here yet; it lasts until the batch has ended. */
void review_lock_orders(PgBatch *batch, const char *const *order_ids, size_t n);
