#include "base/memory.h"
#include "base/str.h"
#include "biz/points/points.h"
#include "service/points_mapping.h"
#include "support.h"

#define SPOILT "ORD-SPOILT"

/* Remembers which orders were moved how, and says what the test wants. */
typedef struct FakeRepo {
        PointsRepo base;
        bool is_held;
        PointsHold hold;
        PointsEarning earning;
        int64_t balance;
        const char *committed, *expired, *extended;
        const char *const *expired_holds;
        size_t n_expired_holds, n_moves;
        int64_t limit;
        bool may_pass;
} FakeRepo;

typedef struct FakeOwner {
        PointsOwner base;
        const PointsMove *answers;
        const Error *error;
} FakeOwner;

static FakeRepo repo;
static FakeOwner owner;
static ProfileRepo profiles;
static Profile profile;
static PointsUsecase points;
static PointsHold held;

static const Error *fake_hold(PointsRepo *self, Ctx *ctx, const PointsHold *wanted, int64_t hold_ms,
                              bool *ret_is_held) {
        (void) ctx;
        ck_assert_int_eq(wanted->points, 500);
        ck_assert_int_eq(hold_ms, 1000);
        *ret_is_held = ((FakeRepo *) self)->is_held;
        return NULL;
}

static const Error *fake_find(PointsRepo *self, Ctx *ctx, const char *order_id, PointsHold *ret_hold) {
        (void) ctx;
        (void) order_id;
        *ret_hold = ((FakeRepo *) self)->hold;
        return NULL;
}

static const char *join(Ctx *ctx, const char *const *order_ids, size_t n) {
        const char *text = "";

        for (size_t i = 0; i < n; i++)
                text = arena_printf(ctx->arena, "%s%s ", text, order_ids[i]);
        return text;
}

