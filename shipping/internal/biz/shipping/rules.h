/*
 * The rules of zones, rates and transit times, and sets of them.
 *
 * A rule is never changed: a newer one with the same key replaces it, or an ending ends it. The number of a
 * rule is also the version of the rates from then on. So the rules of a version are those with its number or
 * a lower one that none of these ends; of those that are valid at a time and have the same key, the newest
 * counts.
 *
 * source     000 Step 5
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/error.h"

/* What a valid_from or valid_to is that no rule gives. */
#define SHIPPING_ALWAYS INT64_MIN
#define SHIPPING_NEVER INT64_MAX

typedef enum ShippingRuleKind {
        SHIPPING_ZONE = 1,  /* which zone an address belongs to */
        SHIPPING_WAREHOUSE, /* which zone a warehouse sends from */
        SHIPPING_RATE,      /* what a parcel of a weight costs */
        SHIPPING_TRANSIT,   /* how long a parcel takes */
        SHIPPING_ENDING,
} ShippingRuleKind;

/* The slowest first. */
typedef enum ShippingMethod {
        SHIPPING_NO_METHOD,
        SHIPPING_STANDARD,
        SHIPPING_EXPRESS,
        SHIPPING_OVERNIGHT,
} ShippingMethod;

#define SHIPPING_N_METHODS 3

/* A rule of any kind; what its kind does not have is "", 0 or false. */
typedef struct ShippingRule {
        int64_t id;
        ShippingRuleKind kind;
        const char *country;
        const char *state;        /* "": the whole country */
        const char *zone;         /* of rates and transit times: where parcels go */
        const char *warehouse_id;
        const char *from_zone;    /* "": from any warehouse */
        ShippingMethod method;
        const char *currency;
        const char *tier;         /* "": for all customers */
        int64_t above_grams;      /* for parcels that weigh more; 0: from the lightest on */
        int64_t max_grams;        /* 0: none is too heavy */
        int64_t amount_minor;
        int64_t step_grams;       /* 0: no steps */
        int64_t step_minor;       /* for each begun step beyond above_grams */
        bool is_taxable;
        int64_t days;             /* working days */
        int64_t ends_id;
        int64_t valid_from_us;    /* SHIPPING_ALWAYS: at once; wall clock, as all times here */
        int64_t valid_to_us;      /* SHIPPING_NEVER: it stays */
        const char *created_by;
        int64_t created_at_us;
} ShippingRule;

/* All texts "", and valid without end. */
ShippingRule shipping_rule_of(ShippingRuleKind kind);

/* "standard"; "" for SHIPPING_NO_METHOD. */
const char *shipping_method_word(ShippingMethod method);

/* "" is SHIPPING_NO_METHOD. errors: internal, for a word that this version does not know */
const Error *shipping_read_method(Arena *arena, const char *word, ShippingMethod *ret_method) MUST_CHECK;

/* Rules of a version, never changed once made. */
typedef struct ShippingRuleSet {
        int64_t version;
        const ShippingRule *const *rules; /* by kind, by what is looked for, the newest first */
        size_t n_rules;
} ShippingRuleSet;

/* Lives in arena, as the rules must. */
const ShippingRuleSet *shipping_rule_set_new(Arena *arena, int64_t version, const ShippingRule *rules,
                                             size_t n_rules);

/* Some of a set's rules, side by side. */
typedef struct ShippingRules {
        const ShippingRule *const *rules;
        size_t n;
} ShippingRules;

/*
 * Those of a kind for what is looked for: of zones the country, of warehouses the warehouse, of rates and
 * transit times the zone that parcels go to.
 */
ShippingRules shipping_rules_find(const ShippingRuleSet *set, ShippingRuleKind kind, const char *word);

/* True when rules->rules[i] is valid at that time, and no newer one with its key is. */
bool shipping_rule_counts(const ShippingRules *rules, size_t i, int64_t at_us);

/* True for an ISO 3166 code: two capital letters. */
bool shipping_is_country(const char *text);
