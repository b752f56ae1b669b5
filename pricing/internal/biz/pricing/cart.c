#include "base/money.h"
#include "base/str.h"
#include "biz/pricing/cart_private.h"

const Error *pricing_too_large(Ctx *ctx, const char *field) {
        return error_invalid(ctx->arena, field, "comes to more than can be priced");
}

const char *pricing_field(Ctx *ctx, const Cart *cart, const char *member) {
        return arena_printf(ctx->arena, "%s%s", cart->path ? cart->path : "", member);
}

const char *pricing_line_field(Ctx *ctx, const Cart *cart, size_t line, const char *member) {
        return pricing_field(ctx, cart, arena_printf(ctx->arena, "lines[%zu].%s", line, member));
}

/* ---- taxes ---- */

static const Error *tax_unknown(Pricing *pricing, const char *sku, const char *tax_class) {
        Arena *arena = pricing->ctx->arena;
        const Cart *cart = pricing->cart;
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, REASON_TAX_UNKNOWN,
                                 "How %s is taxed in %s%s%s is not known", tax_class, cart->country,
                                 str_is_empty(cart->state) ? "" : " ", cart->state);

        ERROR_ADD_RECORD(arena, error, error_text("country", cart->country), error_text("state", cart->state),
                         error_text("taxClass", tax_class), error_text("sku", sku));
        return error;
}

/* The row of one state, or with "" of the whole country; NULL: there is none. */
static const PriceRule *find_row(Pricing *pricing, const char *state, const char *tax_class) {
        PriceRuleWalk walk = {
                .rules = pricing_rules_find_taxes(pricing->rules, pricing->cart->country, state, tax_class)
        };
        const PriceRule *rule, *row = NULL;

        while ((rule = pricing_next(pricing, &walk))) {
                pricing_note(pricing, rule, PRICING_RULE_NOT_BEST);
                row = rule;
        }
        return row;
}

/* The row of the state, else that of its whole country. */
const Error *pricing_find_tax(Pricing *pricing, const CartLine *line, const PriceRule **ret_tax) {
        const char *tax_class = str_is_empty(line->tax_class) ? PRICING_DEFAULT_TAX_CLASS : line->tax_class;
        const char *state = pricing->cart->state;
        const PriceRule *tax = find_row(pricing, "", tax_class);
        const PriceRule *of_state = str_is_empty(state) ? NULL : find_row(pricing, state, tax_class);

        if (of_state)
                tax = of_state;
        if (!tax)
                return tax_unknown(pricing, line->sku, tax_class);
        pricing_note(pricing, tax, PRICING_RULE_USED);
        *ret_tax = tax;
        return NULL;
}

/* ---- discounts on the whole cart ---- */

static int64_t count_pieces(const Cart *cart) {
        int64_t n = 0;

        for (size_t i = 0; i < cart->n_lines; i++)
                n += cart->lines[i].quantity;
        return n;
}

/* What a rule takes off; else why it does not apply. */
static bool discount_by(Pricing *pricing, const PriceRule *rule, int64_t subtotal_minor, int64_t *ret_minor,
                        PriceRuleVerdict *ret_verdict) {
        Converted minimum = { 0 }, fixed;

        *ret_verdict = PRICING_RULE_NO_RATE;
        if (rule->min_subtotal_minor > 0 &&
            !pricing_convert(pricing, rule->min_subtotal_minor, rule->currency, &minimum))
                return false;
        if (rule->is_fixed && !pricing_convert(pricing, rule->amount_minor, rule->currency, &fixed))
                return false;
        *ret_verdict = PRICING_RULE_BELOW_MINIMUM;
        if (count_pieces(pricing->cart) < rule->min_quantity || subtotal_minor < minimum.minor)
                return false;
        if (!rule->is_fixed)
                return money_share(subtotal_minor, rule->bp, MONEY_BP_ONE, ret_minor);
        *ret_minor = fixed.minor;
        return true;
}

/* The greatest discount of those by quantity, or by subtotal; of two that are the same, the older one's. */
static BulkDiscount best_discount(Pricing *pricing, bool is_by_quantity, int64_t subtotal_minor) {
        PriceRuleWalk walk = pricing_walk(pricing, PRICING_BULK_DISCOUNT, "");
        BulkDiscount best = { 0 };
        PriceRuleVerdict verdict;
        const PriceRule *rule;
        int64_t minor;

        while ((rule = pricing_next(pricing, &walk))) {
                if ((rule->min_quantity > 0) != is_by_quantity)
                        continue;
                if (!discount_by(pricing, rule, subtotal_minor, &minor, &verdict)) {
                        pricing_note(pricing, rule, verdict);
                        continue;
                }
                pricing_note(pricing, rule, PRICING_RULE_NOT_BEST);
                if (!best.rule || minor >= best.amount_minor)
                        best = (BulkDiscount) { .rule = rule, .amount_minor = minor };
        }
        return best;
}

