#include <pthread.h>
#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "fixture.h"
#include "race.h"

#define HOME "192.0.2.1"
#define N_RACERS 16

static Fixture *f;
static const char *first; /* refresh token of a session that was just begun */

static void set_up(void) {
        Tokens tokens;

        f = fixture_new();
        fixture_register(f);
        ck_assert_ok(fixture_login(f, HOME, EMAIL, PASSWORD, &tokens));
        first = tokens.refresh;
}

static const char *next_of(const char *refresh_token) {
        Tokens tokens;

        ck_assert_ok(customer_refresh(&f->accounts, test_ctx(), refresh_token, &tokens));
        ck_assert_str_ne(tokens.access, "");
        return tokens.refresh;
}

static void assert_over(const char *refresh_token) {
        Tokens tokens;

        ck_assert_reason(customer_refresh(&f->accounts, test_ctx(), refresh_token, &tokens),
                         REASON_SESSION_ENDED);
}

static void age_tokens(int64_t seconds) {
        static const char *const of_tokens[] = { "used_at", "expires_at" };
        static const char *const of_families[] = { "expires_at" };

        fixture_age(f, "refresh_tokens", of_tokens, ARRAY_SIZE(of_tokens), seconds);
        fixture_age(f, "refresh_families", of_families, ARRAY_SIZE(of_families), seconds);
}

TEST(a_token_is_used_up_by_its_successor) {
        const char *second = next_of(first), *third = next_of(second);

        ck_assert_str_ne(first, second);
        ck_assert_str_ne(second, third);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 3);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens WHERE used_at IS NULL"), 1);
}

TEST(a_lost_answer_is_no_theft) {
        const char *second = next_of(first);

        ck_assert_str_eq(next_of(first), second);
        age_tokens(REFRESH_AGAIN_MS / 1000 - 5);
        ck_assert_str_eq(next_of(first), second);
        next_of(second);
}

TEST(a_token_that_comes_again_later_ends_its_session_for_both) {
        const char *second = next_of(first), *third = next_of(second);

        age_tokens(REFRESH_AGAIN_MS / 1000 + 1);
        assert_over(first);
        assert_over(second);
        assert_over(third);
        ck_assert_int_eq(fixture_count(f, "refresh_families WHERE ended_at IS NULL"), 0);
}

TEST(another_session_of_the_account_goes_on) {
        Tokens other;

        ck_assert_ok(fixture_login(f, HOME, EMAIL, PASSWORD, &other));
        next_of(first);
        age_tokens(REFRESH_AGAIN_MS / 1000 + 1);
        assert_over(first);
        next_of(other.refresh);
}

TEST(what_was_invented_is_no_token) {
        assert_over("");
        assert_over("nonsense");
        assert_over(arena_printf(test_ctx()->arena, "%s ", first));
        next_of(first);
}

typedef struct Racers {
        const char *token;
        char next[N_RACERS][64];
} Racers;

static void refresh_at_once(Ctx *ctx, void *arg, size_t i) {
        Racers *racers = arg;
        Tokens tokens;

        ck_assert_ok(customer_refresh(&f->accounts, ctx, racers->token, &tokens));
        strcpy(racers->next[i], tokens.refresh);
}

TEST(a_token_that_comes_many_times_at_once_has_one_successor) {
        Racers racers = { .token = first };

        race_run(N_RACERS, refresh_at_once, &racers);
        for (size_t i = 1; i < N_RACERS; i++)
                ck_assert_str_eq(racers.next[i], racers.next[0]);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 2);
        next_of(racers.next[0]);
}

TEST(a_session_that_was_ended_stays_so) {
        const char *second = next_of(first);

        ck_assert_ok(customer_logout(&f->accounts, test_ctx(), first));
        assert_over(second);
        ck_assert_ok(customer_logout(&f->accounts, test_ctx(), second));
        ck_assert_ok(customer_logout(&f->accounts, test_ctx(), "nonsense"));
}

TEST(a_token_holds_so_long_and_its_successor_anew) {
        age_tokens(REFRESH_LIFETIME_MS / 1000 - TEST_WAIT_MS / 1000);
        const char *second = next_of(first);
        age_tokens(2 * TEST_WAIT_MS / 1000);
        next_of(second);
        age_tokens(REFRESH_LIFETIME_MS / 1000);
        assert_over(second);
}

