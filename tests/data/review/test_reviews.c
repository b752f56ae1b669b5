#include <string.h>

#include "events/v1/review.rpc.h"
#include "fixture.h"
#include "json/codec.h"

static Fixture *f;
static const Review *review;

static void set_up(void) {
        f = fixture_new();
}

static Ctx *owner(void) {
        return fixture_as(test_ctx(), "CUST-1", ROLE_CUSTOMER);
}

static Ctx *admin(void) {
        return fixture_as(test_ctx(), "USER-ADMIN", ROLE_ADMIN);
}

static void create(void) {
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", "ORD-1", 4, &review));
}

static const Review *stored(void) {
        const Review *found;

        ck_assert_ok(f->reviews.repo->find(f->reviews.repo, test_ctx(), review->review_id, &found));
        return found;
}

static void assert_same_text(const char *is, const char *was) {
        ck_assert_str_eq(str_or_empty(is), str_or_empty(was));
        ck_assert_int_eq(is == NULL, was == NULL);
}

static void assert_is_stored(void) {
        const Review *is = stored();

        ck_assert_str_eq(is->review_id, review->review_id);
        ck_assert_int_eq(is->version, review->version);
        ck_assert_str_eq(is->product_id, review->product_id);
        ck_assert_str_eq(is->customer_id, review->customer_id);
        assert_same_text(is->order_id, review->order_id);
        assert_same_text(is->seller_id, review->seller_id);
        ck_assert_int_eq(is->content.rating, review->content.rating);
        ck_assert_str_eq(is->content.title, review->content.title);
        ck_assert_str_eq(is->content.text, review->content.text);
        ck_assert_int_eq(is->status, review->status);
        assert_same_text(is->status_reason, review->status_reason);
        ck_assert_int_eq(is->is_verified, review->is_verified);
        assert_same_text(is->reply, review->reply);
        ck_assert_int_eq(is->replied_at_us, review->replied_at_us);
        ck_assert_int_eq(is->created_at_us, review->created_at_us);
        ck_assert_int_eq(is->submitted_at_us, review->submitted_at_us);
}

/* What the newest event says of the review is what the review is. */
static const EventsV1ReviewEvent *newest_event(void) {
        Arena *arena = test_ctx()->arena;
        const char *json = test_sql_text(f->dsn, "SELECT payload FROM outbox ORDER BY id DESC LIMIT 1");
        ProtobufCMessage *message;

        ck_assert_ok(json_read_event(arena, &events_v1_review_event_info, json, strlen(json), &message));
        return (const EventsV1ReviewEvent *) message;
}

static void assert_event(const char *type) {
        const EventsV1ReviewEvent *event = newest_event();
        const EventsV1ReviewEventReview *said = event->data->review;

        ck_assert_str_eq(event->event_type, type);
        ck_assert_str_eq(event->source, "review-service");
        ck_assert_str_ne(event->event_id, "");
        ck_assert_int_gt(event->timestamp->seconds, 0);
        ck_assert_ptr_null(event->data->request);
        ck_assert_int_eq(event->data->version, review->version);
        ck_assert_str_eq(said->review_id, review->review_id);
        ck_assert_str_eq(said->product_id, review->product_id);
        ck_assert_str_eq(said->customer_id, review->customer_id);
        ck_assert_str_eq(said->order_id, str_or_empty(review->order_id));
        ck_assert_str_eq(said->seller_id, str_or_empty(review->seller_id));
        ck_assert_int_eq(said->rating, review->content.rating);
        ck_assert_str_eq(said->title, review->content.title);
        ck_assert_str_eq(said->text, review->content.text);
        ck_assert_str_eq(said->status, review_status_word(review->status));
        ck_assert_str_eq(said->status_reason, str_or_empty(review->status_reason));
        ck_assert_int_eq(said->is_verified, review->is_verified);
        ck_assert_str_eq(said->reply, str_or_empty(review->reply));
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT event_type || aggregate_type || aggregate_id"
                                               "  FROM outbox ORDER BY id DESC LIMIT 1"),
                         arena_printf(test_ctx()->arena, "%sreview%s", type, review->review_id));
}

TEST(a_review_is_kept_with_its_history_and_event) {
        create();
        ck_assert(review->is_verified);
        assert_is_stored();
        assert_event("review.created");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT actor || status FROM review_history"),
                         "CUST-1PENDING");
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "");
        fixture_assert_books(f);
}

TEST(each_change_is_kept_and_told) {
        const ReviewContent content = { 2, "Worse", "It broke." };

        create();
        ck_assert_ok(review_reject(&f->reviews, admin(), review->review_id, 1, "rude", &review));
        assert_is_stored();
        assert_event("review.rejected");
        ck_assert_ok(review_edit(&f->reviews, owner(), review->review_id, 2, &content, &review));
        assert_is_stored();
        assert_event("review.edited");
        ck_assert_ok(review_approve(&f->reviews, admin(), review->review_id, 3, &review));
        assert_is_stored();
        assert_event("review.approved");
        ck_assert_ok(review_reply(&f->reviews, fixture_as(test_ctx(), "SELLER-1", ROLE_SELLER),
                                  review->review_id, "Sorry", &review));
        assert_is_stored();
        assert_event("review.replied");
        ck_assert_ok(review_withdraw(&f->reviews, owner(), review->review_id, 5, &review));
        assert_is_stored();
        assert_event("review.withdrawn");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(concat_ws(' ', version, status,"
                                               "                  status_reason, actor), ', '"
                                               "                  ORDER BY version) FROM review_history"),
                         "1 PENDING CUST-1, 2 REJECTED rude USER-ADMIN, 3 PENDING CUST-1,"
                         " 4 APPROVED USER-ADMIN, 5 APPROVED SELLER-1, 6 WITHDRAWN CUST-1");
        fixture_assert_books(f);
}

