#include <string.h>

#include "base/memory.h"
#include "base/str.h"
#include "fixture.h"
#include "pg/statement.h"
#include "race.h"

#define HOME "192.0.2.1"
#define AWAY "198.51.100.7"
#define NOBODY "nobody@example.com"

static Fixture *f;

static void set_up(void) {
        f = fixture_new();
}

static const Error *login(const char *client, const char *email, const char *password) {
        Tokens tokens;

        return fixture_login(f, client, email, password, &tokens);
}

static void guess(size_t n, const char *client, const char *email) {
        for (size_t i = 0; i < n; i++)
                ck_assert_reason(login(client, email, "wrong password"), REASON_LOGIN_FAILED);
}

static void age_tries(int64_t seconds) {
        static const char *const of_tries[] = { "since", "paused_until", "succeeded_at" };
        static const char *const of_totals[] = { "since" };

        fixture_age(f, "login_tries", of_tries, ARRAY_SIZE(of_tries), seconds);
        fixture_age(f, "login_totals", of_totals, ARRAY_SIZE(of_totals), seconds);
}

/* ---- accounts ---- */

TEST(who_registered_logs_in) {
        const Profile *customer = fixture_register(f);
        Tokens tokens;

        ck_assert_str_eq(customer->email, EMAIL);
        ck_assert_str_eq(customer->name, "Alex Customer");
        ck_assert_str_eq(customer->phone, "+1 555 0100");
        ck_assert(customer->standing.is_active && customer->created_at_us > 0);
        ck_assert_ok(fixture_login(f, HOME, "ALEX@example.com", PASSWORD, &tokens));
        ck_assert_str_eq(tokens.subject, customer->customer_id);
        ck_assert_uint_eq(tokens.roles, ROLE_CUSTOMER);
}

/* As bytea is shown. */
static const char *hex_of(const char *text) {
        StrBuf hex = { .arena = test_ctx()->arena };

        for (; *text; text++)
                strbuf_addf(&hex, "%02x", (unsigned char) *text);
        return strbuf_text(&hex);
}

/* Whoever reads the tables, or a dump of them, finds nobody by what people are called. */
TEST(nothing_personal_or_secret_is_readable_in_the_tables) {
        static const char *const tables[] = { "customers", "accounts", "refresh_families", "refresh_tokens",
                                              "login_tries", "login_totals", "signing_keys" };
        static const char *const hidden[] = { "alex", "Alex", "Customer", "555 0100", PASSWORD, "192.0.2" };
        Arena *arena = test_ctx()->arena;
        Tokens tokens;

        f->accounts.passwords = f->argon2id;
        fixture_register(f);
        ck_assert_ok(fixture_login(f, HOME, EMAIL, PASSWORD, &tokens));
        for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
                const char *rows = test_sql_text(
                        f->dsn, arena_printf(arena, "SELECT string_agg(t::text, ' ') FROM %s t", tables[i]));

                ck_assert_msg(*rows, "%s is empty", tables[i]);
                for (size_t k = 0; k < ARRAY_SIZE(hidden); k++)
                        ck_assert_msg(!strstr(rows, hidden[k]) && !strstr(rows, hex_of(hidden[k])),
                                      "%s holds %s", tables[i], hidden[k]);
                ck_assert(!strstr(rows, tokens.refresh) && !strstr(rows, hex_of(tokens.refresh)));
        }
}

TEST(an_e_mail_has_one_account) {
        const Registration other = { .email = EMAIL, .password = "another one", .name = "Eve" };
        const char *first = fixture_register(f)->customer_id;
        const Profile *customer;

        ck_assert_str_eq(fixture_register(f)->customer_id, first);
        ck_assert_reason(customer_register(&f->accounts, fixture_from(AWAY), &other, &customer),
                         REASON_EMAIL_TAKEN);
        ck_assert_int_eq(fixture_count(f, "accounts JOIN customers USING (customer_id)"), 1);
        ck_assert_int_eq(fixture_count(f, "customers"), 1);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
}

static void register_at_once(Ctx *ctx, void *ids, size_t i) {
        const Registration wanted = { .email = EMAIL, .password = PASSWORD, .name = "Alex" };
        const Profile *customer;

        ck_assert_ok(customer_register(&f->accounts, ctx, &wanted, &customer));
        strcpy(((char(*)[64]) ids)[i], customer->customer_id);
}

