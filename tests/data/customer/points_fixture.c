#include "points_fixture.h"

#include "data/points_repo.h"
#include "pool.h"

#define HOLD_MS 900000

static const Error *resolve(PointsOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                            PointsMove *ret_moves) {
        FixedOwner *owner = (FixedOwner *) self;

        (void) ctx;
        (void) order_ids;
        owner->n_asked += n_orders;
        for (size_t i = 0; i < n_orders; i++)
                ret_moves[i] = owner->answer;
        return NULL;
}

PointsFixture *points_fixture_new(void) {
        PointsFixture *fixture = ARENA_NEW(test_ctx()->arena, PointsFixture);

        fixture->accounts = fixture_new();
        fixture->dsn = fixture->accounts->dsn;
        fixture->customer_id = fixture_register(fixture->accounts)->customer_id;
        fixture->owner = (FixedOwner) { .base = { .resolve = resolve }, .answer = POINTS_EXPIRE };
        fixture->points = (PointsUsecase) {
                .repo = customer_points_repo_new(test_ctx()->arena, fixture->accounts->pool),
                .owner = &fixture->owner.base,
                .profiles = fixture->accounts->accounts.profiles,
                .hold_ms = HOLD_MS,
        };
        return fixture;
}

static Ctx *service(void) {
        static const Caller caller = { .id = "order", .roles = ROLE_SERVICE };
        Ctx *ctx = test_ctx();

        ctx->caller = &caller;
        return ctx;
}

void points_fixture_earn(PointsFixture *fixture, const char *order_id, int64_t points, int64_t days) {
        const PointsEarning wanted = { .order_id = order_id, .customer_id = fixture->customer_id,
                                       .points = points };
        int64_t balance;

        ck_assert_ok(customer_points_earn(&fixture->points, service(), &wanted, &balance));
        test_sql(fixture->dsn,
                 arena_printf(test_ctx()->arena,
                              "UPDATE point_lots SET expires_at = now() + %lld * interval '1 day'"
                              " WHERE order_id = '%s'", (long long) days, order_id));
}

const Error *points_fixture_hold(PointsFixture *fixture, const char *order_id, int64_t points) {
        PointsHold hold;

        return customer_points_hold(&fixture->points, test_ctx(), order_id, fixture->customer_id, points,
                                    &hold);
}

PointsStatus points_fixture_move(PointsFixture *fixture, PointsMove move, const char *order_id) {
        PointsStatus status;

        ck_assert_ok(customer_points_move(&fixture->points, test_ctx(), move, &order_id, 1, &status));
        return status;
}

void points_fixture_revoke(PointsFixture *fixture, const char *order_id) {
        ck_assert_ok(customer_points_revoke(&fixture->points, test_ctx(), &order_id, 1));
}

int64_t points_fixture_balance(PointsFixture *fixture) {
        int64_t points;

        ck_assert_ok(fixture->points.repo->balance(fixture->points.repo, test_ctx(), fixture->customer_id,
                                                   &points));
        return points;
}

const char *points_fixture_lots(PointsFixture *fixture) {
        return test_sql_text(fixture->dsn,
                             "SELECT coalesce(string_agg(remaining::text, ' '"
                             "                           ORDER BY expires_at, order_id), '')"
                             "  FROM point_lots WHERE customer_id <> ''");
}

const char *points_fixture_entries(PointsFixture *fixture) {
        return test_sql_text(fixture->dsn,
                             "SELECT coalesce(string_agg(kind || ' ' || points, ' ' ORDER BY created_at), '')"
                             "  FROM point_entries");
}

void points_fixture_assert_books(PointsFixture *fixture) {
        ck_assert_int_eq(
                test_sql_int64(fixture->dsn,
                               "SELECT count(*) FROM point_accounts a"
                               " WHERE a.remaining <> (SELECT coalesce(sum(remaining), 0) FROM point_lots"
                               "                        WHERE customer_id = a.customer_id)"
                               "    OR a.remaining - a.debt"
                               "       + (SELECT coalesce(sum(points), 0) FROM point_holds"
                               "           WHERE customer_id = a.customer_id AND status = 'HELD')"
                               "       <> (SELECT coalesce(sum(points), 0) FROM point_entries"
                               "            WHERE customer_id = a.customer_id)"),
                0);
}
