#include "base/str.h"
#include "biz/account/account_private.h"

/* What a call that is over may take to count back. */
#define FORGET_MS 1000

const char *customer_subject(const Account *account) {
        return account->customer_id ? account->customer_id : account->account_id;
}

const Error *customer_login_paused(Ctx *ctx, int64_t wait_ms) {
        Error *error = error_new(ctx->arena, ERROR_RESOURCE_EXHAUSTED, REASON_LOGIN_PAUSED,
                                 "Too many logins failed: try again later");

        error->retry_after_ms = wait_ms;
        return error;
}

const Error *customer_forget_try(AccountUsecase *usecase, Ctx *ctx, const char *email, const Error *error) {
        Ctx afterwards = ctx_afterwards(ctx, FORGET_MS);
        const Error *lost = usecase->accounts->forget_try(usecase->accounts, &afterwards, email);

        (void) lost;
        return error;
}

/* Nothing differs between a name that nobody has and a wrong password. */
static const Error *check_password(AccountUsecase *usecase, Ctx *ctx, const Account *account,
                                   const char *password) {
        bool is_right;

        TRY(usecase->passwords->verify(usecase->passwords, ctx, account ? account->password_hash : NULL,
                                       password, &is_right));
        if (is_right)
                return NULL;
        return error_new(ctx->arena, ERROR_UNAUTHENTICATED, REASON_LOGIN_FAILED,
                         "E-mail and password do not fit");
}

static const Error *give_tokens(AccountUsecase *usecase, Ctx *ctx, const Account *account, const char *email,
                                Tokens *ret_tokens) {
        Tokens tokens = {
                .subject = customer_subject(account),
                .roles = account->roles,
                .refresh_lifetime_ms = REFRESH_LIFETIME_MS,
        };

        if (!account->is_active)
                return error_new(ctx->arena, ERROR_PERMISSION_DENIED, REASON_ACCOUNT_INACTIVE,
                                 "The account was closed");
        TRY(usecase->issuer->issue(usecase->issuer, ctx, tokens.subject, tokens.roles, &tokens.access,
                                   &tokens.access_lifetime_ms));
        TRY(usecase->sessions->open(usecase->sessions, ctx, account, email, &tokens.refresh));
        *ret_tokens = tokens;
        return NULL;
}

const Error *customer_login(AccountUsecase *usecase, Ctx *ctx, const char *email, const char *password,
                            Tokens *ret_tokens) {
        const char *normal;
        LoginStart start;

        TRY(customer_normalize_email(ctx, email, &normal));
        TRY(usecase->accounts->begin_login(usecase->accounts, ctx, normal, &start));
        if (start.wait_ms > 0)
                return customer_login_paused(ctx, start.wait_ms);
        const Error *error = check_password(usecase, ctx, start.account, password);
        if (error_is(error, REASON_LOGIN_FAILED))
                return error;
        if (!error)
                error = give_tokens(usecase, ctx, start.account, normal, ret_tokens);
        return error ? customer_forget_try(usecase, ctx, normal, error) : NULL;
}
