#include "biz/shipping/quote.h"

#include "base/money.h"
#include "base/str.h"

/* Parcels that are being quoted. */
typedef struct Quoting {
        Ctx *ctx;
        const ShippingRuleSet *rules;
        int64_t at_us;
        const ShippingQuestion *question;
        const char *currency;
        const ShippingRule *zone;
} Quoting;

/* ---- where it goes ---- */

static const Error *not_served(Ctx *ctx, const ShippingQuestion *question) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_DESTINATION_NOT_SERVED,
                                 "Nothing is sent to %s%s%s", question->country,
                                 str_is_empty(question->state) ? "" : " ", question->state);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("country", question->country),
                         error_text("state", question->state));
        return error;
}

/* That of the state, else that of its whole country. */
static const Error *find_zone(Quoting *quoting) {
        const ShippingQuestion *question = quoting->question;
        ShippingRules rules = shipping_rules_find(quoting->rules, SHIPPING_ZONE, question->country);

        for (size_t i = 0; i < rules.n; i++) {
                const ShippingRule *rule = rules.rules[i];
                bool is_of_state = !str_is_empty(rule->state);

                if (!shipping_rule_counts(&rules, i, quoting->at_us) ||
                    (is_of_state && !str_equal(rule->state, question->state)))
                        continue;
                if (!quoting->zone || is_of_state)
                        quoting->zone = rule;
        }
        return quoting->zone ? NULL : not_served(quoting->ctx, question);
}

static const ShippingRule *find_warehouse(const Quoting *quoting, const Parcel *parcel) {
        ShippingRules rules = shipping_rules_find(quoting->rules, SHIPPING_WAREHOUSE, parcel->warehouse_id);

        for (size_t i = 0; i < rules.n; i++)
                if (shipping_rule_counts(&rules, i, quoting->at_us))
                        return rules.rules[i];
        return NULL;
}

/* ---- one parcel ---- */

static bool is_from(const ShippingRule *rule, const ShippingRule *warehouse) {
        return str_is_empty(rule->from_zone) || (warehouse && str_equal(rule->from_zone, warehouse->zone));
}

static bool takes(const Quoting *quoting, const ShippingRule *rate, const ParcelPrice *parcel) {
        int64_t grams = parcel->billable_grams;

        return is_from(rate, parcel->warehouse) && str_equal(rate->currency, quoting->currency) &&
               (str_is_empty(rate->tier) || str_equal(rate->tier, quoting->question->tier)) &&
               (rate->above_grams == 0 || grams > rate->above_grams) &&
               (rate->max_grams == 0 || grams <= rate->max_grams);
}

/* One of a tier comes before one for all, one from a zone before one from anywhere, then the heavier. */
static bool is_better_rate(const ShippingRule *a, const ShippingRule *b) {
        if (str_is_empty(a->tier) != str_is_empty(b->tier))
                return !str_is_empty(a->tier);
        if (str_is_empty(a->from_zone) != str_is_empty(b->from_zone))
                return !str_is_empty(a->from_zone);
        return a->above_grams > b->above_grams;
}

static const ShippingRule *find_rate(const Quoting *quoting, ShippingMethod method,
                                     const ParcelPrice *parcel) {
        ShippingRules rules = shipping_rules_find(quoting->rules, SHIPPING_RATE, quoting->zone->zone);
        const ShippingRule *best = NULL;

        for (size_t i = 0; i < rules.n; i++) {
                const ShippingRule *rate = rules.rules[i];

                if (rate->method == method && takes(quoting, rate, parcel) &&
                    (!best || is_better_rate(rate, best)) && shipping_rule_counts(&rules, i, quoting->at_us))
                        best = rate;
        }
        return best;
}

static const ShippingRule *find_transit(const Quoting *quoting, ShippingMethod method,
                                        const ParcelPrice *parcel) {
        ShippingRules rules = shipping_rules_find(quoting->rules, SHIPPING_TRANSIT, quoting->zone->zone);
        const ShippingRule *best = NULL;

        for (size_t i = 0; i < rules.n; i++) {
                const ShippingRule *transit = rules.rules[i];

                if (transit->method == method && is_from(transit, parcel->warehouse) &&
                    (!best || !str_is_empty(transit->from_zone)) &&
                    shipping_rule_counts(&rules, i, quoting->at_us))
                        best = transit;
        }
        return best;
}

int64_t shipping_billable_grams(const Parcel *parcel) {
        int64_t weight = 0, volume = 0;

        for (size_t i = 0; i < parcel->n_lines; i++) {
                const ParcelLine *line = &parcel->lines[i];
                int64_t mm3 = line->length_mm * line->width_mm * line->height_mm;

                weight += line->quantity * line->weight_grams;
                volume += line->quantity * ((mm3 + SHIPPING_MM3_PER_GRAM - 1) / SHIPPING_MM3_PER_GRAM);
        }
        return weight > volume ? weight : volume;
}

