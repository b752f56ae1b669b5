#include "fixture.h"

#include "data/rule_repo.h"
#include "pool.h"
#include "pricing_migrations.h"

static void tell_nobody(PriceNews *self) {
        (void) self;
}

static PriceNews silence = { .tell = tell_nobody };

PricingUsecase fixture_other(Fixture *fixture, int64_t max_age_ms) {
        return (PricingUsecase) {
                .repo = pricing_rule_repo_new(test_ctx()->arena, fixture->pool, max_age_ms),
                .news = &silence,
        };
}

Fixture *fixture_new(void) {
        Fixture *fixture = ARENA_NEW(test_ctx()->arena, Fixture);

        fixture->pool = test_pool("pricing", &pricing_schema, &fixture->dsn);
        fixture->pricing = fixture_other(fixture, MAX_AGE_MS);
        return fixture;
}

int64_t fixture_set(Fixture *fixture, const PriceRule *rule) {
        int64_t id;

        ck_assert_ok(pricing_set_rule(&fixture->pricing, test_ctx(), rule, &id));
        return id;
}

int64_t fixture_set_price(Fixture *fixture, const char *sku, int64_t minor) {
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);

        rule.sku = sku;
        rule.product_id = "PROD-1";
        rule.currency = "USD";
        rule.is_fixed = true;
        rule.amount_minor = minor;
        return fixture_set(fixture, &rule);
}

int64_t fixture_price(PricingUsecase *pricing, const char *sku) {
        PricedCart priced;
        const Error *error = pricing_base_price(pricing, test_ctx(), sku, "USD", &priced);

        if (error_is(error, REASON_PRICE_UNAVAILABLE))
                return -1;
        ck_assert_ok(error);
        return priced.subtotal_minor;
}
