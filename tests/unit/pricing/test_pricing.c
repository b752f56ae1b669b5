#include "book.h"

/* A repository of the book: what is known is known at BOOK_NOW. */
typedef struct FakeRepo {
        PriceRuleRepo base;
        AppendVerdict verdict;
        PriceRule appended;
        bool is_away; /* cannot be looked at */
        size_t n_looks, n_loads;
        RuleQuery query;
} FakeRepo;

static const Error *fake_known(PriceRuleRepo *self, Ctx *ctx, KnownRules *ret_known) {
        (void) self;
        (void) ctx;
        *ret_known = (KnownRules) { .rules = book_set(), .as_of_us = BOOK_NOW };
        return NULL;
}

static const Error *fake_look(PriceRuleRepo *self, Ctx *ctx) {
        FakeRepo *repo = (FakeRepo *) self;

        repo->n_looks++;
        return repo->is_away ? error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away") : NULL;
}

static const Error *fake_load(PriceRuleRepo *self, Ctx *ctx, int64_t version, int64_t at_us,
                              int64_t *ret_newest, const PriceRuleSet **ret_rules) {
        size_t n = (size_t) version;

        (void) at_us;
        ((FakeRepo *) self)->n_loads++;
        *ret_newest = (int64_t) book.n_rules;
        *ret_rules = n > book.n_rules ? NULL : pricing_rule_set_new(ctx->arena, version, book.rules, n);
        return NULL;
}

static const Error *fake_append(PriceRuleRepo *self, Ctx *ctx, const PriceRule *rule,
                                AppendVerdict *ret_verdict, int64_t *ret_id) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->appended = *rule;
        *ret_verdict = repo->verdict;
        *ret_id = 42;
        return NULL;
}

static const Error *fake_find(PriceRuleRepo *self, Ctx *ctx, int64_t id, const PriceRule **ret_rule) {
        (void) self;
        (void) ctx;
        *ret_rule = id <= (int64_t) book.n_rules ? &book.rules[id - 1] : NULL;
        return NULL;
}

static const Error *fake_list(PriceRuleRepo *self, Ctx *ctx, const RuleQuery *query,
                              const PriceRule **ret_rules, size_t *ret_n_rules) {
        (void) ctx;
        ((FakeRepo *) self)->query = *query;
        *ret_rules = book.rules;
        *ret_n_rules = book.n_rules < (size_t) query->limit ? book.n_rules : (size_t) query->limit;
        return NULL;
}

static size_t n_told;

static void tell(PriceNews *self) {
        (void) self;
        n_told++;
}

static FakeRepo repo;
static PriceNews news = { .tell = tell };
static PricingUsecase pricing = { .repo = &repo.base, .news = &news };

static void set_up(void) {
        book.n_rules = 0;
        n_told = 0;
        repo = (FakeRepo) {
                .base = { .known = fake_known, .look = fake_look, .load = fake_load, .append = fake_append,
                          .find = fake_find, .list = fake_list },
                .verdict = APPEND_DONE,
        };
}

TEST(a_cart_is_priced_as_of_what_is_known) {
        CartLine line = book_line(3);
        Cart cart = book_cart(&line);
        PricedCart priced;

        book_base(100);
        ck_assert_ok(pricing_calculate(&pricing, test_ctx(), &cart, &priced));
        ck_assert_int_eq(priced.subtotal_minor, 300);
        ck_assert_int_eq(priced.rules_version, 1);
        ck_assert_int_eq(priced.as_of_us, BOOK_NOW);
        ck_assert_uint_eq(priced.n_tried, 0);
}

TEST(an_explanation_is_of_the_newest_or_of_a_version_and_a_time) {
        CartLine line = book_line(1);
        Cart cart = book_cart(&line);
        int64_t later_us = BOOK_NOW + 5;
        PricedCart priced;

        book_base(100);
        book_base(120)->valid_from_us = later_us;
        book_base(150)->valid_from_us = later_us;
        ck_assert_ok(pricing_explain(&pricing, test_ctx(), &cart, 0, NULL, &priced));
        ck_assert_int_eq(priced.subtotal_minor, 100);
        ck_assert_uint_eq(priced.n_tried, 3);
        ck_assert_uint_eq(repo.n_loads, 0);
        ck_assert_ok(pricing_explain(&pricing, test_ctx(), &cart, 2, &later_us, &priced));
        ck_assert_int_eq(priced.subtotal_minor, 120);
        ck_assert_int_eq(priced.as_of_us, later_us);
        ck_assert_ok(pricing_explain(&pricing, test_ctx(), &cart, 0, &later_us, &priced));
        ck_assert_int_eq(priced.subtotal_minor, 150);
        ck_assert_ok(pricing_explain(&pricing, test_ctx(), &cart, 2, NULL, &priced));
        ck_assert_int_eq(priced.subtotal_minor, 100);
        const Error *error = ck_assert_reason(pricing_explain(&pricing, test_ctx(), &cart, 4, NULL, &priced),
                                              REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "rulesVersion");
}