TEST(a_registration_that_comes_many_times_at_once_makes_one_account) {
        char ids[6][64];

        race_run(ARRAY_SIZE(ids), register_at_once, ids);
        for (size_t i = 1; i < ARRAY_SIZE(ids); i++)
                ck_assert_str_eq(ids[i], ids[0]);
        ck_assert_int_eq(fixture_count(f, "customers"), 1);
}

TEST(a_field_that_was_moved_to_another_row_does_not_open) {
        const Profile *customer;
        const char *id = fixture_register(f)->customer_id;

        test_sql(f->dsn, "UPDATE customers SET phone = name");
        const Error *error = f->accounts.profiles->find(f->accounts.profiles, test_ctx(), id, &customer);
        ck_assert(error && !error->reason);
        ck_assert_ptr_null(strstr(error->message, "Alex"));
}

/* ---- pauses ---- */

TEST(ten_failures_are_a_pause_for_that_e_mail_and_that_host) {
        fixture_register(f);
        guess(LOGIN_TRIES_MAX, AWAY, EMAIL);
        const Error *error = ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        ck_assert_int_gt(error->retry_after_ms, LOGIN_COUNTED_MS - TEST_WAIT_MS);
        ck_assert_int_le(error->retry_after_ms, LOGIN_COUNTED_MS);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
        guess(1, AWAY, "other@example.com");
        age_tries(LOGIN_COUNTED_MS / 1000 - TEST_WAIT_MS / 1000);
        ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        age_tries(TEST_WAIT_MS / 1000);
        ck_assert_ok(login(AWAY, EMAIL, PASSWORD));
}

