/* What the parts of profiles share. */
#pragma once

#include "biz/profile/profile.h"

/* One try to make a change of a profile as it was seen: it refuses what that does not allow, or saves. */
typedef const Error *ProfileChange(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                   const Profile *before, const void *wanted);

/*
 * Makes a change, when the caller may make it and it is meant for the version that there is. Whoever was
 * overtaken between his look and his change looks again, so that he is told what stands in his way by now.
 *
 * wanted     what the change is given
 * errors     NO_SUCH_CUSTOMER; PROFILE_CHANGED with the version; those of the change
 */
const Error *customer_change(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, ProfileChange *change,
                             const void *wanted) MUST_CHECK;

/* The error of one address or payment method more than there may be. */
const Error *customer_profile_full(Ctx *ctx, const char *of, int most)
        __attribute__((returns_nonnull)) MUST_CHECK;
