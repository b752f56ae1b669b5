#include <string.h>

#include "fakes.h"
#include "service/review_service.h"

static FakeRepo repo;
static ReviewUsecase usecase;
static ReviewService *reviews;

static const char *letters(size_t n) {
        char *text = arena_alloc(test_ctx()->arena, n + 1);

        memset(text, 'x', n);
        return text;
}

/* Reviews as long as may be, REV-0 and so on. */
static Review *long_reviews(size_t n) {
        Review *listed = ARENA_ARRAY(test_ctx()->arena, Review, n);

        for (size_t i = 0; i < n; i++) {
                listed[i] = fake_review(REVIEW_APPROVED);
                listed[i].review_id = arena_printf(test_ctx()->arena, "REV-%zu", i);
                listed[i].content = (ReviewContent) { 4, letters(200), letters(4000) };
                listed[i].reply = letters(2000);
        }
        return listed;
}

static void set_up(void) {
        repo = fake_repo();
        usecase = (ReviewUsecase) { .repo = &repo.base };
        reviews = review_service_new(test_ctx()->arena, &usecase, NULL);
        repo.n_listed = REVIEW_PAGE_MAX;
        repo.listed = long_reviews(repo.n_listed);
}

static ReviewV1ListReviewsResponse *list(const char *cursor) {
        Ctx *ctx = fake_caller("CUST-1", ROLE_CUSTOMER);
        ReviewV1ListReviewsRequest *request = review_v1_list_reviews_request_new(ctx->arena);
        ReviewV1ListReviewsResponse *page = review_v1_list_reviews_response_new(ctx->arena);

        request->page_size = REVIEW_PAGE_MAX;
        request->cursor = cursor;
        ck_assert_ok(reviews->list_reviews(reviews, ctx, request, page));
        return page;
}

/* The page fits, and the next one begins behind its last review. */
static void assert_fits(const ProtobufCMessage *page, size_t n_reviews, const char *cursor) {
        ck_assert_uint_le(protobuf_c_message_get_packed_size(page), MESSAGE_MAX_BYTES);
        ck_assert_uint_gt(n_reviews, 30);
        ck_assert_uint_lt(n_reviews, REVIEW_PAGE_MAX);
        list(cursor);
        ck_assert_str_eq(repo.after.review_id, repo.listed[n_reviews - 1].review_id);
}

TEST(a_page_ends_where_the_next_review_would_not_fit_into_a_message) {
        ReviewV1ListReviewsResponse *page = list("");

        assert_fits(&page->base, page->n_reviews, page->next_cursor);
}

TEST(so_does_a_page_that_everybody_sees) {
        Ctx *ctx = test_ctx();
        ReviewV1ListProductReviewsRequest *request = review_v1_list_product_reviews_request_new(ctx->arena);
        ReviewV1ListProductReviewsResponse *page = review_v1_list_product_reviews_response_new(ctx->arena);

        request->product_id = "PROD-1";
        request->page_size = REVIEW_PAGE_MAX;
        ck_assert_ok(reviews->list_product_reviews(reviews, ctx, request, page));
        assert_fits(&page->base, page->n_reviews, page->next_cursor);
}

TEST(a_page_that_fits_is_the_last) {
        repo.n_listed = 30;
        ReviewV1ListReviewsResponse *page = list("");
        ck_assert_uint_eq(page->n_reviews, 30);
        ck_assert_str_eq(page->next_cursor, "");
}

int main(void) {
        Suite *suite = suite_create("review/pages");
        TCase *tests = tcase_create("pages");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
