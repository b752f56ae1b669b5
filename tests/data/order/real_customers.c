#include "real_customers.h"

#include "customer_migrations.h"
#include "data/account_repo.h"
#include "data/password_book.h"
#include "data/points_repo.h"
#include "data/profile_repo.h"
#include "pool.h"
#include "service/customer_service.h"
#include "support.h"

#define HOLD_MS 900000

static Keyring *make_ring(Arena *arena) {
        Keyring *ring;

        ck_assert_ok(crypt_keyring_read(arena, test_secret_file("keys", crypt_keyring_make(arena)), &ring));
        return ring;
}

CustomerService *real_customers_new(const char **ret_dsn) {
        Arena *arena = test_ctx()->arena;
        PgPool *pool = test_pool("customer", &customer_schema, ret_dsn);
        AccountUsecase *accounts = ARENA_NEW(arena, AccountUsecase);
        PointsUsecase *points = ARENA_NEW(arena, PointsUsecase);
        const PasswordLimits limits = { .n_at_once = 1, .n_waiting = 1 };
        Keyring *ring = make_ring(arena);

        *accounts = (AccountUsecase) {
                .accounts = customer_account_repo_new(arena, pool, ring),
                .profiles = customer_profile_repo_new(arena, pool, ring),
                .passwords = customer_password_book_new(arena, crypt_passwords_new(arena, &limits)),
        };
        *points = (PointsUsecase) {
                .repo = customer_points_repo_new(arena, pool),
                .profiles = accounts->profiles,
                .hold_ms = HOLD_MS,
        };
        return customer_service_new(arena, accounts, points);
}
