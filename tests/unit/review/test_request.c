#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "biz/review/request.h"
#include "support.h"

#define LINK_MS INT64_C(86400000)
#define MOST 4

/* Requests that are due, and those that were settled. */
typedef struct FakeRequests {
        RequestRepo base;
        RequestForReview due[MOST];
        size_t n_due;
        RequestForReview settled[MOST];
        size_t n_settled;
        const RequestForReview *found;
        const Error *error; /* of settling one for ORD-1 */
} FakeRequests;

static FakeRequests repo;
static RequestWish wishes[MOST];   /* by their places in repo.due */
static const Error *no_wish[MOST]; /* why nobody says it */
static size_t n_asked;
static RequestUsecase requests;
static const RequestedProduct products[] = { { "PROD-1", "Headphones", NULL },
                                             { "PROD-2", "Speaker", NULL } };

static const Error *claim_due(RequestRepo *self, Ctx *ctx, int64_t claim_ms, size_t limit,
                              RequestForReview **ret_requests, size_t *ret_n) {
        (void) self;
        (void) ctx;
        ck_assert_int_eq(claim_ms, REQUEST_CLAIM_MS);
        ck_assert_uint_eq(limit, REQUEST_BATCH);
        *ret_requests = repo.due;
        *ret_n = repo.n_due;
        return NULL;
}

static const Error *settle(RequestRepo *self, Ctx *ctx, const RequestForReview *request) {
        (void) self;
        (void) ctx;
        if (str_equal(request->order_id, "ORD-1"))
                TRY(repo.error);
        repo.settled[repo.n_settled++] = *request;
        return NULL;
}

static const Error *find(RequestRepo *self, Ctx *ctx, const char *order_id,
                         const RequestForReview **ret_request) {
        (void) self;
        (void) ctx;
        (void) order_id;
        *ret_request = repo.found;
        return NULL;
}

static const Error *find_wish(Preferences *self, Ctx *ctx, const char *customer_id, RequestWish *ret_wish) {
        size_t i = 0;

        (void) self;
        (void) ctx;
        while (!str_equal(repo.due[i].customer_id, customer_id))
                i++;
        n_asked++;
        TRY(no_wish[i]);
        *ret_wish = wishes[i];
        return NULL;
}

static const char *sign(LinkSigner *self, Arena *arena, const char *text) {
        (void) self;
        return arena_printf(arena, "signed%zu", strlen(text));
}

static bool is_signed(LinkSigner *self, Arena *arena, const char *text, const char *signature) {
        return str_equal(sign(self, arena, text), signature);
}

static Preferences preferences = { find_wish };
static LinkSigner signer = { sign, is_signed };

static void set_up(void) {
        repo = (FakeRequests) { .base = { claim_due, settle, find } };
        n_asked = 0;
        requests = (RequestUsecase) { &repo.base, &preferences, &signer, "https://shop/links/", LINK_MS };
        for (size_t i = 0; i < MOST; i++) {
                wishes[i] = WISH_TO_BE_ASKED;
                no_wish[i] = NULL;
        }
}

static void add_due(const char *order_id, const char *customer_id, size_t n_products) {
        repo.due[repo.n_due++] = (RequestForReview) { .order_id = order_id,
                                                      .customer_id = customer_id,
                                                      .status = REQUEST_SCHEDULED,
                                                      .products = products,
                                                      .n_products = n_products };
}

static size_t send(void) {
        size_t n;

        ck_assert_ok(review_send_requests(&requests, test_ctx(), &n));
        return n;
}

TEST(who_wants_to_be_asked_gets_a_link_for_each_product) {
        int64_t now_us = clock_wall_us();
        ReviewLink link;

        add_due("ORD-1", "CUST-1", 2);
        ck_assert_uint_eq(send(), 1);
        const RequestForReview *sent = &repo.settled[0];
        ck_assert_int_eq(sent->status, REQUEST_SENT);
        ck_assert_ptr_null(sent->status_reason);
        ck_assert_uint_eq(sent->n_products, 2);
        ck_assert_str_eq(sent->products[1].product_id, "PROD-2");
        ck_assert_str_eq(sent->products[1].name, "Speaker");
        ck_assert_int_ge(sent->expires_at_us, now_us + LINK_MS * US_PER_MS);
        ck_assert(str_starts_with(sent->products[1].link, "https://shop/links/"));
        ck_assert_ok(review_link_read(&signer, test_ctx()->arena,
                                      sent->products[1].link + strlen("https://shop/links/"), &link));
        ck_assert_str_eq(link.order_id, "ORD-1");
        ck_assert_str_eq(link.product_id, "PROD-2");
        ck_assert_int_eq(link.expires_at_us, sent->expires_at_us);
}

