/* The payloads of events of reviews and of requests for them: JSON of events.v1.ReviewEvent. */
#pragma once

#include "biz/review/request.h"
#include "biz/review/review.h"

#define REVIEW_AGGREGATE_TYPE "review"

/* In arena. review: as it is after the deed */
const char *review_event_payload(Arena *arena, const Review *review, ReviewDeed deed, const char *event_id);

/* In arena. request: sent or skipped; its one event is version 1 */
const char *review_request_payload(Arena *arena, const RequestForReview *request, const char *event_id);
