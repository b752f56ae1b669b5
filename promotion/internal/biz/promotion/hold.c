#include <stdlib.h>
#include <string.h>

#include "base/money.h"
#include "biz/promotion/usage.h"

static const Error *check_lines(Ctx *ctx, const char *currency, const UsageLine *lines, size_t n_lines) {
        if (money_decimals(currency) < 0)
                return error_invalid(ctx->arena, "currency", "must be the code of a known currency");
        for (size_t i = 1; i < n_lines; i++)
                for (size_t k = 0; k < i; k++)
                        if (str_equal(lines[i].campaign_id, lines[k].campaign_id))
                                return error_invalid(ctx->arena,
                                                     arena_printf(ctx->arena, "lines[%zu].campaignId", i),
                                                     "appears twice");
        return NULL;
}

static int by_campaign(const void *left, const void *right) {
        const UsageLine *a = left, *b = right;

        return strcmp(a->campaign_id, b->campaign_id);
}

static UsageLine *sort_lines(Arena *arena, const UsageLine *lines, size_t n_lines) {
        UsageLine *sorted = arena_memdup(arena, lines, n_lines * sizeof(*lines));

        qsort(sorted, n_lines, sizeof(*sorted), by_campaign);
        return sorted;
}

/* A use of another version is another one: an order's row and its use must name the same. */
static bool is_same_request(const Usage *usage, const HoldRequest *request) {
        if (!str_equal(usage->customer_id, request->customer_id) ||
            !str_equal(usage->currency, request->currency) || usage->n_lines != request->n_lines)
                return false;
        for (size_t i = 0; i < request->n_lines; i++)
                if (!str_equal(usage->lines[i].campaign_id, request->lines[i].campaign_id) ||
                    usage->lines[i].version != request->lines[i].version ||
                    usage->lines[i].amount_minor != request->lines[i].amount_minor)
                        return false;
        return true;
}

static const Error *check_usage(Ctx *ctx, const Usage *usage, const HoldRequest *request) {
        if (usage->status != USAGE_HELD && usage->status != USAGE_COMMITTED)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_USAGE_CLOSED,
                                 "The uses of order %s were given back", request->order_id);
        if (!is_same_request(usage, request))
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_USAGE_MISMATCH,
                                 "Order %s holds other uses", request->order_id);
        return NULL;
}

static const Error *exhausted(Ctx *ctx, const HoldRequest *request, const Refusal *refusals) {
        Error *error = NULL;

        for (size_t i = 0; i < request->n_lines; i++) {
                const char *campaign_id = request->lines[i].campaign_id;

                if (refusals[i] == REFUSAL_NONE)
                        continue;
                if (!error)
                        error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PROMOTION_EXHAUSTED,
                                          "Too little of campaign %s is left for this order", campaign_id);
                ERROR_ADD_RECORD(ctx->arena, error, error_text("campaignId", campaign_id),
                                 error_text("reason", promotion_refusal_word(refusals[i])));
        }
        return error;
}

/* A mistake of the caller's is told before what is short. */
static const Error *refuse(Ctx *ctx, const HoldRequest *request, const Refusal *refusals) {
        for (size_t i = 0; i < request->n_lines; i++) {
                const char *campaign_id = request->lines[i].campaign_id;

                if (refusals[i] == REFUSAL_UNKNOWN_CODE)
                        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_CAMPAIGN_NOT_FOUND,
                                         "There is no campaign %s", campaign_id);
                if (refusals[i] == REFUSAL_OTHER_CURRENCY)
                        return error_invalid(ctx->arena, "currency", "must be that of campaign %s",
                                             campaign_id);
        }
        return exhausted(ctx, request, refusals);
}

static bool is_mistaken(const HoldRequest *request, const Refusal *refusals) {
        for (size_t i = 0; i < request->n_lines; i++)
                if (refusals[i] == REFUSAL_UNKNOWN_CODE || refusals[i] == REFUSAL_OTHER_CURRENCY)
                        return true;
        return false;
}

/* ret_is_freed: by this call, or by another that found the same holds. */
static const Error *free_expired(UsageUsecase *usecase, Ctx *ctx, const HoldRequest *request,
                                 bool *ret_is_freed) {
        const char *const *order_ids;
        size_t n_orders, n_freed = 0;
        bool is_enough;

        TRY(usecase->repo->find_expired(usecase->repo, ctx, request, &order_ids, &n_orders, &is_enough));
        if (n_orders > 0)
                TRY(promotion_resolve(usecase, ctx, order_ids, n_orders, &n_freed));
        *ret_is_freed = is_enough || n_freed > 0;
        return NULL;
}

/*
 * Each round finds that holds which were expired have been resolved, and nobody makes new ones of those: it
 * comes to an end.
 */
static const Error *hold_or_free_expired(UsageUsecase *usecase, Ctx *ctx, const HoldRequest *request,
                                         HoldOutcome *ret_outcome) {
        bool is_freed;

        do {
                TRY(ctx_check(ctx));
                TRY(usecase->repo->hold(usecase->repo, ctx, request, ret_outcome));
                if (ret_outcome->usage || is_mistaken(request, ret_outcome->refusals))
                        break;
                TRY(free_expired(usecase, ctx, request, &is_freed));
        } while (is_freed);
        return ret_outcome->usage ? NULL : refuse(ctx, request, ret_outcome->refusals);
}

const Error *promotion_hold(UsageUsecase *usecase, Ctx *ctx, const char *order_id, const char *customer_id,
                            const char *currency, const UsageLine *lines, size_t n_lines,
                            const Usage **ret_usage) {
        HoldRequest request = {
                .order_id = order_id,
                .customer_id = customer_id,
                .currency = currency,
                .lines = sort_lines(ctx->arena, lines, n_lines),
                .n_lines = n_lines,
                .hold_ms = usecase->hold_ms,
        };
        HoldOutcome outcome = { 0 };

        TRY(check_lines(ctx, currency, lines, n_lines));
        TRY(hold_or_free_expired(usecase, ctx, &request, &outcome));
        TRY(check_usage(ctx, outcome.usage, &request));
        *ret_usage = outcome.usage;
        return NULL;
}
