#include <string.h>

#include "base/money.h"
#include "biz/promotion/campaign.h"

/* What is wrong with a campaign is told together. */
typedef struct Check {
        Ctx *ctx;
        const CampaignRules *rules;
        Error *error; /* NULL: nothing so far */
} Check;

static void refuse(Check *check, const char *field, const char *description) {
        if (!check->error)
                check->error = error_new(check->ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                         "The campaign cannot have these rules");
        error_add_violation(check->ctx->arena, check->error, field, description);
}

static void refuse_if(Check *check, bool is_wrong, const char *field, const char *description) {
        if (is_wrong)
                refuse(check, field, description);
}

static bool is_of(const char *text, const char *characters) {
        return text[strspn(text, characters)] == '\0';
}

static void check_code(Check *check) {
        const char *code = check->rules->code;

        refuse_if(check, code && !is_of(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), "rules.code",
                  "must be of capital letters, digits, - and _");
}

static void check_scope(Check *check) {
        const CampaignRules *rules = check->rules;
        bool names_goods = rules->product_ids.n + rules->category_ids.n > 0;
        bool names_people = rules->tiers.n + rules->segments.n > 0;

        refuse_if(check, rules->type == CAMPAIGN_CART && names_goods, "rules.type",
                  "must be catalog, since products or categories are named");
        refuse_if(check, rules->type == CAMPAIGN_CATALOG && !names_goods, "rules.productIds",
                  "must name a product, or categoryIds a category, since the type is catalog");
        refuse_if(check, rules->type == CAMPAIGN_CUSTOMER && !names_people, "rules.segments",
                  "must name a segment, or tiers a tier, since the type is customer");
}

static void check_gift(Check *check) {
        const CampaignRules *rules = check->rules;
        bool is_gift = rules->discount_type == DISCOUNT_BUY_X_GET_Y;

        refuse_if(check, is_gift != (rules->buy_quantity > 0), "rules.buyQuantity",
                  is_gift ? "must be at least 1" : "must be 0: it is for buy_x_get_y");
        refuse_if(check, is_gift != (rules->get_quantity > 0), "rules.getQuantity",
                  is_gift ? "must be at least 1" : "must be 0: it is for buy_x_get_y");
        if (!rules->get_product_id)
                return;
        refuse_if(check, !is_gift, "rules.getProductId", "must be empty: it is for buy_x_get_y");
        refuse_if(check, promotion_lists(rules->product_ids, rules->get_product_id), "rules.getProductId",
                  "must not be among productIds: empty, it is of what is bought");
}

static void check_discount(Check *check) {
        const CampaignRules *rules = check->rules;
        bool is_fixed = rules->discount_type == DISCOUNT_FIXED_AMOUNT;

        refuse_if(check, is_fixed != (rules->amount_minor > 0), "rules.amountMinor",
                  is_fixed ? "must be at least 1" : "must be 0: it is for fixed_amount");
        refuse_if(check, is_fixed == (rules->percent_bp > 0), "rules.percentBp",
                  is_fixed ? "must be 0: it is for percentage and buy_x_get_y" : "must be at least 1");
        check_gift(check);
}

static void check_currency(Check *check) {
        const CampaignRules *rules = check->rules;
        bool names_amount = rules->amount_minor > 0 || rules->minimum_minor > 0 ||
                            rules->maximum_minor > 0 || rules->budget_minor > 0;

        refuse_if(check, names_amount && !rules->currency, "rules.currency",
                  "is required, since an amount is named");
        refuse_if(check, rules->currency && money_decimals(rules->currency) < 0, "rules.currency",
                  "must be the code of a known currency");
}

static void check_dates(Check *check) {
        const CampaignRules *rules = check->rules;

        refuse_if(check, rules->ends_at_us > 0 && rules->ends_at_us <= rules->starts_at_us, "rules.endsAt",
                  "must be later than startsAt");
}

const Error *promotion_check_rules(Ctx *ctx, const CampaignRules *rules) {
        Check check = { .ctx = ctx, .rules = rules };

        check_code(&check);
        check_scope(&check);
        check_discount(&check);
        check_currency(&check);
        check_dates(&check);
        return check.error;
}
