#include <string.h>

#include "auth/token.h"
#include "base/memory.h"
#include "base/str.h"
#include "fixture.h"
#include "race.h"

#define DAY_S 86400
#define LEAD_S (SIGNING_LEAD_MS / 1000)
#define SIGNS_S (SIGNS_MS / 1000)

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static void turn(void) {
        ck_assert_ok(customer_signing_keys_turn(f->keys, test_ctx()));
}

static const char *issue(void) {
        TokenIssuer *issuer = f->accounts.issuer;
        const char *token;
        int64_t lifetime_ms;

        ck_assert_ok(issuer->issue(issuer, test_ctx(), "CUST-1", ROLE_CUSTOMER, &token, &lifetime_ms));
        ck_assert_int_eq(lifetime_ms, TOKEN_ACCESS_MS);
        return token;
}

/* What whoever verifies makes of the published keys. */
static const char *published(void) {
        Arena *arena = test_ctx()->arena;
        StrBuf jwks = { .arena = arena };
        PublicKey *keys;
        size_t n;

        ck_assert_ok(customer_public_keys(&f->accounts, test_ctx(), &keys, &n));
        strbuf_add(&jwks, "{\"keys\":[");
        for (size_t i = 0; i < n; i++)
                strbuf_addf(&jwks,
                            "%s{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\","
                            "\"millrace_may\":[\"customer\"]}",
                            i ? "," : "", keys[i].kid, keys[i].x, keys[i].y);
        strbuf_add(&jwks, "]}");
        return strbuf_text(&jwks);
}

static bool holds(const char *token) {
        Arena *arena = test_ctx()->arena;
        TokenVerifier *verifier;
        const Caller *caller;

        ck_assert_ok(auth_token_verifier_new(arena, published(), &verifier));
        const Error *error = auth_token_verify(verifier, arena, token, &caller);
        ck_assert(error || str_equal(caller->id, "CUST-1"));
        auth_token_verifier_free(verifier);
        return !error;
}

static int64_t count_keys(void) {
        return fixture_count(f, "signing_keys");
}

/* So much later, by the clock of the database; the process has forgotten its key, as after a restart. */
static void let_pass(int64_t seconds) {
        static const char *const times[] = { "signs_from", "signs_until", "published_until" };

        test_sql(f->dsn, "ALTER TABLE signing_keys DROP CONSTRAINT IF EXISTS signing_keys_times_check");
        fixture_age(f, "signing_keys", times, ARRAY_SIZE(times), seconds);
        f->keys = customer_signing_keys_new(test_ctx()->arena, f->pool, f->ring, SIGNS_MS);
        f->accounts.issuer = customer_signing_keys_issuer(f->keys);
}

TEST(the_first_key_signs_at_once) {
        const char *token = issue();

        ck_assert(holds(token));
        ck_assert_int_eq(count_keys(), 1);
        turn();
        ck_assert_int_eq(count_keys(), 1);
}

TEST(the_next_key_is_published_before_it_signs_and_the_old_one_signs_meanwhile) {
        const char *old = issue();

        let_pass(SIGNS_S - 2 * LEAD_S - 60);
        turn();
        ck_assert_int_eq(count_keys(), 1);
        let_pass(120);
        turn();
        ck_assert_int_eq(count_keys(), 2);
        const char *both = published();
        const char *still_old = issue();
        ck_assert(holds(old) && holds(still_old));
        let_pass(LEAD_S);
        const char *new = issue();
        ck_assert(holds(new) && holds(still_old));
        ck_assert_str_eq(published(), both);
        ck_assert(strncmp(new, still_old, strcspn(new, ".")) != 0);
        ck_assert(strncmp(old, still_old, strcspn(old, ".")) == 0);
}

TEST(a_key_is_not_forgotten_while_what_it_signed_may_hold) {
        const char *old = issue();

        let_pass(SIGNS_S - LEAD_S);
        turn();
        let_pass(LEAD_S + 1);
        turn();
        ck_assert_int_eq(count_keys(), 2);
        ck_assert(holds(old));
        ck_assert_int_gt(DAY_S, (TOKEN_ACCESS_MS + TOKEN_LEEWAY_MS) / 1000);
        let_pass(DAY_S + 1);
        ck_assert(!holds(old));
}

TEST(a_service_that_slept_through_it_makes_a_key_that_signs_at_once) {
        issue();
        let_pass(10 * SIGNS_S);
        ck_assert(holds(issue()));
        ck_assert_int_eq(count_keys(), 1);
}

TEST(a_clock_that_stepped_back_leaves_a_key_that_signs) {
        issue();
        let_pass(-7 * DAY_S);
        ck_assert(holds(issue()));
        ck_assert_int_eq(count_keys(), 1);
}

TEST(a_key_that_was_read_signs_on_while_the_database_is_away) {
        turn();
        test_sql(f->dsn, "ALTER TABLE signing_keys RENAME TO away");
        const char *token = issue();
        ck_assert_ptr_nonnull(customer_signing_keys_turn(f->keys, test_ctx()));
        issue();
        test_sql(f->dsn, "ALTER TABLE away RENAME TO signing_keys");
        ck_assert(holds(token));
}

static bool has_ended(void *arg) {
        (void) arg;
        return test_sql_int64(f->dsn, "SELECT (min(signs_until) <= now())::int FROM signing_keys") == 1;
}

TEST(a_key_that_was_read_signs_no_longer_than_it_may) {
        const char *old = issue();

        test_sql(f->dsn, "UPDATE signing_keys SET signs_until = now() + interval '1 s'");
        turn();
        test_wait_until(has_ended, NULL, TEST_WAIT_MS, "the first key has ended");
        const char *new = issue();
        ck_assert(holds(new));
        ck_assert(strncmp(new, old, strcspn(old, ".")) != 0);
}

TEST(a_private_key_is_sealed_and_one_that_does_not_open_signs_nothing) {
        const char *token;
        int64_t lifetime_ms;

        turn();
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT position('EC'::bytea IN private_key)"
                                                "     + position('\"d\"'::bytea IN private_key)"
                                                "  FROM signing_keys"),
                         0);
        test_sql(f->dsn, "UPDATE signing_keys SET private_key = set_byte(private_key, 40, 255 - "
                         "get_byte(private_key, 40))");
        let_pass(0);
        const Error *error = f->accounts.issuer->issue(f->accounts.issuer, test_ctx(), "CUST-1",
                                                       ROLE_CUSTOMER, &token, &lifetime_ms);
        ck_assert(error && !error->reason);
}

static void turn_at_once(Ctx *ctx, void *keys, size_t i) {
        (void) i;
        ck_assert_ok(customer_signing_keys_turn(keys, ctx));
}

TEST(many_that_start_at_once_make_one_key) {
        race_run(12, turn_at_once, f->keys);
        ck_assert_int_eq(count_keys(), 1);
        ck_assert(holds(issue()));
}

static void issue_at_once(Ctx *ctx, void *arg, size_t i) {
        TokenIssuer *issuer = f->accounts.issuer;
        const char *token;
        int64_t lifetime_ms;

        (void) arg;
        if (i % 4 == 0)
                ck_assert_ok(customer_signing_keys_turn(f->keys, ctx));
        ck_assert_ok(issuer->issue(issuer, ctx, "CUST-1", ROLE_CUSTOMER, &token, &lifetime_ms));
}

TEST(keys_are_turned_while_they_sign) {
        race_run(24, issue_at_once, NULL);
        ck_assert_int_eq(count_keys(), 1);
}

int main(void) {
        Suite *suite = suite_create("customer/keys");
        TCase *tests = tcase_create("keys");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
