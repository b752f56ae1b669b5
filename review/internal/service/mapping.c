#include "service/mapping.h"

#include "proto/cursor.h"
#include "proto/values.h"

SAME_NUMBER(REVIEW_PENDING, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_PENDING);
SAME_NUMBER(REVIEW_APPROVED, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_APPROVED);
SAME_NUMBER(REVIEW_REJECTED, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_REJECTED);
SAME_NUMBER(REVIEW_WITHDRAWN, REVIEW__V1__REVIEW_STATUS__REVIEW_STATUS_WITHDRAWN);
SAME_NUMBER(REQUEST_SCHEDULED, REVIEW__V1__REQUEST_STATUS__REQUEST_STATUS_SCHEDULED);
SAME_NUMBER(REQUEST_SENT, REVIEW__V1__REQUEST_STATUS__REQUEST_STATUS_SENT);
SAME_NUMBER(REQUEST_SKIPPED, REVIEW__V1__REQUEST_STATUS__REQUEST_STATUS_SKIPPED);
SAME_NUMBER(REQUEST_TAKEN_BACK, REVIEW__V1__REQUEST_STATUS__REQUEST_STATUS_TAKEN_BACK);

static ReviewV1ReviewReply *reply_to_message(Arena *arena, const Review *review) {
        if (!review->reply)
                return NULL;
        ReviewV1ReviewReply *message = review_v1_review_reply_new(arena);
        message->text = review->reply;
        message->replied_at = proto_time_to_message(arena, review->replied_at_us);
        return message;
}

ReviewV1Review *review_to_message(Arena *arena, const Review *review) {
        ReviewV1Review *message = review_v1_review_new(arena);

        message->review_id = review->review_id;
        message->version = review->version;
        message->product_id = review->product_id;
        message->customer_id = review->customer_id;
        message->order_id = str_or_empty(review->order_id);
        message->seller_id = str_or_empty(review->seller_id);
        message->rating = review->content.rating;
        message->title = review->content.title;
        message->text = review->content.text;
        message->status = (ReviewV1ReviewStatus) review->status;
        message->status_reason = str_or_empty(review->status_reason);
        message->is_verified = review->is_verified;
        message->reply = reply_to_message(arena, review);
        message->created_at = proto_time_to_message(arena, review->created_at_us);
        message->submitted_at = proto_time_to_message(arena, review->submitted_at_us);
        return message;
}

ReviewV1PublicReview *review_to_public_message(Arena *arena, const Review *review) {
        ReviewV1PublicReview *message = review_v1_public_review_new(arena);

        message->review_id = review->review_id;
        message->rating = review->content.rating;
        message->title = review->content.title;
        message->text = review->content.text;
        message->is_verified = review->is_verified;
        message->reply = reply_to_message(arena, review);
        message->created_at = proto_time_to_message(arena, review->created_at_us);
        message->submitted_at = proto_time_to_message(arena, review->submitted_at_us);
        return message;
}

ReviewV1ReviewHistoryEntry *review_history_to_message(Arena *arena, const ReviewHistoryEntry *entry) {
        ReviewV1ReviewHistoryEntry *message = review_v1_review_history_entry_new(arena);

        message->version = entry->version;
        message->status = (ReviewV1ReviewStatus) entry->status;
        message->status_reason = str_or_empty(entry->status_reason);
        message->actor = entry->actor;
        message->changed_at = proto_time_to_message(arena, entry->changed_at_us);
        return message;
}

ReviewV1ProductRating *review_rating_to_message(Arena *arena, const char *product_id,
                                                const ProductRating *rating) {
        ReviewV1ProductRating *message = review_v1_product_rating_new(arena);

        message->product_id = product_id;
        message->review_count = review_rating_count(rating);
        message->average_hundredths = review_rating_average(rating);
        message->n_star_counts = REVIEW_MAX_RATING;
        message->star_counts = ARENA_ARRAY(arena, int64_t, REVIEW_MAX_RATING);
        for (size_t i = 0; i < REVIEW_MAX_RATING; i++)
                message->star_counts[i] = rating->star_counts[i];
        return message;
}

ReviewV1RequestForReview *review_request_to_message(Arena *arena, const RequestForReview *request) {
        ReviewV1RequestForReview *message = review_v1_request_for_review_new(arena);

        message->order_id = request->order_id;
        message->customer_id = request->customer_id;
        message->status = (ReviewV1RequestStatus) request->status;
        message->status_reason = str_or_empty(request->status_reason);
        message->due_at = proto_time_to_message(arena, request->due_at_us);
        message->settled_at = proto_time_to_message(arena, request->settled_at_us);
        message->taken_back_at = proto_time_to_message(arena, request->taken_back_at_us);
        message->n_products = request->n_products;
        message->products = ARENA_ARRAY(arena, ReviewV1RequestedProduct *, request->n_products);
        for (size_t i = 0; i < request->n_products; i++) {
                message->products[i] = review_v1_requested_product_new(arena);
                message->products[i]->product_id = request->products[i].product_id;
                message->products[i]->name = request->products[i].name;
        }
        return message;
}

void review_opened_link_to_message(Arena *arena, const OpenedLink *opened,
                                   ReviewV1OpenReviewLinkResponse *response) {
        response->order_id = opened->link.order_id;
        response->product_id = opened->link.product_id;
        response->product_name = opened->product_name;
        response->expires_at = proto_time_to_message(arena, opened->link.expires_at_us);
}

/* The rating stands before the id, in one digit. */
const char *review_cursor_to_message(Arena *arena, const ReviewPage *page, ReviewOrder order) {
        if (!page->has_more)
                return "";
        ReviewPosition last = review_position(&page->reviews[page->n_reviews - 1], order);
        return proto_cursor_write(arena, last.time_us,
                                  arena_printf(arena, "%lld%s", (long long) last.rating, last.review_id));
}

const Error *review_cursor_from_message(Arena *arena, const char *cursor, ReviewPosition *ret_position) {
        ReviewPosition position;
        const char *id;

        TRY(proto_cursor_read(arena, cursor, &position.time_us, &id));
        position.rating = *id - '0';
        if (position.rating < 1 || position.rating > REVIEW_MAX_RATING)
                return error_invalid(arena, "cursor", "must be the nextCursor of the page before");
        position.review_id = id + 1;
        *ret_position = position;
        return NULL;
}