TEST(a_token_whose_time_is_over_is_not_used_up) {
        age_tokens(REFRESH_LIFETIME_MS / 1000);
        assert_over(first);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 1);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens WHERE used_at IS NULL"), 1);
}

TEST(a_token_of_a_clock_that_stepped_back_does_not_hold_longer) {
        age_tokens(-REFRESH_LIFETIME_MS / 1000);
        assert_over(first);
}

TEST(a_closed_account_has_no_session) {
        const char *second = next_of(first);
        Tokens tokens;

        test_sql(f->dsn, "UPDATE accounts SET active = false");
        assert_over(first);
        assert_over(second);
        ck_assert_reason(fixture_login(f, HOME, EMAIL, PASSWORD, &tokens), REASON_ACCOUNT_INACTIVE);
        test_sql(f->dsn, "UPDATE accounts SET active = true");
        assert_over(second);
}

TEST(new_roles_come_with_the_next_tokens) {
        Tokens tokens;

        test_sql(f->dsn, "UPDATE accounts SET roles = '{customer,admin}'");
        ck_assert_ok(customer_refresh(&f->accounts, test_ctx(), first, &tokens));
        ck_assert_uint_eq(tokens.roles, ROLE_CUSTOMER | ROLE_ADMIN);
}

TEST(a_role_that_is_not_known_is_an_error) {
        Tokens tokens;

        test_sql(f->dsn, "ALTER TABLE accounts DROP CONSTRAINT accounts_roles_check;"
                         "UPDATE accounts SET roles = '{customer,service}'");
        const Error *error = customer_refresh(&f->accounts, test_ctx(), first, &tokens);
        ck_assert(error && !error->reason);
}

static size_t sweep(void) {
        size_t n;

        ck_assert_ok(f->accounts.sessions->sweep(f->accounts.sessions, test_ctx(), 100, &n));
        return n;
}

TEST(sessions_are_forgotten_a_day_after_their_last_token) {
        const char *second = next_of(first);

        age_tokens(REFRESH_LIFETIME_MS / 1000 - 5 * TEST_WAIT_MS / 1000);
        next_of(second);
        age_tokens(86400 + 10 * TEST_WAIT_MS / 1000);
        ck_assert_uint_eq(sweep(), 2);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 1);
        ck_assert_int_eq(fixture_count(f, "refresh_families"), 1);
        age_tokens(REFRESH_LIFETIME_MS / 1000);
        ck_assert_uint_gt(sweep(), 0);
        ck_assert_int_eq(fixture_count(f, "refresh_families"), 0);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 0);
}

static void *sweep_meanwhile(void *arg) {
        Arena *arena = arena_new();
        Ctx ctx = ctx_background(arena);
        size_t n;

        ck_assert_ok(f->accounts.sessions->sweep(f->accounts.sessions, &ctx, 100, &n));
        arena_free(arena);
        return arg;
}

/* The session that test_sql keeps extends the family while the sweep has found it, and waits for it. */
TEST(a_session_that_is_extended_meanwhile_is_not_forgotten) {
        pthread_t thread;

        age_tokens(REFRESH_LIFETIME_MS / 1000 + 2 * 86400);
        test_sql(f->dsn, "UPDATE refresh_tokens SET expires_at = now()");
        test_sql(f->dsn, "BEGIN; UPDATE refresh_families SET expires_at = now() + interval '30 days'");
        ck_assert_int_eq(pthread_create(&thread, NULL, sweep_meanwhile, NULL), 0);
        test_wait_until(test_sql_is_waited_for, &f->dsn, TEST_WAIT_MS, "the sweep waits for the family");
        test_sql(f->dsn, "COMMIT");
        pthread_join(thread, NULL);
        ck_assert_int_eq(fixture_count(f, "refresh_families"), 1);
        ck_assert_int_eq(fixture_count(f, "refresh_tokens"), 1);
}

int main(void) {
        Suite *suite = suite_create("customer/sessions");
        TCase *tests = tcase_create("sessions");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
