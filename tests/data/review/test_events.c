#include <pthread.h>

#include "data/request_repo.h"
#include "events/v1/order.rpc.h"
#include "fixture.h"
#include "race.h"
#include "server/order_events.h"

#define DELAY_MS INT64_C(604800000)

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

/* An event of CUST-1's order, with PROD-1 from two warehouses and PROD-2. */
static Event event(const char *order_id, int64_t version, const char *type) {
        static const char *const products[] = { "PROD-1", "PROD-1", "PROD-2" };
        Arena *arena = test_ctx()->arena;
        EventsV1OrderEvent *message = events_v1_order_event_new(arena);

        message->data = events_v1_order_event_data_new(arena);
        message->data->order_id = order_id;
        message->data->customer_id = "CUST-1";
        message->data->n_items = 3;
        message->data->items = ARENA_ARRAY(arena, EventsV1OrderEventItem *, 3);
        for (size_t i = 0; i < 3; i++) {
                message->data->items[i] = events_v1_order_event_item_new(arena);
                message->data->items[i]->product_id = products[i];
                message->data->items[i]->name = arena_printf(arena, "Name of %s", products[i]);
        }
        return (Event) { .type = type, .aggregate_id = order_id, .version = version,
                         .message = &message->base };
}

static const Error *try_to_apply(Ctx *ctx, const Event *events, size_t n) {
        int64_t delay_ms = DELAY_MS;
        PgBatch *batch = pg_batch_new(f->pool, ctx);

        TRY(review_order_events.apply(&delay_ms, batch, events, n));
        return pg_batch_run(batch);
}

static void apply(const Event *events, size_t n) {
        ck_assert_ok(try_to_apply(test_ctx(), events, n));
}

static void apply_one(const char *order_id, int64_t version, const char *type) {
        const Event one = event(order_id, version, type);

        apply(&one, 1);
}

static const char *status_of(const char *order_id) {
        return test_sql_text(f->dsn, arena_printf(test_ctx()->arena,
                                                  "SELECT status FROM review_requests WHERE order_id = '%s'",
                                                  order_id));
}

TEST(the_payload_says_whose_event_it_is) {
        EventsV1OrderEvent *message = events_v1_order_event_new(test_ctx()->arena);

        ck_assert_str_eq(review_order_events.aggregate_id_of(&message->base), "");
        message->data = events_v1_order_event_data_new(test_ctx()->arena);
        message->data->order_id = "ORD-1";
        ck_assert_str_eq(review_order_events.aggregate_id_of(&message->base), "ORD-1");
}

TEST(an_order_that_came_has_one_request_some_days_later) {
        const RequestForReview *request;
        const Event events[] = { event("ORD-1", 1, "order.created"), event("ORD-1", 2, "order.confirmed"),
                                 event("ORD-1", 3, "order.delivered"), event("ORD-2", 3, "order.delivered") };

        apply(events, 4);
        ck_assert_int_eq(fixture_count(f, "review_requests"), 2);
        ck_assert_ok(review_get_request(&f->requests, test_ctx(), "ORD-1", &request));
        ck_assert_str_eq(request->customer_id, "CUST-1");
        ck_assert_int_eq(request->status, REQUEST_SCHEDULED);
        ck_assert_int_eq(request->settled_at_us, 0);
        ck_assert_int_eq(request->taken_back_at_us, 0);
        ck_assert_uint_eq(request->n_products, 2);
        ck_assert_str_eq(request->products[0].product_id, "PROD-1");
        ck_assert_str_eq(request->products[0].name, "Name of PROD-1");
        ck_assert_str_eq(request->products[1].product_id, "PROD-2");
        ck_assert_int_eq(fixture_count(f, "review_requests WHERE due_at BETWEEN"
                                          " now() + interval '7 days' - interval '10 minutes'"
                                          " AND now() + interval '7 days'"),
                         2);
}

TEST(an_event_that_comes_twice_changes_nothing) {
        apply_one("ORD-1", 3, "order.delivered");
        test_sql(f->dsn, "UPDATE review_requests SET status = 'SENT', settled_at = now()");
        apply_one("ORD-1", 3, "order.delivered");
        ck_assert_str_eq(status_of("ORD-1"), "SENT");
        ck_assert_int_eq(fixture_count(f, "review_request_products"), 2);
}

TEST(an_order_that_is_given_back_before_is_not_asked_about) {
        apply_one("ORD-1", 3, "order.delivered");
        apply_one("ORD-1", 4, "order.returned");
        ck_assert_str_eq(status_of("ORD-1"), "TAKEN_BACK");
        apply_one("ORD-2", 3, "order.delivered");
        apply_one("ORD-2", 4, "order.cancelled");
        ck_assert_str_eq(status_of("ORD-2"), "TAKEN_BACK");
        ck_assert_int_eq(fixture_count(f, "review_requests WHERE taken_back_at IS NOT NULL"), 2);
}

TEST(delivery_and_return_may_come_in_one_batch) {
        const Event events[] = { event("ORD-1", 3, "order.delivered"), event("ORD-1", 4, "order.returned"),
                                 event("ORD-2", 3, "order.delivered") };

        apply(events, 3);
        ck_assert_str_eq(status_of("ORD-1"), "TAKEN_BACK");
        ck_assert_str_eq(status_of("ORD-2"), "SCHEDULED");
}

TEST(what_was_sent_stays_sent_when_the_order_is_given_back) {
        apply_one("ORD-1", 3, "order.delivered");
        test_sql(f->dsn, "UPDATE review_requests SET status = 'SENT', settled_at = now()");
        apply_one("ORD-1", 4, "order.returned");
        ck_assert_str_eq(status_of("ORD-1"), "SENT");
        ck_assert_int_eq(fixture_count(f, "review_requests WHERE taken_back_at IS NOT NULL"), 1);
}

