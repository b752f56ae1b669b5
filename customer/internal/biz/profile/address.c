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

const Error *customer_add_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                  const CustomerAddress *wanted, const CustomerAddress **ret_address) {
        CustomerAddress address = *wanted;
        const Profile *profile;

        TRY(check_address(ctx, wanted));
        TRY(customer_begin_change(repo, ctx, of, &profile));
        if (profile->n_addresses >= PROFILE_MAX_ADDRESSES)
                return customer_profile_full(ctx, "addresses", PROFILE_MAX_ADDRESSES);
        address.id = uuid_sortable(ctx->arena, "ADDR-");
        TRY(repo->add_address(repo, ctx, of, &address));
        return show_address(repo, ctx, of, address.id, ret_address);
}

const Error *customer_change_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                     const CustomerAddress *wanted, const CustomerAddress **ret_address) {
        const CustomerAddress *before;
        const Profile *profile;

        TRY(check_address(ctx, wanted));
        TRY(customer_begin_change(repo, ctx, of, &profile));
        TRY(find_address(ctx, profile, wanted->id, &before));
        TRY(repo->change_address(repo, ctx, of, wanted));
        return show_address(repo, ctx, of, wanted->id, ret_address);
}

const Error *customer_remove_address(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id) {
        const CustomerAddress *address;
        const Profile *profile;

        TRY(customer_begin_change(repo, ctx, of, &profile));
        TRY(find_address(ctx, profile, id, &address));
        return repo->remove_address(repo, ctx, of, id);
}

const CustomerAddress *customer_default_address(const Profile *profile, const char *type) {
        for (size_t i = 0; i < profile->n_addresses; i++)
                if (profile->addresses[i].is_default && str_equal(profile->addresses[i].type, type))
                        return &profile->addresses[i];
        return NULL;
}
