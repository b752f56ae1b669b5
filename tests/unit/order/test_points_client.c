#include "data/points_client.h"

#include "customer/v1/customer.reasons.h"
#include "support.h"

/* A customer service that answers what a test wants, and remembers what it was asked. */
typedef struct FakeCustomers {
        CustomerService base;
        const char *reason; /* with which it refuses; NULL: it does not */
        ErrorCode code;
        bool says_nothing;
        CustomerV1PointsStatus status;
        size_t n_statuses; /* of one order */
        const char *order_id;
        int64_t points;
} FakeCustomers;

static FakeCustomers customers;
static Points *points;
static Order order;
static const char *const order_ids[] = { "ORD-1" };

static const Error *refusal(Ctx *ctx) {
        return customers.reason ? error_new(ctx->arena, customers.code, customers.reason, "no") : NULL;
}

static const Error *hold_points(CustomerService *self, Ctx *ctx, const CustomerV1HoldPointsRequest *request,
                                CustomerV1HoldPointsResponse *response) {
        (void) self;
        TRY(refusal(ctx));
        customers.order_id = request->order_id;
        customers.points = request->points;
        ck_assert_str_eq(request->customer_id, "CUST-1");
        if (customers.says_nothing)
                return NULL;
        response->hold = customer_v1_points_hold_new(ctx->arena);
        response->hold->expires_at = google_protobuf_timestamp_new(ctx->arena);
        response->hold->expires_at->seconds = 7;
        return NULL;
}

static const Error *commit_points(CustomerService *self, Ctx *ctx,
                                  const CustomerV1CommitPointsRequest *request,
                                  CustomerV1CommitPointsResponse *response) {
        (void) self;
        TRY(refusal(ctx));
        customers.order_id = request->order_ids[0];
        response->n_statuses = customers.n_statuses;
        response->statuses = ARENA_ARRAY(ctx->arena, CustomerV1PointsStatus, 1);
        response->statuses[0] = customers.status;
        return NULL;
}

static const Error *release_points(CustomerService *self, Ctx *ctx,
                                   const CustomerV1ReleasePointsRequest *request,
                                   CustomerV1ReleasePointsResponse *response) {
        (void) self;
        (void) response;
        TRY(refusal(ctx));
        customers.order_id = request->order_ids[0];
        return NULL;
}

static void set_up(void) {
        Arena *arena = test_ctx()->arena;

        customers = (FakeCustomers) { .base = { .hold_points = hold_points, .commit_points = commit_points,
                                                .release_points = release_points },
                                      .code = ERROR_FAILED_PRECONDITION,
                                      .n_statuses = 1 };
        callee_init(&(CalleeLimits) { .n_calls = 1, .breaker = { .n_failures = 100, .window_ms = 60000 } },
                    NULL);
        points = order_points_client_new(arena, &customers.base, callee_new(arena, "customer"));
        order = (Order) { .id = "ORD-1", .customer_id = "CUST-1", .loyalty.points_used = 500 };
}

static const Error *hold(int64_t *ret_expires_at_us) {
        return points->hold(points, test_ctx(), &order, ret_expires_at_us);
}

TEST(holds_what_the_order_uses_and_hears_how_long) {
        int64_t expires_at_us;

        ck_assert_ok(hold(&expires_at_us));
        ck_assert_int_eq(expires_at_us, 7000000);
        ck_assert_str_eq(customers.order_id, "ORD-1");
        ck_assert_int_eq(customers.points, 500);
        customers.says_nothing = true;
        ck_assert_int_eq(hold(&expires_at_us)->code, ERROR_INTERNAL);
}

TEST(who_has_too_few_hears_it_as_it_is) {
        int64_t expires_at_us;

        customers.reason = REASON_TOO_FEW_POINTS;
        const Error *error = ck_assert_reason(hold(&expires_at_us), REASON_TOO_FEW_POINTS);
        ck_assert_int_eq(error->code, ERROR_FAILED_PRECONDITION);
}

TEST(a_hold_that_is_closed_or_another_one_is_over) {
        int64_t expires_at_us;

        customers.reason = REASON_POINTS_CLOSED;
        ck_assert_reason(hold(&expires_at_us), REASON_HOLD_EXPIRED);
        customers.reason = REASON_POINTS_MISMATCH;
        ck_assert_reason(hold(&expires_at_us), REASON_HOLD_EXPIRED);
        customers.reason = REASON_INVALID_REQUEST, customers.code = ERROR_INVALID_ARGUMENT;
        ck_assert_int_eq(hold(&expires_at_us)->code, ERROR_INTERNAL);
}

static ConfirmState commit(CustomerV1PointsStatus status) {
        ConfirmState state;

        customers.status = status;
        ck_assert_ok(points->commit(points, test_ctx(), order_ids, 1, &state));
        return state;
}

TEST(what_is_used_is_done_what_is_held_comes_later_and_all_else_is_lost) {
        ConfirmState state;

        ck_assert_int_eq(commit(CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_COMMITTED), CONFIRM_DONE);
        ck_assert_int_eq(commit(CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_HELD), CONFIRM_LATER);
        ck_assert_int_eq(commit((CustomerV1PointsStatus) 99), CONFIRM_LATER);
        ck_assert_int_eq(commit(CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_UNSPECIFIED), CONFIRM_LOST);
        ck_assert_int_eq(commit(CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_RELEASED), CONFIRM_LOST);
        ck_assert_int_eq(commit(CUSTOMER__V1__POINTS_STATUS__POINTS_STATUS_EXPIRED), CONFIRM_LOST);
        customers.n_statuses = 0;
        ck_assert_int_eq(points->commit(points, test_ctx(), order_ids, 1, &state)->code, ERROR_INTERNAL);
}

TEST(gives_back_what_an_order_has) {
        ck_assert_ok(points->release(points, test_ctx(), "ORD-2"));
        ck_assert_str_eq(customers.order_id, "ORD-2");
        customers.reason = REASON_UNAVAILABLE, customers.code = ERROR_UNAVAILABLE;
        ck_assert_reason(points->release(points, test_ctx(), "ORD-2"), REASON_UNAVAILABLE);
}

int main(void) {
        Suite *suite = suite_create("order/points_client");
        TCase *tests = tcase_create("points_client");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
