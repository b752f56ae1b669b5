#include "book.h"

#define LATER (BOOK_NOW + 1000)

/* A repository that knows the book, and remembers what it was asked. */
typedef struct FakeRepo {
        ShippingRuleRepo base;
        int64_t newest;
        int64_t loaded_version, loaded_at_us;
        size_t n_known, n_looks;
        ShippingRule appended;
        AppendVerdict verdict;
        const ShippingRule *found;
        RuleQuery query;
        size_t n_listed;
} FakeRepo;

static const Error *fake_known(ShippingRuleRepo *self, Ctx *ctx, KnownRules *ret_known) {
        (void) ctx;
        ((FakeRepo *) self)->n_known++;
        *ret_known = (KnownRules) { .rules = book_set(), .as_of_us = BOOK_NOW };
        return NULL;
}

/* A look that comes too late: what was written is a success all the same. */
static const Error *fake_look(ShippingRuleRepo *self, Ctx *ctx) {
        ((FakeRepo *) self)->n_looks++;
        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
}

static const Error *fake_load(ShippingRuleRepo *self, Ctx *ctx, int64_t version, int64_t at_us,
                              int64_t *ret_newest, const ShippingRuleSet **ret_rules) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->loaded_version = version;
        repo->loaded_at_us = at_us;
        *ret_newest = repo->newest;
        *ret_rules = version > repo->newest ? NULL : book_set();
        return NULL;
}

static const Error *fake_append(ShippingRuleRepo *self, Ctx *ctx, const ShippingRule *rule,
                                AppendVerdict *ret_verdict, int64_t *ret_id) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->appended = *rule;
        *ret_verdict = repo->verdict;
        *ret_id = 9;
        return NULL;
}

static const Error *fake_find(ShippingRuleRepo *self, Ctx *ctx, int64_t id, const ShippingRule **ret_rule) {
        (void) ctx;
        (void) id;
        *ret_rule = ((FakeRepo *) self)->found;
        return NULL;
}

static const Error *fake_list(ShippingRuleRepo *self, Ctx *ctx, const RuleQuery *query,
                              const ShippingRule **ret_rules, size_t *ret_n_rules) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->query = *query;
        *ret_rules = book.rules;
        *ret_n_rules = repo->n_listed;
        return NULL;
}

static size_t n_told;

static void tell(ShippingNews *self) {
        (void) self;
        n_told++;
}

static ShippingNews news = { .tell = tell };
static FakeRepo repo;
static Tariff tariff;
static ParcelLine line;
static Parcel parcel;
static ShippingQuestion question;

static void set_up(void) {
        book_home();
        repo = (FakeRepo) {
                .base = { .known = fake_known, .look = fake_look, .load = fake_load, .append = fake_append,
                          .find = fake_find, .list = fake_list },
                .newest = 3,
                .verdict = APPEND_DONE,
        };
        tariff = (Tariff) { .repo = &repo.base, .news = &news };
        line = book_line(1000);
        parcel = book_parcel(&line);
        question = book_question(&parcel, 1);
        n_told = 0;
}

TEST(a_quote_is_by_what_is_known) {
        ShippingQuote quote;

        ck_assert_ok(shipping_quote(&tariff, test_ctx(), &question, 0, NULL, &quote));
        ck_assert_int_eq(quote.options[0].total_minor, 1599);
        ck_assert_int_eq(quote.as_of_us, BOOK_NOW);
        ck_assert_int_eq(repo.loaded_version, 0);
}

TEST(a_version_and_a_time_are_read_as_they_are_asked_for) {
        int64_t at_us = LATER;
        ShippingQuote quote;

        ck_assert_ok(shipping_quote(&tariff, test_ctx(), &question, 2, &at_us, &quote));
        ck_assert_int_eq(repo.loaded_version, 2);
        ck_assert_int_eq(repo.loaded_at_us, LATER);
        ck_assert_int_eq(quote.as_of_us, LATER);
        ck_assert_uint_eq(repo.n_known, 0);
        ck_assert_ok(shipping_quote(&tariff, test_ctx(), &question, 2, NULL, &quote));
        ck_assert_int_eq(repo.loaded_at_us, BOOK_NOW);
        ck_assert_ok(shipping_quote(&tariff, test_ctx(), &question, 0, &at_us, &quote));
        ck_assert_int_eq(repo.loaded_version, 3);
        ck_assert_int_eq(repo.loaded_at_us, LATER);
}

