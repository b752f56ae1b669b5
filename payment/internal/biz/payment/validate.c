#include "base/str.h"
#include "biz/payment/payment.h"
#include "biz/payment/provider.h"

#define CARD_MIN_DIGITS 13
#define CARD_MAX_DIGITS 19

/* The Luhn sum, from the last digit back: every second digit doubled, its own digits added. */
static bool has_check_digit(const char *digits, size_t n_digits) {
        int sum = 0;

        for (size_t i = 0; i < n_digits; i++) {
                int digit = digits[n_digits - 1 - i] - '0';
                int weighted = i % 2 == 0 ? digit : 2 * digit;

                sum += weighted > 9 ? weighted - 9 : weighted;
        }
        return sum % 10 == 0;
}

bool payment_is_card_number(const char *text) {
        char digits[CARD_MAX_DIGITS];
        size_t n_digits = 0;

        for (; *text; text++) {
                if (*text == ' ' || *text == '-')
                        continue;
                if (*text < '0' || *text > '9' || n_digits == CARD_MAX_DIGITS)
                        return false;
                digits[n_digits++] = *text;
        }
        return n_digits >= CARD_MIN_DIGITS && has_check_digit(digits, n_digits);
}

bool payment_needs_token(const char *method) {
        return str_equal(method, PAYMENT_METHOD_CARD) || str_equal(method, PAYMENT_METHOD_WALLET);
}

const Error *payment_check_token(Ctx *ctx, const char *token) {
        if (!payment_is_card_number(token))
                return NULL;
        Error *error = error_new(ctx->arena, ERROR_INVALID_ARGUMENT, REASON_INVALID_REQUEST,
                                 "The request has an invalid field");
        error_add_violation(ctx->arena, error, "token",
                            "must be a token of the payment provider, not a card number");
        return error;
}

const Error *payment_validate(PaymentUsecase *usecase, Ctx *ctx, const char *method, const char *token,
                              const char **ret_problem) {
        TRY(payment_check_token(ctx, token));
        if (payment_needs_token(method) && !str_is_empty(token))
                return usecase->provider->validate(usecase->provider, ctx, method, token, ret_problem);
        *ret_problem = payment_needs_token(method) ? PAYMENT_TOKEN_REQUIRED : NULL;
        return NULL;
}