/* What has SPOILT with it fails. */
static const Error *fake_move(PointsRepo *self, Ctx *ctx, PointsMove move, const char *const *order_ids,
                              size_t n_orders, PointsStatus *ret_statuses) {
        FakeRepo *fake = (FakeRepo *) self;

        fake->n_moves++;
        for (size_t i = 0; i < n_orders; i++) {
                if (str_equal(order_ids[i], SPOILT) && fake->may_pass)
                        return error_new(ctx->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
                if (str_equal(order_ids[i], SPOILT)) {
                        Error *error = error_internal(ctx->arena, NULL, "spoilt");

                        error->is_final = true;
                        return error;
                }
                ret_statuses[i] = move == POINTS_COMMIT ? POINTS_COMMITTED : POINTS_EXPIRED;
        }
        *(move == POINTS_COMMIT ? &fake->committed : &fake->expired) = join(ctx, order_ids, n_orders);
        return NULL;
}

static const Error *fake_extend(PointsRepo *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                int64_t hold_ms) {
        ck_assert_int_eq(hold_ms, 1000);
        ((FakeRepo *) self)->extended = join(ctx, order_ids, n_orders);
        return NULL;
}

static const Error *fake_earn(PointsRepo *self, Ctx *ctx, const PointsEarning *wanted,
                              PointsEarning *ret_earning) {
        (void) ctx;
        (void) wanted;
        *ret_earning = ((FakeRepo *) self)->earning;
        return NULL;
}

static const Error *fake_balance(PointsRepo *self, Ctx *ctx, const char *customer_id, int64_t *ret_points) {
        (void) ctx;
        (void) customer_id;
        *ret_points = ((FakeRepo *) self)->balance;
        return NULL;
}

static const Error *fake_expiry(PointsRepo *self, Ctx *ctx, const char *customer_id,
                                PointsExpiry *ret_expiry) {
        (void) self;
        (void) ctx;
        (void) customer_id;
        *ret_expiry = (PointsExpiry) { .points = 250, .first_at_us = 1 };
        return NULL;
}

static const Error *fake_list(PointsRepo *self, Ctx *ctx, const char *customer_id,
                              const PointsPosition *after, int64_t limit, const PointsEntry **ret_entries,
                              size_t *ret_n) {
        (void) ctx;
        (void) customer_id;
        (void) after;
        ((FakeRepo *) self)->limit = limit;
        *ret_entries = NULL;
        *ret_n = 0;
        return NULL;
}

static const Error *fake_claim(PointsRepo *self, Ctx *ctx, int64_t claim_ms,
                               const char *const **ret_order_ids, size_t *ret_n_orders) {
        FakeRepo *fake = (FakeRepo *) self;

        (void) ctx;
        ck_assert_int_eq(claim_ms, POINTS_CLAIM_MS);
        *ret_order_ids = fake->expired_holds;
        *ret_n_orders = fake->n_expired_holds;
        return NULL;
}

static const Error *fake_resolve(PointsOwner *self, Ctx *ctx, const char *const *order_ids, size_t n_orders,
                                 PointsMove *ret_moves) {
        FakeOwner *fake = (FakeOwner *) self;

        (void) ctx;
        (void) order_ids;
        for (size_t i = 0; i < n_orders && !fake->error; i++)
                ret_moves[i] = fake->answers[i];
        return fake->error;
}

static const Error *fake_profile(ProfileRepo *self, Ctx *ctx, const char *customer_id,
                                 const Profile **ret_profile) {
        (void) self;
        (void) ctx;
        *ret_profile = str_equal(customer_id, profile.customer_id) ? &profile : NULL;
        return NULL;
}

static void set_up(void) {
        repo = (FakeRepo) { .base = { .hold = fake_hold, .find = fake_find, .move = fake_move,
                                      .extend = fake_extend, .earn = fake_earn, .balance = fake_balance,
                                      .expiry = fake_expiry, .list = fake_list,
                                      .claim_expired = fake_claim },
                            .earning = { "ORD-1", "CUST-1", 471, false },
                            .balance = 1221 };
        owner = (FakeOwner) { .base = { .resolve = fake_resolve } };
        profiles = (ProfileRepo) { .find = fake_profile };
        profile = (Profile) { .customer_id = "CUST-1", .tier = TIER_GOLD, .tier_discount_bp = 550,
                              .tier_ships_free = true, .points = 1250 };
        points = (PointsUsecase) { &repo.base, &owner.base, &profiles, 1000 };
        held = (PointsHold) { "ORD-1", "CUST-1", 500, POINTS_HELD, 1 };
}

static Ctx *service(void) {
        static const Caller caller = { .id = "order", .roles = ROLE_SERVICE };
        Ctx *ctx = test_ctx();

        ctx->caller = &caller;
        return ctx;
}

static const Error *hold(void) {
        PointsHold hold;

        return customer_points_hold(&points, test_ctx(), "ORD-1", "CUST-1", 500, &hold);
}

TEST(takes_only_a_living_hold_of_the_same_points) {
        repo.hold = held;
        ck_assert_ok(hold());
        repo.hold.status = POINTS_COMMITTED;
        ck_assert_ok(hold());
        repo.hold.points = 501;
        ck_assert_reason(hold(), REASON_POINTS_MISMATCH);
        repo.hold = held, repo.hold.customer_id = "CUST-2";
        ck_assert_reason(hold(), REASON_POINTS_MISMATCH);
        repo.hold = held, repo.hold.status = POINTS_RELEASED;
        ck_assert_reason(hold(), REASON_POINTS_CLOSED);
        repo.hold.status = POINTS_EXPIRED;
        ck_assert_reason(hold(), REASON_POINTS_CLOSED);
}

TEST(who_has_too_few_hears_how_many_he_has) {
        repo.balance = 499;
        const Error *error = ck_assert_reason(hold(), REASON_TOO_FEW_POINTS);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
        ck_assert_int_eq(error->records[0].values[0].number, 500);
        ck_assert_int_eq(error->records[0].values[1].number, 499);
        repo.balance = -7;
        error = ck_assert_reason(hold(), REASON_TOO_FEW_POINTS);
        ck_assert_int_eq(error->records[0].values[1].number, 0);
}

static const Error *earn(const char *customer_id, int64_t n, int64_t *ret_balance) {
        const PointsEarning wanted = { .order_id = "ORD-1", .customer_id = customer_id, .points = n };

        return customer_points_earn(&points, service(), &wanted, ret_balance);
}

TEST(an_order_earns_what_it_says_or_nothing) {
        int64_t balance;

        ck_assert_ok(earn("CUST-1", 471, &balance));
        ck_assert_int_eq(balance, 1221);
        ck_assert_reason(earn("CUST-1", 472, &balance), REASON_POINTS_MISMATCH);
        ck_assert_reason(earn("CUST-2", 471, &balance), REASON_NO_SUCH_CUSTOMER);
        repo.earning.customer_id = "CUST-3";
        ck_assert_reason(earn("CUST-1", 471, &balance), REASON_POINTS_MISMATCH);
        repo.earning.is_revoked = true;
        ck_assert_reason(earn("CUST-1", 471, &balance), REASON_POINTS_CLOSED);
}

/* LOY-3: 1250 points are 12.50, 500 are 5.00. */
TEST(a_hundred_points_are_worth_one) {
        CustomerV1GetCheckoutBenefitsResponse *response =
                customer_v1_get_checkout_benefits_response_new(test_ctx()->arena);
        PointsBenefits benefits;

        ck_assert_ok(customer_points_benefits(&points, service(), "CUST-1", &benefits));
        customer_benefits_to_message(test_ctx()->arena, &benefits, response);
        ck_assert_int_eq(response->available_points, 1250);
        ck_assert_int_eq(response->points_value->minor, 1250);
        ck_assert_str_eq(response->points_value->currency, "USD");
        ck_assert_int_eq(response->owed_points, 0);
        ck_assert_int_eq(response->expiring_points, 250);
        ck_assert_str_eq(response->tier, "gold");
        ck_assert_int_eq(response->tier_benefits->discount_percentage, 5);
        ck_assert_int_eq(response->tier_benefits->discount_bp, 550);
        ck_assert(response->tier_benefits->free_shipping);
        profile.points = 500;
        ck_assert_ok(customer_points_benefits(&points, service(), "CUST-1", &benefits));
        customer_benefits_to_message(test_ctx()->arena, &benefits, response);
        ck_assert_int_eq(response->points_value->minor, 500);
}

TEST(who_owes_has_none_to_use) {
        PointsBenefits benefits;

        profile.points = -40;
        ck_assert_ok(customer_points_benefits(&points, service(), "CUST-1", &benefits));
        ck_assert_int_eq(benefits.available, 0);
        ck_assert_int_eq(benefits.owed, 40);
        ck_assert_int_eq(benefits.expiry.points, 0);
}

TEST(a_page_has_twenty_entries_unless_it_says_how_many) {
        PointsPage page;

        ck_assert_ok(customer_points_list(&points, service(), "CUST-1", NULL, 0, &page));
        ck_assert_int_eq(repo.limit, POINTS_PAGE_DEFAULT + 1);
        ck_assert_ok(customer_points_list(&points, service(), "CUST-1", NULL, 101, &page));
        ck_assert_int_eq(repo.limit, POINTS_PAGE_MAX + 1);
        ck_assert_reason(customer_points_list(&points, service(), "CUST-2", NULL, 0, &page),
                         REASON_NO_SUCH_CUSTOMER);
}

TEST(does_with_each_hold_what_its_owner_says) {
        static const char *const order_ids[] = { "A", "B", "C", "D", "E" };
        static const PointsMove answers[] = { POINTS_EXPIRE, POINTS_COMMIT, POINTS_EXTEND, POINTS_EXPIRE,
                                              POINTS_KEEP };
        size_t n;

        repo.expired_holds = order_ids, repo.n_expired_holds = 5;
        owner.answers = answers;
        ck_assert_ok(customer_points_sweep(&points, test_ctx(), &n));
        ck_assert_uint_eq(n, 5);
        ck_assert_str_eq(repo.expired, "A D ");
        ck_assert_str_eq(repo.committed, "B ");
        ck_assert_str_eq(repo.extended, "C ");
}

TEST(gives_nothing_back_while_the_owner_does_not_answer) {
        static const char *const order_ids[] = { "A" };
        size_t n;

        repo.expired_holds = order_ids, repo.n_expired_holds = 1;
        owner.error = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(customer_points_sweep(&points, test_ctx(), &n), REASON_UNAVAILABLE);
        ck_assert_uint_eq(repo.n_moves, 0);
}

TEST(one_that_cannot_be_moved_holds_up_no_other) {
        static const char *const order_ids[] = { "A", SPOILT, "B" };
        PointsStatus statuses[3];

        repo.hold = held;
        ck_assert_ok(customer_points_move(&points, test_ctx(), POINTS_COMMIT, order_ids, 3, statuses));
        ck_assert_int_eq(statuses[0], POINTS_COMMITTED);
        ck_assert_int_eq(statuses[1], POINTS_HELD);
        ck_assert_int_eq(statuses[2], POINTS_COMMITTED);
        repo.may_pass = true;
        ck_assert_reason(customer_points_move(&points, test_ctx(), POINTS_COMMIT, order_ids, 3, statuses),
                         REASON_UNAVAILABLE);
}

TEST(events_mean_what_they_say) {
        ck_assert_int_eq(customer_points_meaning("order.created"), POINTS_KEEP);
        ck_assert_int_eq(customer_points_meaning("order.confirmed"), POINTS_COMMIT);
        ck_assert_int_eq(customer_points_meaning("order.cancelled"), POINTS_RELEASE);
        ck_assert_int_eq(customer_points_meaning("order.failed"), POINTS_RELEASE);
        ck_assert_int_eq(customer_points_meaning("order.payment_failed"), POINTS_RELEASE);
        ck_assert_int_eq(customer_points_meaning("order.shipped"), POINTS_KEEP);
}

int main(void) {
        Suite *suite = suite_create("customer/points");
        TCase *tests = tcase_create("points");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