TEST(an_order_that_never_came_has_no_request) {
        apply_one("ORD-1", 2, "order.cancelled");
        apply_one("ORD-2", 2, "order.shipped");
        ck_assert_int_eq(fixture_count(f, "review_requests"), 0);
}

TEST(giving_an_order_back_takes_verified_from_its_reviews_and_no_others) {
        const Review *review;

        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", "ORD-1", 4, &review));
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-2", "ORD-1", 4, &review));
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-3", "ORD-2", 4, &review));
        apply_one("ORD-1", 3, "order.delivered");
        ck_assert_int_eq(fixture_count(f, "reviews WHERE is_verified"), 3);
        apply_one("ORD-1", 4, "order.returned");
        ck_assert_str_eq(test_sql_text(f->dsn, "SELECT string_agg(product_id, ' ') FROM reviews"
                                               " WHERE is_verified"),
                         "PROD-3");
        fixture_assert_books(f);
}

TEST(an_order_that_was_given_back_verifies_nothing) {
        const Review *review;

        apply_one("ORD-1", 3, "order.delivered");
        apply_one("ORD-1", 4, "order.returned");
        ck_assert_reason(fixture_create(f, "CUST-1", "PROD-1", "ORD-1", 4, &review),
                         REASON_ORDER_NOT_DELIVERED);
        ck_assert_int_eq(fixture_count(f, "reviews"), 0);
        ck_assert_int_eq(fixture_count(f, "outbox"), 0);
        ck_assert_ok(fixture_create(f, "CUST-1", "PROD-1", "ORD-2", 4, &review));
}

static Event returned;

/* The last one gives the order back, while the others review what it brought. */
static void review_or_return(Ctx *ctx, void *arg, size_t i) {
        const ReviewContent content = { 3, "Title", "Text" };
        const size_t *last = arg;
        const Review *review;
        const Error *error;

        if (i == *last) {
                ck_assert_ok(try_to_apply(ctx, &returned, 1));
                return;
        }
        fixture_as(ctx, arena_printf(ctx->arena, "CUST-%zu", i), ROLE_CUSTOMER);
        error = review_create(&f->reviews, ctx, "PROD-1", "ORD-1", &content, &review);
        if (error)
                ck_assert_reason(error, REASON_ORDER_NOT_DELIVERED);
}

TEST(no_review_stays_verified_that_is_written_while_its_order_is_given_back) {
        size_t last = 8;

        apply_one("ORD-1", 3, "order.delivered");
        returned = event("ORD-1", 4, "order.returned");
        race_run(last + 1, review_or_return, &last);
        ck_assert_int_eq(fixture_count(f, "reviews WHERE is_verified"), 0);
        fixture_assert_books(f);
}

/* The session that test_sql keeps has given the order back, and has not committed yet. */
static void *create_meanwhile(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        const ReviewContent content = { 3, "Title", "Text" };
        const Review *review;

        ck_assert_reason(review_create(&f->reviews, fixture_as(&ctx, "CUST-1", ROLE_CUSTOMER), "PROD-1",
                                       "ORD-1", &content, &review),
                         REASON_ORDER_NOT_DELIVERED);
        arena_free(arena);
        return arg;
}

static bool waits_for_the_order(void *arg) {
        (void) arg;
        return fixture_count(f, "pg_stat_activity WHERE datname = current_database()"
                                " AND wait_event_type = 'Lock'") > 0;
}

TEST(who_reviews_waits_for_who_gives_the_order_back) {
        pthread_t thread;

        apply_one("ORD-1", 3, "order.delivered");
        test_sql(f->dsn, "BEGIN; SELECT pg_advisory_xact_lock(8003, hashtext('ORD-1'))");
        ck_assert_int_eq(pthread_create(&thread, NULL, create_meanwhile, NULL), 0);
        test_wait_until(waits_for_the_order, NULL, TEST_WAIT_MS, "the review waits for the order");
        test_sql(f->dsn, "UPDATE review_requests SET status = 'TAKEN_BACK', taken_back_at = now(); COMMIT");
        pthread_join(thread, NULL);
        ck_assert_int_eq(fixture_count(f, "reviews"), 0);
}

static void *return_meanwhile(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);

        ck_assert_ok(try_to_apply(&ctx, &returned, 1));
        arena_free(arena);
        return arg;
}

/* The session that test_sql keeps has written a review that was verified, and has not committed yet. */
TEST(who_gives_an_order_back_waits_for_who_reviews_it) {
        pthread_t thread;

        apply_one("ORD-1", 3, "order.delivered");
        returned = event("ORD-1", 4, "order.returned");
        test_sql(f->dsn, "BEGIN; SELECT pg_advisory_xact_lock(8003, hashtext('ORD-1'));"
                         "INSERT INTO reviews (review_id, version, product_id, customer_id, order_id, rating,"
                         "                     title, body, status, is_verified, created_at, submitted_at)"
                         " VALUES ('REV-1', 1, 'PROD-1', 'CUST-1', 'ORD-1', 3, 'Title', 'Text', 'PENDING',"
                         "         true, now(), now())");
        ck_assert_int_eq(pthread_create(&thread, NULL, return_meanwhile, NULL), 0);
        test_wait_until(waits_for_the_order, NULL, TEST_WAIT_MS / 2, "the return waits for the review");
        test_sql(f->dsn, "COMMIT");
        pthread_join(thread, NULL);
        ck_assert_int_eq(fixture_count(f, "reviews WHERE is_verified"), 0);
}

int main(void) {
        Suite *suite = suite_create("review/events");
        TCase *tests = tcase_create("events");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
