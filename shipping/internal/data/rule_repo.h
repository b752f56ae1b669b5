/* The rules of shipping in PostgreSQL, of which the newest are known to the process. */
#pragma once

#include "biz/shipping/tariff.h"
#include "pg/pool.h"

/*
 * Lives in arena; pool must outlive it.
 *
 * max_age_ms   for which known rules are used although the database does not say that they are the newest
 */
ShippingRuleRepo *shipping_rule_repo_new(Arena *arena, PgPool *pool, int64_t max_age_ms);
