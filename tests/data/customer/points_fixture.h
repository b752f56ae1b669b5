/* Points on a fresh database, with an owner of the orders that says what a test wants. */
#pragma once

#include "biz/points/points.h"
#include "fixture.h"

/* Answers every order with the same move. */
typedef struct FixedOwner {
        PointsOwner base;
        PointsMove answer;
        size_t n_asked; /* orders, over all calls */
} FixedOwner;

typedef struct PointsFixture {
        Fixture *accounts;
        const char *dsn;
        const char *customer_id; /* a registered one */
        PointsUsecase points;
        FixedOwner owner;
} PointsFixture;

/* Lives until the test ends. */
PointsFixture *points_fixture_new(void);

/* As a service. The order earned that many, which expire in so many days. */
void points_fixture_earn(PointsFixture *fixture, const char *order_id, int64_t points, int64_t days);

const Error *points_fixture_hold(PointsFixture *fixture, const char *order_id, int64_t points);

/* Moves what one order holds; its status then. */
PointsStatus points_fixture_move(PointsFixture *fixture, PointsMove move, const char *order_id);

void points_fixture_revoke(PointsFixture *fixture, const char *order_id);

/* What the customer can use, less what he owes. */
int64_t points_fixture_balance(PointsFixture *fixture);

/* "remaining ..." of his lots, those that expire first at first. */
const char *points_fixture_lots(PointsFixture *fixture);

/* "KIND points ..." of the ledger, the oldest first. */
const char *points_fixture_entries(PointsFixture *fixture);

/*
 * The law of the books, for each customer: what is left and held, less what is owed, is what the ledger says;
 * and his account is the sum of his lots.
 */
void points_fixture_assert_books(PointsFixture *fixture);