static bool price_by(const ShippingRule *rate, int64_t grams, int64_t *ret_minor) {
        int64_t beyond = grams - rate->above_grams, steps_minor = 0;

        if (rate->step_grams > 0 && beyond > 0 &&
            !money_multiply(rate->step_minor, (beyond + rate->step_grams - 1) / rate->step_grams,
                            &steps_minor))
                return false;
        return money_add(rate->amount_minor, steps_minor, ret_minor);
}

static const Error *too_dear(const Quoting *quoting, size_t parcel) {
        return error_invalid(quoting->ctx->arena,
                             arena_printf(quoting->ctx->arena, "parcels[%zu].lines", parcel),
                             "come to more than can be priced: send less at a time");
}

/* *ret_is_taken is false when the method is not for this parcel. */
static const Error *price_parcel(const Quoting *quoting, ShippingMethod method, size_t i,
                                 ParcelPrice *ret_price, bool *ret_is_taken) {
        const Parcel *parcel = &quoting->question->parcels[i];
        ParcelPrice price = { .billable_grams = shipping_billable_grams(parcel),
                              .warehouse = find_warehouse(quoting, parcel) };

        price.rate = find_rate(quoting, method, &price);
        price.transit = find_transit(quoting, method, &price);
        *ret_is_taken = price.rate && price.transit;
        if (!*ret_is_taken)
                return NULL;
        if (!price_by(price.rate, price.billable_grams, &price.price_minor))
                return too_dear(quoting, i);
        price.delivery_us = shipping_add_working_days(quoting->at_us, price.transit->days);
        *ret_price = price;
        return NULL;
}

/* ---- all parcels ---- */

static const Error *price_method(const Quoting *quoting, ShippingMethod method, ShippingQuote *quote) {
        size_t n_parcels = quoting->question->n_parcels;
        ParcelPrice *parcels = ARENA_ARRAY(quoting->ctx->arena, ParcelPrice, n_parcels);
        ShippingOption option = { .method = method, .parcels = parcels };
        bool is_taken;

        for (size_t i = 0; i < n_parcels; i++) {
                TRY(price_parcel(quoting, method, i, &parcels[i], &is_taken));
                if (!is_taken)
                        return NULL;
                if (!money_add(option.total_minor, parcels[i].price_minor, &option.total_minor))
                        return too_dear(quoting, i);
                if (i == 0 || parcels[i].delivery_us > option.delivery_us)
                        option.delivery_us = parcels[i].delivery_us;
                option.is_taxable |= parcels[i].rate->is_taxable;
        }
        quote->options[quote->n_options++] = option;
        return NULL;
}

static const Error *no_method(const Quoting *quoting) {
        Arena *arena = quoting->ctx->arena;
        Error *error = error_new(arena, ERROR_FAILED_PRECONDITION, REASON_NO_SHIPPING_METHOD,
                                 "No method takes these parcels to %s in %s", quoting->question->country,
                                 quoting->currency);

        ERROR_ADD_RECORD(arena, error, error_text("zone", quoting->zone->zone),
                         error_text("currency", quoting->currency));
        return error;
}

static const Error *check_parcels(Ctx *ctx, const ShippingQuestion *question) {
        for (size_t i = 1; i < question->n_parcels; i++)
                for (size_t k = 0; k < i; k++)
                        if (str_equal(question->parcels[i].seller_id, question->parcels[k].seller_id) &&
                            str_equal(question->parcels[i].warehouse_id, question->parcels[k].warehouse_id))
                                return error_invalid(ctx->arena,
                                                     arena_printf(ctx->arena, "parcels[%zu]", i),
                                                     "must be another than parcels[%zu]: one per seller and "
                                                     "warehouse", k);
        return NULL;
}

static const Error *check(const Quoting *quoting) {
        Arena *arena = quoting->ctx->arena;

        if (money_decimals(quoting->currency) < 0)
                return error_invalid(arena, "currency", "must be the code of a known currency");
        if (!shipping_is_country(quoting->question->country))
                return error_invalid(arena, "destination.country", "must be a code of two capital letters");
        return check_parcels(quoting->ctx, quoting->question);
}

const Error *shipping_price_parcels(Ctx *ctx, const ShippingRuleSet *rules, int64_t at_us,
                                    const ShippingQuestion *question, ShippingQuote *ret_quote) {
        Quoting quoting = {
                .ctx = ctx,
                .rules = rules,
                .at_us = at_us,
                .question = question,
                .currency = str_is_empty(question->currency) ? SHIPPING_DEFAULT_CURRENCY : question->currency,
        };

        TRY(check(&quoting));
        TRY(find_zone(&quoting));
        ShippingQuote quote = { .currency = quoting.currency, .zone = quoting.zone,
                                .rates_version = rules->version, .as_of_us = at_us };
        for (ShippingMethod method = SHIPPING_STANDARD; method <= SHIPPING_OVERNIGHT; method++)
                TRY(price_method(&quoting, method, &quote));
        if (quote.n_options == 0)
                return no_method(&quoting);
        *ret_quote = quote;
        return NULL;
}
