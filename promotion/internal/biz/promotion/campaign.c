#include "biz/promotion/campaign.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/uuid.h"
#include "base/word.h"

static const char *const types[] = {
        [CAMPAIGN_CART] = "cart",
        [CAMPAIGN_CATALOG] = "catalog",
        [CAMPAIGN_CUSTOMER] = "customer",
};

static const char *const discount_types[] = {
        [DISCOUNT_PERCENTAGE] = "percentage",
        [DISCOUNT_FIXED_AMOUNT] = "fixed_amount",
        [DISCOUNT_BUY_X_GET_Y] = "buy_x_get_y",
};

const char *promotion_type_word(CampaignType type) {
        return types[type];
}

const char *promotion_discount_word(DiscountType type) {
        return discount_types[type];
}

const Error *promotion_read_type(Arena *arena, const char *word, CampaignType *ret_type) {
        size_t type;

        TRY(word_read(arena, types, ARRAY_SIZE(types), "campaign_versions.type", word, &type));
        *ret_type = (CampaignType) type;
        return NULL;
}

const Error *promotion_read_discount(Arena *arena, const char *word, DiscountType *ret_type) {
        size_t type;

        TRY(word_read(arena, discount_types, ARRAY_SIZE(discount_types), "campaign_versions.discount_type",
                      word, &type));
        *ret_type = (DiscountType) type;
        return NULL;
}

bool promotion_lists(IdList list, const char *id) {
        for (size_t i = 0; i < list.n; i++)
                if (str_equal(list.ids[i], id))
                        return true;
        return false;
}

static const Error *not_found(Ctx *ctx, const char *campaign_id) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_CAMPAIGN_NOT_FOUND, "There is no campaign %s",
                         campaign_id);
}

static const Error *changed(Ctx *ctx, const char *campaign_id, int64_t version) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_CAMPAIGN_CHANGED,
                                 "Campaign %s has changed: read it again", campaign_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("campaignId", campaign_id),
                         error_number("version", version));
        return error;
}

static const Error *code_taken(Ctx *ctx, const char *code) {
        Error *error = error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_CODE_TAKEN,
                                 "Another campaign has the code %s", code);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("code", code));
        return error;
}

static const Error *below_usage(Ctx *ctx, const Campaign *campaign) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_LIMIT_BELOW_USAGE,
                                 "More of campaign %s is held and used than the new limits allow",
                                 campaign->campaign_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("campaignId", campaign->campaign_id),
                         error_number("uses", campaign->uses),
                         error_number("spentMinor", campaign->spent_minor));
        return error;
}

static const Error *too_many(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_TOO_MANY_AUTOMATIC_CAMPAIGNS,
                         "%d campaigns without a code have not ended: end one, or give this one a code",
                         PROMOTION_MAX_AUTOMATIC);
}

const Error *promotion_get(CampaignUsecase *usecase, Ctx *ctx, const char *campaign_id,
                           const Campaign **ret_campaign) {
        const Campaign *campaign;

        TRY(usecase->repo->find(usecase->repo, ctx, campaign_id, &campaign));
        if (!campaign)
                return not_found(ctx, campaign_id);
        *ret_campaign = campaign;
        return NULL;
}

const Error *promotion_create(CampaignUsecase *usecase, Ctx *ctx, const CampaignRules *rules,
                              const Campaign **ret_campaign) {
        Campaign *campaign = ARENA_NEW(ctx->arena, Campaign);
        int64_t now_us = clock_wall_us();
        SaveVerdict verdict;

        TRY(promotion_check_rules(ctx, rules));
        *campaign = (Campaign) {
                .campaign_id = uuid_sortable(ctx->arena, "CMP-"),
                .version = 1,
                .rules = *rules,
                .created_at_us = now_us,
                .changed_at_us = now_us,
        };
        TRY(usecase->repo->create(usecase->repo, ctx, campaign, usecase->snapshot(ctx, campaign), &verdict));
        if (verdict == SAVE_CODE_TAKEN)
                return code_taken(ctx, rules->code);
        if (verdict == SAVE_TOO_MANY)
                return too_many(ctx);
        *ret_campaign = campaign;
        return NULL;
}

/* Counts of a budget would mix currencies. */
static const Error *check_currency(Ctx *ctx, const CampaignRules *before, const CampaignRules *after) {
        if (str_equal(str_or_empty(before->currency), str_or_empty(after->currency)))
                return NULL;
        return error_invalid(ctx->arena, "rules.currency", "must stay %s: make another campaign",
                             before->currency ? before->currency : "empty");
}

/* What the campaign is like that could not be changed. */
static const Error *refusal(CampaignUsecase *usecase, Ctx *ctx, const Campaign *wanted, SaveVerdict verdict) {
        const Campaign *current;

        if (verdict == SAVE_CODE_TAKEN)
                return code_taken(ctx, wanted->rules.code);
        if (verdict == SAVE_TOO_MANY)
                return too_many(ctx);
        TRY(promotion_get(usecase, ctx, wanted->campaign_id, &current));
        if (verdict == SAVE_OUTDATED)
                return changed(ctx, current->campaign_id, current->version);
        return below_usage(ctx, current);
}

const Error *promotion_update(CampaignUsecase *usecase, Ctx *ctx, const char *campaign_id, int64_t version,
                              const CampaignRules *rules, const Campaign **ret_campaign) {
        const Campaign *before;
        SaveVerdict verdict;

        TRY(promotion_check_rules(ctx, rules));
        TRY(promotion_get(usecase, ctx, campaign_id, &before));
        if (before->version != version)
                return changed(ctx, campaign_id, before->version);
        TRY(check_currency(ctx, &before->rules, rules));
        Campaign after = *before;
        after.version = version + 1;
        after.rules = *rules;
        after.changed_at_us = clock_wall_us();
        TRY(usecase->repo->update(usecase->repo, ctx, &after, &before->rules, &verdict));
        if (verdict != SAVE_DONE)
                return refusal(usecase, ctx, &after, verdict);
        return promotion_get(usecase, ctx, campaign_id, ret_campaign);
}

const Error *promotion_list(CampaignUsecase *usecase, Ctx *ctx, const CampaignPosition *after,
                            int64_t page_size, CampaignPage *ret_page) {
        int64_t limit = page_size > 0 ? page_size : PROMOTION_PAGE_DEFAULT;
        const Campaign *campaigns;
        size_t n;

        if (limit > PROMOTION_PAGE_MAX)
                limit = PROMOTION_PAGE_MAX;
        TRY(usecase->repo->list(usecase->repo, ctx, after, limit + 1, &campaigns, &n));
        bool has_more = n > (size_t) limit;
        *ret_page = (CampaignPage) {
                .campaigns = campaigns, .n_campaigns = has_more ? n - 1 : n, .has_more = has_more
        };
        return NULL;
}
