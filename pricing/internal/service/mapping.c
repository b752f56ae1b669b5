#include "service/mapping.h"

#include "base/str.h"
#include "proto/values.h"

SAME_NUMBER(PRICING_BASE_PRICE, PRICING__V1__RULE_KIND__RULE_KIND_BASE_PRICE);
SAME_NUMBER(PRICING_CURRENCY_RATE, PRICING__V1__RULE_KIND__RULE_KIND_CURRENCY_RATE);
SAME_NUMBER(PRICING_WAREHOUSE_MARKUP, PRICING__V1__RULE_KIND__RULE_KIND_WAREHOUSE_MARKUP);
SAME_NUMBER(PRICING_QUANTITY_BREAK, PRICING__V1__RULE_KIND__RULE_KIND_QUANTITY_BREAK);
SAME_NUMBER(PRICING_PRICE_LIST, PRICING__V1__RULE_KIND__RULE_KIND_PRICE_LIST);
SAME_NUMBER(PRICING_BULK_DISCOUNT, PRICING__V1__RULE_KIND__RULE_KIND_BULK_DISCOUNT);
SAME_NUMBER(PRICING_TAX_RATE, PRICING__V1__RULE_KIND__RULE_KIND_TAX_RATE);
SAME_NUMBER(PRICING_ENDING, PRICING__V1__RULE_KIND__RULE_KIND_ENDING);

SAME_NUMBER(PRICING_RULE_USED, PRICING__V1__RULE_VERDICT__RULE_VERDICT_USED);
SAME_NUMBER(PRICING_RULE_NOT_VALID, PRICING__V1__RULE_VERDICT__RULE_VERDICT_NOT_VALID);
SAME_NUMBER(PRICING_RULE_REPLACED, PRICING__V1__RULE_VERDICT__RULE_VERDICT_REPLACED);
SAME_NUMBER(PRICING_RULE_OTHER_CUSTOMERS, PRICING__V1__RULE_VERDICT__RULE_VERDICT_OTHER_CUSTOMERS);
SAME_NUMBER(PRICING_RULE_BELOW_MINIMUM, PRICING__V1__RULE_VERDICT__RULE_VERDICT_BELOW_MINIMUM);
SAME_NUMBER(PRICING_RULE_NO_RATE, PRICING__V1__RULE_VERDICT__RULE_VERDICT_NO_RATE);
SAME_NUMBER(PRICING_RULE_NOT_BEST, PRICING__V1__RULE_VERDICT__RULE_VERDICT_NOT_BEST);
SAME_NUMBER(PRICING_RULE_NO_BASE_PRICE, PRICING__V1__RULE_VERDICT__RULE_VERDICT_NO_BASE_PRICE);

/* ---- carts ---- */

static CartLine line_from_message(const PricingV1PriceLine *message) {
        return (CartLine) {
                .sku = message->sku,
                .quantity = message->quantity,
                .warehouse_id = message->warehouse_id,
                .base_currency = message->base_price ? message->base_price->currency : NULL,
                .base_minor = message->base_price ? message->base_price->minor : 0,
                .tax_class = message->tax_class,
        };
}

Cart pricing_cart_from_message(Arena *arena, const PricingV1CalculatePricesRequest *request) {
        CartLine *lines = ARENA_ARRAY(arena, CartLine, request->n_lines);

        for (size_t i = 0; i < request->n_lines; i++)
                lines[i] = line_from_message(request->lines[i]);
        return (Cart) {
                .lines = lines,
                .n_lines = request->n_lines,
                .currency = request->currency,
                .tier = request->tier,
                .segments = request->segments,
                .n_segments = request->n_segments,
                .country = request->tax_place ? request->tax_place->country : NULL,
                .state = request->tax_place ? request->tax_place->state : "",
        };
}

static const char *const step_kinds[] = {
        [PRICING_STEP_BASE_PRICE] = "base_price",
        [PRICING_STEP_PRICE_LIST] = "price_list",
        [PRICING_STEP_CATALOG_PRICE] = "catalog_price",
        [PRICING_STEP_CONVERSION] = "conversion",
        [PRICING_STEP_WAREHOUSE_MARKUP] = "warehouse_markup",
        [PRICING_STEP_QUANTITY_BREAK] = "quantity_break",
};

