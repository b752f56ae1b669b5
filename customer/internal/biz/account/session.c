#include "base/str.h"
#include "biz/account/account_private.h"

/* Who shows a token learns the same of one that was invented, ended or stolen. */
static const Error *session_ended(Ctx *ctx, const Error *cause) {
        return error_wrap(ctx->arena, ERROR_UNAUTHENTICATED, REASON_SESSION_ENDED, cause,
                          "The session is over: log in again");
}

const Error *customer_refresh(AccountUsecase *usecase, Ctx *ctx, const char *refresh_token,
                              Tokens *ret_tokens) {
        Tokens tokens = { .refresh_lifetime_ms = REFRESH_LIFETIME_MS };
        RefreshOutcome outcome;
        Account account;

        TRY(usecase->sessions->rotate(usecase->sessions, ctx, refresh_token, &outcome, &account,
                                      &tokens.refresh));
        if (outcome == REFRESH_REUSED)
                return session_ended(ctx, error_internal(ctx->arena, NULL,
                                                         "A refresh token of account %s came again after it"
                                                         " was used up; its session was ended",
                                                         account.account_id));
        if (outcome == REFRESH_IS_OVER)
                return session_ended(ctx, NULL);
        tokens.subject = customer_subject(&account);
        tokens.roles = account.roles;
        TRY(usecase->issuer->issue(usecase->issuer, ctx, tokens.subject, tokens.roles, &tokens.access,
                                   &tokens.access_lifetime_ms));
        *ret_tokens = tokens;
        return NULL;
}

const Error *customer_logout(AccountUsecase *usecase, Ctx *ctx, const char *refresh_token) {
        return usecase->sessions->end(usecase->sessions, ctx, refresh_token);
}

const Error *customer_public_keys(AccountUsecase *usecase, Ctx *ctx, PublicKey **ret_keys, size_t *ret_n) {
        return usecase->issuer->keys(usecase->issuer, ctx, ret_keys, ret_n);
}
