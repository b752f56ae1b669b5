/*
 * What customers say of themselves, and what an admin decides of them: details, addresses, payment methods,
 * preferences, standing. Each change counts the profile's version on; one that names a version is refused
 * when the profile is another by now.
 *
 * source     000 Customer Validation; 004 3; 002 4.2; domain.md customer
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "customer/v1/customer.reasons.h"

/* Ends inside this service (base/error.h): another change came between this one and the look before it. */
#define INNER_PROFILE_OVERTAKEN "PROFILE_OVERTAKEN"

#define PROFILE_MAX_ADDRESSES 20
#define PROFILE_MAX_METHODS 20
#define PROFILE_CURRENCY "USD" /* of credit limits */

#define ADDRESS_SHIPPING "shipping"
#define ADDRESS_BILLING "billing"

#define METHOD_CARD "credit_card"

/* From the lowest to the highest. */
typedef enum Tier { TIER_NONE, TIER_BRONZE, TIER_SILVER, TIER_GOLD, TIER_PLATINUM } Tier;

/* Its word, in tables and messages alike: "bronze"; NULL for TIER_NONE. */
const char *customer_tier_word(Tier tier);

/* The tier that a word stands for; TIER_NONE: none. */
Tier customer_tier_of(const char *word);

/* Texts are NULL where they are not given. */
typedef struct CustomerAddress {
        const char *id;   /* NULL: it has none yet */
        const char *type; /* ADDRESS_SHIPPING, ADDRESS_BILLING */
        const char *line1, *line2;
        const char *city, *state, *postal_code;
        const char *country; /* two capital letters */
        const char *contact_name, *contact_phone;
        bool is_default;
} CustomerAddress;

typedef struct PaymentMethod {
        const char *id;
        const char *type;
        const char *token;
        const char *brand;
        const char *last4; /* NULL: it is no card */
        bool is_default;
} PaymentMethod;

typedef struct Preferences {
        bool notifications, marketing, review_requests;
} Preferences;

/* What an admin decides. */
typedef struct Standing {
        bool is_active;
        Tier tier;             /* TIER_NONE: none is granted */
        bool has_tier_until;
        int64_t tier_until_us; /* until when it is, on the calendar */
        const char *const *segments;
        size_t n_segments;
        bool has_credit_limit;
        int64_t credit_limit_minor; /* of PROFILE_CURRENCY */
} Standing;

typedef struct Profile {
        const char *customer_id;
        const char *email;
        const char *name;
        const char *phone; /* NULL: none */
        int64_t created_at_us;
        int64_t version;
        Tier tier;                /* that counts now */
        int64_t tier_discount_bp; /* what it takes off each order */
        bool tier_ships_free;     /* some way of shipping, as shipping's rates say */
        int64_t points;           /* what he can use, less what he owes */
        Standing standing;
        Preferences preferences;
        const CustomerAddress *addresses; /* in the order of their ids */
        size_t n_addresses;
        const PaymentMethod *methods; /* the same */
        size_t n_methods;
} Profile;

/* Which profile a change is meant for. */
typedef struct ProfileVersion {
        const char *customer_id;
        int64_t version; /* 0: whichever it is */
} ProfileVersion;

/*
 * Where profiles are kept. All may fail with UNAVAILABLE, WRITE_UNCERTAIN, DEADLINE_EXCEEDED, and those that
 * change one with INNER_PROFILE_OVERTAKEN when it is not, or no longer, one that allows the change.
 */
typedef struct ProfileRepo ProfileRepo;
struct ProfileRepo {
        /* *ret_profile, in ctx->arena, is NULL when there is none. */
        const Error *(*find)(ProfileRepo *self, Ctx *ctx, const char *customer_id,
                             const Profile **ret_profile);

        const Error *(*save_details)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *name,
                                     const char *phone);
        const Error *(*save_preferences)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                         const Preferences *preferences);

        /* A customer who is closed has no session then. */
        const Error *(*save_standing)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                      const Standing *standing);

        /*
         * What has a default one has exactly one after each of these. Overtaken is, too, who would add one
         * more than may be, or change or remove what is not there.
         */
        const Error *(*add_address)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                    const CustomerAddress *address);
        const Error *(*change_address)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                       const CustomerAddress *address);
        const Error *(*remove_address)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id);
        const Error *(*add_method)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of,
                                   const PaymentMethod *method);
        const Error *(*choose_method)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id);
        const Error *(*remove_method)(ProfileRepo *self, Ctx *ctx, const ProfileVersion *of, const char *id);
};

/*
 * Shows a profile to its customer, an admin or a service.
 *
 * errors     NO_SUCH_CUSTOMER, also for one that is not the caller's
 */
const Error *customer_profile(ProfileRepo *repo, Ctx *ctx, const char *customer_id,
                              const Profile **ret_profile) MUST_CHECK;

/* The changes answer with the profile as it is then. errors: NO_SUCH_CUSTOMER, PROFILE_CHANGED */
const Error *customer_change_details(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *name,
                                     const char *phone, const Profile **ret_profile) MUST_CHECK;
const Error *customer_change_preferences(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                         const Preferences *preferences,
                                         const Profile **ret_profile) MUST_CHECK;

/* errors: also INVALID_REQUEST of a tier without an end, an end without a tier, or an end that has come */
const Error *customer_change_standing(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                      const Standing *standing, const Profile **ret_profile) MUST_CHECK;

/*
 * Adds an address; its id is given here.
 *
 * errors     also PROFILE_FULL; INVALID_REQUEST of a part that is missing, or a country that is no code
 */
const Error *customer_add_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                  const CustomerAddress *wanted,
                                  const CustomerAddress **ret_address) MUST_CHECK;

/* Replaces the one with its id. errors: also ADDRESS_NOT_FOUND; INVALID_REQUEST, as above */
const Error *customer_change_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                     const CustomerAddress *wanted,
                                     const CustomerAddress **ret_address) MUST_CHECK;

/* errors: also ADDRESS_NOT_FOUND */
const Error *customer_remove_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                     const char *id) MUST_CHECK;

/* Adds one, as addresses. errors: also PROFILE_FULL; INVALID_REQUEST of last4 that are none or are missing */
const Error *customer_add_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                 const PaymentMethod *wanted, const PaymentMethod **ret_method) MUST_CHECK;

/* errors: also METHOD_NOT_FOUND */
const Error *customer_choose_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id,
                                    const PaymentMethod **ret_method) MUST_CHECK;
const Error *customer_remove_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                    const char *id) MUST_CHECK;

/* A payment method with its token, for a service. errors: NO_SUCH_CUSTOMER, METHOD_NOT_FOUND */
const Error *customer_find_method(ProfileRepo *repo, Ctx *ctx, const char *customer_id, const char *id,
                                  const PaymentMethod **ret_method) MUST_CHECK;

/* The default address of a type; NULL: there is none. */
const CustomerAddress *customer_default_address(const Profile *profile, const char *type);
