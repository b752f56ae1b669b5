#include "biz/promotion/evaluate.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "base/word.h"

static const char *const words[] = {
        [REFUSAL_UNKNOWN_CODE] = "UNKNOWN_CODE",
        [REFUSAL_NOT_STARTED] = "NOT_STARTED",
        [REFUSAL_EXPIRED] = "EXPIRED",
        [REFUSAL_OTHER_CURRENCY] = "OTHER_CURRENCY",
        [REFUSAL_NOT_ELIGIBLE] = "NOT_ELIGIBLE",
        [REFUSAL_MIN_ORDER_NOT_MET] = "MIN_ORDER_NOT_MET",
        [REFUSAL_USAGE_LIMIT_REACHED] = "USAGE_LIMIT_REACHED",
        [REFUSAL_BUDGET_EXHAUSTED] = "BUDGET_EXHAUSTED",
        [REFUSAL_NOT_STACKABLE] = "NOT_STACKABLE",
};

const char *promotion_refusal_word(Refusal refusal) {
        return words[refusal];
}

const Error *promotion_read_refusal(Arena *arena, const char *word, Refusal *ret_refusal) {
        size_t refusal;

        TRY(word_read(arena, words, ARRAY_SIZE(words), "refusal", word, &refusal));
        *ret_refusal = (Refusal) refusal;
        return NULL;
}

bool promotion_is_shown(const RefusedCampaign *refused) {
        return refused->code || refused->refusal == REFUSAL_MIN_ORDER_NOT_MET ||
               refused->refusal == REFUSAL_NOT_STACKABLE;
}

static bool is_for_shopper(const CampaignRules *rules, const Shopper *shopper) {
        bool is_member = rules->segments.n == 0;

        for (size_t i = 0; i < shopper->segments.n; i++)
                is_member |= promotion_lists(rules->segments, shopper->segments.ids[i]);
        return is_member &&
               (rules->tiers.n == 0 || (shopper->tier && promotion_lists(rules->tiers, shopper->tier)));
}

/* Before the amounts are known. */
static Refusal judge_rules(const Offer *offer, const CampaignRules *rules) {
        if (rules->starts_at_us > offer->now_us)
                return REFUSAL_NOT_STARTED;
        if (rules->ends_at_us > 0 && rules->ends_at_us <= offer->now_us)
                return REFUSAL_EXPIRED;
        if (rules->currency && !str_equal(rules->currency, offer->cart.currency))
                return REFUSAL_OTHER_CURRENCY;
        if (!is_for_shopper(rules, &offer->shopper))
                return REFUSAL_NOT_ELIGIBLE;
        return REFUSAL_NONE;
}

static bool is_used_up(int64_t limit, int64_t uses) {
        return limit > 0 && uses >= limit;
}

/* Once it is known how much it would take off. */
static Refusal judge_amount(const Offer *offer, const Candidate *candidate, int64_t total_minor) {
        const CampaignRules *rules = &candidate->campaign.rules;

        if (total_minor == 0)
                return REFUSAL_NOT_ELIGIBLE;
        if (offer->cart.subtotal_minor < rules->minimum_minor)
                return REFUSAL_MIN_ORDER_NOT_MET;
        if (is_used_up(rules->max_uses, candidate->campaign.uses) ||
            is_used_up(rules->max_uses_per_customer, candidate->customer_uses))
                return REFUSAL_USAGE_LIMIT_REACHED;
        if (rules->budget_minor > 0 && rules->budget_minor - candidate->campaign.spent_minor < total_minor)
                return REFUSAL_BUDGET_EXHAUSTED;
        return REFUSAL_NONE;
}

static const Error *judge(Arena *arena, const Offer *offer, const Candidate *candidate, Bid *ret_bid,
                          Refusal *ret_refusal) {
        int64_t *parts_minor = ARENA_ARRAY(arena, int64_t, offer->cart.n_lines);
        Refusal refusal = judge_rules(offer, &candidate->campaign.rules);
        int64_t total_minor = 0;

        if (refusal == REFUSAL_NONE) {
                TRY(promotion_discount(arena, &candidate->campaign.rules, &offer->cart, parts_minor,
                                       &total_minor));
                refusal = judge_amount(offer, candidate, total_minor);
        }
        *ret_bid = (Bid) {
                .campaign = &candidate->campaign, .total_minor = total_minor, .parts_minor = parts_minor
        };
        *ret_refusal = refusal;
        return NULL;
}

