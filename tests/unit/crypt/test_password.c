#include "crypt/password.h"

#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/str.h"
#include "race.h"
#include "support.h"

#define PASSWORD "correct horse"
#define PREFIX "$argon2id$v=19$m=19456,t=2,p=1$"
#define N_THREADS 8
#define SPARE_BYTES (8 << 20) /* of memory, for all but a hash */

static Passwords *passwords_of(size_t n_at_once, size_t n_waiting) {
        return crypt_passwords_new(test_ctx()->arena, &(PasswordLimits) { n_at_once, n_waiting });
}

static const char *hash_of(Passwords *passwords, const char *password) {
        const char *hash;

        ck_assert_ok(crypt_password_hash(passwords, test_ctx(), password, &hash));
        return hash;
}

static bool fits(Passwords *passwords, const char *hash, const char *password) {
        bool is_right;

        ck_assert_ok(crypt_password_verify(passwords, test_ctx(), hash, password, &is_right));
        return is_right;
}

TEST(a_password_fits_its_hash_and_no_other) {
        Passwords *passwords = passwords_of(2, 0);
        const char *hash = hash_of(passwords, PASSWORD);

        ck_assert(str_starts_with(hash, PREFIX));
        ck_assert(fits(passwords, hash, PASSWORD));
        ck_assert(!fits(passwords, hash, "correct horsf"));
        ck_assert(!fits(passwords, hash, ""));
        ck_assert_str_ne(hash, hash_of(passwords, PASSWORD));
}

/* As libsodium itself writes it. */
TEST(a_hash_of_somebody_else_is_understood) {
        static const char hash[] =
                PREFIX "5bWhBcnPldgXt6POCJ0XYg$goAHymKYTIDphPqxbYjDZXUE9s5eRBcE8Oynud+vCL8";

        ck_assert(fits(passwords_of(1, 0), hash, PASSWORD));
}

TEST(nobody_has_a_password) {
        Passwords *passwords = passwords_of(2, 0);

        ck_assert(!fits(passwords, NULL, PASSWORD));
        ck_assert(!fits(passwords, NULL, ""));
}

TEST(what_is_no_hash_is_an_error_and_no_wrong_password) {
        static const char salt[] = "AAAAAAAAAAAAAAAAAAAAAA";
        static const char key[] = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        Arena *arena = test_ctx()->arena;
        const char *const bad[] = {
                "",
                "secret",
                "$argon2id$",
                PREFIX,
                arena_printf(arena, PREFIX "%s", salt),
                arena_printf(arena, PREFIX "%s$", salt),
                arena_printf(arena, PREFIX "%s$%sA", salt, key),
                arena_printf(arena, PREFIX "%s$%s$", salt, key),
                arena_printf(arena, PREFIX "%.20s$%s", salt, key),
                arena_printf(arena, PREFIX "%s$%.40s", salt, key),
                arena_printf(arena, "$argon2id$v=19$m=8,t=2,p=1$%s$%s", salt, key),
                arena_printf(arena, "$argon2i$v=19$m=19456,t=2,p=1$%s$%s", salt, key),
        };
        Passwords *passwords = passwords_of(2, 0);

        for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
                bool is_right = true;
                const Error *error =
                        crypt_password_verify(passwords, test_ctx(), bad[i], PASSWORD, &is_right);

                ck_assert_msg(error && !error->reason, "%s", bad[i]);
                ck_assert(is_right);
        }
}

/* From here on the process gets no 19 MiB more. */
static void take_memory_away(void) {
        FILE *file = fopen("/proc/self/statm", "re");
        struct rlimit limit;
        long n_pages;

        ck_assert(file && fscanf(file, "%ld", &n_pages) == 1);
        fclose(file);
        limit.rlim_cur = limit.rlim_max = (rlim_t) n_pages * (rlim_t) sysconf(_SC_PAGESIZE) + SPARE_BYTES;
        ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

TEST(without_memory_nothing_is_said_of_the_password) {
        mallopt(M_MMAP_THRESHOLD, 1 << 20); /* what one hash gives back is not kept for the next */
        Passwords *passwords = passwords_of(1, 0);
        const char *hash = hash_of(passwords, PASSWORD);
        Ctx *ctx = test_ctx();
        bool is_right;

        take_memory_away();
        ck_assert_reason(crypt_password_verify(passwords, ctx, hash, PASSWORD, &is_right),
                         REASON_UNAVAILABLE);
        ck_assert_reason(crypt_password_verify(passwords, ctx, NULL, PASSWORD, &is_right),
                         REASON_UNAVAILABLE);
        ck_assert_reason(crypt_password_hash(passwords, ctx, PASSWORD, &hash), REASON_UNAVAILABLE);
}

/* ---- whose turn it is: where nobody's ever comes, who waits waits until his time is over ---- */

static const Error *hash_within(Passwords *passwords, int64_t timeout_ms) {
        Ctx *ctx = test_ctx();
        const char *hash;

        ctx_limit(ctx, timeout_ms);
        return crypt_password_hash(passwords, ctx, PASSWORD, &hash);
}

TEST(who_is_one_too_many_is_refused_at_once) {
        const Error *error =
                ck_assert_reason(hash_within(passwords_of(0, 0), TEST_WAIT_MS), REASON_OVERLOADED);

        ck_assert_int_eq(error->code, ERROR_RESOURCE_EXHAUSTED);
        ck_assert_int_eq(error->retry_after_ms, PASSWORD_RETRY_AFTER_MS);
}

TEST(who_waits_does_so_until_his_time_is_over) {
        Passwords *passwords = passwords_of(0, 1);

        for (int i = 0; i < 2; i++)
                ck_assert_reason(hash_within(passwords, 1), REASON_DEADLINE_EXCEEDED);
        ck_assert_reason(hash_within(passwords, 0), REASON_DEADLINE_EXCEEDED);
}

typedef struct Waiter {
        Passwords *passwords;
        atomic_bool may_end;
} Waiter;

static void *wait_in_vain(void *arg) {
        Waiter *waiter = arg;

        while (!atomic_load(&waiter->may_end)) {
                Arena *arena = arena_new();
                Ctx ctx = ctx_background(arena);
                const char *hash;

                ctx_limit(&ctx, 100);
                ck_assert_ptr_nonnull(crypt_password_hash(waiter->passwords, &ctx, PASSWORD, &hash));
                arena_free(arena);
        }
        return NULL;
}

static bool is_refused(void *waiter) {
        return error_is(hash_within(((Waiter *) waiter)->passwords, 1), REASON_OVERLOADED);
}

TEST(no_more_wait_than_may) {
        Waiter waiter = { .passwords = passwords_of(0, 1) };
        pthread_t thread;

        ck_assert_int_eq(pthread_create(&thread, NULL, wait_in_vain, &waiter), 0);
        test_wait_until(is_refused, &waiter, TEST_WAIT_MS, "one waits, and the next is refused");
        atomic_store(&waiter.may_end, true);
        pthread_join(thread, NULL);
}

static void hash_once(Ctx *ctx, void *passwords, size_t i) {
        const char *hash;

        (void) i;
        ck_assert_ok(crypt_password_hash(passwords, ctx, PASSWORD, &hash));
}

TEST(all_who_wait_have_their_turn) {
        race_run(N_THREADS, hash_once, passwords_of(1, N_THREADS - 1));
}

int main(void) {
        Suite *suite = suite_create("crypt/password");
        TCase *tests = tcase_create("password");

        tcase_set_timeout(tests, 60);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
