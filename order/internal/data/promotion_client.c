#include "data/promotion_client.h"

#include "base/callee.h"
#include "base/memory.h"
#include "promotion/v1/promotion.reasons.h"
#include "proto/values.h"

typedef PromotionV1EvaluateResponse Answer;

typedef struct PromotionClient {
        Promotions base;
        PromotionService *promotions;
        CalleeMethod *evaluate, *hold, *commit; /* what gives uses back is never refused */
} PromotionClient;

/* ---- what is asked ---- */

static PromotionV1CartLine *line_of(Arena *arena, const OrderItem *item, const Product *product) {
        PromotionV1CartLine *line = promotion_v1_cart_line_new(arena);

        line->sku = item->sku;
        line->product_id = item->product_id;
        line->category_ids = (const char **) product->category_ids;
        line->n_category_ids = product->n_category_ids < PROMOTION_MAX_CATEGORIES ? product->n_category_ids
                                                                                  : PROMOTION_MAX_CATEGORIES;
        line->quantity = item->quantity;
        line->price_case = PROMOTION__V1__CART_LINE__PRICE_UNIT_PRICE_MINOR;
        line->unit_price_minor = item->unit_price_minor;
        return line;
}

static const Error *ask(PromotionClient *client, Ctx *ctx, const PromotionQuestion *question,
                        Answer *response) {
        PromotionV1EvaluateRequest *request = promotion_v1_evaluate_request_new(ctx->arena);
        const Order *order = question->order;
        Ctx call = ctx_for_call(ctx, PROMOTION_TIMEOUT_MS);
        CalleeCall calling;

        request->customer_id = order->customer_id;
        request->tier = str_or_empty(order->customer_tier);
        request->currency = order->pricing.currency;
        request->n_lines = order->n_items;
        request->lines = ARENA_ARRAY(ctx->arena, PromotionV1CartLine *, order->n_items);
        for (size_t i = 0; i < order->n_items; i++)
                request->lines[i] = line_of(ctx->arena, &order->items[i], &question->products[i]);
        request->codes = (const char **) question->codes;
        request->n_codes = question->n_codes;
        request->without_campaign_ids = (const char **) question->without;
        request->n_without_campaign_ids = question->n_without;
        TRY(callee_begin(client->evaluate, ctx, &calling));
        const Error *error = client->promotions->evaluate(client->promotions, &call, request, response);
        callee_end(&calling, error);
        return error;
}

/* ---- what is answered ---- */

static const char *const words[] = {
        [PROMOTION__V1__REFUSAL__REFUSAL_UNKNOWN_CODE] = "UNKNOWN_CODE",
        [PROMOTION__V1__REFUSAL__REFUSAL_NOT_STARTED] = "NOT_STARTED",
        [PROMOTION__V1__REFUSAL__REFUSAL_EXPIRED] = "EXPIRED",
        [PROMOTION__V1__REFUSAL__REFUSAL_OTHER_CURRENCY] = "OTHER_CURRENCY",
        [PROMOTION__V1__REFUSAL__REFUSAL_NOT_ELIGIBLE] = "NOT_ELIGIBLE",
        [PROMOTION__V1__REFUSAL__REFUSAL_MIN_ORDER_NOT_MET] = "MIN_ORDER_NOT_MET",
        [PROMOTION__V1__REFUSAL__REFUSAL_USAGE_LIMIT_REACHED] = "USAGE_LIMIT_REACHED",
        [PROMOTION__V1__REFUSAL__REFUSAL_BUDGET_EXHAUSTED] = "BUDGET_EXHAUSTED",
        [PROMOTION__V1__REFUSAL__REFUSAL_NOT_STACKABLE] = PROMOTION_NOT_STACKABLE,
};

/* NULL: a newer promotion service says what is not known here. */
static const char *word_of(PromotionV1Refusal refusal) {
        return (size_t) refusal < ARRAY_SIZE(words) ? words[refusal] : NULL;
}

/* No line is taken more off than it costs, and all together are what the promotion says. */
static bool applied_makes_sense(const PromotionV1AppliedPromotion *applied, const Order *order) {
        if (str_is_empty(applied->campaign_id) || applied->version < 1 ||
            !proto_money_is_in(applied->amount, order->pricing.currency) ||
            applied->n_line_amounts != order->n_items)
                return false;
        int64_t left_minor = applied->amount->minor;
        for (size_t i = 0; i < order->n_items; i++) {
                if (!proto_money_is_in(applied->line_amounts[i], order->pricing.currency) ||
                    applied->line_amounts[i]->minor > order->items[i].total_minor)
                        return false;
                left_minor -= applied->line_amounts[i]->minor;
        }
        return applied->amount->minor > 0 && left_minor == 0;
}

static bool is_answered(const Answer *response, const char *code) {
        for (size_t i = 0; i < response->n_applied; i++)
                if (str_equal(response->applied[i]->code, code))
                        return true;
        for (size_t i = 0; i < response->n_refused; i++)
                if (str_equal(response->refused[i]->code, code))
                        return word_of(response->refused[i]->reason) != NULL;
        return false;
}

