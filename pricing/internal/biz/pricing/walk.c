#include "base/money.h"
#include "base/str.h"
#include "biz/pricing/cart_private.h"

PriceRuleWalk pricing_walk(const Pricing *pricing, PriceRuleKind kind, const char *word) {
        return (PriceRuleWalk) { .rules = pricing_rules_find(pricing->rules, kind, word) };
}

const PriceRule *pricing_next(Pricing *pricing, PriceRuleWalk *walk) {
        while (walk->next < walk->rules.n) {
                size_t i = walk->next++;
                const PriceRule *rule = walk->rules.rules[i];

                if (!pricing_rule_is_valid(rule, pricing->at_us))
                        pricing_note(pricing, rule, PRICING_RULE_NOT_VALID);
                else if (pricing_rule_is_replaced(&walk->rules, i, pricing->at_us))
                        pricing_note(pricing, rule, PRICING_RULE_REPLACED);
                else
                        return rule;
        }
        return NULL;
}

static TriedRule *find_tried(Pricing *pricing, const PriceRule *rule) {
        for (size_t i = pricing->n_tried; i-- > 0;)
                if (pricing->tried[i].rule == rule && pricing->tried[i].line == pricing->line)
                        return &pricing->tried[i];
        return NULL;
}

void pricing_note(Pricing *pricing, const PriceRule *rule, PriceRuleVerdict verdict) {
        if (!pricing->explains)
                return;
        TriedRule *tried = find_tried(pricing, rule);
        if (!tried && pricing->n_tried < PRICING_MAX_TRIED)
                tried = &pricing->tried[pricing->n_tried++];
        if (tried)
                *tried = (TriedRule) { .rule = rule, .line = pricing->line, .verdict = verdict };
        else
                pricing->has_more = true;
}

static const PriceRule *find_rate(Pricing *pricing, const char *from) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_CURRENCY_RATE, from);
        const PriceRule *rate;

        while ((rate = pricing_next(pricing, &walk)))
                if (str_equal(rate->to_currency, pricing->currency))
                        return rate;
        return NULL;
}

static int64_t power_of_ten(int exponent) {
        int64_t power = 1;

        while (exponent-- > 0)
                power *= 10;
        return power;
}

/* Half-up to the minor unit of the currency that the rate leads to. */
static bool apply_rate(const PriceRule *rate, int64_t minor, int64_t *ret_minor) {
        int shift = money_decimals(rate->to_currency) - money_decimals(rate->currency);

        return money_share(minor, rate->rate_ppb * power_of_ten(shift),
                           PRICING_PPB_ONE * power_of_ten(-shift), ret_minor);
}

bool pricing_convert(Pricing *pricing, int64_t minor, const char *currency, Converted *ret_converted) {
        Converted converted = { .minor = minor };

        if (!str_equal(currency, pricing->currency)) {
                converted.rate = find_rate(pricing, currency);
                if (!converted.rate || !apply_rate(converted.rate, minor, &converted.minor))
                        return false;
        }
        *ret_converted = converted;
        return true;
}
