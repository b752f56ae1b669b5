#include "biz/promotion/usage.h"
#include "support.h"

/* A repository that says what a test wants, and remembers what it was asked. */
typedef struct FakeRepo {
        UsageRepo base;
        HoldRequest request;
        HoldOutcome outcome;
        size_t n_expired_asked;
} FakeRepo;

static const Error *fake_hold(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                              HoldOutcome *ret_outcome) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->request = *request;
        *ret_outcome = repo->outcome;
        return NULL;
}

static const Error *fake_find_expired(UsageRepo *self, Ctx *ctx, const HoldRequest *request,
                                      const char *const **ret_order_ids, size_t *ret_n_orders,
                                      bool *ret_is_enough) {
        (void) ctx;
        (void) request;
        ((FakeRepo *) self)->n_expired_asked++;
        *ret_order_ids = NULL;
        *ret_n_orders = 0;
        *ret_is_enough = false;
        return NULL;
}

static FakeRepo repo;
static UsageUsecase usages;
static UsageLine lines[2];
static const Usage *usage;

static void set_up(void) {
        repo = (FakeRepo) { .base = { .hold = fake_hold, .find_expired = fake_find_expired } };
        usages = (UsageUsecase) { .repo = &repo.base, .hold_ms = 900000 };
        lines[0] = (UsageLine) { .campaign_id = "CMP-2", .version = 1, .amount_minor = 200 };
        lines[1] = (UsageLine) { .campaign_id = "CMP-1", .version = 1, .amount_minor = 100 };
}

static const Error *hold(void) {
        return promotion_hold(&usages, test_ctx(), "ORD-1", "CUST-1", "USD", lines, 2, &usage);
}

TEST(lines_are_asked_for_in_the_order_of_their_campaigns) {
        Usage found = { .order_id = "ORD-1", .customer_id = "CUST-1", .currency = "USD",
                        .status = USAGE_HELD, .n_lines = 2 };

        found.lines = (const UsageLine[]) { lines[1], lines[0] };
        repo.outcome.usage = &found;
        ck_assert_ok(hold());
        ck_assert_str_eq(repo.request.lines[0].campaign_id, "CMP-1");
        ck_assert_str_eq(repo.request.lines[1].campaign_id, "CMP-2");
        ck_assert_int_eq(repo.request.hold_ms, 900000);
        ck_assert_uint_eq(repo.n_expired_asked, 0);
}

TEST(takes_only_a_living_usage_of_the_same_order) {
        UsageLine found_lines[] = { lines[1], lines[0] };
        Usage found = { .order_id = "ORD-1", .customer_id = "CUST-1", .currency = "USD",
                        .status = USAGE_COMMITTED, .lines = found_lines, .n_lines = 2 };

        repo.outcome.usage = &found;
        ck_assert_ok(hold());
        int64_t version = found_lines[0].version;
        found_lines[0].version = 9; /* of the campaign, which was changed meanwhile */
        ck_assert_reason(hold(), REASON_USAGE_MISMATCH);
        found_lines[0].version = version, found_lines[0].amount_minor = 101;
        ck_assert_reason(hold(), REASON_USAGE_MISMATCH);
        found_lines[0].amount_minor = 100, found.customer_id = "CUST-2";
        ck_assert_reason(hold(), REASON_USAGE_MISMATCH);
        found.customer_id = "CUST-1", found.currency = "EUR";
        ck_assert_reason(hold(), REASON_USAGE_MISMATCH);
        found.currency = "USD", found.status = USAGE_RELEASED;
        ck_assert_reason(hold(), REASON_USAGE_CLOSED);
        found.status = USAGE_EXPIRED;
        ck_assert_reason(hold(), REASON_USAGE_CLOSED);
}

TEST(what_is_short_is_told_campaign_by_campaign) {
        const Refusal refusals[] = { REFUSAL_USAGE_LIMIT_REACHED, REFUSAL_BUDGET_EXHAUSTED };

        repo.outcome.refusals = refusals;
        const Error *error = ck_assert_reason(hold(), REASON_PROMOTION_EXHAUSTED);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_uint_eq(error->n_records, 2);
        ck_assert_str_eq(error->records[0].values[0].text, "CMP-1");
        ck_assert_str_eq(error->records[0].values[1].text, "USAGE_LIMIT_REACHED");
        ck_assert_str_eq(error->records[1].values[0].text, "CMP-2");
        ck_assert_str_eq(error->records[1].values[1].text, "BUDGET_EXHAUSTED");
        ck_assert_uint_eq(repo.n_expired_asked, 1);
}

TEST(a_mistake_of_the_callers_is_told_at_once) {
        Refusal refusals[] = { REFUSAL_BUDGET_EXHAUSTED, REFUSAL_UNKNOWN_CODE };

        repo.outcome.refusals = refusals;
        ck_assert_reason(hold(), REASON_CAMPAIGN_NOT_FOUND);
        refusals[1] = REFUSAL_OTHER_CURRENCY;
        ck_assert_str_eq(ck_assert_reason(hold(), REASON_INVALID_REQUEST)->violations[0].field, "currency");
        ck_assert_uint_eq(repo.n_expired_asked, 0);
}

TEST(a_campaign_comes_once_and_the_currency_is_known) {
        lines[1].campaign_id = "CMP-2";
        ck_assert_str_eq(ck_assert_reason(hold(), REASON_INVALID_REQUEST)->violations[0].field,
                         "lines[1].campaignId");
        ck_assert_reason(promotion_hold(&usages, test_ctx(), "ORD-1", "CUST-1", "XXX", lines, 1, &usage),
                         REASON_INVALID_REQUEST);
        ck_assert_ptr_null(repo.request.order_id);
}

TEST(events_mean_what_they_say) {
        ck_assert_int_eq(promotion_meaning("order.created"), USAGE_KEEP);
        ck_assert_int_eq(promotion_meaning("order.confirmed"), USAGE_COMMIT);
        ck_assert_int_eq(promotion_meaning("order.cancelled"), USAGE_RELEASE);
        ck_assert_int_eq(promotion_meaning("order.failed"), USAGE_RELEASE);
        ck_assert_int_eq(promotion_meaning("order.payment_failed"), USAGE_RELEASE);
        ck_assert_int_eq(promotion_meaning("order.processing"), USAGE_KEEP);
        ck_assert_int_eq(promotion_meaning("order.shipped"), USAGE_KEEP);
        ck_assert_int_eq(promotion_meaning("order.delivered"), USAGE_KEEP);
        ck_assert_int_eq(promotion_meaning("order.confirmed.later"), USAGE_KEEP);
}

int main(void) {
        Suite *suite = suite_create("promotion/hold");
        TCase *tests = tcase_create("hold");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