static bool makes_sense(const Answer *response, const PromotionQuestion *question) {
        for (size_t i = 0; i < response->n_applied; i++)
                if (!applied_makes_sense(response->applied[i], question->order))
                        return false;
        for (size_t i = 0; i < question->n_codes; i++)
                if (!is_answered(response, question->codes[i]))
                        return false;
        return true;
}

static AppliedPromotion applied_of(Arena *arena, const PromotionV1AppliedPromotion *message) {
        int64_t *amounts_minor = ARENA_ARRAY(arena, int64_t, message->n_line_amounts);

        for (size_t i = 0; i < message->n_line_amounts; i++)
                amounts_minor[i] = message->line_amounts[i]->minor;
        return (AppliedPromotion) {
                .campaign_id = message->campaign_id,
                .version = message->version,
                .code = str_or_null(message->code),
                .description = message->description,
                .amount_minor = message->amount->minor,
                .line_amounts_minor = amounts_minor,
        };
}

/* Of campaigns that are not taken off a customer hears only when he gave their code. */
static void read_answer(Arena *arena, const PromotionQuestion *question, const Answer *response,
                        PromotionAnswer *ret_answer) {
        PromotionAnswer answer = {
                .applied = ARENA_ARRAY(arena, AppliedPromotion, response->n_applied),
                .n_applied = response->n_applied,
                .refused = ARENA_ARRAY(arena, RefusedCode, response->n_refused),
        };

        for (size_t i = 0; i < response->n_applied; i++)
                answer.applied[i] = applied_of(arena, response->applied[i]);
        for (size_t i = 0; i < response->n_refused && question->n_codes > 0; i++) {
                const PromotionV1RefusedPromotion *refused = response->refused[i];

                if (!str_is_empty(refused->campaign_id) && str_is_empty(refused->code))
                        continue;
                answer.refused[answer.n_refused++] =
                        (RefusedCode) { .code = refused->code, .reason = word_of(refused->reason) };
        }
        *ret_answer = answer;
}

/* What a code takes off is not made up; who gave none is not kept waiting for a discount he may not get. */
static const Error *without_answer(Ctx *ctx, const PromotionQuestion *question, const Error *cause,
                                   PromotionAnswer *ret_answer) {
        TRY(ctx_check(ctx));
        if (question->n_codes > 0)
                return error_wrap(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, cause,
                                  "Promotions do not answer, and what the codes take off is not known without"
                                  " them: try again");
        *ret_answer = (PromotionAnswer) { .is_away = true };
        return NULL;
}

/* What it refuses was ours to get right: no caller could help it. */
static const Error *our_mistake(Ctx *ctx, const Error *error) {
        if (error && (error->code == ERROR_INVALID_ARGUMENT || error->code == ERROR_NOT_FOUND))
                return error_internal(ctx->arena, error, "Promotions refuse what the order asks");
        return error;
}

static const Error *evaluate(Promotions *self, Ctx *ctx, const PromotionQuestion *question,
                             PromotionAnswer *ret_answer) {
        Answer *response = promotion_v1_evaluate_response_new(ctx->arena);
        const Error *error = ask((PromotionClient *) self, ctx, question, response);

        if (callee_is_away(error))
                return without_answer(ctx, question, error, ret_answer);
        TRY(our_mistake(ctx, error));
        if (!makes_sense(response, question))
                return error_internal(ctx->arena, NULL, "The answer of promotions makes no sense");
        read_answer(ctx->arena, question, response, ret_answer);
        return NULL;
}

/* ---- uses ---- */

static void add_uses(Arena *arena, const Order *order, PromotionV1HoldUsageRequest *request) {
        request->lines = ARENA_ARRAY(arena, PromotionV1UsageLine *, order->pricing.n_discounts);
        for (size_t i = 0; i < order->pricing.n_discounts; i++) {
                const OrderDiscount *discount = &order->pricing.discounts[i];

                if (!discount->campaign_id)
                        continue;
                PromotionV1UsageLine *line = promotion_v1_usage_line_new(arena);
                line->campaign_id = discount->campaign_id;
                line->version = discount->campaign_version;
                line->amount_minor = discount->amount_minor;
                request->lines[request->n_lines++] = line;
        }
}

static const char *text_of(const ErrorRecord *record, const char *key) {
        for (size_t i = 0; i < record->n_values; i++)
                if (str_equal(record->values[i].key, key))
                        return record->values[i].text;
        return NULL;
}

static const Error *read_gone(Ctx *ctx, const Error *exhausted, GoneUse **ret_gone, size_t *ret_n_gone) {
        GoneUse *gone = ARENA_ARRAY(ctx->arena, GoneUse, exhausted->n_records);

        for (size_t i = 0; i < exhausted->n_records; i++) {
                gone[i].campaign_id = text_of(&exhausted->records[i], "campaignId");
                gone[i].reason = text_of(&exhausted->records[i], "reason");
                if (!gone[i].campaign_id || !gone[i].reason)
                        return error_internal(ctx->arena, exhausted, "What is used up is not said");
        }
        if (exhausted->n_records == 0)
                return error_internal(ctx->arena, exhausted, "What is used up is not said");
        *ret_gone = gone;
        *ret_n_gone = exhausted->n_records;
        return NULL;
}