/* What is judged so far, with room for all. */
typedef struct Result {
        Arena *arena;
        const Cart *cart;
        AppliedCampaign *applied;
        RefusedCampaign *refused;
        int64_t *left_minor; /* of each line */
        Evaluation evaluation;
} Result;

static void add_refused(Result *result, const Campaign *campaign, const char *code, Refusal refusal) {
        result->refused[result->evaluation.n_refused++] = (RefusedCampaign) {
                .campaign = campaign, .code = code, .refusal = refusal
        };
}

static void add_applied(Result *result, const Bid *bid) {
        size_t n_lines = result->cart->n_lines;
        int64_t *amounts_minor = ARENA_ARRAY(result->arena, int64_t, n_lines), amount_minor = 0;

        for (size_t i = 0; i < n_lines; i++) {
                int64_t left_minor = result->left_minor[i];

                amounts_minor[i] = bid->parts_minor[i] < left_minor ? bid->parts_minor[i] : left_minor;
                result->left_minor[i] -= amounts_minor[i];
                amount_minor += amounts_minor[i];
        }
        result->applied[result->evaluation.n_applied++] = (AppliedCampaign) {
                .campaign = bid->campaign, .amount_minor = amount_minor, .line_amounts_minor = amounts_minor
        };
        result->evaluation.total_minor += amount_minor;
}

static bool has_code(const Offer *offer, const char *code) {
        for (size_t i = 0; i < offer->n_candidates; i++) {
                const char *of_campaign = offer->candidates[i].campaign.rules.code;

                if (of_campaign && str_equal(of_campaign, code))
                        return true;
        }
        return false;
}

static void add_unknown_codes(Result *result, const Offer *offer) {
        for (size_t i = 0; i < offer->codes.n; i++)
                if (!has_code(offer, offer->codes.ids[i]))
                        add_refused(result, NULL, offer->codes.ids[i], REFUSAL_UNKNOWN_CODE);
}

static void add_chosen(Result *result, Bid *bids, size_t n_bids) {
        bool *is_chosen = ARENA_ARRAY(result->arena, bool, n_bids);

        promotion_rank(bids, n_bids);
        promotion_choose(result->arena, result->cart, bids, n_bids, is_chosen, &result->evaluation.is_best);
        for (size_t i = 0; i < n_bids; i++) {
                if (is_chosen[i])
                        add_applied(result, &bids[i]);
                else
                        add_refused(result, bids[i].campaign, bids[i].campaign->rules.code,
                                    REFUSAL_NOT_STACKABLE);
        }
}

static Result result_new(Arena *arena, const Offer *offer) {
        const Cart *cart = &offer->cart;
        Result result = {
                .arena = arena,
                .cart = cart,
                .applied = ARENA_ARRAY(arena, AppliedCampaign, offer->n_candidates),
                .refused = ARENA_ARRAY(arena, RefusedCampaign, offer->n_candidates + offer->codes.n),
                .left_minor = ARENA_ARRAY(arena, int64_t, cart->n_lines),
                .evaluation.at_us = offer->now_us,
        };

        for (size_t i = 0; i < cart->n_lines; i++)
                result.left_minor[i] = cart->lines[i].amount_minor;
        result.evaluation.applied = result.applied;
        result.evaluation.refused = result.refused;
        return result;
}

const Error *promotion_evaluate(Arena *arena, const Offer *offer, Evaluation *ret_evaluation) {
        Result result = result_new(arena, offer);
        Bid *bids = ARENA_ARRAY(arena, Bid, offer->n_candidates);
        size_t n_bids = 0;

        for (size_t i = 0; i < offer->n_candidates; i++) {
                const Campaign *campaign = &offer->candidates[i].campaign;
                Refusal refusal;

                if (promotion_lists(offer->without, campaign->campaign_id))
                        continue;
                TRY(judge(arena, offer, &offer->candidates[i], &bids[n_bids], &refusal));
                if (refusal == REFUSAL_NONE)
                        n_bids++;
                else
                        add_refused(&result, campaign, campaign->rules.code, refusal);
        }
        add_chosen(&result, bids, n_bids);
        add_unknown_codes(&result, offer);
        *ret_evaluation = result.evaluation;
        return NULL;
}