static PricingV1PriceStep *step_to_message(Arena *arena, const PriceStep *step) {
        PricingV1PriceStep *message = pricing_v1_price_step_new(arena);

        message->kind = step_kinds[step->kind];
        message->rule_id = step->rule_id;
        message->before = proto_money_to_message(arena, step->before_minor, step->before_currency);
        message->after = proto_money_to_message(arena, step->after_minor, step->after_currency);
        return message;
}

static PricingV1PricedLine *line_to_message(Arena *arena, const CartLine *line, const PricedLine *priced,
                                            const char *currency) {
        PricingV1PricedLine *message = pricing_v1_priced_line_new(arena);

        message->sku = line->sku;
        message->unit_price = proto_money_to_message(arena, priced->unit_minor, currency);
        message->total_price = proto_money_to_message(arena, priced->total_minor, currency);
        message->tax_class = str_is_empty(line->tax_class) ? PRICING_DEFAULT_TAX_CLASS : line->tax_class;
        if (priced->tax) {
                message->tax_ppm = priced->tax->tax_ppm;
                message->taxes_shipping = priced->tax->taxes_shipping;
        }
        message->n_steps = priced->n_steps;
        message->steps = ARENA_ARRAY(arena, PricingV1PriceStep *, priced->n_steps);
        for (size_t i = 0; i < priced->n_steps; i++)
                message->steps[i] = step_to_message(arena, &priced->steps[i]);
        return message;
}

static PricingV1BulkDiscount *discount_to_message(Arena *arena, const BulkDiscount *discount,
                                                  const char *currency) {
        PricingV1BulkDiscount *message = pricing_v1_bulk_discount_new(arena);

        message->rule_id = discount->rule->id;
        message->name = discount->rule->name;
        message->amount = proto_money_to_message(arena, discount->amount_minor, currency);
        return message;
}

void pricing_cart_to_message(Arena *arena, const Cart *cart, const PricedCart *priced,
                             PricingV1CalculatePricesResponse *response) {
        response->n_lines = priced->n_lines;
        response->lines = ARENA_ARRAY(arena, PricingV1PricedLine *, priced->n_lines);
        for (size_t i = 0; i < priced->n_lines; i++)
                response->lines[i] =
                        line_to_message(arena, &cart->lines[i], &priced->lines[i], priced->currency);
        response->n_bulk_discounts = priced->n_bulk_discounts;
        response->bulk_discounts = ARENA_ARRAY(arena, PricingV1BulkDiscount *, priced->n_bulk_discounts);
        for (size_t i = 0; i < priced->n_bulk_discounts; i++)
                response->bulk_discounts[i] =
                        discount_to_message(arena, &priced->bulk_discounts[i], priced->currency);
        response->subtotal = proto_money_to_message(arena, priced->subtotal_minor, priced->currency);
        response->rules_version = priced->rules_version;
        response->as_of = proto_time_to_message(arena, priced->as_of_us);
}

static PricingV1TriedRule *one_tried_to_message(Arena *arena, const TriedRule *tried) {
        PricingV1TriedRule *message = pricing_v1_tried_rule_new(arena);

        message->rule = pricing_rule_to_message(arena, tried->rule);
        if (tried->line != PRICING_WHOLE_CART)
                message->place = arena_printf(arena, "lines[%zu]", tried->line);
        message->verdict = (PricingV1RuleVerdict) tried->verdict;
        return message;
}

void pricing_tried_to_message(Arena *arena, const PricedCart *priced,
                              PricingV1ExplainPricesResponse *response) {
        response->n_tried = priced->n_tried;
        response->tried = ARENA_ARRAY(arena, PricingV1TriedRule *, priced->n_tried);
        for (size_t i = 0; i < priced->n_tried; i++)
                response->tried[i] = one_tried_to_message(arena, &priced->tried[i]);
}

/* ---- rules ---- */

/* A time that no rule gives is absent, and not the year 1970. */
static GoogleProtobufTimestamp *time_unless(Arena *arena, int64_t time_us, int64_t absent_us) {
        return time_us == absent_us ? NULL : proto_time_to_message(arena, time_us);
}

