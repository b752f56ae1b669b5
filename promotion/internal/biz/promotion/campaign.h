/*
 * Campaigns: what is taken off carts, for whom, when and how often. A campaign is changed by a new version of
 * its rules; the newest one counts, and none is ever rewritten.
 *
 * source     002 3.4 and 4.6
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "base/str.h"
#include "promotion/v1/promotion.reasons.h"

/* Campaigns without a code that have not ended, at most: with ten codes an order has 100 candidates. */
#define PROMOTION_MAX_AUTOMATIC 90

/* Campaigns on a page of a list. */
#define PROMOTION_PAGE_DEFAULT 20
#define PROMOTION_PAGE_MAX 100

typedef enum CampaignType {
        CAMPAIGN_CART,     /* for every cart */
        CAMPAIGN_CATALOG,  /* for products or categories that it names */
        CAMPAIGN_CUSTOMER, /* for tiers or segments that it names */
} CampaignType;

typedef enum DiscountType {
        DISCOUNT_PERCENTAGE,
        DISCOUNT_FIXED_AMOUNT,
        DISCOUNT_BUY_X_GET_Y,
} DiscountType;

/* Ids, none of them NULL. */
typedef struct IdList {
        const char *const *ids;
        size_t n;
} IdList;

/* Amounts are minor units of its currency. */
typedef struct CampaignRules {
        CampaignType type;
        DiscountType discount_type;
        const char *description;
        const char *code;     /* NULL: it needs none */
        const char *currency; /* NULL: it names no amount, and is for every currency */
        int64_t percent_bp;   /* of a percentage, and of what buy-x-get-y gives */
        int64_t amount_minor; /* of a fixed amount */
        int64_t buy_quantity;
        int64_t get_quantity;
        const char *get_product_id; /* NULL: what is given is of what is bought, the cheapest */
        int64_t starts_at_us;       /* wall clock; 0: it has begun */
        int64_t ends_at_us;         /* the first moment after it; 0: never */
        int64_t minimum_minor;      /* of the whole cart, before any discount; 0: none */
        int64_t maximum_minor;      /* that is taken off one order; 0: none */
        IdList tiers;               /* empty: whatever the tier; so are the others */
        IdList segments;
        IdList product_ids;
        IdList category_ids;
        int64_t max_uses;              /* 0: any number */
        int64_t max_uses_per_customer; /* 0: any number */
        int64_t budget_minor;          /* 0: none */
        int64_t priority;              /* the greater one is taken off first */
        bool is_exclusive;             /* stands alone; others combine */
} CampaignRules;

typedef struct Campaign {
        const char *campaign_id;
        int64_t version; /* of its rules: 1, 2, 3 */
        CampaignRules rules;
        int64_t uses;        /* held and committed */
        int64_t spent_minor; /* the same of its budget; 0 without a currency */
        int64_t created_at_us;
        int64_t changed_at_us; /* when this version was made */
} Campaign;

/* A campaign that a cart may have, and how often its customer has used it. */
typedef struct Candidate {
        Campaign campaign;
        int64_t customer_uses;
} Candidate;

/* A place in a list, newest first; after the last item of the page before. */
typedef struct CampaignPosition {
        int64_t created_at_us;
        const char *campaign_id;
} CampaignPosition;

typedef struct CampaignPage {
        const Campaign *campaigns;
        size_t n_campaigns;
        bool has_more;
} CampaignPage;

/* How writing a version went. */
typedef enum SaveVerdict {
        SAVE_DONE,
        SAVE_OUTDATED,  /* the campaign has another version than the one before this */
        SAVE_CODE_TAKEN,
        SAVE_BELOW_USAGE, /* more is held and used than the new limits allow */
        SAVE_TOO_MANY,    /* PROMOTION_MAX_AUTOMATIC are there */
} SaveVerdict;

