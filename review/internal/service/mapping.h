/* Messages of reviews and what they mean to the business, one function per message. */
#pragma once

#include "biz/review/request.h"
#include "biz/review/review.h"
#include "review/v1/review.rpc.h"

ReviewV1Review *review_to_message(Arena *arena, const Review *review);

/* The same as everybody sees it. */
ReviewV1PublicReview *review_to_public_message(Arena *arena, const Review *review);

ReviewV1ReviewHistoryEntry *review_history_to_message(Arena *arena, const ReviewHistoryEntry *entry);
ReviewV1ProductRating *review_rating_to_message(Arena *arena, const char *product_id,
                                                const ProductRating *rating);
ReviewV1RequestForReview *review_request_to_message(Arena *arena, const RequestForReview *request);
void review_opened_link_to_message(Arena *arena, const OpenedLink *opened,
                                   ReviewV1OpenReviewLinkResponse *response);

/* Where a page goes on, in arena; "" when it is the last. */
const char *review_cursor_to_message(Arena *arena, const ReviewPage *page, ReviewOrder order);

/*
 * The place that a cursor stands for.
 *
 * errors     INVALID_REQUEST, its field "cursor"
 */
const Error *review_cursor_from_message(Arena *arena, const char *cursor,
                                        ReviewPosition *ret_position) MUST_CHECK;
