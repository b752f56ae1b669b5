#include <string.h>

#include "base/str.h"
#include "biz/payment/payment.h"
#include "biz/payment/provider.h"
#include "support.h"

static const Error *know_one(PaymentProvider *self, Ctx *ctx, const char *method, const char *token,
                             const char **ret_problem) {
        (void) self;
        (void) ctx;
        (void) method;
        *ret_problem = str_equal(token, "pm_1") ? NULL : PAYMENT_UNKNOWN_TOKEN;
        return NULL;
}

static PaymentProvider provider = { .validate = know_one };
static PaymentUsecase payments = { .provider = &provider };

static const char *problem_of(const char *method, const char *token) {
        const char *problem;

        ck_assert_ok(payment_validate(&payments, test_ctx(), method, token, &problem));
        return problem ? problem : "";
}

TEST(says_whether_a_method_can_be_used) {
        ck_assert_str_eq(problem_of("credit_card", "pm_1"), "");
        ck_assert_str_eq(problem_of("wallet", "pm_1"), "");
        ck_assert_str_eq(problem_of("credit_card", "pm_2"), PAYMENT_UNKNOWN_TOKEN);
        ck_assert_str_eq(problem_of("credit_card", ""), PAYMENT_TOKEN_REQUIRED);
        ck_assert_str_eq(problem_of("wallet", ""), PAYMENT_TOKEN_REQUIRED);
        ck_assert_str_eq(problem_of("cod", ""), "");
        ck_assert_str_eq(problem_of("online", ""), "");
}

TEST(refuses_a_card_number_whatever_the_method) {
        static const char *const methods[] = { "credit_card", "wallet", "cod", "online" };
        const char *problem;

        for (size_t i = 0; i < 4; i++) {
                const Error *error = ck_assert_reason(
                        payment_validate(&payments, test_ctx(), methods[i], "4242424242424242", &problem),
                        REASON_INVALID_REQUEST);

                ck_assert_int_eq(error->code, ERROR_INVALID_ARGUMENT);
                ck_assert_str_eq(error->violations[0].field, "token");
                ck_assert_ptr_null(strstr(error->message, "4242"));
        }
}

int main(void) {
        Suite *suite = suite_create("payment/validate");
        TCase *tests = tcase_create("validate");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
