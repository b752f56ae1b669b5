#include <string.h>

#include "base/str.h"
#include "base/uuid.h"
#include "biz/account/account_private.h"

/* Somebody else may register the same e-mail meanwhile: then it is looked at once more. */
#define MAX_ROUNDS 2

static const Error *email_taken(Ctx *ctx) {
        return error_new(ctx->arena, ERROR_ALREADY_EXISTS, REASON_EMAIL_TAKEN,
                         "There is an account with this e-mail: log in");
}

/* errors: EMAIL_TAKEN */
static const Error *find_own(AccountUsecase *usecase, Ctx *ctx, const Account *account, const char *password,
                             const Profile **ret_profile) {
        bool is_right;

        TRY(usecase->passwords->verify(usecase->passwords, ctx, account->password_hash, password, &is_right));
        if (!is_right || !account->customer_id || !account->is_active)
                return email_taken(ctx);
        return usecase->profiles->find(usecase->profiles, ctx, account->customer_id, ret_profile);
}

/* *ret_profile is NULL when the e-mail was taken meanwhile. */
static const Error *make(AccountUsecase *usecase, Ctx *ctx, const Registration *wanted,
                         const Profile **ret_profile) {
        Account account = {
                .account_id = uuid_sortable(ctx->arena, "ACC-"),
                .customer_id = uuid_sortable(ctx->arena, "CUST-"),
                .roles = ROLE_CUSTOMER,
                .is_active = true,
        };
        bool is_new;

        TRY(usecase->passwords->hash(usecase->passwords, ctx, wanted->password, &account.password_hash));
        TRY(usecase->accounts->insert(usecase->accounts, ctx, wanted, &account, &is_new));
        if (is_new)
                return usecase->profiles->find(usecase->profiles, ctx, account.customer_id, ret_profile);
        *ret_profile = NULL;
        return NULL;
}

/* A try to register an e-mail that is taken is a try to log in, and costs and counts as one. */
static const Error *try_once(AccountUsecase *usecase, Ctx *ctx, const Registration *wanted,
                             const Profile **ret_profile) {
        const char *email = wanted->email;
        LoginStart start;

        TRY(usecase->accounts->begin_login(usecase->accounts, ctx, email, &start));
        if (start.wait_ms > 0)
                return customer_login_paused(ctx, start.wait_ms);
        const Error *error = start.account
                                     ? find_own(usecase, ctx, start.account, wanted->password, ret_profile)
                                     : make(usecase, ctx, wanted, ret_profile);
        return error_is(error, REASON_EMAIL_TAKEN) ? error : customer_forget_try(usecase, ctx, email, error);
}

const Error *customer_register(AccountUsecase *usecase, Ctx *ctx, const Registration *wanted,
                               const Profile **ret_profile) {
        Registration normal = *wanted;
        const Profile *profile = NULL;

        TRY(customer_normalize_email(ctx, wanted->email, &normal.email));
        if (strlen(wanted->password) < PASSWORD_MIN_BYTES)
                return error_invalid(ctx->arena, "password", "must have at least %d bytes",
                                     PASSWORD_MIN_BYTES);
        for (int round = 0; !profile && round < MAX_ROUNDS; round++)
                TRY(try_once(usecase, ctx, &normal, &profile));
        if (!profile)
                return email_taken(ctx);
        *ret_profile = profile;
        return NULL;
}
