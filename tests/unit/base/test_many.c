#include "base/many.h"
#include "support.h"

#define N 5

/* Item 2 is bad, in the way that a test chooses; the others are done whenever they are not with it. */
static bool done[N];
static int n_calls;
static const char *reason;

static const Error *work(void *arg, Ctx *ctx, size_t first, size_t n) {
        (void) arg;
        n_calls++;
        if (first <= 2 && 2 < first + n)
                return error_new(ctx->arena, reason ? ERROR_UNAVAILABLE : ERROR_INTERNAL, reason, "bad");
        for (size_t i = first; i < first + n; i++)
                done[i] = true;
        return NULL;
}

static void run(const char *why, const Error **errors) {
        reason = why;
        n_calls = 0;
        many_run(test_ctx(), work, NULL, N, errors);
}

TEST(a_bad_item_keeps_its_error_to_itself) {
        const Error *errors[N];

        run(NULL, errors);
        ck_assert_int_eq(n_calls, 1 + N);
        for (size_t i = 0; i < N; i++) {
                ck_assert_int_eq(done[i], i != 2);
                ck_assert_int_eq(errors[i] != NULL, i == 2);
        }
}

TEST(what_may_pass_is_not_tried_item_by_item) {
        const Error *errors[N];

        run(REASON_UNAVAILABLE, errors);
        ck_assert_int_eq(n_calls, 1);
        for (size_t i = 0; i < N; i++)
                ck_assert_reason(errors[i], REASON_UNAVAILABLE);
}

TEST(no_items_are_no_work) {
        n_calls = 0;
        many_run(test_ctx(), work, NULL, 0, NULL);
        ck_assert_int_eq(n_calls, 0);
}

int main(void) {
        Suite *suite = suite_create("many");
        TCase *tests = tcase_create("many");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
