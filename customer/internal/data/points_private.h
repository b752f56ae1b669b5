/*
 * What the files of the points repository share.
 *
 * Whoever changes points first locks the accounts of their customers, in the order of their ids, with a
 * statement of its own in the same batch. The statements behind it see what the locks protect, and nobody
 * waits for a lock that waits for him.
 */
#pragma once

#include "biz/points/points.h"
#include "pg/batch.h"

typedef struct PgPointsRepo {
        PointsRepo base;
        PgPool *pool;
} PgPointsRepo;

/* Orders, or customers, of one batch. */
typedef struct IdList {
        const char **ids;
        size_t n;
} IdList;

const Error *customer_sql_hold_points(PointsRepo *self, Ctx *ctx, const PointsHold *wanted, int64_t hold_ms,
                                      bool *ret_is_held) MUST_CHECK;
const Error *customer_sql_find_points(PointsRepo *self, Ctx *ctx, const char *order_id,
                                      PointsHold *ret_hold) MUST_CHECK;
const Error *customer_sql_move_points(PointsRepo *self, Ctx *ctx, PointsMove move,
                                      const char *const *order_ids, size_t n_orders,
                                      PointsStatus *ret_statuses) MUST_CHECK;
const Error *customer_sql_extend_points(PointsRepo *self, Ctx *ctx, const char *const *order_ids,
                                        size_t n_orders, int64_t hold_ms) MUST_CHECK;
const Error *customer_sql_earn_points(PointsRepo *self, Ctx *ctx, const PointsEarning *wanted,
                                      PointsEarning *ret_earning) MUST_CHECK;
const Error *customer_sql_revoke_points(PointsRepo *self, Ctx *ctx, const char *const *order_ids,
                                        size_t n_orders) MUST_CHECK;
const Error *customer_sql_claim_points(PointsRepo *self, Ctx *ctx, int64_t claim_ms,
                                       const char *const **ret_order_ids, size_t *ret_n_orders) MUST_CHECK;
const Error *customer_sql_expire_lots(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n) MUST_CHECK;
const Error *customer_sql_tidy_points(PointsRepo *self, Ctx *ctx, size_t limit, size_t *ret_n) MUST_CHECK;

/*
 * Adds the lock of accounts to the batch: those of customers, which are opened where there are none, and
 * those of the customers whose orders hold, used or earned something.
 */
void customer_sql_lock_points(PgBatch *batch, IdList customers, IdList orders);

/*
 * Adds a closed hold for each of these orders that has none, in front of the locks: a hold that is still on
 * its way to the database meets it and is refused.
 */
void customer_sql_bury_holds(PgBatch *batch, IdList orders);

/* The same for what the orders earn. */
void customer_sql_bury_lots(PgBatch *batch, IdList orders);

/* Adds the move to the batch, behind the locks; its rows are the statuses then. Returns its index. */
size_t customer_sql_add_move(PgBatch *batch, PointsMove move, IdList orders);

/* Adds to the batch, behind the locks, that these orders earned points; one that did stays as it is. */
void customer_sql_add_earnings(PgBatch *batch, const PointsEarning *earnings, size_t n);

/* Adds to the batch, behind the locks, that what these orders earned is taken back. */
void customer_sql_add_revoke(PgBatch *batch, IdList orders);

/* Adds to the batch, behind what gave the customers of orders points, that they pay what they owe. */
void customer_sql_add_payment(PgBatch *batch, IdList orders);