TEST(a_version_that_is_still_to_come_is_refused) {
        ShippingQuote quote;
        const Error *error = ck_assert_reason(
                shipping_quote(&tariff, test_ctx(), &question, 4, NULL, &quote), REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, "ratesVersion");
}

TEST(who_sets_a_rule_is_kept_with_it_and_others_are_told) {
        Caller admin = { .id = "USER-1", .roles = ROLE_ADMIN };
        Ctx *ctx = test_ctx();
        int64_t id = 0;

        ctx->caller = &admin;
        ck_assert_ok(shipping_set_rule(&tariff, ctx, &book.rules[1], &id));
        ck_assert_int_eq(id, 9);
        ck_assert_str_eq(repo.appended.created_by, "USER-1");
        ck_assert_uint_eq(repo.n_looks, 1);
        ck_assert_uint_eq(n_told, 1);
}

TEST(a_rule_that_contradicts_itself_is_not_kept) {
        int64_t id;

        book.rules[1].currency = "XXX";
        ck_assert_reason(shipping_set_rule(&tariff, test_ctx(), &book.rules[1], &id), REASON_INVALID_REQUEST);
        ck_assert_int_eq(repo.appended.kind, 0);
        ck_assert_uint_eq(n_told, 0);
}

TEST(a_rule_is_ended_once) {
        int64_t id;

        repo.found = &book.rules[1];
        ck_assert_ok(shipping_end_rule(&tariff, test_ctx(), 2, &id));
        ck_assert_int_eq(repo.appended.kind, SHIPPING_ENDING);
        ck_assert_int_eq(repo.appended.ends_id, 2);
        ck_assert_str_eq(repo.appended.zone, "HOME");
        repo.verdict = APPEND_ENDED_BEFORE;
        ck_assert_reason(shipping_end_rule(&tariff, test_ctx(), 2, &id), REASON_SHIPPING_RULE_ENDED);
        ck_assert_uint_eq(n_told, 1);
}

TEST(what_is_no_rule_or_an_ending_cannot_be_ended) {
        ShippingRule ending = shipping_rule_of(SHIPPING_ENDING);
        int64_t id;

        ck_assert_reason(shipping_end_rule(&tariff, test_ctx(), 99, &id), REASON_SHIPPING_RULE_NOT_FOUND);
        repo.found = &ending;
        ck_assert_reason(shipping_end_rule(&tariff, test_ctx(), 4, &id), REASON_SHIPPING_RULE_NOT_FOUND);
}

TEST(a_page_of_rules_says_whether_there_is_another) {
        RulePage page;

        repo.n_listed = 3;
        ck_assert_ok(shipping_list_rules(&tariff, test_ctx(), (RuleQuery) { .zone = "", .limit = 2 }, &page));
        ck_assert_int_eq(repo.query.limit, 3);
        ck_assert_uint_eq(page.n_rules, 2);
        ck_assert(page.has_more);
        ck_assert_ok(shipping_list_rules(&tariff, test_ctx(), (RuleQuery) { .zone = "", .limit = 3 }, &page));
        ck_assert_uint_eq(page.n_rules, 3);
        ck_assert(!page.has_more);
        ck_assert_ok(shipping_list_rules(&tariff, test_ctx(), (RuleQuery) { .zone = "" }, &page));
        ck_assert_int_eq(repo.query.limit, SHIPPING_RULES_PAGE + 1);
}

int main(void) {
        Suite *suite = suite_create("shipping/tariff");
        TCase *tests = tcase_create("tariff");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