TEST(the_price_of_one_piece_is_without_tier_and_taxes) {
        PricedCart priced;

        book_base(100);
        book_price(PRICING_PRICE_LIST, "SKU-A", "USD", 1)->tier = "gold";
        ck_assert_ok(pricing_base_price(&pricing, test_ctx(), "SKU-A", "", &priced));
        ck_assert_int_eq(priced.subtotal_minor, 100);
        ck_assert_reason(pricing_base_price(&pricing, test_ctx(), "SKU-B", "", &priced),
                         REASON_PRICE_UNAVAILABLE);
}

TEST(a_rule_that_is_set_is_known_here_and_told_elsewhere) {
        Ctx *ctx = test_ctx();
        Caller admin = { .id = "USER-ADMIN", .roles = ROLE_ADMIN };
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);
        int64_t id;

        ctx->caller = &admin;
        rule.currency = "USD";
        ck_assert_ok(pricing_set_rule(&pricing, ctx, &rule, &id));
        ck_assert_int_eq(id, 42);
        ck_assert_str_eq(repo.appended.created_by, "USER-ADMIN");
        ck_assert_uint_eq(repo.n_looks, 1);
        ck_assert_uint_eq(n_told, 1);
        repo.is_away = true;
        ck_assert_ok(pricing_set_rule(&pricing, ctx, &rule, &id));
        ck_assert_uint_eq(n_told, 2);
}

TEST(a_rule_that_is_refused_is_not_told) {
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);
        int64_t id;

        ck_assert_reason(pricing_set_rule(&pricing, test_ctx(), &rule, &id), REASON_INVALID_REQUEST);
        rule.currency = "USD";
        repo.verdict = APPEND_OTHER_PRODUCT;
        const Error *error = ck_assert_reason(pricing_set_rule(&pricing, test_ctx(), &rule, &id),
                                              REASON_PRICE_PRODUCT_MISMATCH);
        ck_assert_str_eq(error->violations[0].field, "productId");
        ck_assert_uint_eq(n_told, 0);
}

TEST(an_ending_names_its_rule_and_is_of_its_product) {
        int64_t id;

        book_base(100);
        ck_assert_ok(pricing_end_rule(&pricing, test_ctx(), 1, &id));
        ck_assert_int_eq(repo.appended.kind, PRICING_ENDING);
        ck_assert_int_eq(repo.appended.ends_id, 1);
        ck_assert_str_eq(repo.appended.sku, "SKU-A");
        ck_assert_str_eq(repo.appended.product_id, "PROD-1");
        repo.verdict = APPEND_ENDED_BEFORE;
        ck_assert_reason(pricing_end_rule(&pricing, test_ctx(), 1, &id), REASON_PRICE_RULE_ENDED);
}

TEST(only_a_rule_is_ended) {
        int64_t id;

        book_add(PRICING_ENDING);
        ck_assert_reason(pricing_end_rule(&pricing, test_ctx(), 1, &id), REASON_PRICE_RULE_NOT_FOUND);
        ck_assert_reason(pricing_end_rule(&pricing, test_ctx(), 2, &id), REASON_PRICE_RULE_NOT_FOUND);
}

TEST(a_page_says_whether_there_is_another) {
        RulePage page;

        for (int i = 0; i < 21; i++)
                book_base(100);
        ck_assert_ok(pricing_list_rules(&pricing, test_ctx(), (RuleQuery) { .sku = "" }, &page));
        ck_assert_uint_eq(page.n_rules, PRICING_PAGE);
        ck_assert(page.has_more);
        ck_assert_ok(pricing_list_rules(&pricing, test_ctx(), (RuleQuery) { .sku = "", .limit = 21 }, &page));
        ck_assert_uint_eq(page.n_rules, 21);
        ck_assert(!page.has_more);
}

int main(void) {
        Suite *suite = suite_create("pricing/pricing");
        TCase *tests = tcase_create("pricing");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
