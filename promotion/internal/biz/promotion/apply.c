#include "base/clock.h"
#include "base/money.h"
#include "biz/promotion/evaluate.h"

static const Error *check_codes(Ctx *ctx, IdList codes) {
        for (size_t i = 1; i < codes.n; i++)
                for (size_t k = 0; k < i; k++)
                        if (str_equal(codes.ids[i], codes.ids[k]))
                                return error_invalid(ctx->arena,
                                                     arena_printf(ctx->arena, "codes[%zu]", i),
                                                     "appears twice");
        return NULL;
}

/* The cart with the amounts of its lines and their sum. */
static const Error *add_up(Ctx *ctx, const Cart *cart, Cart *ret_cart) {
        CartLine *lines = ARENA_ARRAY(ctx->arena, CartLine, cart->n_lines);
        int64_t subtotal_minor = 0;

        for (size_t i = 0; i < cart->n_lines; i++) {
                lines[i] = cart->lines[i];
                if (!money_multiply(lines[i].unit_price_minor, lines[i].quantity, &lines[i].amount_minor) ||
                    !money_add(subtotal_minor, lines[i].amount_minor, &subtotal_minor))
                        return error_invalid(ctx->arena,
                                             arena_printf(ctx->arena, "lines[%zu].unitPriceMinor", i),
                                             "must be less: the cart is worth more than can be counted");
        }
        *ret_cart = (Cart) {
                .currency = cart->currency,
                .lines = lines,
                .n_lines = cart->n_lines,
                .subtotal_minor = subtotal_minor,
        };
        return NULL;
}

const Error *promotion_apply(CampaignUsecase *usecase, Ctx *ctx, const Shopper *shopper, const Cart *cart,
                             IdList codes, IdList without, Evaluation *ret_evaluation) {
        Offer *offer = ARENA_NEW(ctx->arena, Offer);

        *offer = (Offer) {
                .shopper = *shopper, .codes = codes, .without = without, .now_us = clock_wall_us()
        };
        TRY(check_codes(ctx, codes));
        if (money_decimals(cart->currency) < 0)
                return error_invalid(ctx->arena, "currency", "must be the code of a known currency");
        TRY(add_up(ctx, cart, &offer->cart));
        TRY(usecase->repo->candidates(usecase->repo, ctx, codes, shopper->customer_id, &offer->candidates,
                                      &offer->n_candidates));
        return promotion_evaluate(ctx->arena, offer, ret_evaluation);
}
