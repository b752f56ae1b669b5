/*
 * The use case of rates: parcels are priced by the newest rules that are known, or by those of any version;
 * rules are set, ended and listed.
 *
 * source     000 Step 5
 */
#pragma once

#include "biz/shipping/quote.h"

#define SHIPPING_RULES_PAGE 20

/* The newest rules that are known: none was newer at as_of, by the database's clock. */
typedef struct KnownRules {
        const ShippingRuleSet *rules;
        int64_t as_of_us;
} KnownRules;

typedef enum AppendVerdict { APPEND_DONE = 1, APPEND_ENDED_BEFORE } AppendVerdict;

/* Which rules are listed, the newest first. */
typedef struct RuleQuery {
        ShippingRuleKind kind; /* 0: all */
        const char *zone;      /* "": all */
        int64_t before_id;     /* 0: from the newest on */
        int64_t limit;         /* 0: SHIPPING_RULES_PAGE */
} RuleQuery;

typedef struct RulePage {
        const ShippingRule *rules;
        size_t n_rules;
        bool has_more;
} RulePage;

/* Where rules are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct ShippingRuleRepo ShippingRuleRepo;
struct ShippingRuleRepo {
        /*
         * The newest rules that this process knows, which live as long as the context's arena. Asks the
         * database only when it knows none, or has not heard of it for long.
         */
        const Error *(*known)(ShippingRuleRepo *self, Ctx *ctx, KnownRules *ret_known);

        /* Looks whether the rules have changed, and makes the newest known. */
        const Error *(*look)(ShippingRuleRepo *self, Ctx *ctx);

        /* Whether a look has succeeded. */
        bool (*has_looked)(ShippingRuleRepo *self);

        /*
         * The rules of a version, without those that are over at a time or replaced for all that follows, in
         * the context's arena. *ret_newest is the newest version there is; ret_rules is NULL when it is less.
         */
        const Error *(*load)(ShippingRuleRepo *self, Ctx *ctx, int64_t version, int64_t at_us,
                             int64_t *ret_newest, const ShippingRuleSet **ret_rules);

        /*
         * Writes a rule under the next number, *ret_id.
         *
         * APPEND_ENDED_BEFORE    it is an ending of a rule that has one
         */
        const Error *(*append)(ShippingRuleRepo *self, Ctx *ctx, const ShippingRule *rule,
                               AppendVerdict *ret_verdict, int64_t *ret_id);

        /* *ret_rule is NULL when there is none. */
        const Error *(*find)(ShippingRuleRepo *self, Ctx *ctx, int64_t id, const ShippingRule **ret_rule);

        /* Up to limit rules. */
        const Error *(*list)(ShippingRuleRepo *self, Ctx *ctx, const RuleQuery *query,
                             const ShippingRule **ret_rules, size_t *ret_n_rules);
};

/* Tells other processes that there are new rules, without waiting and without promise. */
typedef struct ShippingNews ShippingNews;
struct ShippingNews {
        void (*tell)(ShippingNews *self);
};

typedef struct Tariff {
        ShippingRuleRepo *repo;
        ShippingNews *news;
} Tariff;

/*
 * Prices parcels by the rules of a version at a time.
 *
 * version    0: the newest that are known, however long the database may be away already
 * at_us      that they count at, NULL: now
 * errors     those of shipping_price_parcels; INVALID_REQUEST for a version that is still to come
 */
const Error *shipping_quote(Tariff *tariff, Ctx *ctx, const ShippingQuestion *question, int64_t version,
                            const int64_t *at_us, ShippingQuote *ret_quote) MUST_CHECK;

/*
 * Sets a rule, which this process counts from then on, and others soon.
 *
 * rule       its id is not read; created_by is the caller
 * errors     INVALID_REQUEST for what contradicts itself
 */
const Error *shipping_set_rule(Tariff *tariff, Ctx *ctx, const ShippingRule *rule,
                               int64_t *ret_id) MUST_CHECK;

/* Ends a rule at once; the ending has a number, too. errors: SHIPPING_RULE_NOT_FOUND, SHIPPING_RULE_ENDED */
const Error *shipping_end_rule(Tariff *tariff, Ctx *ctx, int64_t rule_id, int64_t *ret_id) MUST_CHECK;

const Error *shipping_list_rules(Tariff *tariff, Ctx *ctx, RuleQuery query, RulePage *ret_page) MUST_CHECK;

/* errors: INVALID_REQUEST for a rule that contradicts itself, or would never count after now */
const Error *shipping_check_rule(Ctx *ctx, const ShippingRule *rule, int64_t now_us) MUST_CHECK;
