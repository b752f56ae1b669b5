#include "fakes.h"

static FakeRepo repo;
static ReviewUsecase reviews;
static Review existing;

static void set_up(void) {
        repo = fake_repo();
        reviews = (ReviewUsecase) { .repo = &repo.base };
        existing = fake_review(REVIEW_REJECTED);
        repo.found = &existing;
}

static const Error *get(Ctx *ctx, size_t *ret_n_history) {
        const ReviewHistoryEntry *history;
        const Review *review;

        TRY(review_get(&reviews, ctx, "REV-1", &review, &history, ret_n_history));
        ck_assert_ptr_eq(review, &existing);
        ck_assert(*ret_n_history == 0 || history->version == 3);
        return NULL;
}

TEST(a_customer_sees_his_own_and_an_admin_its_history_too) {
        size_t n_history;

        ck_assert_ok(get(fake_caller("CUST-1", ROLE_CUSTOMER), &n_history));
        ck_assert_uint_eq(n_history, 0);
        ck_assert_ok(get(fake_caller("USER-ADMIN", ROLE_ADMIN), &n_history));
        ck_assert_uint_eq(n_history, 1);
        ck_assert_reason(get(fake_caller("CUST-2", ROLE_CUSTOMER), &n_history), REASON_REVIEW_NOT_FOUND);
        repo.found = NULL;
        ck_assert_reason(get(fake_caller("USER-ADMIN", ROLE_ADMIN), &n_history), REASON_REVIEW_NOT_FOUND);
}

TEST(a_customer_lists_his_own_alone) {
        Ctx *customer = fake_caller("CUST-1", ROLE_CUSTOMER);
        ReviewPage page;

        ck_assert_ok(review_list(&reviews, customer, (ReviewQuery) { .status = REVIEW_REJECTED }, &page));
        ck_assert_str_eq(repo.query.customer_id, "CUST-1");
        ck_assert_int_eq(repo.query.status, REVIEW_REJECTED);
        ck_assert_int_eq(repo.query.order, REVIEW_BY_AGE);
        ck_assert_ok(review_list(&reviews, customer, (ReviewQuery) { .customer_id = "CUST-1" }, &page));
        ck_assert_reason(review_list(&reviews, customer, (ReviewQuery) { .customer_id = "CUST-2" }, &page),
                         REASON_PERMISSION_DENIED);
}

TEST(an_admin_lists_anybodys) {
        Ctx *admin = fake_caller("USER-ADMIN", ROLE_ADMIN);
        ReviewPage page;

        ck_assert_ok(review_list(&reviews, admin, (ReviewQuery) { 0 }, &page));
        ck_assert_ptr_null(repo.query.customer_id);
        ck_assert_ok(review_list(&reviews, admin, (ReviewQuery) { .customer_id = "CUST-2" }, &page));
        ck_assert_str_eq(repo.query.customer_id, "CUST-2");
}

TEST(everybody_sees_what_is_approved_alone) {
        ReviewQuery query = { .product_id = "PROD-1", .order = REVIEW_BY_RATING };
        ReviewPage page;

        ck_assert_ok(review_list_of_product(&reviews, test_ctx(), query, &page));
        ck_assert_int_eq(repo.query.status, REVIEW_APPROVED);
        ck_assert_int_eq(repo.query.order, REVIEW_BY_RATING);
        ck_assert_ok(review_list_pending(&reviews, test_ctx(), query, &page));
        ck_assert_int_eq(repo.query.status, REVIEW_PENDING);
        ck_assert_int_eq(repo.query.order, REVIEW_BY_WAITING);
}

TEST(a_page_says_whether_there_are_more) {
        ReviewQuery query = { .product_id = "PROD-1" };
        ReviewPage page;

        repo.n_listed = REVIEW_PAGE_DEFAULT + 1;
        ck_assert_ok(review_list_of_product(&reviews, test_ctx(), query, &page));
        ck_assert_uint_eq(page.n_reviews, REVIEW_PAGE_DEFAULT);
        ck_assert(page.has_more);
        query.limit = REVIEW_PAGE_DEFAULT + 1;
        ck_assert_ok(review_list_of_product(&reviews, test_ctx(), query, &page));
        ck_assert_uint_eq(page.n_reviews, REVIEW_PAGE_DEFAULT + 1);
        ck_assert(!page.has_more);
        query.limit = 1000;
        ck_assert_ok(review_list_of_product(&reviews, test_ctx(), query, &page));
        ck_assert_int_eq(repo.query.limit, REVIEW_PAGE_MAX + 1);
}

TEST(a_list_goes_on_behind_its_last_review) {
        Review review = fake_review(REVIEW_PENDING);

        ck_assert_int_eq(review_position(&review, REVIEW_BY_AGE).time_us, review.created_at_us);
        ck_assert_int_eq(review_position(&review, REVIEW_BY_RATING).time_us, review.created_at_us);
        ck_assert_int_eq(review_position(&review, REVIEW_BY_WAITING).time_us, review.submitted_at_us);
        ck_assert_int_eq(review_position(&review, REVIEW_BY_RATING).rating, 4);
        ck_assert_str_eq(review_position(&review, REVIEW_BY_RATING).review_id, "REV-1");
}

static int64_t average(int64_t one, int64_t two, int64_t three, int64_t four, int64_t five) {
        const ProductRating rating = { { one, two, three, four, five } };

        return review_rating_average(&rating);
}

TEST(an_average_is_rounded_half_up) {
        ck_assert_int_eq(average(0, 0, 0, 0, 0), 0);
        ck_assert_int_eq(average(0, 0, 0, 0, 3), 500);
        ck_assert_int_eq(average(1, 0, 0, 0, 0), 100);
        ck_assert_int_eq(average(0, 0, 0, 1, 2), 467);
        ck_assert_int_eq(average(0, 0, 0, 2, 1), 433);
        ck_assert_int_eq(average(199, 1, 0, 0, 0), 101); /* 100.5 */
        ck_assert_int_eq(average(200, 1, 0, 0, 0), 100); /* 100.497 */
        ck_assert_int_eq(average(1, 2, 3, 4, 5), 367);
}

TEST(a_rating_counts_all_stars) {
        const ProductRating rating = { { 1, 2, 3, 4, 5 } };

        ck_assert_int_eq(review_rating_count(&rating), 15);
}

int main(void) {
        Suite *suite = suite_create("review/list");
        TCase *tests = tcase_create("list");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
