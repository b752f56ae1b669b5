#include "offers.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/money.h"
#include "support.h"

#define N_MOST 16

static const Error *failing(Ctx *ctx, const char *reason) {
        return reason ? error_new(ctx->arena, ERROR_UNAVAILABLE, reason, "promotions are away") : NULL;
}

static bool is_left_out(const Offers *offers, const char *campaign_id) {
        for (size_t i = 0; i < offers->asked.n_without && !offers->keeps_offering; i++)
                if (str_equal(offers->asked.without[i], campaign_id))
                        return true;
        return false;
}

static void apply(Ctx *ctx, const Order *order, AppliedPromotion promotion, PromotionAnswer *answer) {
        int64_t *totals = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);
        int64_t *parts = ARENA_ARRAY(ctx->arena, int64_t, order->n_items);

        for (size_t i = 0; i < order->n_items; i++)
                totals[i] = order->items[i].total_minor;
        ck_assert(money_split(promotion.amount_minor, totals, order->n_items, parts));
        promotion.line_amounts_minor = parts;
        promotion.version = 3;
        answer->applied[answer->n_applied++] = promotion;
}

static void judge_code(Ctx *ctx, const Offers *offers, const Order *order, const char *code,
                       PromotionAnswer *answer) {
        if (offers->problem) {
                answer->refused[answer->n_refused++] = (RefusedCode) { code, offers->problem };
                return;
        }
        apply(ctx, order,
              (AppliedPromotion) { .campaign_id = arena_printf(ctx->arena, "CMP-%s", code),
                                   .code = code,
                                   .description = "10% off",
                                   .amount_minor = (order->pricing.subtotal_minor + 5) / 10 },
              answer);
}

static const Error *evaluate(Promotions *self, Ctx *ctx, const PromotionQuestion *question,
                             PromotionAnswer *ret_answer) {
        Offers *offers = (Offers *) self;
        PromotionAnswer answer = { .applied = ARENA_ARRAY(ctx->arena, AppliedPromotion, N_MOST),
                                   .refused = ARENA_ARRAY(ctx->arena, RefusedCode, N_MOST),
                                   .is_away = offers->is_away };

        offers->n_evaluated++;
        offers->asked = *question;
        for (size_t i = 0; i < question->n_codes; i++)
                judge_code(ctx, offers, question->order, question->codes[i], &answer);
        if (offers->automatic_minor > 0 && !offers->is_away && !is_left_out(offers, OFFERS_AUTOMATIC))
                apply(ctx, question->order,
                      (AppliedPromotion) { .campaign_id = OFFERS_AUTOMATIC,
                                           .description = "for everybody",
                                           .amount_minor = offers->automatic_minor },
                      &answer);
        *ret_answer = answer;
        return failing(ctx, offers->evaluate_fails);
}

static bool is_gone(const Offers *offers, const char *campaign_id) {
        for (size_t i = 0; offers->gone[i]; i++)
                if (str_equal(offers->gone[i], campaign_id))
                        return true;
        return false;
}

static const Error *hold(Promotions *self, Ctx *ctx, const Order *order, int64_t *ret_expires_at_us,
                         GoneUse **ret_gone, size_t *ret_n_gone) {
        Offers *offers = (Offers *) self;
        GoneUse *gone = ARENA_ARRAY(ctx->arena, GoneUse, N_MOST);
        int64_t amount_minor = 0;
        size_t n_gone = 0;

        offers->n_held++;
        if (offers->hold_fails && !str_equal(offers->hold_fails, REASON_DEADLINE_EXCEEDED))
                return failing(ctx, offers->hold_fails);
        for (size_t i = 0; i < order->pricing.n_discounts; i++) {
                const OrderDiscount *discount = &order->pricing.discounts[i];

                if (!discount->campaign_id)
                        continue;
                ck_assert_int_eq(discount->campaign_version, 3);
                amount_minor += discount->amount_minor;
                if (is_gone(offers, discount->campaign_id))
                        gone[n_gone++] = (GoneUse) { discount->campaign_id, offers->gone_reason };
        }
        *ret_gone = gone;
        *ret_n_gone = n_gone;
        if (n_gone > 0)
                return NULL;
        offers->held_minor = amount_minor;
        offers->are_held = true;
        *ret_expires_at_us = offers->uses_expire_at_us;
        return failing(ctx, offers->hold_fails);
}

static const Error *commit(Promotions *self, Ctx *ctx, const char *const *order_ids, size_t n,
                           ConfirmState *ret_states) {
        Offers *offers = (Offers *) self;

        (void) order_ids;
        offers->n_committed++;
        TRY(failing(ctx, offers->commit_fails));
        for (size_t i = 0; i < n; i++)
                ret_states[i] = offers->state;
        offers->are_counted = offers->state == CONFIRM_DONE;
        return NULL;
}

static const Error *release(Promotions *self, Ctx *ctx, const char *order_id) {
        Offers *offers = (Offers *) self;

        (void) order_id;
        TRY(ctx_check(ctx));
        TRY(failing(ctx, offers->release_fails));
        offers->n_released++;
        offers->are_held = offers->are_counted = false;
        return NULL;
}

void offers_init(Offers *offers) {
        *offers = (Offers) {
                .base = { .evaluate = evaluate, .hold = hold, .commit = commit, .release = release },
                .gone_reason = "USAGE_LIMIT_REACHED",
                .uses_expire_at_us = clock_wall_us() + INT64_C(1800000000),
        };
}
