#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "biz/profile/profile_private.h"

static const Error *find_method(Ctx *ctx, const Profile *profile, const char *id,
                                const PaymentMethod **ret_method) {
        for (size_t i = 0; i < profile->n_methods; i++)
                if (str_equal(profile->methods[i].id, id)) {
                        *ret_method = &profile->methods[i];
                        return NULL;
                }
        return error_new(ctx->arena, ERROR_NOT_FOUND, REASON_METHOD_NOT_FOUND,
                         "The customer has no payment method %s", id);
}

static bool is_last4(const char *text) {
        return text && strlen(text) == 4 && strspn(text, "0123456789") == 4;
}

static const Error *check_method(Ctx *ctx, const PaymentMethod *method) {
        bool is_card = str_equal(method->type, METHOD_CARD);

        if (is_card && !is_last4(method->last4))
                return error_invalid(ctx->arena, "last4", "must be the last four digits of the card");
        if (!is_card && method->last4)
                return error_invalid(ctx->arena, "last4", "must be left out: this is no card");
        return NULL;
}

const Error *customer_find_method(ProfileRepo *repo, Ctx *ctx, const char *customer_id, const char *id,
                                  const PaymentMethod **ret_method) {
        const Profile *profile;

        TRY(customer_profile(repo, ctx, customer_id, &profile));
        return find_method(ctx, profile, id, ret_method);
}

const Error *customer_add_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                 const PaymentMethod *wanted, const PaymentMethod **ret_method) {
        PaymentMethod method = *wanted;
        const Profile *profile;

        TRY(check_method(ctx, wanted));
        TRY(customer_begin_change(repo, ctx, of, &profile));
        if (profile->n_methods >= PROFILE_MAX_METHODS)
                return customer_profile_full(ctx, "payment methods", PROFILE_MAX_METHODS);
        method.id = uuid_sortable(ctx->arena, "PM-");
        TRY(repo->add_method(repo, ctx, of, &method));
        return customer_find_method(repo, ctx, of->customer_id, method.id, ret_method);
}

const Error *customer_choose_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id,
                                    const PaymentMethod **ret_method) {
        const PaymentMethod *before;
        const Profile *profile;

        TRY(customer_begin_change(repo, ctx, of, &profile));
        TRY(find_method(ctx, profile, id, &before));
        TRY(repo->choose_method(repo, ctx, of, id));
        return customer_find_method(repo, ctx, of->customer_id, id, ret_method);
}

const Error *customer_remove_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id) {
        const PaymentMethod *method;
        const Profile *profile;

        TRY(customer_begin_change(repo, ctx, of, &profile));
        TRY(find_method(ctx, profile, id, &method));
        return repo->remove_method(repo, ctx, of, id);
}
