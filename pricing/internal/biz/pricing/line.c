#include "base/money.h"
#include "base/str.h"
#include "biz/pricing/cart_private.h"

/* A price to begin with, and what it is in the currency of the cart. */
typedef struct Candidate {
        const PriceRule *rule; /* NULL: the catalog's */
        bool is_there;
        const char *currency;
        int64_t minor;
        Converted converted;
} Candidate;

static void add_step(PricedLine *priced, PriceStepKind kind, int64_t rule_id, int64_t minor,
                     const char *currency) {
        PriceStep *step = &priced->steps[priced->n_steps];

        *step = (PriceStep) {
                .kind = kind, .rule_id = rule_id, .after_minor = minor, .after_currency = currency
        };
        if (priced->n_steps > 0) {
                step->before_minor = step[-1].after_minor;
                step->before_currency = step[-1].after_currency;
        }
        priced->n_steps++;
        priced->unit_minor = minor;
}

/* The price in the currency of the cart; else the oldest that can be converted, which comes last. */
static void try_base(Pricing *pricing, const PriceRule *rule, Candidate *best) {
        Candidate next = { .rule = rule, .is_there = true, .currency = rule->currency,
                           .minor = rule->amount_minor };

        if (!pricing_convert(pricing, next.minor, next.currency, &next.converted)) {
                pricing_note(pricing, rule, PRICING_RULE_NO_RATE);
                return;
        }
        pricing_note(pricing, rule, PRICING_RULE_NOT_BEST);
        if (!best->is_there || !str_equal(best->currency, pricing->currency))
                *best = next;
}

/* The catalog's price counts where no rule has one: not where a rule's cannot be converted. */
static Candidate find_base(Pricing *pricing, const CartLine *line) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_BASE_PRICE, line->sku);
        Candidate best = { 0 };
        const PriceRule *rule;
        bool has_rule = false;

        while ((rule = pricing_next(pricing, &walk))) {
                has_rule = true;
                try_base(pricing, rule, &best);
        }
        if (!has_rule && line->base_currency) {
                best.currency = line->base_currency;
                best.minor = line->base_minor;
                best.is_there =
                        pricing_convert(pricing, line->base_minor, line->base_currency, &best.converted);
        }
        return best;
}

static bool is_for(const PriceRule *list, const Cart *cart) {
        if (!str_is_empty(list->tier))
                return str_equal(list->tier, cart->tier);
        for (size_t i = 0; i < cart->n_segments; i++)
                if (str_equal(list->segment, cart->segments[i]))
                        return true;
        return false;
}

/* What a list makes of the base price; false with the reason why it cannot. */
static bool price_by_list(Pricing *pricing, const PriceRule *list, const Candidate *base,
                          Candidate *ret_price, PriceRuleVerdict *ret_verdict) {
        Candidate price = { .rule = list, .is_there = true, .currency = list->currency,
                            .minor = list->amount_minor };

        *ret_verdict = PRICING_RULE_NO_BASE_PRICE;
        if (!list->is_fixed) {
                price.currency = base->currency;
                if (!base->is_there ||
                    !money_share(base->minor, MONEY_BP_ONE - list->bp, MONEY_BP_ONE, &price.minor))
                        return false;
        }
        *ret_verdict = PRICING_RULE_NO_RATE;
        if (!pricing_convert(pricing, price.minor, price.currency, &price.converted))
                return false;
        *ret_price = price;
        return true;
}

/* The lowest price of all lists of the customer's; of two that are the same, the older list's. */
static Candidate find_list(Pricing *pricing, const CartLine *line, const Candidate *base) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_PRICE_LIST, line->sku);
        Candidate best = { 0 }, next;
        PriceRuleVerdict verdict;
        const PriceRule *rule;

        while ((rule = pricing_next(pricing, &walk))) {
                if (!is_for(rule, pricing->cart)) {
                        pricing_note(pricing, rule, PRICING_RULE_OTHER_CUSTOMERS);
                        continue;
                }
                if (!price_by_list(pricing, rule, base, &next, &verdict)) {
                        pricing_note(pricing, rule, verdict);
                        continue;
                }
                pricing_note(pricing, rule, PRICING_RULE_NOT_BEST);
                if (!best.is_there || next.converted.minor <= best.converted.minor)
                        best = next;
        }
        return best;
}

