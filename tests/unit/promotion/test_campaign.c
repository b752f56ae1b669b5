#include "offer.h"

/* A repository that says what a test wants, and remembers what it was asked. */
typedef struct FakeRepo {
        CampaignRepo base;
        const Campaign *found;
        SaveVerdict verdict;
        Campaign saved;
        Bytes answer;
        IdList codes;
        int64_t limit;
        size_t n_listed;
        const Candidate *candidates;
        size_t n_candidates;
} FakeRepo;

static const Error *fake_create(CampaignRepo *self, Ctx *ctx, const Campaign *campaign, Bytes answer,
                                SaveVerdict *ret_verdict) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        repo->saved = *campaign;
        repo->answer = answer;
        *ret_verdict = repo->verdict;
        return NULL;
}

static const Error *fake_update(CampaignRepo *self, Ctx *ctx, const Campaign *campaign,
                                const CampaignRules *before, SaveVerdict *ret_verdict) {
        (void) before;
        return fake_create(self, ctx, campaign, (Bytes) { 0 }, ret_verdict);
}

static const Error *fake_find(CampaignRepo *self, Ctx *ctx, const char *campaign_id,
                              const Campaign **ret_campaign) {
        (void) ctx;
        (void) campaign_id;
        *ret_campaign = ((FakeRepo *) self)->found;
        return NULL;
}

static const Error *fake_list(CampaignRepo *self, Ctx *ctx, const CampaignPosition *after, int64_t limit,
                              const Campaign **ret_campaigns, size_t *ret_n) {
        FakeRepo *repo = (FakeRepo *) self;
        size_t n = repo->n_listed < (size_t) limit ? repo->n_listed : (size_t) limit;

        (void) after;
        repo->limit = limit;
        *ret_campaigns = ARENA_ARRAY(ctx->arena, Campaign, n);
        *ret_n = n;
        return NULL;
}

static const Error *fake_candidates(CampaignRepo *self, Ctx *ctx, IdList codes, const char *customer_id,
                                    const Candidate **ret_candidates, size_t *ret_n) {
        FakeRepo *repo = (FakeRepo *) self;

        (void) ctx;
        ck_assert_str_eq(customer_id, "CUST-1");
        repo->codes = codes;
        *ret_candidates = repo->candidates;
        *ret_n = repo->n_candidates;
        return NULL;
}

static Bytes snapshot(Ctx *ctx, const Campaign *campaign) {
        (void) ctx;
        return (Bytes) { (const uint8_t *) campaign->campaign_id, 3 };
}

static Campaign existing;
static CampaignRules rules;
static FakeRepo repo;
static CampaignUsecase campaigns;
static const Campaign *campaign;

static void set_up(void) {
        rules = ten_percent();
        existing = (Campaign) { .campaign_id = "CMP-1", .version = 3, .rules = rules, .uses = 7,
                                .spent_minor = 70 };
        repo = (FakeRepo) {
                .base = { .create = fake_create,
                          .update = fake_update,
                          .find = fake_find,
                          .list = fake_list,
                          .candidates = fake_candidates },
                .found = &existing,
        };
        campaigns = (CampaignUsecase) { .repo = &repo.base, .snapshot = snapshot };
}

static const Error *create(void) {
        return promotion_create(&campaigns, test_ctx(), &rules, &campaign);
}

static const Error *update(int64_t version) {
        return promotion_update(&campaigns, test_ctx(), "CMP-1", version, &rules, &campaign);
}

TEST(a_new_campaign_has_version_1_and_its_answer_is_kept) {
        ck_assert_ok(create());
        ck_assert_int_eq(campaign->version, 1);
        ck_assert(str_starts_with(campaign->campaign_id, "CMP-"));
        ck_assert_int_gt(campaign->created_at_us, 0);
        ck_assert_int_eq(campaign->changed_at_us, campaign->created_at_us);
        ck_assert_ptr_eq(repo.answer.data, repo.saved.campaign_id);
}

TEST(rules_are_checked_before_anything_is_written) {
        rules.percent_bp = 0;
        ck_assert_reason(create(), REASON_INVALID_REQUEST);
        ck_assert_reason(update(3), REASON_INVALID_REQUEST);
        ck_assert_ptr_null(repo.saved.campaign_id);
}

TEST(a_change_is_the_next_version_of_what_the_admin_saw) {
        ck_assert_ok(update(3));
        ck_assert_int_eq(repo.saved.version, 4);
        repo.saved.version = 0;
        const Error *error = ck_assert_reason(update(2), REASON_CAMPAIGN_CHANGED);
        ck_assert_int_eq(error->code, ERROR_ABORTED);
        ck_assert_int_eq(error->records[0].values[1].number, 3);
        ck_assert_int_eq(repo.saved.version, 0);
        repo.found = NULL;
        ck_assert_reason(update(3), REASON_CAMPAIGN_NOT_FOUND);
        ck_assert_reason(promotion_get(&campaigns, test_ctx(), "CMP-1", &campaign),
                         REASON_CAMPAIGN_NOT_FOUND);
}

