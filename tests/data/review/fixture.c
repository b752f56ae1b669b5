#include "fixture.h"

#include <string.h>

#include "data/request_repo.h"
#include "data/review_repo.h"
#include "pool.h"
#include "review_migrations.h"

#define LINK_MS INT64_C(86400000)

static const Error *find(Purchases *self, Ctx *ctx, const char *order_id, Purchase *ret_purchase) {
        static const PurchasedProduct products[] = { { "PROD-1", "SELLER-1" }, { "PROD-2", "SELLER-1" },
                                                     { "PROD-3", "SELLER-1" } };

        if (((OpenPurchases *) self)->is_away)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        *ret_purchase = (Purchase) { order_id, ctx->caller->id, true, products, 3 };
        return NULL;
}

static const Error *find_wish(Preferences *self, Ctx *ctx, const char *customer_id, RequestWish *ret_wish) {
        (void) ctx;
        (void) customer_id;
        *ret_wish = ((SamePreferences *) self)->wish;
        return NULL;
}

static const char *sign(LinkSigner *self, Arena *arena, const char *text) {
        (void) self;
        return arena_printf(arena, "signed-%zu", strlen(text));
}

static bool is_signed(LinkSigner *self, Arena *arena, const char *text, const char *signature) {
        return str_equal(sign(self, arena, text), signature);
}

static Bytes no_snapshot(Ctx *ctx, const Review *review) {
        (void) ctx;
        (void) review;
        return (Bytes) { 0 };
}

Fixture *fixture_new(void) {
        Arena *arena = test_ctx()->arena;
        Fixture *fixture = ARENA_NEW(arena, Fixture);

        fixture->pool = test_pool("review", &review_schema, &fixture->dsn);
        fixture->purchases = (OpenPurchases) { .base = { find } };
        fixture->preferences = (SamePreferences) { .base = { find_wish }, .wish = WISH_TO_BE_ASKED };
        fixture->signer = (LinkSigner) { sign, is_signed };
        fixture->reviews = (ReviewUsecase) {
                review_repo_new(arena, fixture->pool), &fixture->purchases.base, no_snapshot
        };
        fixture->requests = (RequestUsecase) { review_request_repo_new(arena, fixture->pool),
                                               &fixture->preferences.base, &fixture->signer,
                                               "https://shop/links/", LINK_MS };
        return fixture;
}

Ctx *fixture_as(Ctx *ctx, const char *id, unsigned roles) {
        Caller *caller = ARENA_NEW(ctx->arena, Caller);

        *caller = (Caller) { .id = id, .roles = roles };
        ctx->caller = caller;
        return ctx;
}

const Error *fixture_create(Fixture *fixture, const char *customer_id, const char *product_id,
                            const char *order_id, int64_t rating, const Review **ret_review) {
        const ReviewContent content = { rating, "Title", "Text" };

        return review_create(&fixture->reviews, fixture_as(test_ctx(), customer_id, ROLE_CUSTOMER),
                             product_id, order_id, &content, ret_review);
}

const Review *fixture_approved(Fixture *fixture, const char *customer_id, const char *product_id,
                               int64_t rating) {
        const Review *review;

        ck_assert_ok(fixture_create(fixture, customer_id, product_id, NULL, rating, &review));
        ck_assert_ok(review_approve(&fixture->reviews, fixture_as(test_ctx(), "USER-ADMIN", ROLE_ADMIN),
                                    review->review_id, 1, &review));
        return review;
}

const char *fixture_stars(Fixture *fixture, const char *product_id) {
        return test_sql_text(fixture->dsn,
                             arena_printf(test_ctx()->arena,
                                          "SELECT string_agg(concat_ws('/', stars_1, stars_2, stars_3,"
                                          "                            stars_4, stars_5), ' ')"
                                          "  FROM product_ratings WHERE product_id = '%s'",
                                          product_id));
}

int64_t fixture_count(Fixture *fixture, const char *rows) {
        return test_sql_int64(fixture->dsn,
                              arena_printf(test_ctx()->arena, "SELECT count(*) FROM %s", rows));
}

static void assert_none(Fixture *fixture, const char *rows) {
        ck_assert_int_eq(fixture_count(fixture, rows), 0);
}

void fixture_assert_books(Fixture *fixture) {
        assert_none(fixture, "product_ratings p FULL JOIN"
                             " (SELECT product_id, count(*) FILTER (WHERE rating = 1) AS n_1,"
                             "         count(*) FILTER (WHERE rating = 2) AS n_2,"
                             "         count(*) FILTER (WHERE rating = 3) AS n_3,"
                             "         count(*) FILTER (WHERE rating = 4) AS n_4,"
                             "         count(*) FILTER (WHERE rating = 5) AS n_5"
                             "    FROM reviews WHERE status = 'APPROVED' GROUP BY 1) r USING (product_id)"
                             " WHERE (coalesce(stars_1, 0), coalesce(stars_2, 0), coalesce(stars_3, 0),"
                             "        coalesce(stars_4, 0), coalesce(stars_5, 0))"
                             "    <> (coalesce(n_1, 0), coalesce(n_2, 0), coalesce(n_3, 0),"
                             "        coalesce(n_4, 0), coalesce(n_5, 0))");
        assert_none(fixture, "reviews r WHERE (SELECT array_agg(version ORDER BY version)"
                             "                   FROM review_history h WHERE h.review_id = r.review_id)"
                             " IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, r.version) n)");
        assert_none(fixture, "reviews r WHERE (SELECT array_agg(aggregate_version ORDER BY aggregate_version)"
                             "                   FROM outbox o WHERE o.aggregate_id = r.review_id)"
                             " IS DISTINCT FROM (SELECT array_agg(n) FROM generate_series(1, r.version) n)");
        assert_none(fixture, "review_requests r WHERE (settled_at IS NOT NULL)::int"
                             " <> (SELECT count(*) FROM outbox o WHERE o.aggregate_id = r.order_id)");
}
