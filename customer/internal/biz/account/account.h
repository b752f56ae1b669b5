/*
 * Accounts: registered, logged in with a password, and kept logged in by refresh tokens.
 *
 * Whoever tries passwords learns nothing but that one fits: an e-mail that nobody has takes the same time and
 * gets the same answers as a wrong password. Tries are counted by e-mail and host together, before the
 * password is looked at, so that many at once count, and so that nobody shuts out another: after
 * LOGIN_TRIES_MAX in LOGIN_COUNTED_MS nobody on that host may try that e-mail for as long. An e-mail that
 * failed LOGIN_TOTAL_MAX times in LOGIN_TOTAL_COUNTED_MS from all hosts together takes only LOGIN_DOUBTED_MAX
 * from each host where its owner has not logged in within LOGIN_TRUSTED_MS.
 *
 * source     001 Lifecycle; domain.md customer
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/ctx.h"
#include "biz/profile/profile.h"
#include "customer/v1/customer.reasons.h"

#define LOGIN_TRIES_MAX 10
#define LOGIN_COUNTED_MS 900000 /* and how long the pause is */
#define LOGIN_TOTAL_MAX 100
#define LOGIN_TOTAL_COUNTED_MS 3600000
#define LOGIN_DOUBTED_MAX 2
#define LOGIN_TRUSTED_MS 2592000000

#define PASSWORD_MIN_BYTES 8
#define EMAIL_MAX_LOCAL_BYTES 64
#define EMAIL_MAX_LABEL_BYTES 63

/* A refresh token holds so long; used within REFRESH_AGAIN_MS a second time it has the same successor. */
#define REFRESH_LIFETIME_MS 2592000000
#define REFRESH_AGAIN_MS 10000

/* What people can be, and their tokens say. */
#define ACCOUNT_ROLES (ROLE_CUSTOMER | ROLE_SELLER | ROLE_ADMIN)

typedef struct Account {
        const char *account_id;
        const char *customer_id; /* NULL: it is no customer's */
        const char *password_hash;
        unsigned roles;
        bool is_active;
} Account;

/* What a customer says of himself when he registers. */
typedef struct Registration {
        const char *email; /* as customer_normalize_email writes it */
        const char *password;
        const char *name;
        const char *phone; /* NULL: none */
} Registration;

/* What a login is answered with. */
typedef struct Tokens {
        const char *access;
        int64_t access_lifetime_ms;
        const char *refresh;
        int64_t refresh_lifetime_ms;
        const char *subject; /* whom the access token names */
        unsigned roles;
} Tokens;

/* The public half of a key that signs access tokens: base64url texts. */
typedef struct PublicKey {
        const char *kid;
        const char *x, *y;
} PublicKey;

typedef struct AccountRepo AccountRepo;
typedef struct SessionRepo SessionRepo;
typedef struct PasswordBook PasswordBook;
typedef struct TokenIssuer TokenIssuer;

typedef struct AccountUsecase {
        AccountRepo *accounts;
        SessionRepo *sessions;
        PasswordBook *passwords;
        TokenIssuer *issuer;
        ProfileRepo *profiles;
} AccountUsecase;

/*
 * Checks that a text is an e-mail address, and writes it as it is compared: in lower case.
 *
 * ret_email  in ctx->arena
 * errors     INVALID_REQUEST of the field "email"
 */
const Error *customer_normalize_email(Ctx *ctx, const char *text, const char **ret_email) MUST_CHECK;

/*
 * Makes a customer and his account. When his e-mail has an account with this password it shows that one: the
 * answer to the first request was lost.
 *
 * errors     EMAIL_TAKEN, LOGIN_PAUSED; INVALID_REQUEST; those of the PasswordBook
 */
const Error *customer_register(AccountUsecase *usecase, Ctx *ctx, const Registration *wanted,
                               const Profile **ret_profile) MUST_CHECK;

/*
 * Logs in.
 *
 * errors     LOGIN_FAILED; LOGIN_PAUSED with the time to come again; ACCOUNT_INACTIVE; INVALID_REQUEST of an
 *            e-mail that is none; those of the PasswordBook, when nothing is counted
 */
const Error *customer_login(AccountUsecase *usecase, Ctx *ctx, const char *email, const char *password,
                            Tokens *ret_tokens) MUST_CHECK;

/*
 * Gives the next tokens of a session. A token that was used up longer than REFRESH_AGAIN_MS ago was stolen,
 * from or by who comes with it: it ends its session.
 *
 * errors     SESSION_ENDED
 */
const Error *customer_refresh(AccountUsecase *usecase, Ctx *ctx, const char *refresh_token,
                              Tokens *ret_tokens) MUST_CHECK;

/* Ends a session, if there is one. */
const Error *customer_logout(AccountUsecase *usecase, Ctx *ctx, const char *refresh_token) MUST_CHECK;

/* The keys that verify access tokens: all that sign, will sign, or signed what may still hold. */
const Error *customer_public_keys(AccountUsecase *usecase, Ctx *ctx, PublicKey **ret_keys,
                                  size_t *ret_n) MUST_CHECK;