TEST(a_currency_never_changes) {
        rules.currency = "USD";
        const Error *error = ck_assert_reason(update(3), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "rules.currency");
        existing.rules.currency = "USD";
        ck_assert_ok(update(3));
        rules.currency = NULL;
        ck_assert_reason(update(3), REASON_INVALID_REQUEST);
}

TEST(what_cannot_be_saved_says_why) {
        rules.code = "SUMMER2024";
        repo.verdict = SAVE_CODE_TAKEN;
        ck_assert_str_eq(ck_assert_reason(create(), REASON_CODE_TAKEN)->records[0].values[0].text,
                         "SUMMER2024");
        ck_assert_reason(update(3), REASON_CODE_TAKEN);
        repo.verdict = SAVE_TOO_MANY;
        ck_assert_reason(create(), REASON_TOO_MANY_AUTOMATIC_CAMPAIGNS);
        ck_assert_reason(update(3), REASON_TOO_MANY_AUTOMATIC_CAMPAIGNS);
        repo.verdict = SAVE_OUTDATED;
        ck_assert_reason(update(3), REASON_CAMPAIGN_CHANGED);
        repo.verdict = SAVE_BELOW_USAGE;
        const Error *error = ck_assert_reason(update(3), REASON_LIMIT_BELOW_USAGE);
        ck_assert_int_eq(error->records[0].values[1].number, 7);
        ck_assert_int_eq(error->records[0].values[2].number, 70);
}

TEST(a_page_says_whether_there_are_more) {
        CampaignPage page;

        repo.n_listed = 21;
        ck_assert_ok(promotion_list(&campaigns, test_ctx(), NULL, 0, &page));
        ck_assert_uint_eq(page.n_campaigns, 20);
        ck_assert(page.has_more);
        ck_assert_ok(promotion_list(&campaigns, test_ctx(), NULL, 21, &page));
        ck_assert_uint_eq(page.n_campaigns, 21);
        ck_assert(!page.has_more);
        ck_assert_ok(promotion_list(&campaigns, test_ctx(), NULL, 1000, &page));
        ck_assert_int_eq(repo.limit, PROMOTION_PAGE_MAX + 1);
}

static const Error *apply(const char *currency, const CartLine *lines, size_t n_lines, IdList codes,
                          Evaluation *ret_evaluation) {
        Shopper shopper = { .customer_id = "CUST-1" };
        Cart cart = { .currency = currency, .lines = lines, .n_lines = n_lines };

        return promotion_apply(&campaigns, test_ctx(), &shopper, &cart, codes, (IdList) { 0 },
                               ret_evaluation);
}

TEST(a_cart_is_added_up_before_it_is_judged) {
        CartLine lines[] = { { .sku = "A", .product_id = "A", .quantity = 2, .unit_price_minor = 24999 },
                             { .sku = "B", .product_id = "B", .quantity = 1, .unit_price_minor = 15000 } };
        Candidate summer = candidate("CMP-1", rules);
        Evaluation evaluation;

        summer.campaign.rules.code = "SUMMER2024";
        repo.candidates = &summer, repo.n_candidates = 1;
        ck_assert_ok(apply("USD", lines, 2, ID_LIST("SUMMER2024"), &evaluation));
        ck_assert_int_eq(evaluation.total_minor, 6500);
        ck_assert_str_eq(repo.codes.ids[0], "SUMMER2024");
        ck_assert_int_gt(evaluation.at_us, 0);
}

TEST(a_cart_that_cannot_be_judged_says_which_field_is_wrong) {
        CartLine lines[] = { { .quantity = 9999, .unit_price_minor = INT64_MAX / 9999 },
                             { .quantity = 1, .unit_price_minor = 9999 } };
        Evaluation evaluation;
        const Error *error = ck_assert_reason(apply("XXX", lines, 1, (IdList) { 0 }, &evaluation),
                                              REASON_INVALID_REQUEST);

        ck_assert_str_eq(error->violations[0].field, "currency");
        error = ck_assert_reason(apply("USD", lines, 1, ID_LIST("A", "B", "A"), &evaluation),
                                 REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "codes[2]");
        error = ck_assert_reason(apply("USD", lines, 2, (IdList) { 0 }, &evaluation), REASON_INVALID_REQUEST);
        ck_assert_str_eq(error->violations[0].field, "lines[1].unitPriceMinor");
        ck_assert_ok(apply("USD", lines, 1, (IdList) { 0 }, &evaluation));
}

int main(void) {
        Suite *suite = suite_create("promotion/campaign");
        TCase *tests = tcase_create("campaign");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
