#include "real_customers.h"

#include <stdio.h>
#include <sys/stat.h>

#include "customer_migrations.h"
#include "data/account_repo.h"
#include "data/password_book.h"
#include "data/profile_repo.h"
#include "pool.h"
#include "service/customer_service.h"
#include "support.h"

static Keyring *make_ring(Arena *arena) {
        const char *path = arena_printf(arena, "%s/keys", test_folder());
        FILE *file = fopen(path, "we");
        Keyring *ring;

        ck_assert_ptr_nonnull(file);
        fputs(crypt_keyring_make(arena), file);
        fclose(file);
        ck_assert_int_eq(chmod(path, 0600), 0);
        ck_assert_ok(crypt_keyring_read(arena, path, &ring));
        return ring;
}

CustomerService *real_customers_new(const char **ret_dsn) {
        Arena *arena = test_ctx()->arena;
        PgPool *pool = test_pool("customer", &customer_schema, ret_dsn);
        AccountUsecase *accounts = ARENA_NEW(arena, AccountUsecase);
        const PasswordLimits limits = { .n_at_once = 1, .n_waiting = 1 };
        Keyring *ring = make_ring(arena);

        *accounts = (AccountUsecase) {
                .accounts = customer_account_repo_new(arena, pool, ring),
                .profiles = customer_profile_repo_new(arena, pool, ring),
                .passwords = customer_password_book_new(arena, crypt_passwords_new(arena, &limits)),
        };
        return customer_service_new(arena, accounts);
}
