#include "fakes.h"
#include "proto/cursor.h"
#include "service/mapping.h"

TEST(a_review_is_shown_whole) {
        Review review = fake_review(REVIEW_REJECTED);
        ReviewV1Review *message = review_to_message(test_ctx()->arena, &review);

        ck_assert_str_eq(message->review_id, "REV-1");
        ck_assert_int_eq(message->version, 3);
        ck_assert_str_eq(message->product_id, "PROD-1");
        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_str_eq(message->seller_id, "SELLER-1");
        ck_assert_int_eq(message->rating, 4);
        ck_assert_str_eq(message->title, "Good");
        ck_assert_str_eq(message->text, "It plays.");
        ck_assert_int_eq(message->status, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_REJECTED);
        ck_assert_str_eq(message->status_reason, "rude");
        ck_assert(message->is_verified);
        ck_assert_str_eq(message->reply->text, "Thank you");
        ck_assert_int_eq(message->reply->replied_at->seconds, 3);
        ck_assert_int_eq(message->created_at->seconds, 1);
        ck_assert_int_eq(message->submitted_at->seconds, 2);
}

TEST(what_a_review_has_not_is_absent) {
        Review review = fake_review(REVIEW_PENDING);

        review.order_id = review.seller_id = review.reply = NULL;
        ReviewV1Review *message = review_to_message(test_ctx()->arena, &review);
        ck_assert_str_eq(message->order_id, "");
        ck_assert_str_eq(message->seller_id, "");
        ck_assert_str_eq(message->status_reason, "");
        ck_assert_ptr_null(message->reply);
}

TEST(everybody_sees_what_it_says) {
        Review review = fake_review(REVIEW_APPROVED);
        ReviewV1PublicReview *message = review_to_public_message(test_ctx()->arena, &review);

        ck_assert_str_eq(message->review_id, "REV-1");
        ck_assert_int_eq(message->rating, 4);
        ck_assert_str_eq(message->title, "Good");
        ck_assert_str_eq(message->text, "It plays.");
        ck_assert(message->is_verified);
        ck_assert_str_eq(message->reply->text, "Thank you");
        ck_assert_int_eq(message->created_at->seconds, 1);
        ck_assert_int_eq(message->submitted_at->seconds, 2);
}

TEST(a_line_of_history_is_shown_whole) {
        const ReviewHistoryEntry entry = { 3, REVIEW_REJECTED, "rude", "USER-ADMIN", 5000000 };
        ReviewV1ReviewHistoryEntry *message = review_history_to_message(test_ctx()->arena, &entry);

        ck_assert_int_eq(message->version, 3);
        ck_assert_int_eq(message->status, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_REJECTED);
        ck_assert_str_eq(message->status_reason, "rude");
        ck_assert_str_eq(message->actor, "USER-ADMIN");
        ck_assert_int_eq(message->changed_at->seconds, 5);
}

TEST(a_rating_is_shown_whole) {
        const ProductRating rating = { { 1, 2, 3, 4, 5 } };
        ReviewV1ProductRating *message = review_rating_to_message(test_ctx()->arena, "PROD-1", &rating);

        ck_assert_str_eq(message->product_id, "PROD-1");
        ck_assert_int_eq(message->review_count, 15);
        ck_assert_int_eq(message->average_hundredths, 367);
        ck_assert_uint_eq(message->n_star_counts, 5);
        for (size_t i = 0; i < 5; i++)
                ck_assert_int_eq(message->star_counts[i], (int64_t) i + 1);
}

TEST(a_request_is_shown_whole) {
        const RequestedProduct product = { "PROD-1", "Headphones", NULL };
        const RequestForReview request = { "ORD-1", "CUST-1", REQUEST_SKIPPED, "OPTED_OUT", 1000000, 2000000,
                                           3000000, 0, &product, 1 };
        ReviewV1RequestForReview *message = review_request_to_message(test_ctx()->arena, &request);

        ck_assert_str_eq(message->order_id, "ORD-1");
        ck_assert_str_eq(message->customer_id, "CUST-1");
        ck_assert_int_eq(message->status, REVIEW__V1__REQUEST_STATUS__REQUEST_STATUS_SKIPPED);
        ck_assert_str_eq(message->status_reason, "OPTED_OUT");
        ck_assert_int_eq(message->due_at->seconds, 1);
        ck_assert_int_eq(message->settled_at->seconds, 2);
        ck_assert_int_eq(message->taken_back_at->seconds, 3);
        ck_assert_uint_eq(message->n_products, 1);
        ck_assert_str_eq(message->products[0]->product_id, "PROD-1");
        ck_assert_str_eq(message->products[0]->name, "Headphones");
}

TEST(an_opened_link_is_shown_whole) {
        const OpenedLink opened = { { "ORD-1", "PROD-1", 4000000 }, "Headphones" };
        ReviewV1OpenReviewLinkResponse *response = review_v1_open_review_link_response_new(test_ctx()->arena);

        review_opened_link_to_message(test_ctx()->arena, &opened, response);
        ck_assert_str_eq(response->order_id, "ORD-1");
        ck_assert_str_eq(response->product_id, "PROD-1");
        ck_assert_str_eq(response->product_name, "Headphones");
        ck_assert_int_eq(response->expires_at->seconds, 4);
}

TEST(a_cursor_leads_behind_the_last_review_of_its_page) {
        Review reviews[] = { fake_review(REVIEW_PENDING), fake_review(REVIEW_PENDING) };
        ReviewPage page = { .reviews = reviews, .n_reviews = 2, .has_more = true };
        Arena *arena = test_ctx()->arena;
        ReviewPosition position;

        reviews[1].review_id = "REV-2";
        reviews[1].content.rating = 2;
        ck_assert_ok(review_cursor_from_message(arena, review_cursor_to_message(arena, &page, REVIEW_BY_AGE),
                                                &position));
        ck_assert_str_eq(position.review_id, "REV-2");
        ck_assert_int_eq(position.rating, 2);
        ck_assert_int_eq(position.time_us, reviews[1].created_at_us);
        ck_assert_ok(review_cursor_from_message(
                arena, review_cursor_to_message(arena, &page, REVIEW_BY_WAITING), &position));
        ck_assert_int_eq(position.time_us, reviews[1].submitted_at_us);
        page.has_more = false;
        ck_assert_str_eq(review_cursor_to_message(arena, &page, REVIEW_BY_AGE), "");
}

TEST(another_cursor_is_refused) {
        static const char *const ids[] = { "", "0REV-1", "6REV-1", "REV-1" };
        Arena *arena = test_ctx()->arena;
        ReviewPosition position;

        for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
                const char *cursor = proto_cursor_write(arena, 1, ids[i]);
                const Error *error = ck_assert_reason(review_cursor_from_message(arena, cursor, &position),
                                                      REASON_INVALID_REQUEST);

                ck_assert_str_eq(error->violations[0].field, "cursor");
        }
        ck_assert_ok(review_cursor_from_message(arena, proto_cursor_write(arena, 1, "1"), &position));
        ck_assert_ok(review_cursor_from_message(arena, proto_cursor_write(arena, 1, "5"), &position));
        ck_assert_reason(review_cursor_from_message(arena, "nonsense", &position), REASON_INVALID_REQUEST);
}

int main(void) {
        Suite *suite = suite_create("review/mapping");
        TCase *tests = tcase_create("mapping");

        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
