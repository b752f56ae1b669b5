#include <string.h>

#include "events/v1/review.rpc.h"
#include "fixture.h"
#include "json/codec.h"
#include "race.h"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

/* n requests, of ORD-1 to CUST-1 and so on, due a second ago; each for PROD-1 and PROD-2. */
static void make_due(int n) {
        test_sql(f->dsn, arena_printf(test_ctx()->arena,
                                      "INSERT INTO review_requests (order_id, customer_id, status, due_at)"
                                      " SELECT 'ORD-' || n, 'CUST-' || n, 'SCHEDULED', now() - interval '1 s'"
                                      "   FROM generate_series(1, %d) n;"
                                      "INSERT INTO review_request_products"
                                      " SELECT 'ORD-' || n, 'PROD-' || p, 'Name ' || p"
                                      "   FROM generate_series(1, %d) n, generate_series(1, 2) p",
                                      n, n));
}

static size_t send(void) {
        size_t n;

        ck_assert_ok(review_send_requests(&f->requests, test_ctx(), &n));
        return n;
}

static const char *status_of(const char *order_id) {
        return test_sql_text(f->dsn, arena_printf(test_ctx()->arena,
                                                  "SELECT concat_ws(' ', status, status_reason)"
                                                  "  FROM review_requests WHERE order_id = '%s'",
                                                  order_id));
}

static const EventsV1ReviewEvent *event_of(const char *order_id) {
        Arena *arena = test_ctx()->arena;
        const char *sql = arena_printf(arena, "SELECT payload FROM outbox WHERE aggregate_id = '%s'",
                                       order_id);
        const char *json = test_sql_text(f->dsn, sql);
        ProtobufCMessage *message;

        ck_assert_ok(json_read_event(arena, &events_v1_review_event_info, json, strlen(json), &message));
        return (const EventsV1ReviewEvent *) message;
}

TEST(a_request_that_is_due_is_sent_once_with_a_link_for_each_product) {
        OpenedLink opened;

        make_due(1);
        ck_assert_uint_eq(send(), 1);
        ck_assert_uint_eq(send(), 0);
        ck_assert_str_eq(status_of("ORD-1"), "SENT");
        const EventsV1ReviewEvent *event = event_of("ORD-1");
        const EventsV1ReviewEventRequest *said = event->data->request;
        ck_assert_str_eq(event->event_type, "review.request_sent");
        ck_assert_int_eq(event->data->version, 1);
        ck_assert_ptr_null(event->data->review);
        ck_assert_str_eq(said->order_id, "ORD-1");
        ck_assert_str_eq(said->customer_id, "CUST-1");
        ck_assert_str_eq(said->status_reason, "");
        ck_assert_uint_eq(said->n_products, 2);
        ck_assert_str_eq(said->products[1]->product_id, "PROD-2");
        ck_assert_str_eq(said->products[1]->name, "Name 2");
        ck_assert(str_starts_with(said->products[1]->link, "https://shop/links/"));
        ck_assert_ok(review_open_link(&f->requests, test_ctx(),
                                      said->products[1]->link + strlen("https://shop/links/"), &opened));
        ck_assert_str_eq(opened.product_name, "Name 2");
        ck_assert_int_eq(opened.link.expires_at_us / 1000000, said->expires_at->seconds);
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT event_type || aggregate_type || aggregate_version"
                                               "  FROM outbox"),
                         "review.request_sentreview1");
        fixture_assert_books(f);
}

TEST(what_is_not_due_yet_waits) {
        make_due(1);
        test_sql(f->dsn, "UPDATE review_requests SET due_at = now() + interval '1 minute'");
        ck_assert_uint_eq(send(), 0);
        ck_assert_str_eq(status_of("ORD-1"), "SCHEDULED");
}

TEST(who_does_not_want_it_is_skipped) {
        make_due(1);
        f->preferences.wish = WISH_NOT_TO_BE_ASKED;
        ck_assert_uint_eq(send(), 1);
        ck_assert_str_eq(status_of("ORD-1"), "SKIPPED OPTED_OUT");
        const EventsV1ReviewEvent *event = event_of("ORD-1");
        ck_assert_str_eq(event->event_type, "review.request_skipped");
        ck_assert_str_eq(event->data->request->status_reason, "OPTED_OUT");
        ck_assert_uint_eq(event->data->request->n_products, 0);
        fixture_assert_books(f);
}

TEST(what_is_reviewed_already_is_not_asked_for) {
        const Review *review;

        make_due(2);
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 4, &review));
        ck_assert_ok(fixture_create(f, "CUST-2", "PROD-1", NULL, 4, &review));
        ck_assert_ok(fixture_create(f, "CUST-2", "PROD-2", NULL, 4, &review));
        ck_assert_uint_eq(send(), 2);
        const EventsV1ReviewEventRequest *said = event_of("ORD-1")->data->request;
        ck_assert_uint_eq(said->n_products, 1);
        ck_assert_str_eq(said->products[0]->product_id, "PROD-2");
        ck_assert_str_eq(status_of("ORD-2"), "SKIPPED NOTHING_TO_REVIEW");
}

