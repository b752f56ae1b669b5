/* Accounts in memory: one e-mail, whose password stands in its hash, and counts of what was done. */
#pragma once

#include "base/memory.h"
#include "base/str.h"
#include "biz/account/ports.h"
#include "support.h"

#define EMAIL "alex@example.com"
#define PASSWORD "correct horse"
#define HASH_OF "hash of "

typedef struct FakeAccounts {
        AccountRepo base;
        Account account;
        bool has_account;
        const char *taken_by;  /* a password: somebody registers with it while a hash is computed */
        int64_t wait_ms;
        size_t n_tries, n_forgotten, n_inserted;
        const Error *lost; /* of forget_try */
} FakeAccounts;

typedef struct FakeSessions {
        SessionRepo base;
        RefreshOutcome outcome;
        size_t n_opened;
        const Error *problem;
} FakeSessions;

typedef struct FakePasswords {
        PasswordBook base;
        const char *last_compared;
        size_t n_hashed, n_compared;
        const Error *problem;
} FakePasswords;

typedef struct FakeIssuer {
        TokenIssuer base;
        const char *subject;
        unsigned roles;
        const Error *problem;
} FakeIssuer;

static FakeAccounts accounts;
static FakeSessions sessions;
static FakePasswords passwords;
static FakeIssuer issuer;
static AccountUsecase usecase;

static inline const Error *fake_begin_login(AccountRepo *self, Ctx *ctx, const char *email,
                                            LoginStart *ret_start) {
        (void) self;
        (void) ctx;
        accounts.n_tries++;
        *ret_start = (LoginStart) { .wait_ms = accounts.wait_ms };
        if (accounts.has_account && str_equal(email, EMAIL))
                ret_start->account = &accounts.account;
        return NULL;
}

static inline const Error *fake_forget_try(AccountRepo *self, Ctx *ctx, const char *email) {
        (void) self;
        ck_assert_ok(ctx_check(ctx));
        ck_assert_str_eq(email, EMAIL);
        accounts.n_forgotten++;
        return accounts.lost;
}

static inline const Error *fake_insert(AccountRepo *self, Ctx *ctx, const Registration *wanted,
                                       const Account *account, bool *ret_is_new) {
        (void) self;
        ck_assert_str_eq(wanted->email, EMAIL);
        *ret_is_new = !accounts.has_account;
        if (accounts.has_account)
                return NULL;
        accounts.account = *account;
        accounts.account.customer_id = arena_strdup(ctx->arena, account->customer_id);
        accounts.has_account = true;
        accounts.n_inserted++;
        return NULL;
}

static inline const Error *fake_find(ProfileRepo *self, Ctx *ctx, const char *customer_id,
                                     const Profile **ret_profile) {
        Profile *profile = ARENA_NEW(ctx->arena, Profile);

        (void) self;
        ck_assert_str_eq(customer_id, accounts.account.customer_id);
        *profile = (Profile) { .customer_id = customer_id, .email = EMAIL, .name = "Alex" };
        *ret_profile = profile;
        return NULL;
}

static ProfileRepo profiles = { .find = fake_find };

static inline const Error *fake_open(SessionRepo *self, Ctx *ctx, const Account *account, const char *email,
                                     const char **ret_refresh_token) {
        (void) self;
        (void) ctx;
        (void) account;
        ck_assert_str_eq(email, EMAIL);
        if (sessions.problem)
                return sessions.problem;
        sessions.n_opened++;
        *ret_refresh_token = "first";
        return NULL;
}

static inline const Error *fake_rotate(SessionRepo *self, Ctx *ctx, const char *refresh_token,
                                       RefreshOutcome *ret_outcome, Account *ret_account,
                                       const char **ret_next) {
        (void) self;
        (void) ctx;
        ck_assert_str_eq(refresh_token, "first");
        *ret_outcome = sessions.outcome;
        *ret_account = accounts.account;
        *ret_next = "second";
        return NULL;
}

static inline const Error *fake_hash(PasswordBook *self, Ctx *ctx, const char *password,
                                     const char **ret_hash) {
        (void) self;
        if (passwords.problem)
                return passwords.problem;
        passwords.n_hashed++;
        *ret_hash = arena_printf(ctx->arena, HASH_OF "%s", password);
        if (accounts.taken_by) {
                accounts.account.password_hash = arena_printf(ctx->arena, HASH_OF "%s", accounts.taken_by);
                accounts.has_account = true;
        }
        return NULL;
}

static inline const Error *fake_verify(PasswordBook *self, Ctx *ctx, const char *hash, const char *password,
                                       bool *ret_is_right) {
        (void) self;
        if (passwords.problem)
                return passwords.problem;
        passwords.n_compared++;
        passwords.last_compared = hash;
        *ret_is_right = hash && str_equal(hash, arena_printf(ctx->arena, HASH_OF "%s", password));
        return NULL;
}

static inline const Error *fake_issue(TokenIssuer *self, Ctx *ctx, const char *subject, unsigned roles,
                                      const char **ret_token, int64_t *ret_lifetime_ms) {
        (void) self;
        (void) ctx;
        if (issuer.problem)
                return issuer.problem;
        issuer.subject = subject;
        issuer.roles = roles;
        *ret_token = "access";
        *ret_lifetime_ms = 600000;
        return NULL;
}

static inline void set_up(void) {
        accounts = (FakeAccounts) {
                .base = { fake_begin_login, fake_forget_try, fake_insert },
                .account = {
                        .account_id = "ACC-1",
                        .customer_id = "CUST-1",
                        .password_hash = HASH_OF PASSWORD,
                        .roles = ROLE_CUSTOMER,
                        .is_active = true,
                },
                .has_account = true,
        };
        sessions = (FakeSessions) { .base = { .open = fake_open, .rotate = fake_rotate } };
        passwords = (FakePasswords) { .base = { fake_hash, fake_verify } };
        issuer = (FakeIssuer) { .base = { .issue = fake_issue } };
        usecase = (AccountUsecase) {
                .accounts = &accounts.base,
                .sessions = &sessions.base,
                .passwords = &passwords.base,
                .issuer = &issuer.base,
                .profiles = &profiles,
        };
}

static inline const Error *away(void) {
        return error_new(test_ctx()->arena, ERROR_UNAVAILABLE, REASON_UNAVAILABLE, "away");
}
