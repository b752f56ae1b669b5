/*
 * What the files of the usage repository share.
 *
 * Whoever holds or gives back first locks the rows of the campaigns, in the order of their ids, with a
 * statement of its own in the same batch, and then the usages in the order of their orders. So nobody waits
 * for a lock that waits for him, the statement after it sees what the lock protects, and a hot campaign is
 * held for only one round in the server. Committing changes no campaign, and locks usages alone.
 */
#pragma once

#include "biz/promotion/usage.h"
#include "pg/batch.h"

typedef struct PgUsageRepo {
        UsageRepo base;
        PgPool *pool;
} PgUsageRepo;

/* Orders that an event or a caller moves in one batch. */
typedef struct OrderList {
        const char **ids;
        size_t n;
} OrderList;

const Error *promotion_sql_hold(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                HoldOutcome *ret_outcome) MUST_CHECK;
const Error *promotion_sql_find(UsageRepo *self, Ctx *ctx, const char *order_id,
                                const Usage **ret_usage) MUST_CHECK;
const Error *promotion_sql_move(UsageRepo *self, Ctx *ctx, UsageMove move, const char *const *order_ids,
                                size_t n_orders, UsageStatus *ret_statuses) MUST_CHECK;
const Error *promotion_sql_extend(UsageRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                  int64_t hold_ms) MUST_CHECK;
const Error *promotion_sql_find_expired(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                        const char *const **ret_order_ids, size_t *ret_n_orders,
                                        bool *ret_is_enough) MUST_CHECK;
const Error *promotion_sql_claim_expired(UsageRepo *self, Ctx *ctx, int64_t claim_ms,
                                         const char *const **ret_order_ids, size_t *ret_n_orders) MUST_CHECK;
const Error *promotion_sql_tidy(UsageRepo *self, Ctx *ctx, size_t limit,
                                size_t *ret_n_forgotten) MUST_CHECK;

/* Adds the lock of the campaigns that are held or used by orders to the batch. */
void promotion_sql_lock_campaigns(PgBatch *batch, OrderList orders);

/* Adds the lock of the usages of orders to the batch. */
void promotion_sql_lock_usages(PgBatch *batch, OrderList orders);

/*
 * Adds a closed usage without lines for each of these orders that has none, in front of the locks: a hold
 * that is still on its way to the database meets it and is refused.
 */
void promotion_sql_add_tombstones(PgBatch *batch, OrderList orders);

/* Adds the move to the batch, behind its locks; its rows are the statuses then. Returns the index. */
size_t promotion_sql_add_move(PgBatch *batch, UsageMove move, OrderList orders);

/* USAGE_NONE for NULL. errors: internal, for a word that this version does not know */
const Error *promotion_sql_status(Arena *arena, const char *text, UsageStatus *ret_status) MUST_CHECK;
