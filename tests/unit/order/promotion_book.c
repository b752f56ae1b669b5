#include "promotion_book.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "base/str.h"
#include "promotion/v1/promotion.reasons.h"
#include "proto/values.h"
#include "support.h"

#define STATUS(name) PROMOTION__V1__USAGE_STATUS__USAGE_STATUS_##name
#define REFUSAL(name) PROMOTION__V1__REFUSAL__REFUSAL_##name

/* What a cart costs before any discount. */
typedef struct Totals {
        int64_t lines_minor[100];
        int64_t subtotal_minor;
} Totals;

static Totals totals_of(const PromotionV1EvaluateRequest *request) {
        Totals totals = { 0 };

        for (size_t i = 0; i < request->n_lines; i++) {
                totals.lines_minor[i] = request->lines[i]->quantity * request->lines[i]->unit_price_minor;
                totals.subtotal_minor += totals.lines_minor[i];
        }
        return totals;
}

static void apply(Arena *arena, const PromotionV1EvaluateRequest *request, const char *campaign_id,
                  const char *code, const int64_t *parts, PromotionV1EvaluateResponse *response) {
        PromotionV1AppliedPromotion *applied = promotion_v1_applied_promotion_new(arena);
        int64_t amount_minor = 0;

        applied->campaign_id = campaign_id;
        applied->version = 3;
        applied->code = code;
        applied->description = "10% off";
        applied->n_line_amounts = request->n_lines;
        applied->line_amounts = ARENA_ARRAY(arena, CommonV1Money *, request->n_lines);
        for (size_t i = 0; i < request->n_lines; i++) {
                applied->line_amounts[i] = proto_money_to_message(arena, parts[i], request->currency);
                amount_minor += parts[i];
        }
        applied->amount = proto_money_to_message(arena, amount_minor, request->currency);
        response->applied[response->n_applied++] = applied;
}

static void apply_share(Arena *arena, const PromotionV1EvaluateRequest *request, const Totals *totals,
                        const char *code, int64_t bp, PromotionV1EvaluateResponse *response) {
        int64_t parts[100], amount_minor;

        ck_assert(money_share(totals->subtotal_minor, bp, MONEY_BP_ONE, &amount_minor));
        ck_assert(money_split(amount_minor, totals->lines_minor, request->n_lines, parts));
        apply(arena, request, arena_printf(arena, "CMP-%s", code), code, parts, response);
}

static void refuse(Arena *arena, const char *code, PromotionV1Refusal reason,
                   PromotionV1EvaluateResponse *response) {
        PromotionV1RefusedPromotion *refused = promotion_v1_refused_promotion_new(arena);

        refused->code = code;
        refused->campaign_id = reason == REFUSAL(UNKNOWN_CODE) ? "" : arena_printf(arena, "CMP-%s", code);
        refused->reason = reason;
        response->refused[response->n_refused++] = refused;
}

static PromotionV1Refusal judge(const PromotionV1EvaluateRequest *request, const Totals *totals,
                                const char *code) {
        if (str_equal(code, "SUMMER2024"))
                return REFUSAL(UNSPECIFIED);
        if (str_equal(code, "WINTER2020"))
                return REFUSAL(EXPIRED);
        if (str_equal(code, "FUTURE2099"))
                return REFUSAL(NOT_STARTED);
        if (!str_equal(code, "BIG1000"))
                return REFUSAL(UNKNOWN_CODE);
        if (!str_equal(request->currency, "USD"))
                return REFUSAL(OTHER_CURRENCY);
        return totals->subtotal_minor < 100000 ? REFUSAL(MIN_ORDER_NOT_MET) : REFUSAL(UNSPECIFIED);
}

static bool is_left_out(const PromotionV1EvaluateRequest *request, const char *campaign_id) {
        for (size_t i = 0; i < request->n_without_campaign_ids; i++)
                if (str_equal(request->without_campaign_ids[i], campaign_id))
                        return true;
        return false;
}