static const Error *hold_expired(Ctx *ctx, const Order *order, const Error *cause) {
        return error_wrap(ctx->arena, ERROR_ABORTED, REASON_HOLD_EXPIRED, cause,
                          "The promotions held for order %s are not what it needs now: order again",
                          order->id);
}

/* NULL: it is held, or *ret_gone says why it is not. */
static const Error *judge_hold(Ctx *ctx, const Order *order, const Error *error, GoneUse **ret_gone,
                               size_t *ret_n_gone) {
        *ret_n_gone = 0;
        if (error_is(error, REASON_PROMOTION_EXHAUSTED))
                return read_gone(ctx, error, ret_gone, ret_n_gone);
        if (error_is(error, REASON_USAGE_CLOSED) || error_is(error, REASON_USAGE_MISMATCH))
                return hold_expired(ctx, order, error);
        return our_mistake(ctx, error);
}

static const Error *hold(Promotions *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us,
                         GoneUse **ret_gone, size_t *ret_n_gone) {
        PromotionService *promotions = ((PromotionClient *) self)->promotions;
        PromotionV1HoldUsageRequest *request = promotion_v1_hold_usage_request_new(ctx->arena);
        PromotionV1HoldUsageResponse *response = promotion_v1_hold_usage_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, USAGE_TIMEOUT_MS);
        CalleeCall calling;

        request->order_id = order->id;
        request->customer_id = order->customer_id;
        request->currency = order->pricing.currency;
        add_uses(ctx->arena, order, request);
        TRY(callee_begin(((PromotionClient *) self)->hold, ctx, &calling));
        const Error *error = promotions->hold_usage(promotions, &call, request, response);
        callee_end(&calling, error);
        TRY(judge_hold(ctx, order, error, ret_gone, ret_n_gone));
        if (*ret_n_gone > 0)
                return NULL;
        const PromotionV1Usage *usage = response->usage;
        if (!usage || !usage->expires_at)
                return error_internal(ctx->arena, NULL,
                                      "Uses were held for order %s without saying how long", order->id);
        *ret_expires_at_us = proto_time_from_message(usage->expires_at);
        return NULL;
}

static ConfirmState state_of(PromotionV1UsageStatus status) {
        switch (status) {
        case PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_COMMITTED:
                return CONFIRM_DONE;
        case PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_UNSPECIFIED:
        case PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_RELEASED:
        case PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_EXPIRED:
                return CONFIRM_LOST;
        case PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_HELD:
        default: /* a word of a newer promotion service says nothing against the hold */
                return CONFIRM_LATER;
        }
}

static const Error *commit(Promotions *self, Ctx *ctx, const char *const *order_ids, size_t n,
                           ConfirmState *ret_states) {
        PromotionService *promotions = ((PromotionClient *) self)->promotions;
        PromotionV1CommitUsageRequest *request = promotion_v1_commit_usage_request_new(ctx->arena);
        PromotionV1CommitUsageResponse *response = promotion_v1_commit_usage_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, USAGE_TIMEOUT_MS);
        CalleeCall calling;

        request->order_ids = (const char **) order_ids;
        request->n_order_ids = n;
        TRY(callee_begin(((PromotionClient *) self)->commit, ctx, &calling));
        const Error *error = promotions->commit_usage(promotions, &call, request, response);
        callee_end(&calling, error);
        TRY(error);
        if (response->n_statuses != n)
                return error_internal(ctx->arena, NULL, "Promotions answered for %zu orders of %zu",
                                      response->n_statuses, n);
        for (size_t i = 0; i < n; i++)
                ret_states[i] = state_of(response->statuses[i]);
        return NULL;
}

static const Error *release(Promotions *self, Ctx *ctx, const char *order_id) {
        PromotionService *promotions = ((PromotionClient *) self)->promotions;
        PromotionV1ReleaseUsageRequest *request = promotion_v1_release_usage_request_new(ctx->arena);
        PromotionV1ReleaseUsageResponse *response = promotion_v1_release_usage_response_new(ctx->arena);
        Ctx call = ctx_for_call(ctx, USAGE_TIMEOUT_MS);

        request->order_ids = &order_id;
        request->n_order_ids = 1;
        return promotions->release_usage(promotions, &call, request, response);
}

Promotions *order_promotion_client_new(Arena *arena, PromotionService *promotions) {
        PromotionClient *client = ARENA_NEW(arena, PromotionClient);
        Callee *callee = callee_new(arena, "promotion");

        *client = (PromotionClient) {
                .base = { .evaluate = evaluate, .hold = hold, .commit = commit, .release = release },
                .promotions = promotions,
                .evaluate = callee_method_new(arena, callee, "Evaluate"),
                .hold = callee_method_new(arena, callee, "HoldUsage"),
                .commit = callee_method_new(arena, callee, "CommitUsage"),
        };
        return &client->base;
}
