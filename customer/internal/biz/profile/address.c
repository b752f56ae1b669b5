#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "biz/profile/profile_private.h"

static const Error *find_address(Ctx *ctx, const Profile *profile, const char *id,
                                 const CustomerAddress **ret_address) {
        for (size_t i = 0; i < profile->n_addresses; i++)
                if (str_equal(profile->addresses[i].id, id)) {
                        *ret_address = &profile->addresses[i];
                        return NULL;
                }
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_ADDRESS_NOT_FOUND,
                         "The customer has no address %s", id);
}

static bool is_country(const char *code) {
        return strlen(code) == 2 && code[0] >= 'A' && code[0] <= 'Z' && code[1] >= 'A' && code[1] <= 'Z';
}

static const Error *check_address(Ctx *ctx, const CustomerAddress *address) {
        if (!address->line1)
                return error_invalid(ctx->arena, "address.street", "must be given, here or as addressLine1");
        if (!address->postal_code)
                return error_invalid(ctx->arena, "address.zipCode", "must be given, here or as postalCode");
        if (!is_country(address->country))
                return error_invalid(ctx->arena, "address.country", "must be a code of two capital letters");
        return NULL;
}

static const Error *show_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id,
                                 const CustomerAddress **ret_address) {
        const Profile *profile;

        TRY(customer_profile(repo, ctx, of->customer_id, &profile));
        return find_address(ctx, profile, id, ret_address);
}

static const Error *add(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                        const void *wanted) {
        if (before->n_addresses >= PROFILE_MAX_ADDRESSES)
                return customer_profile_full(ctx, "addresses", PROFILE_MAX_ADDRESSES);
        return repo->add_address(repo, ctx, of, wanted);
}

const Error *customer_add_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                  const CustomerAddress *wanted, const CustomerAddress **ret_address) {
        CustomerAddress address = *wanted;

        TRY(check_address(ctx, wanted));
        address.id = uuid_sortable(ctx->arena, "ADDR-");
        TRY(customer_change(repo, ctx, of, add, &address));
        return show_address(repo, ctx, of, address.id, ret_address);
}

static const Error *replace(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                            const void *wanted) {
        const CustomerAddress *address = wanted, *replaced;

        TRY(find_address(ctx, before, address->id, &replaced));
        return repo->change_address(repo, ctx, of, address);
}

const Error *customer_change_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                     const CustomerAddress *wanted, const CustomerAddress **ret_address) {
        TRY(check_address(ctx, wanted));
        TRY(customer_change(repo, ctx, of, replace, wanted));
        return show_address(repo, ctx, of, wanted->id, ret_address);
}

static const Error *remove_one(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                               const void *id) {
        const CustomerAddress *removed;

        TRY(find_address(ctx, before, id, &removed));
        return repo->remove_address(repo, ctx, of, id);
}

const Error *customer_remove_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id) {
        return customer_change(repo, ctx, of, remove_one, id);
}

const CustomerAddress *customer_default_address(const Profile *profile, const char *type) {
        for (size_t i = 0; i < profile->n_addresses; i++)
                if (profile->addresses[i].is_default && str_equal(profile->addresses[i].type, type))
                        return &profile->addresses[i];
        return NULL;
}
