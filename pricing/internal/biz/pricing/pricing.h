/*
 * The use case: carts are priced by the newest rules that are known, and explained by those of any version;
 * rules are set, ended and listed. This header is what the service and server layers need of the business.
 *
 * source     002 3.3, 4.5
 */
#pragma once

#include "biz/pricing/cart.h"

/* The newest rules that are known: none was newer at as_of, by the database's clock. */
typedef struct KnownRules {
        const PriceRuleSet *rules;
        int64_t as_of_us;
} KnownRules;

typedef enum AppendVerdict { APPEND_DONE = 1, APPEND_OTHER_PRODUCT, APPEND_ENDED_BEFORE } AppendVerdict;

/* Which rules are listed, the newest first. */
typedef struct RuleQuery {
        PriceRuleKind kind; /* 0: all */
        const char *sku;    /* "": all */
        int64_t before_id;  /* 0: from the newest on */
        int64_t limit;      /* 0: PRICING_PAGE */
} RuleQuery;

#define PRICING_PAGE 20

typedef struct RulePage {
        const PriceRule *rules;
        size_t n_rules;
        bool has_more;
} RulePage;

/* Where rules are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct PriceRuleRepo PriceRuleRepo;
struct PriceRuleRepo {
        /*
         * The newest rules that this process knows, which live as long as the context's arena. Asks the
         * database only when it knows none, or has not heard of it for long.
         */
        const Error *(*known)(PriceRuleRepo *self, Ctx *ctx, KnownRules *ret_known);

        /* Looks whether the rules have changed, and makes the newest known. */
        const Error *(*look)(PriceRuleRepo *self, Ctx *ctx);

        /* UNAVAILABLE until the first look has succeeded, asking nobody. */
        const Error *(*ready)(PriceRuleRepo *self, Ctx *ctx);

        /*
         * The rules of a version, without those that are over at a time or replaced for all that follows, in
         * the context's arena. *ret_newest is the newest version there is; ret_rules is NULL when it is less.
         */
        const Error *(*load)(PriceRuleRepo *self, Ctx *ctx, int64_t version, int64_t at_us,
                             int64_t *ret_newest, const PriceRuleSet **ret_rules);

        /*
         * Writes a rule under the next number, *ret_id, with its event when it is one of a SKU.
         *
         * APPEND_OTHER_PRODUCT   the SKU is known to belong to another product
         * APPEND_ENDED_BEFORE    it is an ending of a rule that has one
         */
        const Error *(*append)(PriceRuleRepo *self, Ctx *ctx, const PriceRule *rule,
                               AppendVerdict *ret_verdict, int64_t *ret_id);

        /* *ret_rule is NULL when there is none. */
        const Error *(*find)(PriceRuleRepo *self, Ctx *ctx, int64_t id, const PriceRule **ret_rule);

        /* Up to limit rules. */
        const Error *(*list)(PriceRuleRepo *self, Ctx *ctx, const RuleQuery *query,
                             const PriceRule **ret_rules, size_t *ret_n_rules);
};

/* Tells other processes that there are new rules, without waiting and without promise. */
typedef struct PriceNews PriceNews;
struct PriceNews {
        void (*tell)(PriceNews *self);
};

typedef struct PricingUsecase {
        PriceRuleRepo *repo;
        PriceNews *news;
} PricingUsecase;

/*
 * Prices a cart by the newest rules that are known, however long the database may be away already.
 *
 * errors     those of pricing_price_cart
 */
const Error *pricing_calculate(PricingUsecase *usecase, Ctx *ctx, const Cart *cart,
                               PricedCart *ret_priced) MUST_CHECK;

/*
 * Prices a cart, and says what became of every rule that was tried.
 *
 * version    of the rules; 0: the newest
 * at_us      that they count at, NULL: now, and with a version its time of reading
 * errors     those of pricing_price_cart; INVALID_REQUEST for a version that is still to come
 */
const Error *pricing_explain(PricingUsecase *usecase, Ctx *ctx, const Cart *cart, int64_t version,
                             const int64_t *at_us, PricedCart *ret_priced) MUST_CHECK;

/*
 * What one piece of a SKU costs by its base price. errors: PRICE_UNAVAILABLE; INVALID_REQUEST
 */
const Error *pricing_base_price(PricingUsecase *usecase, Ctx *ctx, const char *sku, const char *currency,
                                PricedCart *ret_priced) MUST_CHECK;

/*
 * Sets a rule, which this process counts from then on, and others soon.
 *
 * rule       its id is not read; created_by is the caller
 * errors     INVALID_REQUEST for what contradicts itself; PRICE_PRODUCT_MISMATCH
 */
const Error *pricing_set_rule(PricingUsecase *usecase, Ctx *ctx, const PriceRule *rule,
                              int64_t *ret_id) MUST_CHECK;

/* Ends a rule at once; the ending has a number, too. errors: PRICE_RULE_NOT_FOUND, PRICE_RULE_ENDED */
const Error *pricing_end_rule(PricingUsecase *usecase, Ctx *ctx, int64_t rule_id, int64_t *ret_id) MUST_CHECK;

const Error *pricing_list_rules(PricingUsecase *usecase, Ctx *ctx, RuleQuery query,
                                RulePage *ret_page) MUST_CHECK;

/* errors: INVALID_REQUEST for a rule that contradicts itself, or would never count after now */
const Error *pricing_check_rule(Ctx *ctx, const PriceRule *rule, int64_t now_us) MUST_CHECK;
