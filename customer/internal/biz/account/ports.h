/*
 * What accounts need from outside. The data layer implements these; tests bring fakes. Every call may also
 * fail with UNAVAILABLE, WRITE_UNCERTAIN, DEADLINE_EXCEEDED, CANCELLED, or internally. Outputs live in
 * ctx->arena.
 */
#pragma once

#include "biz/account/account.h"

/* What a login begins with. */
typedef struct LoginStart {
        int64_t wait_ms;        /* until it may be tried again; 0: it may be, and is counted */
        const Account *account; /* NULL: nobody has the e-mail */
} LoginStart;

struct AccountRepo {
        /* Counts one more try to log in from ctx->client, and finds the account. */
        const Error *(*begin_login)(AccountRepo *self, Ctx *ctx, const char *email, LoginStart *ret_start);

        /* Takes the try back: nobody looked at its password, or it was right. */
        const Error *(*forget_try)(AccountRepo *self, Ctx *ctx, const char *email);

        /* Writes a customer with his account; *ret_is_new is false when somebody has the e-mail. */
        const Error *(*insert)(AccountRepo *self, Ctx *ctx, const Registration *wanted,
                               const Account *account, bool *ret_is_new);
};

/* What became of a refresh token that was shown. */
typedef enum RefreshOutcome {
        REFRESH_GOES_ON, /* it has its successor */
        REFRESH_IS_OVER, /* there is no such token, or its session is over */
        REFRESH_REUSED,  /* it was used up, and its session has been ended for it */
} RefreshOutcome;

struct SessionRepo {
        /* Begins a session of the account, which ends the counting of what failed from ctx->client. */
        const Error *(*open)(SessionRepo *self, Ctx *ctx, const Account *account, const char *email,
                             const char **ret_refresh_token);

        /* ret_next, ret_account   written when it goes on; of one that was reused the account alone */
        const Error *(*rotate)(SessionRepo *self, Ctx *ctx, const char *refresh_token,
                               RefreshOutcome *ret_outcome, Account *ret_account, const char **ret_next);

        const Error *(*end)(SessionRepo *self, Ctx *ctx, const char *refresh_token);

        /* Forgets up to limit sessions, tokens and tries of each kind that are over; *ret_n of the most. */
        const Error *(*sweep)(SessionRepo *self, Ctx *ctx, size_t limit, size_t *ret_n);
};

/* errors of both: OVERLOADED with the time to come again: nothing was done */
struct PasswordBook {
        const Error *(*hash)(PasswordBook *self, Ctx *ctx, const char *password, const char **ret_hash);

        /* hash   NULL: of nobody; *ret_is_right is false after the same time */
        const Error *(*verify)(PasswordBook *self, Ctx *ctx, const char *hash, const char *password,
                               bool *ret_is_right);
};

struct TokenIssuer {
        const Error *(*issue)(TokenIssuer *self, Ctx *ctx, const char *subject, unsigned roles,
                              const char **ret_token, int64_t *ret_lifetime_ms);

        /* All keys that sign, will sign, or signed what may still hold. */
        const Error *(*keys)(TokenIssuer *self, Ctx *ctx, PublicKey **ret_keys, size_t *ret_n);
};
