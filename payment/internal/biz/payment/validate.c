#include "base/card.h"
#include "base/str.h"
#include "biz/payment/payment.h"
#include "biz/payment/provider.h"

bool payment_needs_token(const char *method) {
        return str_equal(method, PAYMENT_METHOD_CARD) || str_equal(method, PAYMENT_METHOD_WALLET);
}

const Error *payment_check_token(Ctx *ctx, const char *token) {
        if (card_number_in(token))
                return error_invalid(ctx->arena, "token",
                                     "must be a token of the payment provider, not a card number");
        return NULL;
}

const Error *payment_validate(PaymentUsecase *usecase, Ctx *ctx, const char *method, const char *token,
                              const char **ret_problem) {
        TRY(payment_check_token(ctx, token));
        if (payment_needs_token(method) && !str_is_empty(token))
                return usecase->provider->validate(usecase->provider, ctx, method, token, ret_problem);
        *ret_problem = payment_needs_token(method) ? PAYMENT_TOKEN_REQUIRED : NULL;
        return NULL;
}