/* Where campaigns are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN or DEADLINE_EXCEEDED. */
typedef struct CampaignRepo CampaignRepo;
struct CampaignRepo {
        /* Writes version 1; answer: what the call answers, kept for its idempotency key. */
        const Error *(*create)(CampaignRepo *self, Ctx *ctx, const Campaign *campaign, Bytes answer,
                               SaveVerdict *ret_verdict);

        /* Writes the version behind that of before; what is refused changes nothing. */
        const Error *(*update)(CampaignRepo *self, Ctx *ctx, const Campaign *campaign,
                               const CampaignRules *before, SaveVerdict *ret_verdict);

        /* ret_campaign is NULL when there is none. */
        const Error *(*find)(CampaignRepo *self, Ctx *ctx, const char *campaign_id,
                             const Campaign **ret_campaign);

        /* At most limit; after: NULL for the first page. */
        const Error *(*list)(CampaignRepo *self, Ctx *ctx, const CampaignPosition *after, int64_t limit,
                             const Campaign **ret_campaigns, size_t *ret_n);

        /*
         * The campaigns without a code that have not ended, and those with one of the codes. They and their
         * counts may be some seconds old; what this process has changed is new.
         */
        const Error *(*candidates)(CampaignRepo *self, Ctx *ctx, IdList codes, const char *customer_id,
                                   const Candidate **ret_candidates, size_t *ret_n);
};

/* What CreateCampaign answers, as it is stored with its idempotency key; in ctx->arena. */
typedef Bytes (*CampaignSnapshot)(Ctx *ctx, const Campaign *campaign);

typedef struct CampaignUsecase {
        CampaignRepo *repo;
        CampaignSnapshot snapshot;
} CampaignUsecase;

/*
 * Makes a campaign, once per claim of the context.
 *
 * errors     INVALID_REQUEST with a violation per field, CODE_TAKEN, TOO_MANY_AUTOMATIC_CAMPAIGNS
 */
const Error *promotion_create(CampaignUsecase *usecase, Ctx *ctx, const CampaignRules *rules,
                              const Campaign **ret_campaign) MUST_CHECK;

/*
 * Gives a campaign new rules.
 *
 * version    that the change is made from
 * errors     INVALID_REQUEST, CAMPAIGN_NOT_FOUND, CAMPAIGN_CHANGED with the version that it has, CODE_TAKEN,
 *            LIMIT_BELOW_USAGE with the numbers, TOO_MANY_AUTOMATIC_CAMPAIGNS
 */
const Error *promotion_update(CampaignUsecase *usecase, Ctx *ctx, const char *campaign_id, int64_t version,
                              const CampaignRules *rules, const Campaign **ret_campaign) MUST_CHECK;

/* errors: CAMPAIGN_NOT_FOUND */
const Error *promotion_get(CampaignUsecase *usecase, Ctx *ctx, const char *campaign_id,
                           const Campaign **ret_campaign) MUST_CHECK;

/* page_size: 0 for PROMOTION_PAGE_DEFAULT; after: NULL for the first page */
const Error *promotion_list(CampaignUsecase *usecase, Ctx *ctx, const CampaignPosition *after,
                            int64_t page_size, CampaignPage *ret_page) MUST_CHECK;

/*
 * Says what is wrong with rules, all of it.
 *
 * errors     INVALID_REQUEST with a violation per field ("rules.percentBp")
 */
const Error *promotion_check_rules(Ctx *ctx, const CampaignRules *rules) MUST_CHECK;

/* True when the id is in the list. */
bool promotion_lists(IdList list, const char *id);

/* The words that tables and callers know the types by; errors: internal, for an unknown word. */
const char *promotion_type_word(CampaignType type);
const char *promotion_discount_word(DiscountType type);
const Error *promotion_read_type(Arena *arena, const char *word, CampaignType *ret_type) MUST_CHECK;
const Error *promotion_read_discount(Arena *arena, const char *word, DiscountType *ret_type) MUST_CHECK;
