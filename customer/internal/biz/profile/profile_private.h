/* What the parts of profiles share. */
#pragma once

#include "biz/profile/profile.h"

/*
 * What a change begins with: the caller may make it, and it is meant for the version that there is.
 *
 * errors     NO_SUCH_CUSTOMER; PROFILE_CHANGED with the version
 */
const Error *customer_begin_change(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                   const Profile **ret_profile) MUST_CHECK;

/* The error of one address or payment method more than there may be. */
const Error *customer_profile_full(Ctx *ctx, const char *of, int most)
        __attribute__((returns_nonnull)) MUST_CHECK;
