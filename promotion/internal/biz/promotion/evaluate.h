/*
 * What campaigns take off a cart: pure functions of campaigns, cart, customer, counts and time, so that the
 * same can be computed again whenever somebody asks.
 *
 * source     002 3.4
 */
#pragma once

#include "biz/promotion/campaign.h"

/* With so many campaigns that combine, or fewer, no combination is better than the one that is found. */
#define PROMOTION_MAX_EXACT 16

typedef struct CartLine {
        const char *sku;
        const char *product_id;
        IdList category_ids;
        int64_t quantity;
        int64_t unit_price_minor;
        int64_t amount_minor; /* quantity * unit price */
} CartLine;

typedef struct Cart {
        const char *currency;
        const CartLine *lines;
        size_t n_lines;
        int64_t subtotal_minor;
} Cart;

typedef struct Shopper {
        const char *customer_id;
        const char *tier; /* NULL: none */
        IdList segments;
} Shopper;

/* What is judged: no two candidates have one code, and no code comes twice. */
typedef struct Offer {
        Cart cart;
        Shopper shopper;
        IdList codes;   /* that the shopper gave */
        IdList without; /* campaigns that are not judged */
        const Candidate *candidates;
        size_t n_candidates;
        int64_t now_us; /* wall clock */
} Offer;

/* The first rule that keeps a campaign from a cart, in the order in which they are asked. */
typedef enum Refusal {
        REFUSAL_NONE,
        REFUSAL_UNKNOWN_CODE,
        REFUSAL_NOT_STARTED,
        REFUSAL_EXPIRED,
        REFUSAL_OTHER_CURRENCY,
        REFUSAL_NOT_ELIGIBLE, /* not this customer, or nothing in the cart that it would be taken off */
        REFUSAL_MIN_ORDER_NOT_MET,
        REFUSAL_USAGE_LIMIT_REACHED,
        REFUSAL_BUDGET_EXHAUSTED,
        REFUSAL_NOT_STACKABLE, /* the best combination is without it */
} Refusal;

typedef struct AppliedCampaign {
        const Campaign *campaign;
        int64_t amount_minor;
        const int64_t *line_amounts_minor; /* one per line of the cart */
} AppliedCampaign;

typedef struct RefusedCampaign {
        const Campaign *campaign; /* NULL: there is none with this code */
        const char *code;         /* NULL: the campaign needs none */
        Refusal refusal;
} RefusedCampaign;

typedef struct Evaluation {
        const AppliedCampaign *applied; /* in the order in which they are taken off */
        size_t n_applied;
        const RefusedCampaign *refused;
        size_t n_refused;
        int64_t total_minor;
        bool is_best; /* false: more than PROMOTION_MAX_EXACT combine, and were taken by priority */
        int64_t at_us;
} Evaluation;

/* What a campaign would take off the lines if it were alone. */
typedef struct Bid {
        const Campaign *campaign;
        int64_t total_minor;        /* above 0 */
        const int64_t *parts_minor; /* one per line, none more than the line's amount */
} Bid;

/*
 * Judges every candidate, and finds the best combination of those that apply: an exclusive campaign stands
 * alone, others combine; the greatest total wins, then fewer campaigns, then priority, then code. Each
 * discount is computed on the original amounts of the lines that it is for; what would take more off a line
 * than is left of it takes what is left.
 *
 * ret_evaluation   lives in arena, and borrows from offer
 * errors           internal, for amounts that do not fit
 */
const Error *promotion_evaluate(Arena *arena, const Offer *offer, Evaluation *ret_evaluation) MUST_CHECK;

/*
 * Computes what a campaign takes off the lines that it is for, spread over them by largest remainder.
 *
 * ret_parts_minor   n_lines amounts
 * ret_total_minor   0: there is nothing in the cart that it is for
 * errors            internal, for amounts that do not fit
 */
const Error *promotion_discount(Arena *arena, const CampaignRules *rules, const Cart *cart,
                                int64_t *ret_parts_minor, int64_t *ret_total_minor) MUST_CHECK;

/* Sorts bids as they are taken off: the greater priority first, then by code and id. */
void promotion_rank(Bid *bids, size_t n_bids);

/*
 * Chooses the best combination of ranked bids.
 *
 * ret_is_chosen   n_bids items
 * ret_is_best     false: there were too many to try all combinations
 */
void promotion_choose(Arena *arena, const Cart *cart, const Bid *bids, size_t n_bids, bool *ret_is_chosen,
                      bool *ret_is_best);

/*
 * Evaluates a cart with the campaigns that there are. The amounts of the lines and the subtotal are filled in
 * here.
 *
 * without    campaigns that are not judged, as if they were not there
 * errors     INVALID_REQUEST for an unknown currency or a code that comes twice
 */
const Error *promotion_apply(CampaignUsecase *usecase, Ctx *ctx, const Shopper *shopper, const Cart *cart,
                             IdList codes, IdList without, Evaluation *ret_evaluation) MUST_CHECK;

/*
 * True when its customer is told: of a code that he gave always; of another campaign, which may be for others
 * or a secret yet, only when more in his cart, or less of others, would make it apply.
 */
bool promotion_is_shown(const RefusedCampaign *refused);

/* "EXPIRED"; errors: internal, for an unknown word. */
const char *promotion_refusal_word(Refusal refusal);
const Error *promotion_read_refusal(Arena *arena, const char *word, Refusal *ret_refusal) MUST_CHECK;
