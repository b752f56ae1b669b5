#include "biz/review/review_private.h"

#include "base/memory.h"
#include "base/word.h"

static const char *const statuses[] = {
        [REVIEW_PENDING] = "PENDING",
        [REVIEW_APPROVED] = "APPROVED",
        [REVIEW_REJECTED] = "REJECTED",
        [REVIEW_WITHDRAWN] = "WITHDRAWN",
};

static const char *const events[] = {
        [REVIEW_WAS_CREATED] = "review.created",   [REVIEW_WAS_EDITED] = "review.edited",
        [REVIEW_WAS_WITHDRAWN] = "review.withdrawn", [REVIEW_WAS_APPROVED] = "review.approved",
        [REVIEW_WAS_REJECTED] = "review.rejected", [REVIEW_WAS_REPLIED] = "review.replied",
};

const char *review_status_word(ReviewStatus status) {
        return statuses[status];
}

const Error *review_read_status(Arena *arena, const char *column, const char *word,
                                ReviewStatus *ret_status) {
        size_t status;

        TRY(word_read(arena, statuses, ARRAY_SIZE(statuses), column, word, &status));
        *ret_status = (ReviewStatus) status;
        return NULL;
}

const char *review_deed_event(ReviewDeed deed) {
        return events[deed];
}

const Error *review_not_found(Ctx *ctx, const char *review_id) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_REVIEW_NOT_FOUND, "There is no review %s",
                         review_id);
}

const Error *review_find(ReviewUsecase *usecase, Ctx *ctx, const char *review_id, const Review **ret_review) {
        const Review *review;

        TRY(usecase->repo->find(usecase->repo, ctx, review_id, &review));
        if (!review || review->status == REVIEW_WITHDRAWN)
                return review_not_found(ctx, review_id);
        *ret_review = review;
        return NULL;
}

static const Error *changed(Ctx *ctx, const Review *review) {
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_REVIEW_CHANGED,
                                 "Review %s has changed: read it again", review->review_id);

        ERROR_ADD_RECORD(ctx->arena, error, error_text("reviewId", review->review_id),
                         error_number("version", review->version));
        return error;
}

const Error *review_check_version(Ctx *ctx, const Review *review, int64_t version) {
        return review->version == version ? NULL : changed(ctx, review);
}

/* Who lost a race is told which version won it. */
static const Error *lost(ReviewUsecase *usecase, Ctx *ctx, const char *review_id) {
        const Review *review;

        TRY(review_find(usecase, ctx, review_id, &review));
        return changed(ctx, review);
}

const Error *review_save(ReviewUsecase *usecase, Ctx *ctx, const Review *before, Review after,
                         ReviewDeed deed, const Review **ret_review) {
        Review *saved = ARENA_NEW(ctx->arena, Review);
        bool is_done;

        *saved = after;
        saved->version = before->version + 1;
        TRY(usecase->repo->change(usecase->repo, ctx, before, saved, deed, &is_done));
        if (!is_done)
                return lost(usecase, ctx, before->review_id);
        *ret_review = saved;
        return NULL;
}
