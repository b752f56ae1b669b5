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

static const Error *add(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                        const void *wanted) {
        if (before->n_methods >= PROFILE_MAX_METHODS)
                return customer_profile_full(ctx, "payment methods", PROFILE_MAX_METHODS);
        return repo->add_method(repo, ctx, of, wanted);
}

const Error *customer_add_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of,
                                 const PaymentMethod *wanted, const PaymentMethod **ret_method) {
        PaymentMethod method = *wanted;

        TRY(check_method(ctx, wanted));
        method.id = uuid_sortable(ctx->arena, "PM-");
        TRY(customer_change(repo, ctx, of, add, &method));
        return customer_find_method(repo, ctx, of->customer_id, method.id, ret_method);
}

static const Error *choose(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                           const void *id) {
        const PaymentMethod *chosen;

        TRY(find_method(ctx, before, id, &chosen));
        return repo->choose_method(repo, ctx, of, id);
}

const Error *customer_choose_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id,
                                    const PaymentMethod **ret_method) {
        TRY(customer_change(repo, ctx, of, choose, id));
        return customer_find_method(repo, ctx, of->customer_id, id, ret_method);
}

static const Error *remove_one(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const Profile *before,
                               const void *id) {
        const PaymentMethod *removed;

        TRY(find_method(ctx, before, id, &removed));
        return repo->remove_method(repo, ctx, of, id);
}

const Error *customer_remove_method(ProfileRepo *repo, Ctx *ctx, const ProfileVersion *of, const char *id) {
        return customer_change(repo, ctx, of, remove_one, id);
}