TEST(a_withdrawn_review_is_asked_for_again) {
        const Review *review;

        make_due(1);
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 4, &review));
        ck_assert_ok(review_withdraw(&f->reviews, fixture_as(test_ctx(), "CUST-1", ROLE_CUSTOMER),
                                     review->review_id, 1, &review));
        send();
        ck_assert_uint_eq(event_of("ORD-1")->data->request->n_products, 2);
}

TEST(a_round_takes_so_many_and_the_next_one_the_rest) {
        make_due(REQUEST_BATCH + 1);
        ck_assert_uint_eq(send(), REQUEST_BATCH);
        ck_assert_uint_eq(send(), 1);
        ck_assert_int_eq(fixture_count(f, "review_requests WHERE status = 'SENT'"), REQUEST_BATCH + 1);
        fixture_assert_books(f);
}

static RequestForReview *claim(size_t *ret_n) {
        RequestForReview *requests;

        ck_assert_ok(f->requests.repo->claim_due(f->requests.repo, test_ctx(), REQUEST_CLAIM_MS,
                                                 REQUEST_BATCH, &requests, ret_n));
        return requests;
}

TEST(a_claimed_request_is_left_to_its_process_until_the_claim_is_over) {
        size_t n;

        make_due(1);
        claim(&n);
        ck_assert_uint_eq(n, 1);
        ck_assert_uint_eq(send(), 0);
        test_sql(f->dsn, "UPDATE review_requests SET claimed_until = now()");
        ck_assert_uint_eq(send(), 1);
}

TEST(a_clock_that_steps_back_does_not_stretch_the_claim_of_a_dead_process) {
        size_t n;

        make_due(1);
        claim(&n);
        test_sql(f->dsn, "UPDATE review_requests SET claimed_until = claimed_until + interval '1 hour'");
        ck_assert_uint_eq(send(), 1);
}

TEST(a_request_that_was_taken_back_meanwhile_is_not_sent) {
        size_t n;

        make_due(1);
        RequestForReview *request = claim(&n);
        test_sql(f->dsn, "UPDATE review_requests SET status = 'TAKEN_BACK', taken_back_at = now()");
        request->status = REQUEST_SENT;
        ck_assert_ok(f->requests.repo->settle(f->requests.repo, test_ctx(), request));
        ck_assert_str_eq(status_of("ORD-1"), "TAKEN_BACK");
        ck_assert_int_eq(fixture_count(f, "outbox"), 0);
}

TEST(a_request_that_was_sent_by_another_is_not_sent_again) {
        size_t n;

        make_due(1);
        RequestForReview *request = claim(&n);
        request->status = REQUEST_SENT;
        for (int i = 0; i < 2; i++)
                ck_assert_ok(f->requests.repo->settle(f->requests.repo, test_ctx(), request));
        ck_assert_int_eq(fixture_count(f, "outbox"), 1);
        fixture_assert_books(f);
}

static void send_all(Ctx *ctx, void *arg, size_t i) {
        size_t n;

        (void) arg;
        (void) i;
        do
                ck_assert_ok(review_send_requests(&f->requests, ctx, &n));
        while (n > 0);
}

TEST(many_processes_send_each_request_once) {
        make_due(4 * REQUEST_BATCH);
        race_run(4, send_all, NULL);
        ck_assert_int_eq(fixture_count(f, "review_requests WHERE status = 'SENT'"), 4 * REQUEST_BATCH);
        ck_assert_int_eq(fixture_count(f, "outbox"), 4 * REQUEST_BATCH);
        fixture_assert_books(f);
}

TEST(a_link_ends_when_its_order_is_given_back) {
        OpenedLink opened;

        make_due(1);
        send();
        const char *link = event_of("ORD-1")->data->request->products[0]->link;
        link += strlen("https://shop/links/");
        ck_assert_ok(review_open_link(&f->requests, test_ctx(), link, &opened));
        test_sql(f->dsn, "UPDATE review_requests SET taken_back_at = now()");
        ck_assert_reason(review_open_link(&f->requests, test_ctx(), link, &opened),
                         REASON_REVIEW_LINK_EXPIRED);
}

TEST(a_word_that_is_not_known_is_an_error) {
        const RequestForReview *request;

        make_due(1);
        test_sql(f->dsn, "ALTER DOMAIN request_status DROP CONSTRAINT request_status_check;"
                         "UPDATE review_requests SET status = 'LOST'");
        const Error *error = review_get_request(&f->requests, test_ctx(), "ORD-1", &request);
        ck_assert(error && !error->reason && strstr(error->message, "review_requests.status"));
}

int main(void) {
        Suite *suite = suite_create("review/requests");
        TCase *tests = tcase_create("requests");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
