#include "data/preference_client.h"

#include "customer/v1/customer.reasons.h"
#include "support.h"

static const Error *refusal; /* of the customer service */
static size_t n_calls;
static CustomerV1Preferences *said;
static int64_t remaining_ms;

static const Error *get_checkout_context(CustomerService *self, Ctx *ctx,
                                         const CustomerV1GetCheckoutContextRequest *request,
                                         CustomerV1GetCheckoutContextResponse *response) {
        (void) self;
        n_calls++;
        remaining_ms = ctx_remaining_ms(ctx);
        ck_assert_str_eq(request->customer_id, "CUST-1");
        TRY(refusal);
        response->preferences = said;
        return NULL;
}

static CustomerService customers = { .get_checkout_context = get_checkout_context };
static Preferences *preferences;

static void set_up(void) {
        refusal = NULL;
        n_calls = 0;
        said = customer_v1_preferences_new(test_ctx()->arena);
        preferences = review_preference_client_new(test_ctx()->arena, &customers);
}

static const Error *find(RequestWish *ret_wish) {
        return preferences->find_wish(preferences, test_ctx(), "CUST-1", ret_wish);
}

TEST(what_counts_is_whether_he_wants_requests_for_reviews) {
        RequestWish wish;

        said->notifications = said->marketing = true;
        ck_assert_ok(find(&wish));
        ck_assert_int_eq(wish, WISH_NOT_TO_BE_ASKED);
        said->notifications = said->marketing = false;
        said->review_requests = true;
        ck_assert_ok(find(&wish));
        ck_assert_int_eq(wish, WISH_TO_BE_ASKED);
        ck_assert_int_le(remaining_ms, REVIEW_CUSTOMER_TIMEOUT_MS);
}

TEST(of_a_customer_whom_nobody_knows_no_wish_is_known) {
        RequestWish wish;

        refusal = error_new(test_ctx()->arena, ERROR_NOT_FOUND, REASON_NO_SUCH_CUSTOMER, "none");
        ck_assert_ok(find(&wish));
        ck_assert_int_eq(wish, WISH_UNKNOWN);
}

TEST(an_answer_without_preferences_is_no_wish) {
        RequestWish wish;

        said = NULL;
        const Error *error = find(&wish);
        ck_assert(error && !error->reason);
}

TEST(what_else_goes_wrong_is_no_wish) {
        RequestWish wish;

        refusal = error_new(test_ctx()->arena, ERROR_DEADLINE_EXCEEDED, REASON_DEADLINE_EXCEEDED, "slow");
        ck_assert_ptr_eq(find(&wish), refusal);
        refusal = error_internal(test_ctx()->arena, NULL, "broken");
        ck_assert_ptr_eq(find(&wish), refusal);
}

TEST(after_some_failures_it_is_not_asked_for_a_while) {
        RequestWish wish;

        refusal = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        for (int i = 0; i < 20; i++)
                ck_assert_reason(find(&wish), REASON_UNAVAILABLE);
        ck_assert_uint_lt(n_calls, 20);
        ck_assert_uint_ge(n_calls, 5);
}

int main(void) {
        Suite *suite = suite_create("review/preference_client");
        TCase *tests = tcase_create("preference_client");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
