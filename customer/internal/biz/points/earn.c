#include "base/str.h"
#include "biz/points/points.h"

static const char *const kind_words[] = {
        [POINTS_KIND_EARNED] = "earned",
        [POINTS_KIND_USED] = "used",
        [POINTS_KIND_RETURNED] = "returned",
        [POINTS_KIND_REVOKED] = "revoked",
        [POINTS_KIND_EXPIRED] = "expired",
};

const char *customer_points_kind_word(PointsKind kind) {
        return kind_words[kind];
}

static const Error *check_earning(Ctx *ctx, const PointsEarning *earning, const PointsEarning *wanted) {
        if (earning->is_revoked)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_POINTS_CLOSED,
                                 "What order %s earned was taken back", wanted->order_id);
        if (!str_equal(earning->customer_id, wanted->customer_id) || earning->points != wanted->points)
                return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_POINTS_MISMATCH,
                                 "Order %s has earned other points", wanted->order_id);
        return NULL;
}

const Error *customer_points_earn(PointsUsecase *usecase, Ctx *ctx, const PointsEarning *wanted,
                                  int64_t *ret_balance) {
        PointsEarning earning;
        const Profile *profile;

        TRY(customer_profile(usecase->profiles, ctx, wanted->customer_id, &profile));
        TRY(usecase->repo->earn(usecase->repo, ctx, wanted, &earning));
        TRY(check_earning(ctx, &earning, wanted));
        return usecase->repo->balance(usecase->repo, ctx, wanted->customer_id, ret_balance);
}

const Error *customer_points_revoke(PointsUsecase *usecase, Ctx *ctx, const char *const *order_ids,
                                    size_t n_orders) {
        return usecase->repo->revoke(usecase->repo, ctx, order_ids, n_orders);
}

/* What is owed was taken from what is left already: so some of his lots may be no more than that. */
static int64_t at_most(int64_t points, int64_t most) {
        return points < most ? points : most;
}

const Error *customer_points_benefits(PointsUsecase *usecase, Ctx *ctx, const char *customer_id,
                                      PointsBenefits *ret_benefits) {
        PointsBenefits benefits = { 0 };

        TRY(customer_profile(usecase->profiles, ctx, customer_id, &benefits.profile));
        TRY(usecase->repo->expiry(usecase->repo, ctx, customer_id, &benefits.expiry));
        benefits.available = benefits.profile->points > 0 ? benefits.profile->points : 0;
        benefits.owed = benefits.available - benefits.profile->points;
        benefits.expiry.points = at_most(benefits.expiry.points, benefits.available);
        *ret_benefits = benefits;
        return NULL;
}

const Error *customer_points_list(PointsUsecase *usecase, Ctx *ctx, const char *customer_id,
                                  const PointsPosition *after, int64_t page_size, PointsPage *ret_page) {
        int64_t limit = page_size > 0 ? at_most(page_size, POINTS_PAGE_MAX) : POINTS_PAGE_DEFAULT;
        const PointsEntry *entries;
        const Profile *profile;
        size_t n;

        TRY(customer_profile(usecase->profiles, ctx, customer_id, &profile));
        TRY(usecase->repo->list(usecase->repo, ctx, customer_id, after, limit + 1, &entries, &n));
        bool has_more = n > (size_t) limit;
        *ret_page = (PointsPage) { entries, has_more ? n - 1 : n, has_more };
        return NULL;
}
