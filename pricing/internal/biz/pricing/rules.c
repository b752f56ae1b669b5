#include "biz/pricing/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"

PriceRule pricing_rule_of(PriceRuleKind kind) {
        return (PriceRule) {
                .kind = kind,
                .sku = "",
                .product_id = "",
                .currency = "",
                .to_currency = "",
                .source = "",
                .warehouse_id = "",
                .tier = "",
                .segment = "",
                .country = "",
                .state = "",
                .tax_class = "",
                .name = "",
                .created_by = "",
                .valid_from_us = PRICING_ALWAYS,
                .valid_to_us = PRICING_NEVER,
        };
}

/* What rules are looked for by. */
typedef struct Place {
        PriceRuleKind kind;
        const char *word;
        const char *state, *tax_class; /* of taxes; else "" */
} Place;

static Place place_of(const PriceRule *rule) {
        Place place = { .kind = rule->kind, .word = "", .state = "", .tax_class = "" };

        switch (rule->kind) {
        case PRICING_BASE_PRICE:
        case PRICING_QUANTITY_BREAK:
        case PRICING_PRICE_LIST:
                place.word = rule->sku;
                break;
        case PRICING_CURRENCY_RATE:
                place.word = rule->currency;
                break;
        case PRICING_WAREHOUSE_MARKUP:
                place.word = rule->warehouse_id;
                break;
        case PRICING_TAX_RATE:
                place.word = rule->country;
                place.state = rule->state;
                place.tax_class = rule->tax_class;
                break;
        case PRICING_BULK_DISCOUNT:
        case PRICING_ENDING:
                break;
        }
        return place;
}

/* Of two rules in the same place. */
static bool has_same_key(const PriceRule *a, const PriceRule *b) {
        switch (a->kind) {
        case PRICING_BASE_PRICE:
                return str_equal(a->currency, b->currency);
        case PRICING_CURRENCY_RATE:
                return str_equal(a->to_currency, b->to_currency);
        case PRICING_QUANTITY_BREAK:
                return a->min_quantity == b->min_quantity;
        case PRICING_PRICE_LIST:
                return str_equal(a->tier, b->tier) && str_equal(a->segment, b->segment);
        case PRICING_BULK_DISCOUNT:
                return str_equal(a->name, b->name);
        case PRICING_TAX_RATE:
        case PRICING_WAREHOUSE_MARKUP:
                return true;
        case PRICING_ENDING:
                return false;
        }
        abort();
}

static int compare_places(Place a, Place b) {
        int order = (int) a.kind - (int) b.kind;

        if (order == 0)
                order = strcmp(a.word, b.word);
        if (order == 0)
                order = strcmp(a.state, b.state);
        return order ? order : strcmp(a.tax_class, b.tax_class);
}

static int compare_rules(const void *left, const void *right) {
        const PriceRule *a = *(const PriceRule *const *) left, *b = *(const PriceRule *const *) right;
        int order = compare_places(place_of(a), place_of(b));

        return order ? order : (a->id < b->id) - (a->id > b->id);
}

const PriceRuleSet *pricing_rule_set_new(Arena *arena, int64_t version, const PriceRule *rules,
                                         size_t n_rules) {
        PriceRuleSet *set = ARENA_NEW(arena, PriceRuleSet);
        const PriceRule **sorted = ARENA_ARRAY(arena, const PriceRule *, n_rules);

        for (size_t i = 0; i < n_rules; i++)
                sorted[i] = &rules[i];
        qsort(sorted, n_rules, sizeof(*sorted), compare_rules);
        *set = (PriceRuleSet) { .version = version, .rules = sorted, .n_rules = n_rules };
        return set;
}

/* The first rule that does not come before the place, or, when is_behind, that comes behind it. */
static size_t find_first(const PriceRuleSet *set, Place place, bool is_behind) {
        size_t first = 0, end = set->n_rules;

        while (first < end) {
                size_t middle = first + (end - first) / 2;
                int order = compare_places(place, place_of(set->rules[middle]));

                if (order > 0 || (order == 0 && is_behind))
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

static PriceRules find(const PriceRuleSet *set, Place place) {
        size_t first = find_first(set, place, false);

        return (PriceRules) { .rules = set->rules + first, .n = find_first(set, place, true) - first };
}

PriceRules pricing_rules_find(const PriceRuleSet *set, PriceRuleKind kind, const char *word) {
        return find(set, (Place) { .kind = kind, .word = word, .state = "", .tax_class = "" });
}

PriceRules pricing_rules_find_taxes(const PriceRuleSet *set, const char *country, const char *state,
                                    const char *tax_class) {
        return find(set, (Place) {
                .kind = PRICING_TAX_RATE, .word = country, .state = state, .tax_class = tax_class
        });
}

bool pricing_rule_is_valid(const PriceRule *rule, int64_t at_us) {
        return rule->valid_from_us <= at_us && at_us < rule->valid_to_us;
}

bool pricing_rule_is_replaced(const PriceRules *rules, size_t i, int64_t at_us) {
        for (size_t k = 0; k < i; k++)
                if (has_same_key(rules->rules[k], rules->rules[i]) &&
                    pricing_rule_is_valid(rules->rules[k], at_us))
                        return true;
        return false;
}

bool pricing_is_country(const char *text) {
        return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && text[2] == '\0';
}
