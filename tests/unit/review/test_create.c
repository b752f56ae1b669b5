#include "fakes.h"

static FakeRepo repo;
static FakePurchases purchases;
static ReviewUsecase reviews;
static const ReviewContent content = { 5, "Great", "It plays well." };
static const Review *review;

static Bytes snapshot(Ctx *ctx, const Review *written) {
        (void) ctx;
        return (Bytes) { (const uint8_t *) written->review_id, 3 };
}

static void set_up(void) {
        repo = fake_repo();
        purchases = fake_purchases();
        reviews = (ReviewUsecase) { &repo.base, &purchases.base, snapshot };
}

static const Error *create_by(const char *customer, const char *product, const char *order) {
        return review_create(&reviews, fake_caller(customer, ROLE_CUSTOMER), product, order, &content,
                             &review);
}

TEST(a_review_of_what_an_order_brought_is_verified_and_waits_for_an_admin) {
        ck_assert_ok(create_by("CUST-1", "PROD-1", "ORD-2024-000001"));
        ck_assert_str_eq(purchases.asked, "ORD-2024-000001");
        ck_assert(str_starts_with(review->review_id, "REV-"));
        ck_assert_int_eq(review->version, 1);
        ck_assert_str_eq(review->order_id, "ORD-1");
        ck_assert_str_eq(review->customer_id, "CUST-1");
        ck_assert_str_eq(review->product_id, "PROD-1");
        ck_assert_str_eq(review->seller_id, "SELLER-1");
        ck_assert_int_eq(review->content.rating, 5);
        ck_assert_int_eq(review->status, REVIEW_PENDING);
        ck_assert(review->is_verified);
        ck_assert_int_gt(review->created_at_us, 0);
        ck_assert_int_eq(review->submitted_at_us, review->created_at_us);
        ck_assert_ptr_eq(repo.answer.data, repo.saved.review_id);
        ck_assert_ok(create_by("CUST-1", "PROD-2", "ORD-1"));
        ck_assert_ptr_null(review->seller_id);
}

TEST(a_review_without_an_order_is_not_verified) {
        ck_assert_ok(create_by("CUST-1", "PROD-1", NULL));
        ck_assert_ptr_null(purchases.asked);
        ck_assert(!review->is_verified);
        ck_assert_ptr_null(review->order_id);
        ck_assert_ptr_null(review->seller_id);
}

static void assert_refused(const Error *error, const char *reason, ErrorCode code) {
        ck_assert_reason(error, reason);
        ck_assert_int_eq(error->code, code);
        ck_assert_int_eq(repo.saved.version, 0);
}

TEST(an_order_verifies_what_it_brought_to_its_customer_and_nothing_else) {
        assert_refused(create_by("CUST-2", "PROD-1", "ORD-1"), REASON_ORDER_CUSTOMER_MISMATCH,
                       ERROR_PERMISSION_DENIED);
        assert_refused(create_by("CUST-1", "PROD-3", "ORD-1"), REASON_PRODUCT_NOT_IN_ORDER,
                       ERROR_FAILED_PRECONDITION);
        purchases.purchase.is_delivered = false;
        assert_refused(create_by("CUST-1", "PROD-1", "ORD-1"), REASON_ORDER_NOT_DELIVERED,
                       ERROR_FAILED_PRECONDITION);
}

TEST(whose_an_order_is_is_asked_before_what_it_has) {
        purchases.purchase.is_delivered = false;
        assert_refused(create_by("CUST-2", "PROD-3", "ORD-1"), REASON_ORDER_CUSTOMER_MISMATCH,
                       ERROR_PERMISSION_DENIED);
}

TEST(without_an_answer_about_the_order_nothing_is_written) {
        purchases.error = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        assert_refused(create_by("CUST-1", "PROD-1", "ORD-1"), REASON_UNAVAILABLE, ERROR_UNAVAILABLE);
}

TEST(what_could_not_be_written_says_why) {
        repo.verdict = CREATE_EXISTS;
        const Error *error = ck_assert_reason(create_by("CUST-1", "PROD-1", "ORD-1"), REASON_REVIEW_EXISTS);
        ck_assert_int_eq(error->code, ERROR_ALREADY_EXISTS);
        ck_assert_str_eq(error->records[0].values[0].text, "PROD-1");
        repo.verdict = CREATE_GIVEN_BACK;
        ck_assert_reason(create_by("CUST-1", "PROD-1", "ORD-1"), REASON_ORDER_NOT_DELIVERED);
}

int main(void) {
        Suite *suite = suite_create("review/create");
        TCase *tests = tcase_create("create");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