void pricing_discount_cart(Pricing *pricing, PricedCart *priced) {
        int64_t left_minor = priced->subtotal_minor;

        pricing->line = PRICING_WHOLE_CART;
        for (int is_by_quantity = 1; is_by_quantity >= 0; is_by_quantity--) {
                BulkDiscount discount = best_discount(pricing, is_by_quantity, priced->subtotal_minor);

                if (discount.amount_minor > left_minor)
                        discount.amount_minor = left_minor;
                if (discount.amount_minor <= 0)
                        continue;
                left_minor -= discount.amount_minor;
                pricing_note(pricing, discount.rule, PRICING_RULE_USED);
                priced->bulk_discounts[priced->n_bulk_discounts++] = discount;
        }
}

/* ---- the cart ---- */

static const Error *check_cart(Ctx *ctx, const Cart *cart, const char *currency) {
        if (money_decimals(currency) < 0)
                return error_invalid(ctx->arena, pricing_field(ctx, cart, "currency"),
                                     "must be the code of a known currency");
        if (cart->country && !pricing_is_country(cart->country))
                return error_invalid(ctx->arena, pricing_field(ctx, cart, "taxPlace.country"),
                                     "must be a code of two capital letters");
        for (size_t i = 0; i < cart->n_lines; i++) {
                const CartLine *line = &cart->lines[i];

                if (!line->base_currency)
                        continue;
                if (money_decimals(line->base_currency) < 0)
                        return error_invalid(ctx->arena,
                                             pricing_line_field(ctx, cart, i, "basePrice.currency"),
                                             "must be the code of a known currency");
                if (line->base_minor < 0 || line->base_minor > PRICING_MAX_MINOR)
                        return error_invalid(ctx->arena, pricing_line_field(ctx, cart, i, "basePrice.minor"),
                                             "must be between 0 and %lld", (long long) PRICING_MAX_MINOR);
        }
        return NULL;
}

static const Error *price_lines(Pricing *pricing, PricedCart *priced) {
        const Cart *cart = pricing->cart;
        PricedLine *lines = ARENA_ARRAY(pricing->ctx->arena, PricedLine, cart->n_lines);

        for (size_t i = 0; i < cart->n_lines; i++) {
                pricing->line = i;
                TRY(pricing_price_line(pricing, &cart->lines[i], &lines[i]));
                if (cart->country)
                        TRY(pricing_find_tax(pricing, &cart->lines[i], &lines[i].tax));
                if (!money_add(priced->subtotal_minor, lines[i].total_minor, &priced->subtotal_minor))
                        return pricing_too_large(pricing->ctx, pricing_field(pricing->ctx, cart, "lines"));
        }
        priced->lines = lines;
        priced->n_lines = cart->n_lines;
        return NULL;
}

const Error *pricing_price_cart(Ctx *ctx, const PriceRuleSet *rules, int64_t at_us, const Cart *cart,
                                bool explains, PricedCart *ret_priced) {
        Pricing pricing = {
                .ctx = ctx,
                .rules = rules,
                .at_us = at_us,
                .cart = cart,
                .currency = str_is_empty(cart->currency) ? PRICING_DEFAULT_CURRENCY : cart->currency,
                .explains = explains,
                .tried = explains ? ARENA_ARRAY(ctx->arena, TriedRule, PRICING_MAX_TRIED) : NULL,
        };
        PricedCart priced = {
                .currency = pricing.currency, .rules_version = rules->version, .as_of_us = at_us
        };

        TRY(check_cart(ctx, cart, pricing.currency));
        TRY(price_lines(&pricing, &priced));
        pricing_discount_cart(&pricing, &priced);
        if (pricing.has_more)
                return error_invalid(ctx->arena, pricing_field(ctx, cart, "lines"),
                                     "meet more than %d rules: ask for fewer at a time", PRICING_MAX_TRIED);
        priced.tried = pricing.tried;
        priced.n_tried = pricing.n_tried;
        *ret_priced = priced;
        return NULL;
}
