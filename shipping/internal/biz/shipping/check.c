#include "base/money.h"
#include "base/str.h"
#include "biz/shipping/tariff.h"

static const Error *check_zone(Ctx *ctx, const ShippingRule *rule) {
        if (!shipping_is_country(rule->country))
                return error_invalid(ctx->arena, "country", "must be a code of two capital letters");
        return NULL;
}

static const Error *check_rate(Ctx *ctx, const ShippingRule *rule) {
        if (money_decimals(rule->currency) < 0)
                return error_invalid(ctx->arena, "currency", "must be the code of a known currency");
        if (rule->max_grams > 0 && rule->max_grams <= rule->above_grams)
                return error_invalid(ctx->arena, "maxGrams", "must be more than aboveGrams, or 0");
        if ((rule->step_grams > 0) != (rule->step_minor > 0))
                return error_invalid(ctx->arena, "stepGrams", "must be given with stepMinor, or neither");
        return NULL;
}

static const Error *check_times(Ctx *ctx, const ShippingRule *rule, int64_t now_us) {
        if (rule->valid_to_us <= now_us)
                return error_invalid(ctx->arena, "validTo", "must be in the future, or absent");
        if (rule->valid_to_us <= rule->valid_from_us)
                return error_invalid(ctx->arena, "validTo", "must be later than validFrom");
        return NULL;
}

const Error *shipping_check_rule(Ctx *ctx, const ShippingRule *rule, int64_t now_us) {
        if (rule->kind == SHIPPING_ZONE)
                TRY(check_zone(ctx, rule));
        if (rule->kind == SHIPPING_RATE)
                TRY(check_rate(ctx, rule));
        return check_times(ctx, rule, now_us);
}