TEST(who_does_not_want_it_or_has_nothing_to_review_is_not_asked) {
        add_due("ORD-1", "CUST-1", 2);
        add_due("ORD-2", "CUST-2", 0);
        add_due("ORD-3", "CUST-3", 1);
        add_due("ORD-4", "CUST-4", 1);
        wishes[0] = WISH_NOT_TO_BE_ASKED;
        wishes[3] = WISH_UNKNOWN;
        ck_assert_uint_eq(send(), 4);
        ck_assert_int_eq(repo.settled[0].status, REQUEST_SKIPPED);
        ck_assert_str_eq(repo.settled[0].status_reason, "OPTED_OUT");
        ck_assert_uint_eq(repo.settled[0].n_products, 0);
        ck_assert_int_eq(repo.settled[1].status, REQUEST_SKIPPED);
        ck_assert_str_eq(repo.settled[1].status_reason, "NOTHING_TO_REVIEW");
        ck_assert_int_eq(repo.settled[2].status, REQUEST_SENT);
        ck_assert_int_eq(repo.settled[3].status, REQUEST_SKIPPED);
        ck_assert_str_eq(repo.settled[3].status_reason, "CUSTOMER_UNKNOWN");
        ck_assert_uint_eq(repo.settled[3].n_products, 0);
        ck_assert_uint_eq(n_asked, 3);
}

TEST(a_request_waits_for_its_own_customers_wish_alone) {
        size_t n;

        add_due("ORD-1", "CUST-1", 1);
        add_due("ORD-2", "CUST-2", 1);
        add_due("ORD-3", "CUST-3", 0);
        no_wish[0] = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(review_send_requests(&requests, test_ctx(), &n), REASON_UNAVAILABLE);
        ck_assert_uint_eq(repo.n_settled, 2);
        ck_assert_str_eq(repo.settled[0].order_id, "ORD-2");
        ck_assert_str_eq(repo.settled[1].order_id, "ORD-3");
}

TEST(one_that_could_not_be_written_is_told_and_holds_up_no_other) {
        size_t n;

        add_due("ORD-1", "CUST-1", 1);
        add_due("ORD-2", "CUST-2", 1);
        repo.error = error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
        ck_assert_reason(review_send_requests(&requests, test_ctx(), &n), REASON_UNAVAILABLE);
        ck_assert_uint_eq(repo.n_settled, 1);
        ck_assert_str_eq(repo.settled[0].order_id, "ORD-2");
}

TEST(without_anything_due_nobody_is_asked_anything) {
        ck_assert_uint_eq(send(), 0);
        ck_assert_uint_eq(n_asked, 0);
}

static const Error *open_link(int64_t expires_at_us, const char *product_id, OpenedLink *ret_opened) {
        const ReviewLink link = { "ORD-1", product_id, expires_at_us };
        const char *text = review_link_write(&signer, test_ctx()->arena, &link);

        return review_open_link(&requests, test_ctx(), text, ret_opened);
}

TEST(a_link_says_what_it_is_for) {
        const RequestForReview sent = { .order_id = "ORD-1", .products = products, .n_products = 2 };
        int64_t ends_us = clock_wall_us() + US_PER_S * 3600;
        OpenedLink opened;

        repo.found = &sent;
        ck_assert_ok(open_link(ends_us, "PROD-2", &opened));
        ck_assert_str_eq(opened.link.order_id, "ORD-1");
        ck_assert_str_eq(opened.link.product_id, "PROD-2");
        ck_assert_str_eq(opened.product_name, "Speaker");
        ck_assert_int_eq(opened.link.expires_at_us, ends_us);
}

TEST(a_link_ends_with_its_time_and_with_its_order) {
        RequestForReview sent = { .order_id = "ORD-1", .products = products, .n_products = 2 };
        int64_t now_us = clock_wall_us();
        OpenedLink opened;

        repo.found = &sent;
        ck_assert_reason(open_link(now_us - 1, "PROD-1", &opened), REASON_REVIEW_LINK_EXPIRED);
        sent.taken_back_at_us = 1;
        ck_assert_reason(open_link(now_us + US_PER_S * 3600, "PROD-1", &opened), REASON_REVIEW_LINK_EXPIRED);
        repo.found = NULL;
        ck_assert_reason(open_link(now_us + US_PER_S * 3600, "PROD-1", &opened), REASON_REVIEW_LINK_EXPIRED);
}

TEST(a_request_that_is_not_there_is_not_found) {
        const RequestForReview sent = { .order_id = "ORD-1" };
        const RequestForReview *found;

        ck_assert_reason(review_get_request(&requests, test_ctx(), "ORD-1", &found),
                         REASON_REVIEW_REQUEST_NOT_FOUND);
        repo.found = &sent;
        ck_assert_ok(review_get_request(&requests, test_ctx(), "ORD-1", &found));
        ck_assert_ptr_eq(found, &sent);
}

TEST(delivery_asks_and_giving_back_takes_back) {
        ck_assert_int_eq(review_meaning("order.delivered"), ORDER_MEANS_REQUEST);
        ck_assert_int_eq(review_meaning("order.returned"), ORDER_MEANS_RETURN);
        ck_assert_int_eq(review_meaning("order.cancelled"), ORDER_MEANS_RETURN);
        ck_assert_int_eq(review_meaning("order.confirmed"), ORDER_MEANS_NOTHING);
        ck_assert_int_eq(review_meaning("order.shipped"), ORDER_MEANS_NOTHING);
}

int main(void) {
        Suite *suite = suite_create("review/request");
        TCase *tests = tcase_create("request");

        tcase_add_checked_fixture(tests, set_up, NULL);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
