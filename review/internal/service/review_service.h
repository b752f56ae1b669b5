/* The review service's RPCs: messages in, reviews and requests for them, messages out. */
#pragma once

#include "biz/review/request.h"
#include "biz/review/review.h"
#include "review/v1/review.rpc.h"

/* Lives in arena; reviews and requests must outlive it. */
ReviewService *review_service_new(Arena *arena, ReviewUsecase *reviews, RequestUsecase *requests);

/* ReviewUsecase.snapshot: the packed CreateReviewResponse. */
Bytes review_service_snapshot(Ctx *ctx, const Review *review);
