#include "base/money.h"
#include "base/str.h"
#include "biz/pricing/pricing.h"

static const Error *check_currency(Ctx *ctx, const char *field, const char *currency) {
        if (money_decimals(currency) < 0)
                return error_invalid(ctx->arena, field, "must be the code of a known currency");
        return NULL;
}

static const Error *check_rate(Ctx *ctx, const PriceRule *rule) {
        TRY(check_currency(ctx, "fromCurrency", rule->currency));
        TRY(check_currency(ctx, "toCurrency", rule->to_currency));
        if (str_equal(rule->currency, rule->to_currency))
                return error_invalid(ctx->arena, "toCurrency", "must be another than fromCurrency");
        return NULL;
}

/* Of breaks and lists: a price in a currency, or basis points off. */
static const Error *check_price_or_share(Ctx *ctx, const PriceRule *rule) {
        if (rule->is_fixed && rule->bp > 0)
                return error_invalid(ctx->arena, "bp", "must be 0 where amountMinor says the price");
        if (rule->is_fixed)
                return check_currency(ctx, "currency", rule->currency);
        if (!str_is_empty(rule->currency))
                return error_invalid(ctx->arena, "amountMinor", "is required with a currency");
        if (rule->bp == 0)
                return error_invalid(ctx->arena, "bp", "must be at least 1 without a price");
        return NULL;
}

static const Error *check_list(Ctx *ctx, const PriceRule *rule) {
        if (str_is_empty(rule->tier) == str_is_empty(rule->segment))
                return error_invalid(ctx->arena, "tier", "must be given, or segment, but not both");
        return check_price_or_share(ctx, rule);
}

static const Error *check_bulk(Ctx *ctx, const PriceRule *rule) {
        if ((rule->min_quantity > 0) == (rule->min_subtotal_minor > 0))
                return error_invalid(ctx->arena, "minQuantity",
                                     "must be given, or minSubtotalMinor, but not both");
        if ((rule->bp > 0) == (rule->amount_minor > 0))
                return error_invalid(ctx->arena, "bp", "must be given, or amountMinor, but not both");
        if (rule->min_subtotal_minor > 0 || rule->amount_minor > 0)
                return check_currency(ctx, "currency", rule->currency);
        if (!str_is_empty(rule->currency))
                return error_invalid(ctx->arena, "currency", "must be empty where no amount is given");
        return NULL;
}

static const Error *check_tax(Ctx *ctx, const PriceRule *rule) {
        if (!pricing_is_country(rule->country))
                return error_invalid(ctx->arena, "country", "must be a code of two capital letters");
        return NULL;
}

static const Error *check_times(Ctx *ctx, const PriceRule *rule, int64_t now_us) {
        if (rule->valid_to_us <= now_us)
                return error_invalid(ctx->arena, "validTo", "must be in the future, or absent");
        if (rule->valid_to_us <= rule->valid_from_us)
                return error_invalid(ctx->arena, "validTo", "must be later than validFrom");
        return NULL;
}

static const Error *check_kind(Ctx *ctx, const PriceRule *rule) {
        switch (rule->kind) {
        case PRICING_BASE_PRICE:
                return check_currency(ctx, "currency", rule->currency);
        case PRICING_CURRENCY_RATE:
                return check_rate(ctx, rule);
        case PRICING_QUANTITY_BREAK:
                return check_price_or_share(ctx, rule);
        case PRICING_PRICE_LIST:
                return check_list(ctx, rule);
        case PRICING_BULK_DISCOUNT:
                return check_bulk(ctx, rule);
        case PRICING_TAX_RATE:
                return check_tax(ctx, rule);
        case PRICING_WAREHOUSE_MARKUP:
        case PRICING_ENDING:
                break;
        }
        return NULL;
}

const Error *pricing_check_rule(Ctx *ctx, const PriceRule *rule, int64_t now_us) {
        TRY(check_kind(ctx, rule));
        return check_times(ctx, rule, now_us);
}
