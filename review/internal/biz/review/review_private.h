/* What the files of the use cases share. */
#pragma once

#include "biz/review/review.h"

/* Finds a review that was not withdrawn. errors: REVIEW_NOT_FOUND */
const Error *review_find(ReviewUsecase *usecase, Ctx *ctx, const char *review_id,
                         const Review **ret_review) MUST_CHECK;

/* errors: REVIEW_CHANGED, when it has another version */
const Error *review_check_version(Ctx *ctx, const Review *review, int64_t version) MUST_CHECK;

const Error *review_not_found(Ctx *ctx, const char *review_id);

/*
 * Writes after as the version behind before, whose own number does not matter.
 *
 * ret_review   after, with its version
 * errors       REVIEW_CHANGED, when somebody was quicker
 */
const Error *review_save(ReviewUsecase *usecase, Ctx *ctx, const Review *before, Review after,
                         ReviewDeed deed, const Review **ret_review) MUST_CHECK;
