#include "fixture.h"

#include "base/str.h"
#include "customer_migrations.h"
#include "data/account_repo.h"
#include "data/password_book.h"
#include "data/profile_repo.h"
#include "data/session_repo.h"
#include "pool.h"

#define N_HASHES 2
#define N_WAITING 64

static Keyring *make_ring(Arena *arena) {
        Keyring *ring;

        ck_assert_ok(crypt_keyring_read(arena, test_secret_file("keys", crypt_keyring_make(arena)), &ring));
        return ring;
}

/* A password stands in its hash, so that many logins cost no time. */
static const Error *hash_plainly(PasswordBook *self, Ctx *ctx, const char *password, const char **ret_hash) {
        (void) self;
        *ret_hash = arena_printf(ctx->arena, "$argon2id$%s", password);
        return NULL;
}

static const Error *compare_plainly(PasswordBook *self, Ctx *ctx, const char *hash, const char *password,
                                    bool *ret_is_right) {
        (void) self;
        *ret_is_right = hash && str_equal(hash, arena_printf(ctx->arena, "$argon2id$%s", password));
        return NULL;
}

static PasswordBook plain_passwords = { hash_plainly, compare_plainly };

Fixture *fixture_new(void) {
        Arena *arena = test_ctx()->arena;
        Fixture *fixture = ARENA_NEW(arena, Fixture);
        const PasswordLimits limits = { N_HASHES, N_WAITING };

        fixture->pool = test_pool("customer", &customer_schema, &fixture->dsn);
        fixture->ring = make_ring(arena);
        fixture->keys = customer_signing_keys_new(arena, fixture->pool, fixture->ring, SIGNS_MS);
        fixture->argon2id = customer_password_book_new(arena, crypt_passwords_new(arena, &limits));
        fixture->accounts = (AccountUsecase) {
                .accounts = customer_account_repo_new(arena, fixture->pool, fixture->ring),
                .sessions = customer_session_repo_new(arena, fixture->pool, fixture->ring),
                .passwords = &plain_passwords,
                .issuer = customer_signing_keys_issuer(fixture->keys),
                .profiles = customer_profile_repo_new(arena, fixture->pool, fixture->ring),
        };
        return fixture;
}

Ctx *fixture_from(const char *client) {
        Ctx *ctx = test_ctx();

        ctx->client = client;
        return ctx;
}

const Profile *fixture_register(Fixture *fixture) {
        const Registration wanted = { .email = EMAIL, .password = PASSWORD, .name = "Alex Customer",
                                      .phone = "+1 555 0100" };
        const Profile *customer;

        ck_assert_ok(customer_register(&fixture->accounts, fixture_from("192.0.2.1"), &wanted, &customer));
        return customer;
}

const Error *fixture_login(Fixture *fixture, const char *client, const char *email, const char *password,
                           Tokens *ret_tokens) {
        return customer_login(&fixture->accounts, fixture_from(client), email, password, ret_tokens);
}

void fixture_age(Fixture *fixture, const char *table, const char *const *columns, size_t n_columns,
                 int64_t seconds) {
        for (size_t i = 0; i < n_columns; i++)
                test_sql(fixture->dsn,
                         arena_printf(test_ctx()->arena, "UPDATE %s SET %s = %s - %lld * interval '1 second'",
                                      table, columns[i], columns[i], (long long) seconds));
}

int64_t fixture_count(Fixture *fixture, const char *rows) {
        return test_sql_int64(fixture->dsn,
                              arena_printf(test_ctx()->arena, "SELECT count(*) FROM %s", rows));
}
