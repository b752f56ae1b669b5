#include "biz/shipping/rules.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "base/word.h"

static const char *const method_words[] = {
        [SHIPPING_NO_METHOD] = "",
        [SHIPPING_STANDARD] = "standard",
        [SHIPPING_EXPRESS] = "express",
        [SHIPPING_OVERNIGHT] = "overnight",
};

const char *shipping_method_word(ShippingMethod method) {
        return method_words[method];
}

const Error *shipping_read_method(Arena *arena, const char *word, ShippingMethod *ret_method) {
        size_t method;

        TRY(word_read(arena, method_words, ARRAY_SIZE(method_words), "method", word, &method));
        *ret_method = (ShippingMethod) method;
        return NULL;
}

ShippingRule shipping_rule_of(ShippingRuleKind kind) {
        return (ShippingRule) {
                .kind = kind,
                .country = "",
                .state = "",
                .zone = "",
                .warehouse_id = "",
                .from_zone = "",
                .currency = "",
                .tier = "",
                .created_by = "",
                .valid_from_us = SHIPPING_ALWAYS,
                .valid_to_us = SHIPPING_NEVER,
        };
}

/* What a rule is looked for by. */
static const char *word_of(const ShippingRule *rule) {
        switch (rule->kind) {
        case SHIPPING_ZONE:
                return rule->country;
        case SHIPPING_WAREHOUSE:
                return rule->warehouse_id;
        case SHIPPING_RATE:
        case SHIPPING_TRANSIT:
                return rule->zone;
        case SHIPPING_ENDING:
                return "";
        }
        abort();
}

static bool has_same_way(const ShippingRule *a, const ShippingRule *b) {
        return a->method == b->method && str_equal(a->from_zone, b->from_zone);
}

/* Of two rules with the same word. */
static bool has_same_key(const ShippingRule *a, const ShippingRule *b) {
        switch (a->kind) {
        case SHIPPING_ZONE:
                return str_equal(a->state, b->state);
        case SHIPPING_WAREHOUSE:
                return true;
        case SHIPPING_RATE:
                return has_same_way(a, b) && str_equal(a->currency, b->currency) &&
                       str_equal(a->tier, b->tier) && a->above_grams == b->above_grams;
        case SHIPPING_TRANSIT:
                return has_same_way(a, b);
        case SHIPPING_ENDING:
                return false;
        }
        abort();
}

static int compare_words(ShippingRuleKind kind, const char *word, const ShippingRule *rule) {
        return kind != rule->kind ? (int) kind - (int) rule->kind : strcmp(word, word_of(rule));
}

static int compare_rules(const void *left, const void *right) {
        const ShippingRule *a = *(const ShippingRule *const *) left;
        const ShippingRule *b = *(const ShippingRule *const *) right;
        int order = compare_words(a->kind, word_of(a), b);

        return order ? order : (a->id < b->id) - (a->id > b->id);
}

const ShippingRuleSet *shipping_rule_set_new(Arena *arena, int64_t version, const ShippingRule *rules,
                                             size_t n_rules) {
        ShippingRuleSet *set = ARENA_NEW(arena, ShippingRuleSet);
        const ShippingRule **sorted = ARENA_ARRAY(arena, const ShippingRule *, n_rules);

        for (size_t i = 0; i < n_rules; i++)
                sorted[i] = &rules[i];
        if (n_rules > 0)
                qsort(sorted, n_rules, sizeof(*sorted), compare_rules);
        *set = (ShippingRuleSet) { .version = version, .rules = sorted, .n_rules = n_rules };
        return set;
}

/* The first rule that does not come before the word, or, when is_behind, that comes behind it. */
static size_t find_place(const ShippingRuleSet *set, ShippingRuleKind kind, const char *word,
                         bool is_behind) {
        size_t first = 0, end = set->n_rules;

        while (first < end) {
                size_t middle = first + (end - first) / 2;
                int order = compare_words(kind, word, set->rules[middle]);

                if (order > 0 || (order == 0 && is_behind))
                        first = middle + 1;
                else
                        end = middle;
        }
        return first;
}

ShippingRules shipping_rules_find(const ShippingRuleSet *set, ShippingRuleKind kind, const char *word) {
        size_t first = find_place(set, kind, word, false);

        return (ShippingRules) { .rules = set->rules + first,
                                 .n = find_place(set, kind, word, true) - first };
}

static bool is_valid(const ShippingRule *rule, int64_t at_us) {
        return rule->valid_from_us <= at_us && at_us < rule->valid_to_us;
}

bool shipping_rule_counts(const ShippingRules *rules, size_t i, int64_t at_us) {
        if (!is_valid(rules->rules[i], at_us))
                return false;
        for (size_t k = 0; k < i; k++)
                if (has_same_key(rules->rules[k], rules->rules[i]) && is_valid(rules->rules[k], at_us))
                        return false;
        return true;
}

bool shipping_is_country(const char *text) {
        return text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z' && text[2] == '\0';
}
