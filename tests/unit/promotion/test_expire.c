#include "biz/promotion/usage.h"
#include "support.h"

/* Remembers which orders were moved how. */
typedef struct FakeRepo {
        UsageRepo base;
        const char *committed;
        const char *expired;
        const char *extended;
        size_t n_calls;
} FakeRepo;

/* Says of order i what the test wants. */
typedef struct FakeOwner {
        UsageOwner base;
        const UsageMove *answers;
        const Error *error;
} FakeOwner;

static const char *join(Ctx *ctx, const char *const *order_ids, size_t n_orders) {
        const char *text = "";

        for (size_t i = 0; i < n_orders; i++)
                text = arena_printf(ctx->arena, "%s%s ", text, order_ids[i]);
        return text;
}

static const Error *fake_move(UsageRepo *self, Ctx *ctx, UsageMove move, const char *const *order_ids,
                              size_t n_orders, UsageStatus *ret_statuses) {
        FakeRepo *repo = (FakeRepo *) self;
        const char *orders = join(ctx, order_ids, n_orders);

        repo->n_calls++;
        if (move == USAGE_COMMIT)
                repo->committed = orders;
        if (move == USAGE_EXPIRE)
                repo->expired = orders;
        for (size_t i = 0; i < n_orders; i++)
                ret_statuses[i] = USAGE_NONE;
        return NULL;
}

static const Error *fake_extend(UsageRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                int64_t hold_ms) {
        ck_assert_int_eq(hold_ms, 1000);
        ((FakeRepo *) self)->n_calls++;
        ((FakeRepo *) self)->extended = join(ctx, order_ids, n_orders);
        return NULL;
}

static const Error *fake_resolve(UsageOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                 UsageMove *ret_moves) {
        FakeOwner *owner = (FakeOwner *) self;

        (void) ctx;
        (void) order_ids;
        for (size_t i = 0; i < n_orders && !owner->error; i++)
                ret_moves[i] = owner->answers[i];
        return owner->error;
}

static FakeRepo repo;
static FakeOwner owner;
static UsageUsecase usages;
static const char *const order_ids[] = { "A", "B", "C", "D", "E" };

static void set_up(void) {
        repo = (FakeRepo) { .base = { .move = fake_move, .extend = fake_extend } };
        owner = (FakeOwner) { .base = { .resolve = fake_resolve } };
        usages = (UsageUsecase) { .repo = &repo.base, .owner = &owner.base, .hold_ms = 1000 };
}

TEST(does_with_each_hold_what_its_owner_says) {
        static const UsageMove answers[] = { USAGE_EXPIRE, USAGE_COMMIT, USAGE_EXTEND, USAGE_EXPIRE,
                                             USAGE_KEEP };
        size_t n_resolved;

        owner.answers = answers;
        ck_assert_ok(promotion_resolve(&usages, test_ctx(), order_ids, 5, &n_resolved));
        ck_assert_str_eq(repo.expired, "A D ");
        ck_assert_str_eq(repo.committed, "B ");
        ck_assert_str_eq(repo.extended, "C ");
        ck_assert_uint_eq(n_resolved, 4);
}

TEST(moves_nothing_that_nobody_asked_for) {
        static const UsageMove answers[] = { USAGE_KEEP };
        size_t n_resolved;

        owner.answers = answers;
        ck_assert_ok(promotion_resolve(&usages, test_ctx(), order_ids, 1, &n_resolved));
        ck_assert_uint_eq(repo.n_calls, 0);
        ck_assert_uint_eq(n_resolved, 0);
}

TEST(gives_nothing_back_while_the_owner_does_not_answer) {
        Ctx *ctx = test_ctx();
        size_t n_resolved = 42;

        owner.error = error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(promotion_resolve(&usages, ctx, order_ids, 5, &n_resolved), REASON_UNAVAILABLE);
        ck_assert_uint_eq(repo.n_calls, 0);
        ck_assert_uint_eq(n_resolved, 42);
}

int main(void) {
        Suite *suite = suite_create("promotion/expire");
        TCase *tests = tcase_create("expire");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
