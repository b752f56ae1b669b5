#include "biz/profile/profile_private.h"

#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/str.h"

static const char *const tier_words[] = {
        [TIER_BRONZE] = "bronze",
        [TIER_SILVER] = "silver",
        [TIER_GOLD] = "gold",
        [TIER_PLATINUM] = "platinum",
};

const char *customer_tier_word(Tier tier) {
        return tier_words[tier];
}

Tier customer_tier_of(const char *word) {
        for (size_t tier = TIER_BRONZE; tier < ARRAY_SIZE(tier_words); tier++)
                if (str_equal(word, tier_words[tier]))
                        return (Tier) tier;
        return TIER_NONE;
}

/* Whoever may not see a customer learns not even that there is one. */
static bool may_see(const Ctx *ctx, const char *customer_id) {
        if (ctx_has_role(ctx, ROLE_ADMIN | ROLE_SERVICE))
                return true;
        return ctx_has_role(ctx, ROLE_CUSTOMER) && str_equal(ctx->caller->id, customer_id);
}

static const Error *no_such_customer(Ctx *ctx, const char *customer_id) {
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_NO_SUCH_CUSTOMER, "There is no customer %s",
                         customer_id);
}

const Error *customer_profile(ProfileRepo *repo, Ctx *ctx, const char *customer_id,
                              const Profile **ret_profile) {
        const Profile *profile = NULL;

        if (may_see(ctx, customer_id))
                TRY(repo->find(repo, ctx, customer_id, &profile));
        if (!profile)
                return no_such_customer(ctx, customer_id);
        *ret_profile = profile;
        return NULL;
}

static const Error *begin_change(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                 const Profile **ret_profile) {
        const Profile *profile;

        TRY(customer_profile(repo, ctx, of->customer_id, &profile));
        if (of->version == 0 || of->version == profile->version) {
                *ret_profile = profile;
                return NULL;
        }
        Error *error = error_new(ctx->arena, ERROR_ABORTED, REASON_PROFILE_CHANGED,
                                 "The profile is at version %lld by now", (long long) profile->version);
        ERROR_ADD_RECORD(ctx->arena, error, error_number("version", profile->version));
        return error;
}

const Error *customer_change(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, ProfileChange *change,
                             const void *wanted) {
        const Profile *before;
        const Error *error;

        do {
                TRY(begin_change(repo, ctx, of, &before));
                error = change(repo, ctx, of, before, wanted);
        } while (error_is(error, INNER_PROFILE_OVERTAKEN));
        return error;
}

const Error *customer_profile_full(Ctx *ctx, const char *of, int most) {
        return error_new(ctx->arena, ERROR_FAILED_PRECONDITION, REASON_PROFILE_FULL,
                         "A customer has %d %s at most: remove one first", most, of);
}

typedef struct Details {
        const char *name, *phone;
} Details;

static const Error *save_details(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                                 const void *wanted) {
        const Details *details = wanted;

        (void) before;
        return repo->save_details(repo, ctx, of, details->name, details->phone);
}

const Error *customer_change_details(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *name,
                                     const char *phone, const Profile **ret_profile) {
        TRY(customer_change(repo, ctx, of, save_details, &(Details) { name, phone }));
        return customer_profile(repo, ctx, of->customer_id, ret_profile);
}

static const Error *save_preferences(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                     const Profile *before, const void *wanted) {
        (void) before;
        return repo->save_preferences(repo, ctx, of, wanted);
}

const Error *customer_change_preferences(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                         const Preferences *preferences, const Profile **ret_profile) {
        TRY(customer_change(repo, ctx, of, save_preferences, preferences));
        return customer_profile(repo, ctx, of->customer_id, ret_profile);
}

static bool is_segment(const char *text) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";

        return *text && strspn(text, letters) == strlen(text);
}

static const Error *check_standing(Ctx *ctx, const Standing *standing) {
        if (standing->has_tier_until != (standing->tier != TIER_NONE))
                return error_invalid(ctx->arena, "tierUntil", "must be given with a tier, and only then");
        if (standing->has_tier_until && standing->tier_until_us <= clock_wall_us())
                return error_invalid(ctx->arena, "tierUntil", "must lie in the future");
        for (size_t i = 0; i < standing->n_segments; i++)
                if (!is_segment(standing->segments[i]))
                        return error_invalid(ctx->arena, arena_printf(ctx->arena, "segments[%zu]", i),
                                             "must be letters, digits, '-' and '_'");
        return NULL;
}

static const Error *save_standing(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                  const Profile *before, const void *wanted) {
        (void) before;
        return repo->save_standing(repo, ctx, of, wanted);
}

const Error *customer_change_standing(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                      const Standing *standing, const Profile **ret_profile) {
        TRY(check_standing(ctx, standing));
        TRY(customer_change(repo, ctx, of, save_standing, standing));
        return customer_profile(repo, ctx, of->customer_id, ret_profile);
}
