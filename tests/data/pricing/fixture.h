/* Prices on a fresh database, for one process or two. */
#pragma once

#include "biz/pricing/pricing.h"
#include "pg/pool.h"
#include "support.h"

#define MAX_AGE_MS INT64_C(1800000)

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        PricingUsecase pricing; /* tells nobody */
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* Another process on the same database. max_age_ms: of what it knows */
PricingUsecase fixture_other(Fixture *fixture, int64_t max_age_ms);

/* Sets a rule without an error; returns its number. */
int64_t fixture_set(Fixture *fixture, const PriceRule *rule);

/* Sets a base price of a SKU of PROD-1 in USD. */
int64_t fixture_set_price(Fixture *fixture, const char *sku, int64_t minor);

/* What one piece costs in USD, -1: there is no price. */
int64_t fixture_price(PricingUsecase *pricing, const char *sku);
