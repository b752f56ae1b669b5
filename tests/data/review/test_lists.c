#include <string.h>

#include "fixture.h"

static Fixture *f;

/* Seven reviews of PROD-1 by CUST-1 to CUST-7, two at each time; 1, 2, 3, 4, 5, 1, 2 stars. */
static void set_up(void) {
        f = fixture_new();
        test_sql(f->dsn,
                 "INSERT INTO reviews (review_id, version, product_id, customer_id, rating, title, body,"
                 "                     status, is_verified, created_at, submitted_at)"
                 " SELECT 'REV-' || n, 1, 'PROD-1', 'CUST-' || n, (n - 1) % 5 + 1, 'Title', 'Text',"
                 "        'APPROVED', false, '2024-01-01Z'::timestamptz + n / 2 * interval '1 hour',"
                 "        '2024-02-01Z'::timestamptz - n / 2 * interval '1 hour'"
                 "   FROM generate_series(1, 7) n");
}

typedef const Error *(*List)(ReviewUsecase *usecase, Ctx *ctx, ReviewQuery query, ReviewPage *ret_page);

/* The numbers of the reviews of all pages, each with that many. */
static const char *walk(List list, ReviewQuery query, int64_t page_size) {
        StrBuf numbers = { .arena = test_ctx()->arena };
        ReviewOrder order = list == review_list_pending ? REVIEW_BY_WAITING : query.order;
        ReviewPosition after;
        ReviewPage page;

        query.limit = page_size;
        do {
                ck_assert_ok(list(&f->reviews, fixture_as(test_ctx(), "USER-ADMIN", ROLE_ADMIN), query,
                                  &page));
                ck_assert_int_le((int64_t) page.n_reviews, page_size);
                for (size_t i = 0; i < page.n_reviews; i++) {
                        strbuf_add(&numbers, page.reviews[i].review_id + 4);
                        after = review_position(&page.reviews[i], order);
                        query.after = &after;
                }
        } while (page.has_more);
        return strbuf_text(&numbers);
}

static void assert_walks(List list, ReviewQuery query, const char *numbers) {
        for (int64_t page_size = 1; page_size <= 8; page_size++)
                ck_assert_str_eq(walk(list, query, page_size), numbers);
}

TEST(a_products_reviews_are_listed_newest_first) {
        const ReviewQuery query = { .product_id = "PROD-1", .order = REVIEW_BY_AGE };

        assert_walks(review_list_of_product, query, "7654321");
        test_sql(f->dsn, "UPDATE reviews SET status = 'PENDING' WHERE review_id = 'REV-3';"
                         "UPDATE reviews SET status = 'REJECTED', status_reason = 'rude'"
                         " WHERE review_id = 'REV-4';"
                         "UPDATE reviews SET status = 'WITHDRAWN' WHERE review_id = 'REV-5';"
                         "UPDATE reviews SET product_id = 'PROD-2' WHERE review_id = 'REV-6'");
        assert_walks(review_list_of_product, query, "721");
}

TEST(a_products_reviews_are_listed_by_their_stars) {
        const ReviewQuery query = { .product_id = "PROD-1", .order = REVIEW_BY_RATING };

        assert_walks(review_list_of_product, query, "5437261");
        test_sql(f->dsn, "UPDATE reviews SET status = 'PENDING' WHERE review_id IN ('REV-3', 'REV-7')");
        assert_walks(review_list_of_product, query, "54261");
}

TEST(what_waits_longest_comes_first) {
        const ReviewQuery query = { 0 };

        assert_walks(review_list_pending, query, "");
        test_sql(f->dsn, "UPDATE reviews SET status = 'PENDING' WHERE review_id <> 'REV-4'");
        assert_walks(review_list_pending, query, "675231");
}

TEST(a_customers_reviews_are_listed_whatever_became_of_them) {
        test_sql(f->dsn, "UPDATE reviews SET customer_id = 'CUST-1', product_id = 'PROD-' || review_id;"
                         "UPDATE reviews SET status = 'PENDING' WHERE review_id IN ('REV-2', 'REV-3');"
                         "UPDATE reviews SET customer_id = 'CUST-2' WHERE review_id = 'REV-6'");
        assert_walks(review_list, (ReviewQuery) { .customer_id = "CUST-1" }, "754321");
        assert_walks(review_list, (ReviewQuery) { .customer_id = "CUST-1", .status = REVIEW_PENDING }, "32");
        assert_walks(review_list, (ReviewQuery) { .customer_id = "CUST-3" }, "");
}

TEST(an_admin_lists_all_or_those_in_a_status) {
        test_sql(f->dsn, "UPDATE reviews SET status = 'PENDING' WHERE review_id IN ('REV-2', 'REV-3')");
        assert_walks(review_list, (ReviewQuery) { 0 }, "7654321");
        assert_walks(review_list, (ReviewQuery) { .status = REVIEW_PENDING }, "32");
}

/* What the plan says; a list that sorts reads all reviews of a product for each page. */
static bool sorts(const char *query) {
        const char *plan = test_sql_text(
                f->dsn, arena_printf(test_ctx()->arena, "EXPLAIN (FORMAT json) %s", query));

        return strstr(plan, "\"Sort\"") || strstr(plan, "\"Incremental Sort\"");
}

TEST(each_list_walks_an_index) {
        static const char *const lists[] = {
                "WHERE product_id = 'PROD-1' AND status = 'APPROVED'"
                " AND (created_at, review_id) < (now(), 'R')"
                " ORDER BY created_at DESC, review_id DESC LIMIT 20",
                "WHERE product_id = 'PROD-1' AND status = 'APPROVED'"
                " AND (rating, created_at, review_id) < (3, now(), 'R')"
                " ORDER BY rating DESC, created_at DESC, review_id DESC LIMIT 20",
                "WHERE customer_id = 'CUST-1' ORDER BY created_at DESC, review_id DESC LIMIT 20",
                "ORDER BY created_at DESC, review_id DESC LIMIT 20",
                "WHERE status = 'PENDING' ORDER BY submitted_at, review_id LIMIT 20",
        };

        test_sql(f->dsn, "INSERT INTO reviews (review_id, version, product_id, customer_id, rating, title,"
                         "                     body, status, is_verified, created_at, submitted_at)"
                         " SELECT 'REV-A' || n, 1, 'PROD-' || n % 20, 'CUST-A' || n, n % 5 + 1, 'Title',"
                         "        'Text', CASE n % 10 WHEN 0 THEN 'PENDING' ELSE 'APPROVED' END, false,"
                         "        now() - n * interval '1 s', now() - n * interval '1 s'"
                         "   FROM generate_series(1, 4000) n; ANALYZE reviews");
        for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
                ck_assert_msg(!sorts(arena_printf(test_ctx()->arena, "SELECT * FROM reviews %s", lists[i])),
                              "%s", lists[i]);
}

int main(void) {
        Suite *suite = suite_create("review/lists");
        TCase *tests = tcase_create("lists");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
