/*
 * The rules of prices and taxes, and sets of them.
 *
 * A rule is never changed: a newer one with the same key replaces it, or an ending ends it. The number of a
 * rule is also the version of the rules from then on. So the rules of a version are those with its number or
 * a lower one that none of these ends; of those that are valid at a time and have the same key, the newest
 * counts.
 *
 * source     002 3.3, 4.5
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* Rates are parts per billion of a unit. */
#define PRICING_PPB_ONE INT64_C(1000000000)

/* What a valid_from or valid_to is that no rule gives. */
#define PRICING_ALWAYS INT64_MIN
#define PRICING_NEVER INT64_MAX

typedef enum PriceRuleKind {
        PRICING_BASE_PRICE = 1,
        PRICING_CURRENCY_RATE,
        PRICING_WAREHOUSE_MARKUP,
        PRICING_QUANTITY_BREAK,
        PRICING_PRICE_LIST,
        PRICING_BULK_DISCOUNT,
        PRICING_TAX_RATE,
        PRICING_ENDING,
} PriceRuleKind;

/* A rule of any kind; what its kind does not have is "", 0 or false. */
typedef struct PriceRule {
        int64_t id;
        PriceRuleKind kind;
        const char *sku;        /* of base prices, breaks and lists; and of their endings */
        const char *product_id; /* the SKU's */
        const char *currency;   /* of amount and minimum; of a rate: what it leads from */
        bool is_fixed;          /* amount_minor says it, else bp */
        int64_t amount_minor;
        int64_t bp; /* added by a warehouse, off elsewhere */
        const char *to_currency;
        int64_t rate_ppb; /* units of to_currency for one of currency */
        const char *source;
        int64_t rate_as_of_us; /* wall clock, as all times here */
        const char *warehouse_id;
        int64_t min_quantity;
        int64_t min_subtotal_minor;
        const char *tier;
        const char *segment;
        const char *country;
        const char *state; /* "": the whole country */
        const char *tax_class;
        int64_t tax_ppm;
        bool taxes_shipping;
        const char *name;
        int64_t ends_id;
        int64_t valid_from_us; /* PRICING_ALWAYS: at once */
        int64_t valid_to_us;   /* PRICING_NEVER: it stays */
        const char *created_by;
        int64_t created_at_us;
} PriceRule;

/* All texts "", and valid without end. */
PriceRule pricing_rule_of(PriceRuleKind kind);

/* Rules of a version, never changed once made. */
typedef struct PriceRuleSet {
        int64_t version;
        const PriceRule *const *rules; /* by kind, by what they are looked for, the newest first */
        size_t n_rules;
} PriceRuleSet;

/* Lives in arena, as the rules must. */
const PriceRuleSet *pricing_rule_set_new(Arena *arena, int64_t version, const PriceRule *rules,
                                         size_t n_rules);

/* Some of a set's rules, side by side. */
typedef struct PriceRules {
        const PriceRule *const *rules;
        size_t n;
} PriceRules;

/*
 * Those of a kind, but taxes, for what is looked for: a SKU; of rates: the currency that they lead from; of
 * markups: the warehouse; of bulk discounts: "".
 */
PriceRules pricing_rules_find(const PriceRuleSet *set, PriceRuleKind kind, const char *word);

/* The taxes of a class in one state of a country; state "": those that are of the whole country. */
PriceRules pricing_rules_find_taxes(const PriceRuleSet *set, const char *country, const char *state,
                                    const char *tax_class);

/* True at a time from valid_from on and before valid_to. */
bool pricing_rule_is_valid(const PriceRule *rule, int64_t at_us);

/* True when a newer rule that is valid at that time has the key of rules->rules[i]. */
bool pricing_rule_is_replaced(const PriceRules *rules, size_t i, int64_t at_us);

/* True for an ISO 3166 code: two capital letters. */
bool pricing_is_country(const char *text);
