/* Shipping on a fresh database, for one process or two. */
#pragma once

#include "biz/shipping/fulfilment.h"
#include "biz/shipping/tariff.h"
#include "events/consumer.h"
#include "pg/pool.h"
#include "support.h"

#define MAX_AGE_MS INT64_C(1800000)

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        Tariff tariff; /* tells nobody */
        FulfilmentUsecase fulfilments;
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* Another process on the same database. max_age_ms: of what it knows */
Tariff fixture_other(Fixture *fixture, int64_t max_age_ms);

/* Sets a rule without an error; returns its number. */
int64_t fixture_set(Fixture *fixture, const ShippingRule *rule);

/* The zone "HOME" of the US, where standard takes a day; without a rate. */
void fixture_set_home(Fixture *fixture);

/* A rate of standard to "HOME" in USD. */
ShippingRule fixture_rate(int64_t minor);
int64_t fixture_set_rate(Fixture *fixture, int64_t minor);

/* What one parcel of 100 g to the US costs, -1: there is no price. */
int64_t fixture_price(Tariff *tariff);

/* Asks for that price. */
const Error *fixture_quote(Tariff *tariff, Ctx *ctx, int64_t version, const int64_t *at_us,
                           ShippingQuote *ret_quote);

/* An event of an order of CUST-1 with two lines of SELLER-1 and one of SELLER-2, all from US-WEST-01. */
Event fixture_event(const char *order_id, int64_t version, const char *type);

/* Applies events in one batch, as the consumer does. */
const Error *fixture_try_events(Fixture *fixture, Ctx *ctx, const Event *events, size_t n);

/* Confirms an order; returns the shipment of SELLER-1. */
const char *fixture_confirm(Fixture *fixture, const char *order_id);

/* A context of an admin's, with the arena of ctx. */
Ctx fixture_admin(const Ctx *ctx);

/*
 * The law of fulfilments: each has the shipments that it counts, in states that fit together; events count
 * 1, 2, 3 to its version, and histories to the shipments' versions.
 */
void fixture_assert_books(Fixture *fixture);