TEST(history_is_shown_newest_first) {
        const ReviewHistoryEntry *entries;
        size_t n;

        create();
        ck_assert_ok(review_reject(&f->reviews, admin(), review->review_id, 1, "rude", &review));
        ck_assert_ok(f->reviews.repo->history(f->reviews.repo, test_ctx(), review->review_id, &entries, &n));
        ck_assert_uint_eq(n, 2);
        ck_assert_int_eq(entries[0].version, 2);
        ck_assert_int_eq(entries[0].status, REVIEW_REJECTED);
        ck_assert_str_eq(entries[0].status_reason, "rude");
        ck_assert_str_eq(entries[0].actor, "USER-ADMIN");
        ck_assert_int_gt(entries[0].changed_at_us, 0);
        ck_assert_ptr_null(entries[1].status_reason);
}

TEST(so_many_lines_of_history_are_shown_at_most) {
        const ReviewHistoryEntry *entries;
        size_t n;

        create();
        test_sql(f->dsn, "INSERT INTO review_history SELECT review_id, n, 'PENDING', NULL, 'x'"
                         "  FROM reviews, generate_series(2, 60) n");
        ck_assert_ok(f->reviews.repo->history(f->reviews.repo, test_ctx(), review->review_id, &entries, &n));
        ck_assert_uint_eq(n, REVIEW_HISTORY_SHOWN);
        ck_assert_int_eq(entries[0].version, 60);
}

TEST(a_customer_has_one_review_of_a_product) {
        create();
        ck_assert_reason(fixture_create(f, "CUST-1", "PROD-1", NULL, 5, &review), REASON_REVIEW_EXISTS);
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-2", NULL, 5, &review));
        ck_assert_ok(fixture_create(f, "CUST-2", "PROD-1", NULL, 5, &review));
        ck_assert_int_eq(fixture_count(f, "reviews"), 3);
        fixture_assert_books(f);
}

TEST(who_withdrew_his_review_may_write_another) {
        create();
        ck_assert_ok(review_withdraw(&f->reviews, owner(), review->review_id, 1, &review));
        create();
        ck_assert_int_eq(fixture_count(f, "reviews"), 2);
        fixture_assert_books(f);
}

TEST(of_two_who_change_the_same_version_one_is_told_to_read_again) {
        const ReviewContent content = { 2, "Worse", "It broke." };
        const Review *before, *after;

        create();
        before = stored();
        ck_assert_ok(review_edit(&f->reviews, owner(), review->review_id, 1, &content, &review));
        Review approved = *before;
        bool is_done = true;
        approved.status = REVIEW_APPROVED, approved.version = 2;
        ck_assert_ok(f->reviews.repo->change(f->reviews.repo, admin(), before, &approved, REVIEW_WAS_APPROVED,
                                             &is_done));
        ck_assert(!is_done);
        after = stored();
        ck_assert_int_eq(after->status, REVIEW_PENDING);
        ck_assert_str_eq(fixture_stars(f, "PROD-1"), "");
        fixture_assert_books(f);
}

TEST(a_change_does_not_bring_back_a_purchase_that_was_given_back) {
        const Review *before;
        bool is_done = true;

        create();
        before = stored();
        test_sql(f->dsn, "UPDATE reviews SET is_verified = false");
        Review approved = *before;
        approved.status = REVIEW_APPROVED, approved.version = 2;
        ck_assert_ok(f->reviews.repo->change(f->reviews.repo, admin(), before, &approved, REVIEW_WAS_APPROVED,
                                             &is_done));
        ck_assert(!is_done);
        ck_assert_ok(review_approve(&f->reviews, admin(), review->review_id, 1, &review));
        ck_assert(!review->is_verified);
        assert_event("review.approved");
}

TEST(while_the_order_service_is_away_nothing_is_written) {
        f->purchases.is_away = true;
        ck_assert_reason(fixture_create(f, "CUST-1", "PROD-1", "ORD-1", 4, &review), REASON_UNAVAILABLE);
        ck_assert_int_eq(fixture_count(f, "reviews"), 0);
        ck_assert_int_eq(fixture_count(f, "outbox"), 0);
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", NULL, 4, &review));
}

TEST(the_longest_review_is_kept_and_told) {
        Arena *arena = test_ctx()->arena;
        char *text = arena_alloc(arena, 4001);
        const ReviewContent content = { 5, arena_strndup(arena, memset(text, '"', 4000), 200), text };

        ck_assert_ok(review_create(&f->reviews, owner(), "PROD-1", NULL, &content, &review));
        assert_is_stored();
        assert_event("review.created");
}

TEST(a_word_that_is_not_known_is_an_error) {
        const Review *found;

        create();
        test_sql(f->dsn, "ALTER DOMAIN review_status DROP CONSTRAINT review_status_check;"
                         "UPDATE reviews SET status = 'HIDDEN'");
        const Error *error =
                f->reviews.repo->find(f->reviews.repo, test_ctx(), review->review_id, &found);
        ck_assert(error && !error->reason && strstr(error->message, "reviews.status"));
}

int main(void) {
        Suite *suite = suite_create("review/reviews");
        TCase *tests = tcase_create("reviews");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