static void evaluate_all(Arena *arena, const PromotionBook *book, const PromotionV1EvaluateRequest *request,
                         PromotionV1EvaluateResponse *response) {
        Totals totals = totals_of(request);
        int64_t parts[100] = { book->automatic_minor };

        response->applied = ARENA_ARRAY(arena, PromotionV1AppliedPromotion *, request->n_codes + 1);
        response->refused = ARENA_ARRAY(arena, PromotionV1RefusedPromotion *, request->n_codes);
        for (size_t i = 0; i < request->n_codes; i++) {
                const char *code = request->codes[i];
                PromotionV1Refusal refusal = judge(request, &totals, code);

                if (refusal == REFUSAL(EXPIRED) && book->refusal > 0)
                        refusal = (PromotionV1Refusal) book->refusal;
                if (refusal == REFUSAL(UNSPECIFIED))
                        apply_share(arena, request, &totals, code, str_equal(code, "BIG1000") ? 500 : 1000,
                                    response);
                else
                        refuse(arena, code, refusal, response);
        }
        if (parts[0] > 0 && !is_left_out(request, BOOK_AUTOMATIC))
                apply(arena, request, BOOK_AUTOMATIC, "", parts, response);
}

static const Error *evaluate(PromotionService *self, Ctx *ctx, const PromotionV1EvaluateRequest *request,
                             PromotionV1EvaluateResponse *response) {
        PromotionBook *book = (PromotionBook *) self;

        book->n_evaluated++;
        TRY(market_in_mood(ctx, (Mood) book->mood));
        evaluate_all(ctx->arena, book, request, response);
        return book->when_evaluated ? book->when_evaluated(book, ctx, request, response) : NULL;
}

/* With the lock held. */
static size_t find(const PromotionBook *book, const char *order_id) {
        size_t i = 0;

        while (i < book->n_usages && !str_equal(book->usages[i].order_id, order_id))
                i++;
        return i;
}

/* With the lock held. */
static size_t add(PromotionBook *book, const char *order_id, PromotionV1UsageStatus status) {
        size_t i = book->n_usages++;

        ck_assert_uint_lt(i, PROMOTION_BOOK_ORDERS);
        snprintf(book->usages[i].order_id, sizeof(book->usages[i].order_id), "%s", order_id);
        book->usages[i].status = status;
        return i;
}

static const Error *exhausted(Ctx *ctx, const PromotionV1HoldUsageRequest *request) {
        Error *error = error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PROMOTION_EXHAUSTED, "gone");

        for (size_t i = 0; i < request->n_lines; i++)
                ERROR_ADD_RECORD(ctx->arena, error, error_text("campaignId", request->lines[i]->campaign_id),
                                 error_text("reason", "USAGE_LIMIT_REACHED"));
        return error;
}

static const Error *hold_new(PromotionBook *book, Ctx *ctx, const PromotionV1HoldUsageRequest *request) {
        if (book->uses_left < (long long) request->n_lines)
                return exhausted(ctx, request);
        book->uses_left -= (long long) request->n_lines;
        add(book, request->order_id, STATUS(HELD));
        return NULL;
}

static const Error *hold_once(PromotionBook *book, Ctx *ctx, const PromotionV1HoldUsageRequest *request) {
        size_t i = find(book, request->order_id);

        if (i == book->n_usages)
                return hold_new(book, ctx, request);
        return book->usages[i].status == STATUS(HELD)
                       ? NULL
                       : error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_USAGE_CLOSED, "closed");
}