TEST(each_host_is_told_of_its_own_pause) {
        fixture_register(f);
        guess(LOGIN_TRIES_MAX, AWAY, EMAIL);
        age_tries(LOGIN_COUNTED_MS / 2 / 1000);
        guess(LOGIN_TRIES_MAX, HOME, EMAIL);
        const Error *first = ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        ck_assert_int_le(first->retry_after_ms, LOGIN_COUNTED_MS / 2);
        const Error *second = ck_assert_reason(login(HOME, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        ck_assert_int_gt(second->retry_after_ms, LOGIN_COUNTED_MS / 2);
}

TEST(a_name_that_nobody_has_pauses_alike) {
        guess(LOGIN_TRIES_MAX, AWAY, NOBODY);
        const Error *unknown = ck_assert_reason(login(AWAY, NOBODY, PASSWORD), REASON_LOGIN_PAUSED);

        fixture_register(f);
        guess(LOGIN_TRIES_MAX, AWAY, EMAIL);
        const Error *known = ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        ck_assert_str_eq(unknown->message, known->message);
}

TEST(nine_failures_are_none_and_a_success_ends_the_count) {
        fixture_register(f);
        for (int i = 0; i < 2; i++) {
                guess(LOGIN_TRIES_MAX - 1, AWAY, EMAIL);
                ck_assert_ok(login(AWAY, EMAIL, PASSWORD));
        }
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT n FROM login_totals"), 2 * (LOGIN_TRIES_MAX - 1));
}

TEST(failures_are_counted_for_so_long) {
        fixture_register(f);
        guess(LOGIN_TRIES_MAX - 1, AWAY, EMAIL);
        age_tries(LOGIN_COUNTED_MS / 1000);
        guess(LOGIN_TRIES_MAX - 1, AWAY, EMAIL);
        ck_assert_ok(login(AWAY, EMAIL, PASSWORD));
}

static void guess_at_once(Ctx *ctx, void *arg, size_t i) {
        Tokens tokens;

        (void) arg;
        (void) i;
        ctx->client = AWAY;
        ck_assert_ptr_nonnull(customer_login(&f->accounts, ctx, EMAIL, "wrong password", &tokens));
}

/* Each is counted before its password is looked at, so that many at once are no more than one by one. */
TEST(no_more_passwords_are_tried_at_once) {
        fixture_register(f);
        race_run(3 * LOGIN_TRIES_MAX, guess_at_once, NULL);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT max(n) FROM login_tries"), LOGIN_TRIES_MAX);
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT n FROM login_totals"), LOGIN_TRIES_MAX);
        ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
}

static void guess_everywhere(void) {
        guess(1, "203.0.113.1", EMAIL);
        test_sql(f->dsn, "UPDATE login_totals SET n = " PG_NUMBER(LOGIN_TOTAL_MAX));
}

/* Nobody is shut out: a host has tries of its own, and one that its owner uses as many as ever. */
TEST(an_e_mail_under_attack_takes_fewer_tries_from_hosts_that_are_new) {
        fixture_register(f);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
        guess_everywhere();
        guess(LOGIN_DOUBTED_MAX, AWAY, EMAIL);
        ck_assert_reason(login(AWAY, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        guess(LOGIN_TRIES_MAX - 1, HOME, EMAIL);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
        ck_assert_ok(login("203.0.113.9", EMAIL, PASSWORD));
}

TEST(the_total_is_counted_for_so_long_and_a_host_is_trusted_for_so_long) {
        fixture_register(f);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
        guess_everywhere();
        age_tries(LOGIN_TOTAL_COUNTED_MS / 1000);
        guess(LOGIN_DOUBTED_MAX + 1, AWAY, EMAIL);
        age_tries(LOGIN_TRUSTED_MS / 1000);
        guess_everywhere();
        guess(LOGIN_DOUBTED_MAX, HOME, EMAIL);
        ck_assert_reason(login(HOME, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
}

TEST(one_failure_less_is_no_attack) {
        fixture_register(f);
        guess_everywhere();
        test_sql(f->dsn, "UPDATE login_totals SET n = n - 1");
        guess(1, AWAY, EMAIL);
        test_sql(f->dsn, "UPDATE login_totals SET n = n - 1");
        guess(1, AWAY, EMAIL);
        ck_assert_ok(login(AWAY, EMAIL, PASSWORD));
}

TEST(a_clock_that_stepped_back_shuts_nobody_out) {
        fixture_register(f);
        guess(LOGIN_TRIES_MAX, AWAY, EMAIL);
        age_tries(-7 * 86400);
        ck_assert_ok(login(AWAY, EMAIL, PASSWORD));
}

TEST(a_try_that_was_not_looked_at_is_taken_back) {
        Ctx *ctx = fixture_from(AWAY);
        LoginStart start;

        fixture_register(f);
        for (size_t i = 0; i < 2 * LOGIN_TRIES_MAX; i++) {
                ck_assert_ok(f->accounts.accounts->begin_login(f->accounts.accounts, ctx, EMAIL, &start));
                ck_assert_int_eq(start.wait_ms, 0);
                ck_assert_ok(f->accounts.accounts->forget_try(f->accounts.accounts, ctx, EMAIL));
        }
        ck_assert_int_eq(test_sql_int64(f->dsn, "SELECT sum(n) FROM login_totals"), 0);
}

TEST(a_host_that_is_not_known_counts_as_one) {
        fixture_register(f);
        guess(LOGIN_TRIES_MAX, NULL, EMAIL);
        ck_assert_reason(login(NULL, EMAIL, PASSWORD), REASON_LOGIN_PAUSED);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
}

/* ---- what is kept ---- */

static size_t sweep(void) {
        size_t n;

        ck_assert_ok(f->accounts.sessions->sweep(f->accounts.sessions, test_ctx(), 100, &n));
        return n;
}

TEST(tries_are_forgotten_when_they_matter_no_more) {
        fixture_register(f);
        ck_assert_ok(login(HOME, EMAIL, PASSWORD));
        guess(1, AWAY, EMAIL);
        ck_assert_uint_eq(sweep(), 0);
        age_tries(2 * 86400);
        ck_assert_uint_eq(sweep(), 1);
        ck_assert_int_eq(fixture_count(f, "login_tries WHERE succeeded_at IS NOT NULL"), 1);
        age_tries(LOGIN_TRUSTED_MS / 1000);
        sweep();
        ck_assert_int_eq(fixture_count(f, "login_tries"), 0);
        ck_assert_int_eq(fixture_count(f, "login_totals"), 0);
}

int main(void) {
        Suite *suite = suite_create("customer/logins");
        TCase *tests = tcase_create("logins");

        tcase_add_checked_fixture(tests, set_up, NULL);
        tcase_set_timeout(tests, 100);
        test_add(tests);
        suite_add_tcase(suite, tests);
        return test_main(suite);
}
