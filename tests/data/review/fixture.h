/* Reviews and requests on a fresh database, with orders, preferences and signatures that a test decides. */
#pragma once

#include "biz/review/request.h"
#include "biz/review/review.h"
#include "pg/pool.h"
#include "support.h"

/* Every order is the caller's, and has PROD-1 to PROD-3, of SELLER-1. */
typedef struct OpenPurchases {
        Purchases base;
        bool is_away;
} OpenPurchases;

/* All customers want the same. */
typedef struct SamePreferences {
        Preferences base;
        RequestWish wish;
} SamePreferences;

typedef struct Fixture {
        const char *dsn;
        PgPool *pool;
        ReviewUsecase reviews;
        RequestUsecase requests;
        OpenPurchases purchases;
        SamePreferences preferences;
        LinkSigner signer;
} Fixture;

/* Migrated and empty; lives until the test ends. */
Fixture *fixture_new(void);

/* A caller of the context, which is that one afterwards. */
Ctx *fixture_as(Ctx *ctx, const char *id, unsigned roles);

/* A customer's review; order_id NULL: without one. The error, if any, lives until the test ends. */
const Error *fixture_create(Fixture *fixture, const char *customer_id, const char *product_id,
                            const char *order_id, int64_t rating, const Review **ret_review);

/* The same, which must succeed, in version 2: approved. */
const Review *fixture_approved(Fixture *fixture, const char *customer_id, const char *product_id,
                               int64_t rating);

/* "1/0/0/2/5": how many give 1, 2, 3, 4, 5 stars; "" when there is no row. */
const char *fixture_stars(Fixture *fixture, const char *product_id);

int64_t fixture_count(Fixture *fixture, const char *rows);

/*
 * The laws of the books: ratings are the sums of approved reviews; history and events are the versions of
 * reviews, without gaps; a request that was settled has one event.
 */
void fixture_assert_books(Fixture *fixture);