static const Error *hold_usage(PromotionService *self, Ctx *ctx, const PromotionV1HoldUsageRequest *request,
                               PromotionV1HoldUsageResponse *response) {
        PromotionBook *book = (PromotionBook *) self;

        book->n_held++;
        TRY(market_in_mood(ctx, (Mood) book->mood));
        pthread_mutex_lock(&book->lock);
        const Error *error = hold_once(book, ctx, request);
        pthread_mutex_unlock(&book->lock);
        TRY(error);
        if (book->answers_get_lost)
                return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_WRITE_UNCERTAIN, "lost");
        response->usage = promotion_v1_usage_new(ctx->arena);
        response->usage->expires_at =
                proto_time_to_message(ctx->arena, clock_wall_us() + book->hold_s * US_PER_S);
        return book->when_held ? book->when_held(book, ctx, request, response) : NULL;
}

static const Error *commit_usage(PromotionService *self, Ctx *ctx,
                                 const PromotionV1CommitUsageRequest *request,
                                 PromotionV1CommitUsageResponse *response) {
        PromotionBook *book = (PromotionBook *) self;

        book->n_counted++;
        TRY(market_in_mood(ctx, book->cannot_count ? MOOD_AWAY : (Mood) book->mood));
        response->n_statuses = request->n_order_ids;
        response->statuses = ARENA_ARRAY(ctx->arena, PromotionV1UsageStatus, request->n_order_ids);
        pthread_mutex_lock(&book->lock);
        for (size_t k = 0; k < request->n_order_ids; k++) {
                size_t i = find(book, request->order_ids[k]);

                if (i == book->n_usages)
                        continue;
                if (book->usages[i].status == STATUS(HELD))
                        book->usages[i].status = STATUS(COMMITTED);
                response->statuses[k] = book->usages[i].status;
        }
        pthread_mutex_unlock(&book->lock);
        return NULL;
}

static const Error *release_usage(PromotionService *self, Ctx *ctx,
                                  const PromotionV1ReleaseUsageRequest *request,
                                  PromotionV1ReleaseUsageResponse *response) {
        PromotionBook *book = (PromotionBook *) self;

        book->n_released++;
        TRY(market_in_mood(ctx, (Mood) book->release_mood));
        response->n_statuses = request->n_order_ids;
        response->statuses = ARENA_ARRAY(ctx->arena, PromotionV1UsageStatus, request->n_order_ids);
        pthread_mutex_lock(&book->lock);
        for (size_t k = 0; k < request->n_order_ids; k++) {
                size_t i = find(book, request->order_ids[k]);

                if (i == book->n_usages)
                        i = add(book, request->order_ids[k], STATUS(RELEASED));
                else if (book->usages[i].status != STATUS(RELEASED))
                        book->uses_left++;
                book->usages[i].status = response->statuses[k] = STATUS(RELEASED);
        }
        pthread_mutex_unlock(&book->lock);
        return NULL;
}

void promotion_book_init(PromotionBook *book) {
        *book = (PromotionBook) {
                .base = { .evaluate = evaluate,
                          .hold_usage = hold_usage,
                          .commit_usage = commit_usage,
                          .release_usage = release_usage },
                .uses_left = 1000000,
                .hold_s = 900,
        };
        pthread_mutex_init(&book->lock, NULL);
}

void promotion_book_lose(PromotionBook *book, PromotionV1UsageStatus status) {
        pthread_mutex_lock(&book->lock);
        for (size_t i = 0; i < book->n_usages; i++)
                book->usages[i].status = status;
        pthread_mutex_unlock(&book->lock);
}

PromotionV1UsageStatus promotion_book_status(PromotionBook *book, const char *order_id) {
        pthread_mutex_lock(&book->lock);
        size_t i = find(book, order_id);
        PromotionV1UsageStatus status = i < book->n_usages ? book->usages[i].status : STATUS(UNSPECIFIED);
        pthread_mutex_unlock(&book->lock);
        return status;
}

size_t promotion_book_count(PromotionBook *book, PromotionV1UsageStatus status) {
        size_t n = 0;

        pthread_mutex_lock(&book->lock);
        for (size_t i = 0; i < book->n_usages; i++)
                n += book->usages[i].status == status;
        pthread_mutex_unlock(&book->lock);
        return n;
}