PricingV1PriceRule *pricing_rule_to_message(Arena *arena, const PriceRule *rule) {
        PricingV1PriceRule *message = pricing_v1_price_rule_new(arena);
        bool has_minimum = rule->min_subtotal_minor > 0;

        message->rule_id = rule->id;
        message->kind = (PricingV1RuleKind) rule->kind;
        message->sku = rule->sku;
        message->product_id = rule->product_id;
        message->currency = rule->currency;
        message->amount = rule->is_fixed ? proto_money_to_message(arena, rule->amount_minor, rule->currency)
                                         : NULL;
        message->bp = rule->bp;
        message->to_currency = rule->to_currency;
        message->rate_ppb = rule->rate_ppb;
        message->source = rule->source;
        message->rate_as_of = proto_time_to_message(arena, rule->rate_as_of_us);
        message->warehouse_id = rule->warehouse_id;
        message->min_quantity = rule->min_quantity;
        message->min_subtotal =
                has_minimum ? proto_money_to_message(arena, rule->min_subtotal_minor, rule->currency) : NULL;
        message->tier = rule->tier;
        message->segment = rule->segment;
        message->country = rule->country;
        message->state = rule->state;
        message->tax_class = rule->tax_class;
        message->tax_ppm = rule->tax_ppm;
        message->taxes_shipping = rule->taxes_shipping;
        message->name = rule->name;
        message->ends_rule_id = rule->ends_id;
        message->valid_from = time_unless(arena, rule->valid_from_us, PRICING_ALWAYS);
        message->valid_to = time_unless(arena, rule->valid_to_us, PRICING_NEVER);
        message->created_by = rule->created_by;
        message->created_at = proto_time_to_message(arena, rule->created_at_us);
        return message;
}

static void set_times(PriceRule *rule, const GoogleProtobufTimestamp *valid_from,
                      const GoogleProtobufTimestamp *valid_to) {
        if (valid_from)
                rule->valid_from_us = proto_time_from_message(valid_from);
        if (valid_to)
                rule->valid_to_us = proto_time_from_message(valid_to);
}

PriceRule pricing_base_price_from_message(const PricingV1SetBasePriceRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_BASE_PRICE);

        rule.sku = request->sku;
        rule.product_id = request->product_id;
        rule.currency = request->currency;
        rule.is_fixed = true;
        rule.amount_minor = request->amount_minor;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_currency_rate_from_message(const PricingV1SetCurrencyRateRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_CURRENCY_RATE);

        rule.currency = request->from_currency;
        rule.to_currency = request->to_currency;
        rule.rate_ppb = request->rate_ppb;
        rule.source = request->source;
        rule.rate_as_of_us = proto_time_from_message(request->rate_as_of);
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_warehouse_markup_from_message(const PricingV1SetWarehouseMarkupRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_WAREHOUSE_MARKUP);

        rule.warehouse_id = request->warehouse_id;
        rule.bp = request->bp;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_quantity_break_from_message(const PricingV1SetQuantityBreakRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_QUANTITY_BREAK);

        rule.sku = request->sku;
        rule.product_id = request->product_id;
        rule.min_quantity = request->min_quantity;
        rule.bp = request->bp;
        rule.currency = request->currency;
        rule.is_fixed = request->price_case == PRICING__V1__SET_QUANTITY_BREAK_REQUEST__PRICE_AMOUNT_MINOR;
        if (rule.is_fixed)
                rule.amount_minor = request->amount_minor;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_price_list_from_message(const PricingV1SetPriceListEntryRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_PRICE_LIST);

        rule.sku = request->sku;
        rule.product_id = request->product_id;
        rule.tier = request->tier;
        rule.segment = request->segment;
        rule.bp = request->bp;
        rule.currency = request->currency;
        rule.is_fixed = request->price_case == PRICING__V1__SET_PRICE_LIST_ENTRY_REQUEST__PRICE_AMOUNT_MINOR;
        if (rule.is_fixed)
                rule.amount_minor = request->amount_minor;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_bulk_discount_from_message(const PricingV1SetBulkDiscountRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_BULK_DISCOUNT);

        rule.name = request->name;
        rule.min_quantity = request->min_quantity;
        rule.min_subtotal_minor = request->min_subtotal_minor;
        rule.bp = request->bp;
        rule.amount_minor = request->amount_minor;
        rule.currency = request->currency;
        rule.is_fixed = request->amount_minor > 0;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}

PriceRule pricing_tax_rate_from_message(const PricingV1SetTaxRateRequest *request) {
        PriceRule rule = pricing_rule_of(PRICING_TAX_RATE);

        rule.country = request->country;
        rule.state = request->state;
        rule.tax_class = str_is_empty(request->tax_class) ? PRICING_DEFAULT_TAX_CLASS : request->tax_class;
        rule.tax_ppm = request->tax_ppm;
        rule.taxes_shipping = request->taxes_shipping;
        set_times(&rule, request->valid_from, request->valid_to);
        return rule;
}