static void add_first_steps(Pricing *pricing, const Candidate *base, const Candidate *list,
                            PricedLine *priced) {
        const Candidate *price = list->is_there ? list : base;

        if (!list->is_there || !list->rule->is_fixed) {
                if (base->rule)
                        pricing_note(pricing, base->rule, PRICING_RULE_USED);
                add_step(priced, base->rule ? PRICING_STEP_BASE_PRICE : PRICING_STEP_CATALOG_PRICE,
                         base->rule ? base->rule->id : 0, base->minor, base->currency);
        }
        if (list->is_there) {
                pricing_note(pricing, list->rule, PRICING_RULE_USED);
                add_step(priced, PRICING_STEP_PRICE_LIST, list->rule->id, list->minor, list->currency);
        }
        if (price->converted.rate) {
                pricing_note(pricing, price->converted.rate, PRICING_RULE_USED);
                add_step(priced, PRICING_STEP_CONVERSION, price->converted.rate->id, price->converted.minor,
                         pricing->currency);
        }
}

static bool add_markup(Pricing *pricing, const CartLine *line, PricedLine *priced) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_WAREHOUSE_MARKUP, line->warehouse_id);
        const PriceRule *rule = pricing_next(pricing, &walk);
        int64_t minor;

        if (!rule)
                return true;
        if (!money_share(priced->unit_minor, MONEY_BP_ONE + rule->bp, MONEY_BP_ONE, &minor))
                return false;
        pricing_note(pricing, rule, PRICING_RULE_USED);
        add_step(priced, PRICING_STEP_WAREHOUSE_MARKUP, rule->id, minor, pricing->currency);
        return true;
}

/* The break with the greatest minimum that the line reaches; NULL: none. */
static const PriceRule *find_break(Pricing *pricing, const CartLine *line, Converted *ret_fixed) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_QUANTITY_BREAK, line->sku);
        const PriceRule *rule, *best = NULL;
        Converted fixed = { 0 };

        while ((rule = pricing_next(pricing, &walk))) {
                if (rule->min_quantity > line->quantity) {
                        pricing_note(pricing, rule, PRICING_RULE_BELOW_MINIMUM);
                        continue;
                }
                if (rule->is_fixed && !pricing_convert(pricing, rule->amount_minor, rule->currency, &fixed)) {
                        pricing_note(pricing, rule, PRICING_RULE_NO_RATE);
                        continue;
                }
                pricing_note(pricing, rule, PRICING_RULE_NOT_BEST);
                if (!best || rule->min_quantity > best->min_quantity) {
                        best = rule;
                        *ret_fixed = fixed;
                }
        }
        return best;
}

static bool add_break(Pricing *pricing, const CartLine *line, PricedLine *priced) {
        Converted fixed;
        const PriceRule *rule = find_break(pricing, line, &fixed);
        int64_t minor;

        if (!rule)
                return true;
        pricing_note(pricing, rule, PRICING_RULE_USED);
        if (!rule->is_fixed) {
                if (!money_share(priced->unit_minor, MONEY_BP_ONE - rule->bp, MONEY_BP_ONE, &minor))
                        return false;
                add_step(priced, PRICING_STEP_QUANTITY_BREAK, rule->id, minor, pricing->currency);
                return true;
        }
        add_step(priced, PRICING_STEP_QUANTITY_BREAK, rule->id, rule->amount_minor, rule->currency);
        if (fixed.rate) {
                pricing_note(pricing, fixed.rate, PRICING_RULE_USED);
                add_step(priced, PRICING_STEP_CONVERSION, fixed.rate->id, fixed.minor, pricing->currency);
        }
        return true;
}

static const Error *price_unavailable(Pricing *pricing, const CartLine *line) {
        Arena *arena = pricing->ctx->arena;
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, REASON_PRICE_UNAVAILABLE,
                                 "There is no price of %s in %s", line->sku, pricing->currency);

        ERROR_ADD_RECORD(arena, error, error_text("sku", line->sku),
                         error_text("currency", pricing->currency));
        return error;
}

const Error *pricing_price_line(Pricing *pricing, const CartLine *line, PricedLine *ret_priced) {
        PricedLine priced = { 0 };
        const Candidate base = find_base(pricing, line);
        const Candidate list = find_list(pricing, line, &base);

        if (!base.is_there && !list.is_there)
                return price_unavailable(pricing, line);
        add_first_steps(pricing, &base, &list, &priced);
        if (!add_markup(pricing, line, &priced) || !add_break(pricing, line, &priced) ||
            !money_multiply(priced.unit_minor, line->quantity, &priced.total_minor))
                return pricing_too_large(pricing->ctx,
                                         pricing_line_field(pricing->ctx, pricing->cart, pricing->line,
                                                            "quantity"));
        *ret_priced = priced;
        return NULL;
}
