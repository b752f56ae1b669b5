/* Promotions on a fresh database, with an owner of the orders that says what a test wants. */
#pragma once

#include "biz/promotion/usage.h"
#include "pg/pool.h"
#include "support.h"

/* Answers every order with the same move. */
typedef struct FixedOwner {
        UsageOwner base;
        UsageMove answer;
        size_t n_asked; /* orders, over all calls */
} FixedOwner;

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        CampaignUsecase campaigns;
        UsageUsecase usages;
        FixedOwner owner;
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* 10 % off every cart, with that code; NULL: without one. */
CampaignRules fixture_rules(const char *code);

/* Makes a campaign; it lives until the test ends. */
const Campaign *fixture_create(Fixture *fixture, CampaignRules rules);

/* A campaign of that id with limits on USD, 0 for none of a kind. */
void fixture_campaign(Fixture *fixture, const char *campaign_id, int64_t max_uses, int64_t per_customer,
                      int64_t budget_minor);

/* Holds one use of a campaign for an order of CUST-1; the error, if any, lives until the test ends. */
const Error *fixture_hold(Fixture *fixture, const char *order_id, const char *campaign_id,
                          int64_t amount_minor);

/* Makes the hold of an order look as if its time was over. */
void fixture_expire(Fixture *fixture, const char *order_id);

const char *fixture_status(Fixture *fixture, const char *order_id);

/* "uses/spent" of a campaign. */
const char *fixture_counts(Fixture *fixture, const char *campaign_id);

/* The law of the books: what is held and committed is what the counters say, per campaign and customer. */
void fixture_assert_books(Fixture *fixture);
